"""gunicorn's threads, with our problems where it refuses by itself what is no HTTP request.

Its own answers are pages of HTML that quote the request, and its log names the path: both may hold data of a person.
"""

import json
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
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from historia_clinica.http.problems import MEDIA_TYPE, TITLES
from historia_clinica.http.request_id import HEADER, URN

OURS = (InvalidResponseHeader, InvalidResponseHeaderName)
STATUSES: dict[type[Exception], int] = {
    LimitRequestLine: 414,
    ExpectationFailed: 417,
    LimitRequestHeaders: 431,
    UnsupportedTransferCoding: 501,  # RFC 9112 §6.1
}

logger = structlog.get_logger(__name__)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
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
