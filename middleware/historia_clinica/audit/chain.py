"""The canonical form of a row, and whether rows are a chain. Pure; written down in docs/gobierno.md.

`historia_hooks.audit.chain` is the same for whoever does not trust the API, and the database makes the hashes by itself
(anotar_auditoria): a test compares the three.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields

FORMAT = 1
FIRST = bytes(32)  # what the first row of a chain has for the hash of the one before


@dataclass(frozen=True)
class Link:
    """A row of a chain, with the names of its columns."""

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


COLUMNS = tuple(field.name for field in fields(Link))
SAID = COLUMNS[2:-2]  # all but the place in the chain and the hashes
# The moment as it was hashed. What a calendar of PostgreSQL has and that form has not (infinity; years before Christ,
# which it would write like those after) is read in another form, so that its hash is another one.
MOMENT = """
CASE WHEN isfinite(ocurrido) AND ocurrido >= '0001-01-01 00:00:00+00'
     THEN to_char(ocurrido AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE ocurrido::text END
"""


@dataclass(frozen=True)
class Finding:
    """What is wrong with a chain, and from which row on."""

    seq: int
    hallazgo: str


def canonical(chain: str, row: Link) -> bytes:
    """JSON as PostgreSQL and Python write it alike: `, ` between the members of a list, text as it is, null."""
    said = [row.formato, chain, row.seq, *(getattr(row, name) for name in SAID)]
    return json.dumps(said, ensure_ascii=False).encode()


def check(chain: str, rows: Iterable[Link], after: int, previous: bytes | None) -> tuple[list[Finding], int, bytes]:
    """What is wrong with rows that should follow the row `after`, whose hash is `previous` (None: it is not known).

    Answers the findings, and number and hash of the last row.
    """
    found, last = [], previous
    for row in rows:
        if row.seq != after + 1:
            found.append(Finding(after + 1, f"faltan las filas {after + 1} a {row.seq - 1}"))
        elif last is not None and bytes(row.hash_previo) != last:
            found.append(Finding(row.seq, "no sigue a la anterior"))
        if row.formato != FORMAT:
            found.append(Finding(row.seq, "su forma canónica no se conoce"))
        elif hashlib.sha256(bytes(row.hash_previo) + canonical(chain, row)).digest() != bytes(row.hash):
            found.append(Finding(row.seq, "su contenido no corresponde a su hash"))
        after, last = row.seq, bytes(row.hash)
    return found, after, last or FIRST
