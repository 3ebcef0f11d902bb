"""`make up WORKERS=…` with more and with fewer workers than before: the record stays whole."""

import random
import shutil
from collections.abc import Iterator

import pytest
from historia_local.binaries import best, machine_binaries
from historia_local.processes import port_is_free
from historia_local.programs import get_json
from local_program import Local, local_program
from node_folders import node_folder

COUNTS = "SELECT (SELECT count(*) FROM pacientes), (SELECT count(*) FROM consultas)"


@pytest.fixture
def first_port() -> int:
    """The first of four free ports in a row."""
    while True:
        first = random.SystemRandom().randrange(20000, 31990)
        if all(map(port_is_free, range(first, first + 4))):
            return first


@pytest.fixture
def local(first_port: int) -> Iterator[Local]:
    if best(machine_binaries(), citus=True) is None:
        pytest.skip("this machine's PostgreSQL has no Citus")
    folder = node_folder()
    run = local_program(folder / "state", first_port, first_port + 3, "citus")
    yield run
    run("clean")
    shutil.rmtree(folder)


def test_down_and_up_again(local: Local, first_port: int) -> None:
    counted = []
    for workers in (2, 1, 2):
        up = local("up", WORKERS=str(workers))
        assert up.returncode == 0, up.stdout + up.stderr
        assert ("historia-hooks drain" in up.stdout) == (workers == 1)
        answer = get_json(f"http://127.0.0.1:{first_port + 3}/citus/workers") or {}
        assert answer["workers"] == [["127.0.0.1", first_port + number] for number in range(1, 1 + workers)]
        assert port_is_free(first_port + 2) == (workers == 1)
        counted.append(local("psql", "-Atc", COUNTS).stdout.strip())
    assert counted == [counted[0]] * 3
    assert counted[0].startswith("10|")
