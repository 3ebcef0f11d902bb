"""Verifies the audit: every row of every chain, the heads, and what seals have seen of them. It changes nothing."""

import itertools
import pathlib
from collections.abc import Iterator
from contextlib import closing
from operator import attrgetter

from historia_hooks import chains
from historia_hooks.audit.chain import Finding, Row, check
from historia_hooks.audit.memory import Memory
from historia_hooks.audit.seals import Key
from historia_hooks.audit.verdict import Fault, Verdict
from historia_hooks.connections import Nodes
from historia_hooks.state import query

SEALS = "SELECT sello, linea FROM public.sellos_auditoria ORDER BY sello"


def verify_audit(nodes: Nodes, key: Key | None, file: pathlib.Path | None, verdict: Verdict) -> Iterator[Fault]:
    """All that is wrong, as it is found."""
    # The table first: what is sealed meanwhile is in the file before it is there, and rows come before their seal.
    kept = dict(query(nodes.coordinator, SEALS))
    with closing(Memory()) as memory:
        if file is not None and key is not None:
            with file.open(encoding="utf-8") as lines:
                memory.learn(lines, key)
        for fault in itertools.chain(_check_seals(memory, kept, file), _check_chains(nodes, memory, verdict)):
            verdict.faults += 1
            yield fault
        verdict.seals = len(memory.seals)


def _check_seals(memory: Memory, kept: dict[int, str], file: pathlib.Path | None) -> Iterator[Fault]:
    yield from (Fault(text) for text in memory.faults)
    if file is None:
        return
    lines = {seal.sello: seal.line() for seal in memory.seals}
    for number in sorted(lines.keys() | {one for one in kept if one >= min(lines, default=0)}):
        if number not in kept:
            yield Fault(f"sello {number}: falta en la base de datos")
        elif number not in lines:
            yield Fault(f"sello {number}: falta en el archivo")
        elif kept[number] != lines[number]:
            yield Fault(f"sello {number}: el de la base de datos no es el del archivo")


def _check_chains(nodes: Nodes, memory: Memory, verdict: Verdict) -> Iterator[Fault]:
    for place in chains.places(nodes):
        for (name, head), found in itertools.groupby(chains.lines(nodes, place), key=attrgetter("chain", "head")):
            verdict.chains += 1
            for fault in check(name, head, _rows(found, verdict), memory.points(place.kind, name)):
                yield _of(place.kind, name, fault)
    for lost in memory.absent():
        yield Fault(f"falta la cadena entera, de {lost.seq} filas selladas", lost.kind, lost.chain, 1)


def _rows(lines: Iterator[chains.Line], verdict: Verdict) -> Iterator[Row]:
    for line in lines:
        if line.row is not None:
            verdict.rows += 1
            yield line.row


def _of(kind: str, chain: str, finding: Finding) -> Fault:
    return Fault(finding.text, kind, chain, finding.seq)
