"""Verifies the audit: every row of every chain, the heads, and what seals have seen of them. It changes nothing."""

import itertools
import pathlib
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from operator import attrgetter

import psycopg2

from historia_hooks import chains
from historia_hooks.audit.chain import Finding, Row, check
from historia_hooks.audit.memory import Memory
from historia_hooks.audit.seals import Key, read_seal, reading
from historia_hooks.audit.store import Store, as_text, difference, fetched
from historia_hooks.audit.verdict import Fault, Verdict
from historia_hooks.connections import Nodes
from historia_hooks.state import query

SEALS = "SELECT sello, linea FROM public.sellos_auditoria ORDER BY sello"
# What is read is not as this program knows it. A node that does not answer is none of these: it is asked again later.
UNREADABLE = (ValueError, psycopg2.DataError, psycopg2.InternalError, psycopg2.ProgrammingError)


@dataclass(frozen=True)
class Seals:
    """Where they are kept: a file, a store, or the same in both; and the key that they were signed with."""

    key: Key
    file: pathlib.Path | None = None
    store: Store | None = None

    @property
    def place(self) -> str:
        return "archivo" if self.file else "bucket"


def verify_audit(nodes: Nodes, seals: Seals | None, verdict: Verdict) -> Iterator[Fault]:
    """All that is wrong, as it is found."""
    with closing(Memory()) as memory:
        faults = _check_seals(nodes, seals, memory) if seals else iter(())
        for fault in itertools.chain(faults, _check_chains(nodes, memory, verdict)):
            verdict.faults += 1
            yield fault
        verdict.seals = len(memory.seals)


def _check_seals(nodes: Nodes, seals: Seals, memory: Memory) -> Iterator[Fault]:
    kept, differing = _learn(nodes, seals, memory)
    yield from (Fault(text) for text in memory.faults)
    if differing:
        yield Fault(differing)
    lines = {seal.sello: seal.line() for seal in memory.seals}
    if kept and not lines:
        yield Fault(f"el {seals.place} no tiene ningún sello")
        return
    for number in sorted(lines.keys() | _of_the_file(kept, memory)) if lines else ():
        if number not in kept:
            if number < max(lines):  # the last is on disk before it is there, and its run may not have come so far
                yield Fault(f"sello {number}: falta en la base de datos")
        elif number not in lines:
            yield Fault(f"sello {number}: falta en el {seals.place}")
        elif kept[number] != lines[number]:
            yield Fault(f"sello {number}: el de la base de datos no es el del {seals.place}")


def _learn(nodes: Nodes, seals: Seals, memory: Memory) -> tuple[dict[int, str], str | None]:
    """The seals of the table, and how file and store differ. The table first: what is sealed meanwhile is elsewhere
    before it is there, and rows come before their seal.
    """
    with ExitStack() as opened:
        lines = opened.enter_context(reading(seals.file)) if seals.file else None
        kept = dict(query(nodes.coordinator, SEALS))
        found = opened.enter_context(fetched(seals.store)) if seals.store else None
        if lines:
            memory.learn(lines, seals.key)
        elif found:
            with as_text(found) as text:
                memory.learn(text, seals.key)
        if seals.file and found:
            with seals.file.open("rb") as ours:
                return kept, difference(ours, found, kept)
        return kept, None


def _of_the_file(kept: dict[int, str], memory: Memory) -> set[int]:
    """Those of the table that follow one of the file, also where that was cut; others are of other files, or of none.

    Nobody knows of which file one is that cannot be read.
    """
    first = min(seal.sello for seal in memory.seals)
    digests, found = {seal.digest() for seal in memory.seals}, set[int]()
    for number in sorted(one for one in kept if one >= first):
        seal = read_seal(kept[number])
        if seal is None or seal.anterior in digests:
            found.add(number)
            digests |= {seal.digest()} if seal else set()
    return found


def _check_chains(nodes: Nodes, memory: Memory, verdict: Verdict) -> Iterator[Fault]:
    unread = set[str]()
    for place in chains.places(nodes):
        try:
            yield from _check_place(nodes, place, memory, verdict)
        except UNREADABLE as error:
            if place not in chains.places(nodes):  # it has moved meanwhile
                raise
            unread.add(place.kind)
            yield Fault(f"{place.rows} en {place.node} no se puede leer ({type(error).__name__})", place.kind)
    for lost in memory.absent():
        if lost.kind not in unread:  # there is no telling which chains are where nothing could be read
            yield Fault(f"falta la cadena entera, de {lost.seq} filas selladas", lost.kind, lost.chain, 1)


def _check_place(nodes: Nodes, place: chains.Place, memory: Memory, verdict: Verdict) -> Iterator[Fault]:
    for (name, head), found in itertools.groupby(chains.lines(nodes, place), key=attrgetter("chain", "head")):
        verdict.chains += 1
        for fault in check(name, head, _rows(found, verdict), memory.points(place.kind, name)):
            yield _of(place.kind, name, fault)


def _rows(lines: Iterator[chains.Line], verdict: Verdict) -> Iterator[Row]:
    for line in lines:
        if line.row is not None:
            verdict.rows += 1
            yield line.row


def _of(kind: str, chain: str, finding: Finding) -> Fault:
    return Fault(finding.text, kind, chain, finding.seq)
