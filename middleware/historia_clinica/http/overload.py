"""What is refused at once because too many requests wait already.

A queue that grows serves everybody too late. What comes when it is full is only refused, by threads of its own: that
takes a moment, and those under way go on.
"""

from contextvars import ContextVar

from flask import Flask, request

from historia_clinica.errors import Saturated
from historia_clinica.http.access_log import PROBES

# Of a thread: it only refuses.
_refusing: ContextVar[bool] = ContextVar("refusing", default=False)


def refuse_in_this_thread() -> None:
    """Every request of this thread, from now on, that is not a probe's: a process that has much to do is not ill."""
    _refusing.set(True)


def install(app: Flask) -> None:
    app.before_request(_refuse)


def _refuse() -> None:
    if _refusing.get() and request.path not in PROBES:
        raise Saturated
