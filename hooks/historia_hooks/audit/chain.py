"""The canonical form of a row, and what is wrong with a chain of rows. Written down in docs/gobierno.md.

The API has the same in historia_clinica.audit.chain, and the database makes the hashes in anotar_auditoria; whoever
verifies trusts neither, so this is written once more, and a test compares the three.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

FORMAT = 1
FIRST = bytes(32)  # what the first row of a chain has for the hash of the one before


@dataclass(frozen=True)
class Row:
    """One of a chain, with the names of its columns."""

    seq: int
    formato: int
    ocurrido: str  # MOMENT
    usuario_id: str
    rol: str | None
    accion: str
    recurso: str
    recurso_id: str | None
    version: int | None
    proposito: str | None
    resultado: str
    ip: str | None
    agente: str | None
    peticion_id: str
    consulta: str | None
    vinculo: str | None
    vinculado: str | None
    hash_previo: bytes
    hash: bytes


COLUMNS = tuple(field.name for field in fields(Row))
SAID = COLUMNS[2:-2]  # all but the place in the chain and the hashes
# The moment as it was hashed. What a calendar of PostgreSQL has and that form has not (infinity; years before Christ,
# which it would write like those after) is read in another form, so that its hash is another one.
MOMENT = """
CASE WHEN isfinite(ocurrido) AND ocurrido >= '0001-01-01 00:00:00+00'
     THEN to_char(ocurrido AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE ocurrido::text END
"""


@dataclass(frozen=True)
class Point:
    """Up to where a chain went at some time, and the hash of the row there."""

    seq: int
    hash: bytes


@dataclass(frozen=True)
class Finding:
    """What is wrong with a chain, and from which row on."""

    seq: int
    text: str


def canonical(chain: str, row: Row) -> bytes:
    """JSON as PostgreSQL and Python write it alike: `, ` between the members of a list, text as it is, null."""
    said = [row.formato, chain, row.seq, *(getattr(row, name) for name in SAID)]
    return json.dumps(said, ensure_ascii=False).encode()


def check(chain: str, head: Point | None, rows: Iterable[Row], sealed: Sequence[Point]) -> Iterator[Finding]:
    """What is wrong with the rows of one chain, in their order. `sealed`: points of it that were kept elsewhere.

    A seal only tells between which two of them something is: it is not heard where the rows have told by themselves.
    """
    last, witnesses, told = Point(0, FIRST), _Witnesses(sealed), 0
    for row in rows:
        for found in _check_row(chain, last, row):
            yield found
            told = found.seq
        last = Point(row.seq, bytes(row.hash))
        yield from witnesses.meet(last, told)
    for found in _check_end(last, head):
        yield found
        told = found.seq
    yield from witnesses.end(last, told)


def _check_row(chain: str, last: Point, row: Row) -> Iterator[Finding]:
    if row.seq > last.seq + 1:
        yield Finding(last.seq + 1, f"faltan filas: de la {last.seq + 1} a la {row.seq - 1}")
    elif row.seq <= last.seq:
        yield Finding(row.seq, "la fila no está en su lugar")
    elif bytes(row.hash_previo) != last.hash:
        yield Finding(row.seq, "la fila no sigue a la anterior")
    if row.formato != FORMAT:
        yield Finding(row.seq, f"este programa no conoce la forma canónica {row.formato}")
    elif hashlib.sha256(bytes(row.hash_previo) + canonical(chain, row)).digest() != bytes(row.hash):
        yield Finding(row.seq, "el contenido de la fila no corresponde a su hash")


def _check_end(last: Point, head: Point | None) -> Iterator[Finding]:
    if head is None:
        yield Finding(last.seq, "la cadena no tiene cabeza")
    elif head.seq > last.seq:
        yield Finding(last.seq + 1, f"faltan las últimas filas, de la {last.seq + 1} a la {head.seq}")
    elif head.seq < last.seq:
        yield Finding(head.seq, f"la cabeza está en la fila {head.seq} y la cadena llega a la {last.seq}")
    elif head.hash != last.hash:
        yield Finding(last.seq, "la cabeza no es la de la última fila")


class _Witnesses:
    """The points that seals have seen, met one after the other."""

    def __init__(self, sealed: Sequence[Point]) -> None:
        self._left = sorted(sealed, key=lambda point: point.seq)
        self._agreed = 0
        self._broken = False

    def meet(self, row: Point, told: int) -> Iterator[Finding]:
        while self._left and self._left[0].seq <= row.seq:
            seen = self._left.pop(0)
            if seen == row:
                self._agreed = seen.seq
            elif not self._broken:
                self._broken = True  # all that follows has another hash for it
                if told <= self._agreed:
                    first = self._agreed + 1
                    yield Finding(first, f"entre la fila {first} y la {seen.seq} no es lo que se selló")

    def end(self, last: Point, told: int) -> Iterator[Finding]:
        if self._left and not self._broken and told <= last.seq:
            seen = self._left[-1].seq
            yield Finding(last.seq + 1, f"se sellaron {seen} filas y la cadena termina en la {last.seq}")
