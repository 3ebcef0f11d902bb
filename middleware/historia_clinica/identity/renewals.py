"""Refresh tokens: opaque, good for one use. Only SHA-256 of what is random in them is kept.

Each names its session, so that it is looked for in one place, and carries two secrets. The family is the same in all
tokens of the session: who shows it has had one of them, so a token with the family and another secret is an old one,
not a guess. What was never given out ends nobody's session.
"""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Self
from uuid import UUID, uuid4

IDENTIFIER, FAMILY, SECRET = 16, 16, 32  # bytes
FIXED = IDENTIFIER + FAMILY + SECRET
LONGEST = 300
PATTERN = r"^[A-Za-z0-9_-]+$"
DOCUMENTO = re.compile(r"[0-9A-Za-z-]{3,36}")


@dataclass(frozen=True)
class Renewal:
    documento: str
    sesion: UUID
    familia: bytes
    secreto: bytes

    @classmethod
    def first(cls, documento: str) -> Self:
        """Of a new session."""
        return cls(documento, uuid4(), secrets.token_bytes(FAMILY), secrets.token_bytes(SECRET))

    def next(self) -> Self:
        return replace(self, secreto=secrets.token_bytes(SECRET))

    @property
    def text(self) -> str:
        held = self.sesion.bytes + self.familia + self.secreto + self.documento.encode()
        return urlsafe_b64encode(held).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what is no token of ours."""
        if len(text) > LONGEST or not re.fullmatch(PATTERN[1:-1], text) or len(text) % 4 == 1:
            return None
        held = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        documento = held[FIXED:].decode(errors="replace")
        if not DOCUMENTO.fullmatch(documento):
            return None
        found = cls(
            documento,
            UUID(bytes=held[:IDENTIFIER]),
            held[IDENTIFIER : IDENTIFIER + FAMILY],
            held[IDENTIFIER + FAMILY : FIXED],
        )
        return found if found.text == text else None  # base64 can be spelled in more than one way


class Presented(Enum):
    """What a refresh token is for the session that it names."""

    CURRENT = auto()
    PREVIOUS = auto()
    OLD = auto()
    UNKNOWN = auto()


def digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def judge(renewal: Renewal, familia: bytes, current: bytes, previous: bytes | None) -> Presented:
    """By the digests that the session keeps."""
    shown = digest(renewal.secreto)
    if not hmac.compare_digest(digest(renewal.familia), familia):
        return Presented.UNKNOWN
    if hmac.compare_digest(shown, current):
        return Presented.CURRENT
    if previous is not None and hmac.compare_digest(shown, previous):
        return Presented.PREVIOUS
    return Presented.OLD
