"""The identifier of a request: X-Request-ID when well formed, else made; echoed, logged, named by problems."""

import re
from uuid import uuid4

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9._~-]{1,64}")
URN = "urn:historia-clinica:peticion:"


def install(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_echo)


def request_id() -> str:
    """Of the current request; made on demand where routing failed before `before_request` ran."""
    if "request_id" not in g:
        offered = request.headers.get(HEADER, "")
        g.request_id = offered if WELL_FORMED.fullmatch(offered) else str(uuid4())
    return str(g.request_id)


def urn() -> str:
    return URN + request_id()


def _begin() -> None:
    clear_contextvars()  # threads are reused
    bind_contextvars(request_id=request_id())


def _echo(response: Response) -> Response:
    response.headers[HEADER] = request_id()
    return response
