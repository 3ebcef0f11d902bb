"""SQL of the audit of a patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from historia_clinica.audit.chain import COLUMNS, MOMENT, Finding, Link, check
from historia_clinica.db import Scope, Statement, Transaction
from historia_clinica.records.store import refuse_without_patient
from historia_clinica.resources.auditoria.following import Segment, Tied, segments

HELD = ", ".join(f"{MOMENT} AS ocurrido" if name == "ocurrido" else name for name in COLUMNS)
PAGE = Statement(
    f"""
    SELECT {HELD} FROM auditoria
     WHERE paciente_id = %(paciente_id)s AND seq > %(after)s
       AND (%(upto)s::bigint IS NULL OR seq <= %(upto)s::bigint)
       AND (%(before)s::bigint IS NULL OR seq < %(before)s::bigint)
     ORDER BY seq DESC
     LIMIT %(rows)s
    """,
    Scope.PATIENT,
)
# The head and the rows in one snapshot: a request that commits meanwhile makes no difference between them.
FROM_THERE = Statement(
    f"""
    SELECT c.cabeza_seq, c.cabeza_hash, {", ".join(f"r.{name}" for name in COLUMNS)}
      FROM (SELECT paciente_id, seq AS cabeza_seq, hash AS cabeza_hash
              FROM auditoria_cabeza WHERE paciente_id = %(paciente_id)s) c
      FULL JOIN (SELECT paciente_id, {HELD} FROM auditoria
                  WHERE paciente_id = %(paciente_id)s AND seq >= %(first)s ORDER BY seq LIMIT %(rows)s) r
        ON r.paciente_id = c.paciente_id
     ORDER BY r.seq
    """,
    Scope.PATIENT,
)
HEAD = Statement("SELECT seq, hash FROM auditoria_cabeza WHERE paciente_id = %(paciente_id)s", Scope.PATIENT)
TIES = Statement(
    """
    SELECT seq, vinculo, vinculado FROM auditoria
     WHERE paciente_id = %(paciente_id)s AND vinculo IS NOT NULL ORDER BY seq
    """,
    Scope.PATIENT,
)
MOST = 5000  # rows that one request verifies


@dataclass(frozen=True)
class Head:
    seq: int
    hash: bytes


def refuse_unknown(transaction: Transaction, paciente: str) -> None:
    """Raises NotFound for a number that is no patient's and has no chain."""
    key = {"paciente_id": paciente}
    if transaction.row(HEAD, key, Head) is None:
        refuse_without_patient(transaction, key)


def page(transaction: Transaction, paciente: str, before: int | None, rows: int) -> list[Link]:
    """Of one chain, the newest first."""
    return _page(transaction, Segment(paciente, 0, None), before, rows)


def accesses(
    transaction: Transaction, paciente: str, before: tuple[int, int] | None, rows: int
) -> list[tuple[int, str, Link]]:
    """Of a patient, whatever the number was, the newest first. `before`: the segment and the row of the last one seen.

    Answers each row with its segment and its number. Segments are counted from the oldest: a new one changes no place.
    """

    @cache
    def ties_of(number: str) -> Sequence[Tied]:
        transaction.about(number)
        return transaction.rows(TIES, {"paciente_id": number}, Tied)

    followed = list(enumerate(reversed(segments(paciente, ties_of))))[::-1]
    found: list[tuple[int, str, Link]] = []
    for place, segment in followed:
        if len(found) < rows and (before is None or place <= before[0]):
            seen = before[1] if before and place == before[0] else None
            part = _page(transaction, segment, seen, rows - len(found))
            found += ((place, segment.numero, row) for row in part)
    return found


def verify(transaction: Transaction, paciente: str, first: int) -> tuple[list[Finding], int, bool]:
    """What is wrong with the rows from that one on; the last row that was looked at, and whether it is the last."""
    wanted = {"paciente_id": paciente, "first": max(first - 1, 1), "rows": MOST + 2}
    seen = transaction.rows(FROM_THERE, wanted, _seen)
    head = seen[0][0] if seen else None
    rows = [row for _, row in seen if row is not None]
    if not rows and (head is None or head.seq < first - 1):  # there is no chain, or it does not go that far
        return [], head.seq if head else 0, True
    before = bytes(rows.pop(0).hash) if first > 1 and rows and rows[0].seq == first - 1 else None
    if first == 1:
        before = bytes(32)
    found, last, digest = check(paciente, rows[:MOST], first - 1, before)
    if len(rows) > MOST:
        return found, last, False
    if head is None or (head.seq, bytes(head.hash)) != (last, digest):
        found.append(Finding(last, "la cabeza no es la de la última fila"))
    return found, last, True


def _seen(cabeza_seq: int | None, cabeza_hash: bytes | None, **row: Any) -> tuple[Head | None, Link | None]:
    head = None if cabeza_seq is None or cabeza_hash is None else Head(cabeza_seq, cabeza_hash)
    return head, None if row["seq"] is None else Link(**row)


def _page(transaction: Transaction, segment: Segment, before: int | None, rows: int) -> list[Link]:
    transaction.about(segment.numero)
    asked = {"paciente_id": segment.numero, "after": segment.after, "upto": segment.upto}
    return transaction.rows(PAGE, asked | {"before": before, "rows": rows}, Link)
