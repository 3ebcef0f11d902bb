"""gunicorn's threads, with a bound on what waits for them, and our problems where it refuses what is no HTTP request.

Its own answers are pages of HTML that quote the request, and its log names the path: both may hold data of a person.
"""

import json
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import structlog
from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.http.errors import (  # type: ignore[import-untyped]
    ExpectationFailed,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.workers.gthread import _DEFER, ThreadWorker  # type: ignore[import-untyped]

from historia_clinica import deadline
from historia_clinica.http import overload
from historia_clinica.http.access_log import PROBES
from historia_clinica.http.problems import MEDIA_TYPE, TITLES
from historia_clinica.http.request_id import HEADER, URN

OURS = (InvalidResponseHeader, InvalidResponseHeaderName)
STATUSES: dict[type[Exception], int] = {
    LimitRequestLine: 414,
    ExpectationFailed: 417,
    LimitRequestHeaders: 431,
    UnsupportedTransferCoding: 501,  # RFC 9112 §6.1
}

SIGNS_OF_LIFE = tuple(f"GET {path} ".encode() for path in sorted(PROBES))
LONGEST_PROBE = max(map(len, SIGNS_OF_LIFE))

logger = structlog.get_logger(__name__)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Set up by `gunicorn_conf`: `seconds` a request may take, `queue` how many may wait."""

    seconds: float
    queue: int

    def init_process(self) -> None:
        self._under_way = 0  # what waits for tpool or is in it; counted by the main thread alone
        self._refusing = ThreadPoolExecutor(self.cfg.threads, initializer=overload.refuse_in_this_thread)
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        """A connection on which nothing was sent yet takes no thread; one beyond the bound only gets its refusal, by
        threads that no other waits for. There a probe is answered too, wherever it would have to wait.
        """
        if not (conn.initialized or conn.data_ready):
            silent: Future[object] = Future()
            silent.set_result(_DEFER)
            super().finish_request(conn, silent)
            return
        conn.arrived = time.monotonic()
        waits = self._under_way >= self.cfg.threads
        aside = self._under_way >= self.cfg.threads + self.queue or (waits and _asks_for_a_sign_of_life(conn.sock))
        conn.counted = not aside
        self._under_way += conn.counted
        handled = (self._refusing if aside else self.tpool).submit(self.handle, conn)
        handled.add_done_callback(lambda future: self.method_queue.defer(self.finish_request, conn, future))

    def finish_request(self, conn: Any, fs: Any) -> None:
        self._under_way -= conn.counted
        super().finish_request(conn, fs)

    def handle(self, conn: Any) -> object:
        deadline.begin(conn.arrived, self.seconds)
        return super().handle(conn)

    def handle_error(self, req: object, client: Any, addr: object, exc: Exception) -> None:  # noqa: ARG002
        """Answers for gunicorn where a request could not be read, or could not be answered. Nothing is raised."""
        refused = isinstance(exc, ParseException) and not isinstance(exc, OURS)
        status = STATUSES.get(type(exc), 400) if refused else 500
        identifier = str(uuid4())
        log = logger.info if refused else logger.error
        log(
            "petición ilegible" if refused else "fallo inesperado",
            request_id=identifier,
            excepcion=type(exc).__name__,
            estado=status,
        )
        with suppress(OSError):  # who asked is gone
            util.write_nonblock(client, _answer(status, identifier))


def _asks_for_a_sign_of_life(client: socket.socket) -> bool:
    with suppress(OSError):  # read ahead already, or gone
        return client.recv(LONGEST_PROBE, socket.MSG_PEEK).startswith(SIGNS_OF_LIFE)
    return False


def _answer(status: int, identifier: str) -> bytes:
    title = TITLES.get(status, "Error interno")
    problem = {"type": "about:blank", "title": title, "status": status, "instance": URN + identifier}
    body = json.dumps(problem, ensure_ascii=False).encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nConnection: close\r\nContent-Type: {MEDIA_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\n{HEADER}: {identifier}\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n\r\n"
    )
    return head.encode() + body
