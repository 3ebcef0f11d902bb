"""Seals the heads of all chains of the audit: signed, into the database and to where the database cannot reach.

The file first, then the store, the database last: who verifies reads the database first, and misses nothing that is on
its way.
"""

import contextlib
import fcntl
import io
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TextIO

from historia_hooks.apply import Transaction
from historia_hooks.audit.memory import Memory
from historia_hooks.audit.seals import Begin, Digest, Head, Key, Seal, lock, root
from historia_hooks.audit.store import Store, append, as_text, fetched, store_missing
from historia_hooks.chains import heads
from historia_hooks.connections import Nodes
from historia_hooks.errors import AUDIT_RUNBOOK, HookError, Misconfigured, Tampered, TryAgain
from historia_hooks.state import query

LAST = "SELECT sello, linea FROM public.sellos_auditoria ORDER BY sello DESC LIMIT 1"
KEEP = """
INSERT INTO public.sellos_auditoria (sello, creado, linea) VALUES (%(sello)s, %(creado)s, %(linea)s)
ON CONFLICT (sello) DO NOTHING
"""


class _Nowhere(io.StringIO):
    """Where there is no file: all heads of a large audit would fill the memory."""

    def write(self, text: str) -> int:
        return len(text)


def seal_audit(
    nodes: Nodes, key: Key, file: pathlib.Path | None, store: Store | None, say: Callable[[Seal], object]
) -> None:
    """Says the seal as soon as it is made. Raises Tampered where a chain is behind what was sealed: a seal would make
    that good.
    """
    with contextlib.closing(Memory()) as memory, _locked(file) as out:
        if file is not None:
            with file.open(encoding="utf-8", errors="replace") as before:
                memory.learn(before, key)
        if memory.faults:
            raise Tampered(f"el archivo de sellos no está como se escribió: {memory.faults[0]}. {AUDIT_RUNBOOK}")
        stored = _meet(store, memory, key, out) if store else []
        _keep(nodes, memory.seals)  # so that no more than one is ever missing there
        seal = _seal(nodes, key, out, memory)
        say(seal)
        if store and file:
            with _after(seal):
                if isinstance(stored, HookError):
                    raise stored
                store_missing(store, file, stored)
        _keep(nodes, [seal])


def _meet(store: Store, memory: Memory, key: Key, out: TextIO) -> list[int] | HookError:
    """The seals that are stored. Those that the file lacks, on a volume that is new or was put back, come into it: the
    next one has to follow them. Without the store only a file that has seals goes on.
    """
    try:
        stored = store.numbers()
        ours = [seal.sello for seal in memory.seals]
        theirs = sorted(set(stored) - set(ours))
        if theirs and ours and theirs[0] < ours[-1]:
            raise Tampered(
                f"el bucket tiene el sello {theirs[0]} y el archivo no: no es el de este archivo, o alguien más escribe"
                f" ahí. {AUDIT_RUNBOOK}"
            )
        if theirs:
            _take(store, theirs, memory, key, out)
    except (TryAgain, Misconfigured) as error:
        if not memory.seals:
            raise
        return error
    return stored


def _take(store: Store, numbers: list[int], memory: Memory, key: Key, out: TextIO) -> None:
    """Into the file once it is known that they follow what is there."""
    with fetched(store, numbers) as found:
        with as_text(found) as lines:
            memory.learn(lines, key)
        if memory.faults or [seal.sello for seal in memory.seals][-len(numbers) :] != numbers:
            fault = next(iter(memory.faults), "no todo es un sello")
            raise Tampered(f"los sellos del bucket no están como se escribieron: {fault}. {AUDIT_RUNBOOK}")
        _end_torn_line(out)
        append(found, out)
        _to_disk(out)


@contextlib.contextmanager
def _after(seal: Seal) -> Iterator[None]:
    """The seal is made; what is wrong with the store is told, and the next run stores both."""
    try:
        yield
    except (TryAgain, Misconfigured) as error:
        raise type(error)(f"el sello {seal.sello} está en el archivo y aún no en el bucket: {error}") from None


def _keep(nodes: Nodes, seals: Iterable[Seal]) -> None:
    with Transaction(nodes.coordinator), nodes.coordinator.cursor() as cursor:
        for one in seals:
            cursor.execute(KEEP, {"sello": one.sello, "creado": one.creado, "linea": one.line()})


def _seal(nodes: Nodes, key: Key, out: TextIO, memory: Memory) -> Seal:
    kept = query(nodes.coordinator, LAST)
    number = max([one for one, _ in kept] + [seal.sello for seal in memory.seals], default=0) + 1
    before = memory.seals[-1] if memory.seals else None
    moved = Digest()
    _end_torn_line(out)
    print(Begin(number).line(), file=out)
    digest, chains, rows = root(_told(heads(nodes), memory, moved, out))
    seal = key.sign(
        Seal(
            sello=number,
            creado=datetime.now(UTC).isoformat(timespec="microseconds"),
            cadenas=chains,
            eventos=rows,
            raiz=digest,
            cambios=moved.lines,
            huella=moved.hex(),
            anterior=before.digest() if before else None,
            clave=key.name,
        )
    )
    if next(memory.absent(), None):
        raise Tampered(f"falta una cadena que ya se selló; no se sella. {AUDIT_RUNBOOK}")
    print(seal.line(), file=out)
    _to_disk(out)
    return seal


def _told(found: Iterator[Head], memory: Memory, moved: Digest, out: TextIO) -> Iterator[Head]:
    """The same heads; those that moved since the last seal are written."""
    for head in found:
        points = memory.points(head.kind, head.chain)
        last = points[-1] if points else None
        if last and (last.seq > head.seq or (last.seq == head.seq and last.hash.hex() != head.hash)):
            raise Tampered(f"una cadena no es la que se selló; no se sella. {AUDIT_RUNBOOK}")
        if last is None or last.seq < head.seq:
            moved.add(head.line())
            print(head.line(), file=out)
        yield head


@contextlib.contextmanager
def _locked(file: pathlib.Path | None) -> Iterator[TextIO]:
    """A file to which lines are added, and which nobody else reads or adds to meanwhile; without one, they are thrown
    away.
    """
    if file is None:
        yield _Nowhere()
        return
    with os.fdopen(os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "a+", encoding="utf-8") as out:
        lock(out, fcntl.LOCK_EX)
        yield out


def _end_torn_line(out: TextIO) -> None:
    """A run that was interrupted may have left half a line."""
    size = out.seek(0, os.SEEK_END)
    if not isinstance(out, io.StringIO) and size and os.pread(out.fileno(), 1, size - 1) != b"\n":
        out.write("\n")


def _to_disk(out: TextIO) -> None:
    if not isinstance(out, io.StringIO):
        out.flush()
        os.fsync(out.fileno())
