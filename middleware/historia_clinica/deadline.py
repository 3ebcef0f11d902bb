"""How long the request of this thread may go on asking the database. Without a request there is no end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from historia_clinica.errors import TimedOut

_ends: ContextVar[float] = ContextVar("ends", default=float("inf"))


def begin(arrived: float, seconds: float) -> None:
    """For a request that arrived then, by the monotonic clock: the time it waited for a thread counts."""
    _ends.set(arrived + seconds)


@contextmanager
def at_least(seconds: float) -> Iterator[None]:
    """So long for what must still be done, also when the request has used up its own time."""
    token = _ends.set(max(_ends.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _ends.reset(token)


def check() -> None:
    """Raises TimedOut once the time is over. To be asked before anything is begun, and not between work and COMMIT."""
    if time.monotonic() > _ends.get():
        raise TimedOut
