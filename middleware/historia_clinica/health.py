"""Liveness and readiness. Neither logs in: the role and the schema come from a Job that may wait for these very pods.

Readiness asks whether the server takes connections, by the first step of PostgreSQL's protocol (what pg_isready does),
within a budget far below a login's. A dead worker, a missing schema or a wrong password must not fail it: every
replica would leave service at once, and none of these is cured by that. `/status` and the data routes tell them apart.
The question is asked inside TLS where the server has it, as many refuse to answer outside; whose certificate it is does
not matter here, as nothing secret is said.
Where requests about one patient go past the coordinator, one worker that answers is enough.
"""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache

from historia_clinica.routing import Address
from historia_clinica.settings import Settings

PROTOCOL_3 = 196608
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
AUTHENTICATION, ERROR, CODE_FIELD = b"R", b"E", b"C"
NOT_NOW = (b"57", b"53")  # classes: starting or stopping, out of connections
ANSWER_SIZE = 1024
WORKERS_ASKED = 3  # each may spend the budget, and probes wait five seconds


class Readiness:
    """The latest verdict, reused for some seconds behind a lock, so that probes cannot become load."""

    def __init__(self, settings: Settings, workers: Callable[[], Sequence[Address]] = tuple) -> None:
        self._settings = settings
        self._workers = workers
        self._lock = threading.Lock()
        self._verdict = False
        self._expires = 0.0

    def __call__(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if now >= self._expires:
                self._verdict = self._ask()
                self._expires = time.monotonic() + self._settings.historia_readiness_cache
            return self._verdict

    def _ask(self) -> bool:
        if takes_connections(self._settings):
            return True
        asked = self._workers()[:WORKERS_ASKED]
        return any(takes_connections(self._settings, worker) for worker in asked)


def takes_connections(settings: Settings, address: Address | None = None) -> bool:
    """The coordinator, or the node at that address."""
    asked = address or Address(settings.postgres_host, settings.postgres_port)
    ends = time.monotonic() + settings.historia_readiness_budget
    with suppress(OSError), _connect(settings, asked) as plain, _encrypted(settings, asked, plain, ends) as server:
        server.settimeout(_left(ends))
        server.sendall(_startup(settings))
        welcome = _is_welcome(server.recv(ANSWER_SIZE))
        _say_goodbye(server, ends)
        return welcome
    return False


def _connect(settings: Settings, address: Address) -> socket.socket:
    budget = settings.historia_readiness_budget / 2  # the other half is for the answers
    if not address.host.startswith("/"):
        return socket.create_connection((address.host, address.port), timeout=budget)
    server = socket.socket(socket.AF_UNIX)
    server.settimeout(budget)
    server.connect(f"{address.host}/.s.PGSQL.{address.port}")
    return server


def _encrypted(settings: Settings, address: Address, server: socket.socket, ends: float) -> socket.socket:
    """The same connection, inside TLS if the server offers it; libpq does not use it over a Unix socket either."""
    if settings.postgres_sslmode == "disable" or address.host.startswith("/"):
        return server
    server.settimeout(_left(ends))
    server.sendall(SSL_REQUEST)
    return _anybody().wrap_socket(server) if server.recv(1) == b"S" else server


@cache
def _anybody() -> ssl.SSLContext:
    """TLS with whoever answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _say_goodbye(server: socket.socket, ends: float) -> None:
    """Whoever leaves TLS without a word is an error in the server's log."""
    if isinstance(server, ssl.SSLSocket):
        server.settimeout(_left(ends))
        with suppress(OSError):
            server.unwrap()


def _left(ends: float) -> float:
    """Seconds; never none, which would mean to wait for ever."""
    return max(ends - time.monotonic(), 0.001)


def _startup(settings: Settings) -> bytes:
    pairs = ("user", settings.postgres_user, "database", settings.postgres_db)
    body = struct.pack("!i", PROTOCOL_3) + b"".join(part.encode() + b"\0" for part in pairs) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def _is_welcome(answer: bytes) -> bool:
    """Asked for a password, or told that this login will not do: both come from a server that serves."""
    if answer[:1] != ERROR:
        return answer[:1] == AUTHENTICATION
    codes = [field[1:] for field in answer[5:].split(b"\0") if field[:1] == CODE_FIELD]
    return bool(codes) and not codes[0].startswith(NOT_NOW)
