"""The database gone and back, before the hooks, slow, or saturated: 503 in words, then well again by itself."""

import concurrent.futures
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from flask.testing import FlaskClient
from historia_clinica import create_app
from historia_clinica.database import Database
from historia_clinica.db import Scope, Statement
from historia_clinica.health import SSL_REQUEST, takes_connections
from historia_clinica.settings import Settings

PACIENTES = "/api/v1/pacientes"
DATA = [PACIENTES, f"{PACIENTES}/CC-9", f"{PACIENTES}/CC-9/consultas", "/api/v1/medicos"]
SEED = ["/usuarios", "/citus/workers"]
DRIVER_WORDS = ["psycopg", "connection to server", "FATAL", "SELECT", "relation", "Traceback"]

NewApi = Callable[..., FlaskClient]


@pytest.fixture
def new_api(postgres_system: Any, monkeypatch: pytest.MonkeyPatch) -> NewApi:
    """An API with a pool of its own; keywords replace variables of its environment."""

    def make(**changes: str) -> FlaskClient:
        wanted = {"HISTORIA_READINESS_CACHE": "0", "HISTORIA_COMPAT_ANONYMOUS_USUARIOS": "true"}
        for name, value in (postgres_system.api_environment() | wanted | changes).items():
            monkeypatch.setenv(name, value)
        return create_app(Settings()).test_client()

    return make


@pytest.fixture
def empty_database(postgres_system: Any) -> Iterator[str]:
    """A database as the image leaves it: no table, no grant."""
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE vacia")
        yield "vacia"
        cursor.execute("DROP DATABASE vacia WITH (FORCE)")


def unavailable(answer: Any) -> dict[str, Any]:
    text = answer.get_data(as_text=True)
    assert answer.status_code == 503, text
    assert answer.headers["Retry-After"]
    assert [word for word in DRIVER_WORDS if word in text] == []
    body: dict[str, Any] = answer.get_json()
    assert body["detail"]
    return body


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_database_stops_and_comes_back(postgres_system: Any, new_api: NewApi) -> None:
    api = new_api()
    assert api.get("/status").status_code == 200
    postgres_system.kill(postgres_system.coordinator)
    try:
        body = unavailable(api.get("/status"))
        assert (body["status"], bool(body["message"])) == ("error", True)
        assert all(unavailable(api.get(path))["status"] == 503 for path in DATA)
        assert all(unavailable(api.get(path))["error"] for path in SEED)
        unavailable(api.post(PACIENTES, json={"cedula": "CC-9", "nombre": "A", "apellido": "B"}))
        unavailable(api.get("/readyz"))
        assert api.get("/livez").status_code == 200
        assert api.get("/").status_code == 200
    finally:
        postgres_system.restart(postgres_system.coordinator)
    eventually(lambda: api.get("/status").status_code == 200)
    assert api.get("/readyz").status_code == 200
    assert api.get(PACIENTES).status_code == 200


def test_a_restart_costs_no_pooled_connection_a_failed_request(postgres_system: Any, new_api: NewApi) -> None:
    api = new_api()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:  # eight connections in the pool
        list(pool.map(lambda _: api.application.test_client().get(PACIENTES), range(16)))
    postgres_system.restart(postgres_system.coordinator)
    assert [api.get(PACIENTES).status_code for _ in range(10)] == [200] * 10


def test_what_raises_leaves_no_transaction_open(postgres_system: Any) -> None:
    environment = {name.lower(): value for name, value in postgres_system.api_environment().items()}
    database = Database(Settings(**environment))
    with contextlib.suppress(ZeroDivisionError), database.transaction() as transaction:
        [backend] = transaction.rows(Statement("SELECT pg_backend_pid() AS pid", Scope.REFERENCE), {}, dict)
        raise ZeroDivisionError
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT state FROM pg_stat_activity WHERE pid = %(pid)s", backend)
        assert cursor.fetchall() == [("idle",)]
    database.close()


def test_an_api_that_starts_without_a_database_recovers(postgres_system: Any, new_api: NewApi) -> None:
    postgres_system.kill(postgres_system.coordinator)
    try:
        api = new_api()
        unavailable(api.get("/status"))
    finally:
        postgres_system.restart(postgres_system.coordinator)
    eventually(lambda: api.get("/status").status_code == 200)


def test_before_the_schema_exists(new_api: NewApi, empty_database: str) -> None:
    api = new_api(POSTGRES_DB=empty_database)
    for path in DATA:
        body = unavailable(api.get(path))
        assert body["type"].endswith("#esquema-no-instalado")
        assert "historia-hooks sync" in body["detail"]
    assert api.get("/readyz").status_code == 200
    status = api.get("/status").get_json()
    assert (status["status"], status["schema_version"]) == ("connected", None)


def test_before_the_role_exists(new_api: NewApi) -> None:
    """The hook creates the role, and Helm waits for these pods before it runs the hook: they must be ready."""
    api = new_api(POSTGRES_USER="nadie")
    assert api.get("/readyz").status_code == 200
    assert "historia-hooks sync" in unavailable(api.get("/status"))["message"]
    assert "historia-hooks sync" in unavailable(api.get(PACIENTES))["detail"]


def test_before_the_grants_exist(postgres_system: Any, new_api: NewApi, empty_database: str) -> None:
    with contextlib.closing(postgres_system.connect()) as connection:
        parameters = connection.get_dsn_parameters()
        password = connection.info.password
    with contextlib.closing(psycopg2.connect(**parameters | {"dbname": empty_database, "password": password})) as owner:
        owner.cursor().execute("CREATE TABLE pacientes (cedula text, fecha_registro timestamptz, id uuid)")
        owner.commit()
    api = new_api(POSTGRES_DB=empty_database)
    assert unavailable(api.get(f"{PACIENTES}/CC-9"))["type"].endswith("#esquema-no-instalado")


def test_a_lock_held_by_another_ends_in_a_503(postgres_system: Any, new_api: NewApi) -> None:
    api = new_api(HISTORIA_LOCK_TIMEOUT="300")
    with contextlib.closing(postgres_system.connect()) as connection:
        connection.autocommit = False
        connection.cursor().execute("LOCK TABLE pacientes")
        body = unavailable(api.get(f"{PACIENTES}/CC-9"))
        assert body["type"].endswith("#tiempo-agotado")
        connection.rollback()
    assert api.get(f"{PACIENTES}/CC-9").status_code == 404


def test_a_saturated_pool_says_so_and_stays_alive(postgres_system: Any, new_api: NewApi) -> None:
    api = new_api(HISTORIA_POOL_SIZE="1", HISTORIA_POOL_TIMEOUT="0.3", HISTORIA_LOCK_TIMEOUT="3000")
    with contextlib.closing(postgres_system.connect()) as connection:
        connection.autocommit = False
        connection.cursor().execute("LOCK TABLE pacientes")
        blocked = threading.Thread(target=lambda: api.application.test_client().get(f"{PACIENTES}/CC-9"))
        blocked.start()
        eventually(lambda: api.get("/api/v1/medicos").status_code == 503)
        assert unavailable(api.get("/api/v1/medicos"))["type"].endswith("#saturado")
        assert api.get("/readyz").status_code == 200
        connection.rollback()
        blocked.join()
    assert api.get("/api/v1/medicos").status_code == 200


@contextlib.contextmanager
def server_that_says(answer: bytes | None) -> Iterator[int]:
    """A port that takes one connection, declines to encrypt it, reads and answers; with None it only listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                client, _ = listener.accept()
                if client.recv(1024) == SSL_REQUEST:
                    client.sendall(b"N")
                    client.recv(1024)
                client.sendall(answer or b"")
                client.close()

        if answer is not None:
            threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def error_answer(code: bytes) -> bytes:
    fields = b"SFATAL\0VFATAL\0C" + code + b"\0Mno\0\0"
    return b"E" + (len(fields) + 4).to_bytes(4, "big") + fields


@pytest.mark.parametrize(
    ("answer", "ready"),
    [
        (b"R\0\0\0\x08\0\0\0\0", True),
        (error_answer(b"28P01"), True),
        (error_answer(b"28000"), True),
        (error_answer(b"3D000"), True),
        (error_answer(b"57P03"), False),
        (error_answer(b"53300"), False),
        (b"HTTP/1.1 400 Bad Request\r\n", False),
        (b"E\0", False),
        (b"", False),
        (None, False),
    ],
)
def test_readiness_reads_the_first_answer_within_its_budget(answer: bytes | None, ready: bool) -> None:
    with server_that_says(answer) as port:
        settings = Settings(
            postgres_host="127.0.0.1", postgres_port=port, postgres_password="-", historia_signing_key="-" * 32
        )
        started = time.monotonic()
        assert takes_connections(settings) is ready
        assert time.monotonic() - started < 1


def test_readiness_is_asked_of_the_database_once_for_many_probes(postgres_system: Any, new_api: NewApi) -> None:
    api = new_api(HISTORIA_READINESS_CACHE="30")
    assert api.get("/readyz").status_code == 200
    postgres_system.kill(postgres_system.coordinator)
    try:
        assert [api.get("/readyz").status_code for _ in range(3)] == [200] * 3
    finally:
        postgres_system.restart(postgres_system.coordinator)
