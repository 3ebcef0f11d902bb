"""JSON lines on stdout through structlog: one for each request, with the route's template and never the path.

Paths hold cédulas and query strings hold cursors; neither they nor bodies, addresses or user agents are logged.
"""

import logging
import sys
import time

import structlog
from flask import Flask, Response, g, request

logger = structlog.get_logger(__name__)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}  # a client may send any word
PROBES = {"/livez", "/readyz"}


def configure(level: str) -> None:
    """Once for the process. Libraries' own lines are let through from WARNING on, as JSON too."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(ensure_ascii=False), foreign_pre_chain=shared
        )
    )
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger().setLevel(logging.WARNING)


def install(app: Flask) -> None:
    app.before_request(_start_clock)
    app.after_request(_write)


def _start_clock() -> None:
    g.started = time.perf_counter()


def method() -> str | None:
    """Of the current request; None where it is no method of HTTP."""
    return request.method if request.method in METHODS else None


def route() -> str | None:
    """The template of the current request's route, never its path; None where there is no such route."""
    return request.url_rule.rule if request.url_rule else None


def seconds() -> float:
    """How long the current request has taken so far."""
    return float(time.perf_counter() - g.get("started", time.perf_counter()))


def _write(response: Response) -> Response:
    rule = route()
    if rule in PROBES and response.status_code < 400:
        return response
    logger.info(
        "petición atendida",
        metodo=method(),
        ruta=rule,
        estado=response.status_code,
        milisegundos=round(seconds() * 1000, 1),
    )
    return response
