"""Passwords as argon2id. Each check takes memory on purpose, so only a few run at once.

Whether there is an account must not be told by the time that an answer takes: without one, a made-up hash is checked.
"""

import secrets
import threading
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from historia_clinica import deadline
from historia_clinica.errors import Saturated
from historia_clinica.settings import Settings

LANES = 1  # threads of one check: the server's own threads are what there is
LINE = 2  # at the checks or waiting for one, for each that is allowed at once: the other threads are for patients
HASH, SALT = 32, 16  # bytes


class Passwords:
    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.historia_argon2_time,
            memory_cost=settings.historia_argon2_memory,
            parallelism=LANES,
            hash_len=HASH,
            salt_len=SALT,
        )
        self._nobodys = (
            f"$argon2id$v=19$m={settings.historia_argon2_memory},t={settings.historia_argon2_time},p={LANES}"
            f"${_coded(secrets.token_bytes(SALT))}${_coded(secrets.token_bytes(HASH))}"
        )
        self._slots = threading.BoundedSemaphore(settings.historia_argon2_at_once)
        self._line = threading.BoundedSemaphore(LINE * settings.historia_argon2_at_once)
        self._patience = settings.historia_pool_timeout

    @contextmanager
    def slot(self) -> Iterator[None]:
        """To be held around the functions below. Raises Saturated where too many are at it."""
        if not self._line.acquire(blocking=False):
            raise Saturated
        try:
            if not self._slots.acquire(timeout=self._patience):
                raise Saturated
            try:
                deadline.check()
                yield
            finally:
                self._slots.release()
        finally:
            self._line.release()

    def hash(self, password: str) -> str:
        return self._hasher.hash(_normal(password))

    def verify(self, kept: str | None, password: str) -> bool:
        """False where nothing is kept, after as long a time."""
        try:
            return self._hasher.verify(kept or self._nobodys, _normal(password)) and kept is not None
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, kept: str) -> bool:
        """Whether it was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(kept)


def _normal(password: str) -> str:
    """The same letters typed on another keyboard."""
    return unicodedata.normalize("NFC", password)


def _coded(value: bytes) -> str:
    return b64encode(value).decode().rstrip("=")
