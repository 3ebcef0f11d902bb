"""What `historia-local clean` and `down` do with containers, told by a docker that writes down what it is asked."""

import pathlib

import pytest
from click.testing import CliRunner, Result
from historia_local.cli import main
from historia_local.containers import prefix_of

DOCKER = """#!/bin/sh
case "$*" in
  info*) exit {code} ;;
  "ps "*) echo {prefix}worker-0; echo {prefix}coordinator; echo another ;;
  "volume ls"*) echo {prefix}coordinator; echo another ;;
  *) echo "$*" >>{asked} ;;
esac
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A state nobody understands, of nodes in containers."""
    made = tmp_path / "state"
    made.mkdir()
    (made / "state.json").write_text("{}")
    (made / "container.env").touch()
    monkeypatch.setenv("HISTORIA_STATE", str(made))
    return made


@pytest.fixture
def asked(tmp_path: pathlib.Path, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """What docker was asked to do, a line each."""
    _docker(tmp_path, folder, monkeypatch, code=0)
    return tmp_path / "asked"


def _docker(tmp_path: pathlib.Path, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, *, code: int) -> None:
    program = tmp_path / "docker"
    program.write_text(DOCKER.format(code=code, prefix=prefix_of(folder), asked=tmp_path / "asked"))
    program.chmod(0o755)
    monkeypatch.setenv("DOCKER", str(program))


def _local(command: str) -> Result:
    return CliRunner().invoke(main, [command])


def _removed(folder: pathlib.Path) -> list[str]:
    names = [f"{prefix_of(folder)}{name}" for name in ("coordinator", "worker-0")]
    return [f"{order} {name}" for name in names for order in ("stop --time 30", "rm --force")]


def test_clean_finds_containers_and_volumes_by_their_names(folder: pathlib.Path, asked: pathlib.Path) -> None:
    cleaned = _local("clean")
    assert cleaned.exit_code == 0, cleaned.output
    assert asked.read_text().splitlines() == [*_removed(folder), f"volume rm {prefix_of(folder)}coordinator"]
    assert not folder.exists()


def test_down_leaves_the_volumes(folder: pathlib.Path, asked: pathlib.Path) -> None:
    assert _local("down").exit_code == 0
    assert asked.read_text().splitlines() == _removed(folder)
    assert (folder / "container.env").exists()


def test_clean_names_what_a_silent_docker_may_keep(
    tmp_path: pathlib.Path, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _docker(tmp_path, folder, monkeypatch, code=1)
    cleaned = _local("clean")
    assert cleaned.exit_code == 1
    assert f"{prefix_of(folder)}*" in cleaned.output
    assert not folder.exists()


def test_a_silent_docker_does_not_matter_without_containers(
    tmp_path: pathlib.Path, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _docker(tmp_path, folder, monkeypatch, code=1)
    (folder / "container.env").unlink()
    assert _local("clean").exit_code == 0


def test_nothing_is_cleaned_where_nothing_was_started(folder: pathlib.Path) -> None:
    (folder / "state.json").unlink()
    assert "No hay nada" in _local("clean").output
    assert (folder / "container.env").exists()
