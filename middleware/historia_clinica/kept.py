"""What is asked for often and may be some seconds old."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The latest value, loaded again after some seconds by whoever asks first: many requests cannot become load."""

    def __init__(self, seconds: float, load: Callable[[], Value]) -> None:
        self._seconds = seconds
        self._load = load
        self._lock = threading.Lock()
        self._expires = 0.0

    def __call__(self) -> Value:
        with self._lock:
            if time.monotonic() >= self._expires:
                self._kept: Value = self._load()
                self._expires = time.monotonic() + self._seconds
            return self._kept
