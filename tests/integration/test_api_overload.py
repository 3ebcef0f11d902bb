"""More than the API can do: what waits is bounded, the rest is told at once, and nobody is served too late."""

import contextlib
import pathlib
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from functools import partial
from typing import Any

import pytest
from serving import running

PACIENTES = "/api/v1/pacientes"
NARROW = {"HISTORIA_SERVER_THREADS": "2", "HISTORIA_QUEUE_SIZE": "2", "HISTORIA_LOCK_TIMEOUT": "30000"}
NARROW |= {"HISTORIA_STATEMENT_TIMEOUT": "30000", "HISTORIA_DEADLINE": "30"}


@pytest.fixture
def held(postgres_system: Any) -> Iterator[Any]:
    """A transaction for which every request about patients waits, until it is rolled back."""
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = False
        cursor.execute("LOCK TABLE pacientes IN ACCESS EXCLUSIVE MODE")
        yield connection


def test_what_comes_when_the_queue_is_full_is_refused_at_once(
    postgres_system: Any, tmp_path: pathlib.Path, held: Any
) -> None:
    with running(postgres_system.api_environment() | NARROW, tmp_path) as server, ThreadPoolExecutor(12) as clients:
        asked = [clients.submit(server.get, PACIENTES) for _ in range(12)]
        refused = [answer.result() for answer in taken(asked, 8)]
        assert {(status, body["type"]) for status, body in refused} == {(503, "/docs/problemas#saturado")}
        assert [future.done() for future in asked].count(False) == 4
        assert server.get("/livez")[0] == 200  # a full process is not to be killed
        held.rollback()
        assert [future.result()[0] for future in asked].count(200) == 4
        assert server.get(PACIENTES)[0] == 200


def test_a_probe_does_not_wait_with_the_others(postgres_system: Any, tmp_path: pathlib.Path, held: Any) -> None:
    with running(postgres_system.api_environment() | NARROW, tmp_path) as server, ThreadPoolExecutor(4) as clients:
        asked = [clients.submit(server.get, PACIENTES) for _ in range(4)]
        eventually(lambda: waiting(postgres_system) == 2)
        assert [server.get(path)[0] for path in ("/livez", "/readyz")] == [200, 200]
        assert not any(future.done() for future in asked)
        held.rollback()
        assert [future.result()[0] for future in asked] == [200] * 4


def test_who_is_being_refused_takes_no_place(postgres_system: Any, tmp_path: pathlib.Path, held: Any) -> None:
    """A refusal is over when its body has been read, which its client may draw out."""
    narrow = NARROW | {"HISTORIA_SERVER_THREADS": "1", "HISTORIA_QUEUE_SIZE": "0"}
    with running(postgres_system.api_environment() | narrow, tmp_path) as server, ThreadPoolExecutor(1) as clients:
        asked = clients.submit(server.get, PACIENTES)
        eventually(lambda: waiting(postgres_system) == 1)
        host, port = server.address.split(":")
        with socket.create_connection((host, int(port))) as slow:
            slow.sendall(b"POST /api/v1/medicos HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
            assert slow.recv(100).startswith(b"HTTP/1.1 503")
            held.rollback()
            assert asked.result()[0] == 200
            assert server.get(PACIENTES)[0] == 200


def waiting(system: Any) -> int:
    with contextlib.closing(system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


def eventually(condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it does not come to that")


def test_a_request_whose_time_is_over_is_not_begun(postgres_system: Any, tmp_path: pathlib.Path, held: Any) -> None:
    """Its turn comes when its client has long asked again."""
    narrow = NARROW | {"HISTORIA_SERVER_THREADS": "1", "HISTORIA_DEADLINE": "1", "HISTORIA_LOCK_TIMEOUT": "3000"}
    with running(postgres_system.api_environment() | narrow, tmp_path) as server, ThreadPoolExecutor(2) as clients:
        asked = [clients.submit(server.get, PACIENTES) for _ in range(2)]
        first = next(as_completed(asked))
        held.rollback()
        wait(asked)
        for status, body in (future.result() for future in (first, *asked)):
            assert (status, body["type"]) == (503, "/docs/problemas#tiempo-agotado")
        assert server.get(PACIENTES)[0] == 200


def test_a_change_that_is_done_when_the_time_is_over_is_not_told_as_undone(
    postgres_system: Any, tmp_path: pathlib.Path, held: Any
) -> None:
    late = {"HISTORIA_DEADLINE": "1", "HISTORIA_SERVER_THREADS": "1"}
    held.rollback()
    cedulas = [f"L{time.time_ns() // 1000 + n}" for n in range(2)]
    with running(postgres_system.api_environment() | late, tmp_path) as server, ThreadPoolExecutor(1) as clients:
        person = {"cedula": cedulas[0], "nombre": "Ana", "apellido": "Peña"}
        assert server.ask("POST", PACIENTES, person)[0] == 201
        with held.cursor() as cursor:
            cursor.execute("SELECT FROM pacientes WHERE cedula = %s FOR UPDATE", [cedulas[0]])
        change = {"cedula": cedulas[1], "motivo": "Corrección"}
        ask = partial(server.ask, "POST", f"{PACIENTES}/{cedulas[0]}/cambio-documento", change)
        asked = clients.submit(ask, If_Match='"1"', Idempotency_Key="a")
        time.sleep(1.5)
        held.rollback()
        status, body = asked.result()
        assert (status, body["type"]) == (503, "/docs/problemas#resultado-desconocido")
        status, body = ask(If_Match='"1"', Idempotency_Key="a")
        assert (status, body["cedula"], body["version"]) == (200, cedulas[1], 2)


def test_connections_that_say_nothing_take_no_thread(postgres_system: Any, tmp_path: pathlib.Path) -> None:
    with running(postgres_system.api_environment() | NARROW, tmp_path) as server, contextlib.ExitStack() as silent:
        host, port = server.address.split(":")
        for _ in range(20):
            silent.enter_context(socket.create_connection((host, int(port))))
        assert server.get(PACIENTES)[0] == 200


def taken(futures: list[Future[Any]], number: int) -> list[Future[Any]]:
    """The first so many that end."""
    ended = as_completed(futures, timeout=25)
    return [next(ended) for _ in range(number)]
