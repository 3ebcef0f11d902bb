"""The small parts: finding processes and programs again, putting folders back, reading the chart and the hooks' log."""

import os
import pathlib
import subprocess
import sys
import time

import pytest
from historia_local import copies, processes
from historia_local.binaries import best, machine_binaries
from historia_local.docker import chart_image, obstacle
from historia_local.endpoints import Passwords
from historia_local.programs import clean_environment, sentence

NEEDLE = "historia-needle"


def test_a_process_is_found_by_pid_file_and_command_line(tmp_path: pathlib.Path) -> None:
    pid_file = tmp_path / "pid"
    assert processes.recorded(pid_file, NEEDLE) is None
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", NEEDLE]) as process:
        pid_file.write_text(f"{process.pid}\nmore\n")
        while not processes.command_line(process.pid):
            time.sleep(0.01)  # it has none until it has become that program
        found = processes.recorded(pid_file, NEEDLE)
        other = processes.recorded(pid_file, "another-needle")
        ended = processes.end(process.pid, NEEDLE)
    assert (found, other, ended) == (process.pid, None, True)
    assert processes.recorded(pid_file, NEEDLE) is None


def test_a_pid_file_that_says_nothing_is_nobody(tmp_path: pathlib.Path) -> None:
    (tmp_path / "pid").write_text("")
    assert processes.recorded(tmp_path / "pid", "") is None


def test_a_folder_is_put_back_as_it_was(tmp_path: pathlib.Path) -> None:
    folder, copy = tmp_path / "data", tmp_path / "blank"
    (folder / "base/1").mkdir(parents=True)
    (folder / "base/1/same").write_text("same")
    (folder / "base/1/gone").write_text("gone")
    (folder / "changed").write_text("before")
    copies.keep(folder, copy)
    (folder / "base/1/gone").unlink()
    (folder / "changed").write_text("beyond")
    (folder / "more/deep").mkdir(parents=True)
    (folder / "more/deep/file").touch()
    untouched = (folder / "base/1/same").stat()

    copies.put_back(copy, folder)

    assert {str(path.relative_to(folder)) for path in folder.rglob("*")} == {
        *("base", "base/1", "base/1/same", "base/1/gone", "changed")
    }
    assert (folder / "changed").read_text() == "before"
    assert (folder / "base/1/same").stat().st_ino == untouched.st_ino


def test_passwords_are_made_once_and_only_we_can_read_them(tmp_path: pathlib.Path) -> None:
    made = Passwords.kept_in(tmp_path)
    assert made == Passwords.kept_in(tmp_path)
    assert len({made.owner, made.app, made.signing}) == 3
    assert len(made.signing) >= 32
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_named_folder_without_a_server_has_no_server(tmp_path: pathlib.Path) -> None:
    assert machine_binaries({"PG_BINDIR": str(tmp_path), "PATH": os.defpath}) == []
    assert best([], citus=False) is None


def _installation(prefix: pathlib.Path, *, citus: bool) -> str:
    (prefix / "bin").mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "postgres"):
        program = prefix / "bin" / name
        program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 17.2 (Debian 17.2-1)'\n")
        program.chmod(0o755)
    if citus:
        for path in ("share/extension/citus.control", "lib/citus.so"):
            (prefix / path).parent.mkdir(parents=True)
            (prefix / path).touch()
    return str(prefix / "bin")


@pytest.mark.parametrize("citus", [True, False])
def test_an_installation_says_what_it_is(tmp_path: pathlib.Path, citus: bool) -> None:
    [found] = machine_binaries({"PG_BINDIR": _installation(tmp_path, citus=citus)})
    assert (found.version, found.major, found.has_citus) == ("17.2", 17, citus)
    assert best([found], citus=True) == (found if citus else None)


VALUES = """
middleware:
  image:
    repository: other
postgresql:
  # -- a comment
  image:
    # -- another
    registry: {registry}
    repository: citusdata/citus
    # About the tag.
    tag: {tag}
    digest: "{digest}"
  port: 1
"""


@pytest.mark.parametrize(
    ("registry", "tag", "digest", "image"),
    [
        ("docker.io", "14.1.0-pg17", "", "docker.io/citusdata/citus:14.1.0-pg17"),
        ('""', '"15"', "", "citusdata/citus:15"),
        ("ghcr.io", "1", "sha256:ab", "ghcr.io/citusdata/citus@sha256:ab"),
    ],
)
def test_the_image_is_the_charts(tmp_path: pathlib.Path, registry: str, tag: str, digest: str, image: str) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(VALUES.format(registry=registry, tag=tag, digest=digest))
    assert chart_image(values) == image


def test_our_chart_names_an_image_and_no_chart_none(tmp_path: pathlib.Path) -> None:
    assert "citus" in chart_image()
    assert not chart_image(tmp_path / "values.yaml")


def test_without_the_program_there_are_no_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER", "/nonexistent/docker")
    assert obstacle("any") == "no hay programa docker"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"event": "verificado", "workers": 2}', "verificado"),
        ('{"event": "paso", "hace": "agregar el nodo b:1"}', "agregar el nodo b:1"),
        ('{"event": "plan", "orden": "register", "pasos": ["a", "b"]}', "register: plan: 2 pasos"),
        ("Traceback: what?\n", "Traceback: what?"),
        ("[]", "[]"),
    ],
)
def test_lines_of_the_hooks_are_said_in_short(line: str, said: str) -> None:
    assert sentence(line) == said


def test_programs_are_not_led_to_other_databases() -> None:
    led = {"PGHOST": "x", "POSTGRES_DB": "x", "HISTORIA_STATE": "x", "PATH": "/bin"}
    assert clean_environment(led) == {"PATH": "/bin"}
