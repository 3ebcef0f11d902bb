"""Seals: what all chains had for their last row at some time, signed with a key that the database does not have.

A file of seals is text to which lines are only added. For each seal one that says that it begins, one for each head
that moved since the seal before, and the seal itself: how many chains and rows, the root over all heads, the digest of
the lines just written, that of the seal before, and the signature of all that. What was begun and has no seal was
interrupted, and counts for nothing.
"""

import contextlib
import fcntl
import hashlib
import json
import pathlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, TextIO

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from historia_hooks.errors import Misconfigured

NOT_A_KEY = "la clave de los sellos no es una clave Ed25519 en PEM sin contraseña: {}"


@dataclass(frozen=True, order=True)
class Head:
    """The last row of a chain: of a patient's (`p`) or of one of the system's (`s`)."""

    kind: str
    chain: str
    seq: int
    hash: str

    def line(self) -> str:
        return json.dumps([self.kind, self.chain, self.seq, self.hash], ensure_ascii=False)


@dataclass(frozen=True)
class Begin:
    """The lines of another seal follow."""

    empieza: int

    def line(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Seal:
    sello: int
    creado: str
    cadenas: int
    eventos: int
    raiz: str
    cambios: int
    huella: str
    anterior: str | None
    clave: str
    firma: str = ""

    def line(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    def signed(self) -> bytes:
        said = {name: value for name, value in asdict(self).items() if name != "firma"}
        return json.dumps(said, sort_keys=True).encode()

    def digest(self) -> str:
        return hashlib.sha256(self.line().encode()).hexdigest()


class Digest:
    """Of lines, as they come."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.lines = 0

    def add(self, line: str) -> None:
        self._hash.update(line.encode() + b"\n")
        self.lines += 1

    def hex(self) -> str:
        return self._hash.hexdigest()


class Key:
    """Signs where it is the private one; the public one only verifies."""

    def __init__(self, private: Ed25519PrivateKey | None, public: Ed25519PublicKey) -> None:
        self._private = private
        self._public = public
        self.name = hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]

    @property
    def signs(self) -> bool:
        return self._private is not None

    def sign(self, seal: Seal) -> Seal:
        if self._private is None:
            raise Misconfigured("para sellar hace falta la clave privada, y esta es la pública")
        return replace(seal, firma=self._private.sign(seal.signed()).hex())

    def verifies(self, seal: Seal) -> bool:
        try:
            self._public.verify(bytes.fromhex(seal.firma), seal.signed())
        except (InvalidSignature, ValueError):
            return False
        return True


def read_key(file: pathlib.Path) -> Key:
    """A private key or a public one; nothing of it is part of a message."""
    try:
        text = file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"no se puede leer la clave de los sellos {file}: {error.strerror}") from None
    try:
        if b"PRIVATE" in text:
            private = load_pem_private_key(text, password=None)
            public: Any = private.public_key()
        else:
            private, public = None, load_pem_public_key(text)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Misconfigured(NOT_A_KEY.format(file)) from None
    if not isinstance(public, Ed25519PublicKey):
        raise Misconfigured(NOT_A_KEY.format(file))
    return Key(private if isinstance(private, Ed25519PrivateKey) else None, public)


def root(heads: Iterable[Head]) -> tuple[str, int, int]:
    """Over heads in their order; with how many chains and rows they are."""
    digest, rows = Digest(), 0
    for head in heads:
        digest.add(head.line())
        rows += head.seq
    return digest.hex(), digest.lines, rows


def _parse(line: str) -> Head | Seal | Begin:
    said = json.loads(line)
    if isinstance(said, list):
        kind, chain, seq, digest = said
        return Head(str(kind), str(chain), int(seq), bytes.fromhex(digest).hex())
    return Begin(**said) if "empieza" in said else Seal(**said)


def read_line(line: str) -> Head | Seal | Begin | None:
    """None: it is nothing of the kind."""
    try:
        return _parse(line)
    except (ValueError, TypeError):
        return None


def read_seal(line: str) -> Seal | None:
    """None: it is no seal."""
    said = read_line(line)
    return said if isinstance(said, Seal) else None


@contextlib.contextmanager
def reading(file: pathlib.Path) -> Iterator[TextIO]:
    """While nobody adds to it: half a line would be taken for a change. What is not text is no line of a seal."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        lock(lines, fcntl.LOCK_SH)
        yield lines


def lock(file: TextIO, kind: int) -> None:
    """Waits for it, and keeps it until the file is closed."""
    try:
        fcntl.flock(file, kind)
    except OSError as error:
        raise Misconfigured(f"el archivo de sellos está donde no se puede bloquear: {error.strerror}") from None


def read(file: TextIO) -> Iterator[tuple[int, str, Head | Seal | Begin | None]]:
    """The lines of a file with their numbers; None for one that is nothing of the kind."""
    for number, text in enumerate(file, 1):
        line = text.rstrip("\n")
        yield number, line, read_line(line)
