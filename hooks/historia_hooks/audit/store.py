"""Seals that are also kept one by one where nothing that was stored can be changed: each as its lines in the file.
What such a store is made of is no matter here.
"""

import contextlib
import hashlib
import io
import pathlib
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Protocol, TextIO, cast

from historia_hooks.audit.seals import Begin, Seal, read_line


class Store(Protocol):
    """Of one file. What it raises is a HookError with a sentence."""

    def numbers(self) -> list[int]:
        """The seals that are there, in their order."""

    def put(self, number: int, block: IO[bytes]) -> None:
        """Never over another one; the same one again is no mistake. Tampered where there is another."""

    def get(self, number: int, into: IO[bytes]) -> None:
        """Adds the lines of that seal."""


@dataclass(frozen=True)
class Block:
    """The lines of one seal in a file: where they are, and their digest."""

    number: int
    start: int
    end: int
    digest: str


def blocks(file: IO[bytes]) -> Iterator[Block]:
    """What was begun and has no seal is in none of them."""
    start, digest = 0, hashlib.sha256()
    for raw in file:
        # most lines are heads, and not looked at
        said = read_line(raw.decode(errors="replace").rstrip("\n")) if raw.startswith(b"{") else None
        if isinstance(said, Begin):
            start, digest = file.tell() - len(raw), hashlib.sha256()
        digest.update(raw.rstrip(b"\n") + b"\n")
        if isinstance(said, Seal):
            yield Block(said.sello, start, file.tell(), digest.hexdigest())
            start, digest = file.tell(), hashlib.sha256()


def store_missing(store: Store, file: pathlib.Path, stored: Collection[int]) -> None:
    """Those of the file that the store has not, in their order."""
    with file.open("rb") as ours:
        for block in [one for one in blocks(ours) if one.number not in stored]:
            with tempfile.TemporaryFile() as copy:
                ours.seek(block.start)
                _copy(ours, copy, block.end - block.start)
                copy.seek(0)
                store.put(block.number, copy)


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> None:
    while size:
        part = source.read(min(size, 1 << 20))
        target.write(part)
        size -= len(part)


@contextlib.contextmanager
def fetched(store: Store, numbers: Iterable[int] | None = None) -> Iterator[IO[bytes]]:
    """Those seals, or all, as a file of seals that is gone afterwards."""
    with tempfile.TemporaryFile() as file:
        for number in store.numbers() if numbers is None else numbers:
            store.get(number, file)
        file.seek(0)
        yield file


@contextlib.contextmanager
def as_text(file: IO[bytes]) -> Iterator[TextIO]:
    """From its beginning, and read as files of seals are; it stays open."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8", errors="replace")
    try:
        yield text
    finally:
        text.detach()


def append(source: IO[bytes], file: TextIO) -> None:
    """To a file of text that is open for adding."""
    file.flush()
    source.seek(0)
    shutil.copyfileobj(source, cast("io.TextIOWrapper", file).buffer)


def difference(ours: IO[bytes], theirs: IO[bytes], kept: Collection[int]) -> str | None:
    """The first one between a file and a store. Of a run that was cut short the last seal is in the file alone, and not
    `kept` in the database either.
    """
    here, there = ({one.number: one.digest for one in blocks(file)} for file in (ours, theirs))
    for number in sorted(here.keys() | there.keys()):
        if number not in there:
            if number in kept or number < max(here):
                return f"sello {number}: falta en el bucket"
        elif number not in here:
            return f"sello {number}: está en el bucket y falta en el archivo"
        elif here[number] != there[number]:
            return f"sello {number}: el del bucket no es el del archivo"
    return None
