"""A superuser who changes the audit at random: each kind of change, and where it must be found."""

import contextlib
import dataclasses
import hashlib
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from historia_hooks.audit.chain import COLUMNS, FIRST, MOMENT, Row, canonical
from historia_hooks.audit.verdict import Fault
from historia_hooks.connections import Nodes
from historia_hooks.settings import Settings
from historia_local.nodes import Cluster

TEXTS = ("usuario_id", "accion", "recurso", "recurso_id", "ip", "agente", "peticion_id", "consulta")
STRANGE = ["ñandú «°» \u2028 😀", 'comillas " y \\ barras', "tab\t\n\r\b\f\x01\x1f\x7f\x85", "", "null", "e\u0301"]
INTERVAL = re.compile(r"entre la fila (\d+) y la (\d+) no es lo que se selló")
TABLES = {"p": ("auditoria", "paciente_id"), "s": ("auditoria_sistema", "cadena")}
APPEND = (
    "SELECT anotar_auditoria(%(cadena)s, %(sistema)s, true, %(a)s, NULL, 'leer', 'consultas', %(b)s, %(version)s, NULL,"
    " 'exito', '192.0.2.7', %(c)s, 'peticion', NULL, NULL, NULL)"
)
HELD = ", ".join(f"{MOMENT} AS ocurrido" if name == "ocurrido" else name for name in COLUMNS)
Chain = tuple[str, str]  # class and name


def nodes_of(cluster: Cluster, workers: int, **environment: str) -> Nodes:
    return Nodes(Settings(**(cluster.hooks_environment(workers) | environment)))  # type: ignore[arg-type]


def grow(connection: Any, chains: list[Chain], rows: int, chance: random.Random) -> None:
    """So many rows more in each, with text of every kind."""
    with connection.cursor() as cursor:
        for kind, name in chains:
            for _ in range(rows):
                texts = {one: chance.choice([*STRANGE, None]) for one in "bc"}
                values = texts | {"a": chance.choice(STRANGE), "version": chance.choice([None, 0, 7])}
                cursor.execute(APPEND, values | {"cadena": name, "sistema": kind == "s"})


@dataclass
class Copy:
    """The chains as they are, to be put back."""

    rows: dict[Chain, list[Row]]

    def head(self, chain: Chain) -> tuple[int, bytes]:
        return self.rows[chain][-1].seq, self.rows[chain][-1].hash


def copy_of(connection: Any, chains: list[Chain]) -> Copy:
    found = {}
    with connection.cursor() as cursor:
        for kind, name in chains:
            table, key = TABLES[kind]
            cursor.execute(f"SELECT {HELD} FROM {table} WHERE {key} = %s ORDER BY seq", (name,))
            read = [Row(*row) for row in cursor.fetchall()]
            found[kind, name] = [
                dataclasses.replace(row, hash=bytes(row.hash), hash_previo=bytes(row.hash_previo)) for row in read
            ]
    return Copy(found)


def write(connection: Any, chain: Chain, rows: list[Row], head: tuple[int, bytes] | None) -> None:
    """The chain is that, and nothing else."""
    (kind, name), (table, key) = chain, TABLES[chain[0]]
    assert kind in TABLES
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {key} = %s", (name,))
        for row in rows:
            marks = ", ".join(["%s"] * (1 + len(COLUMNS)))
            values = (name, *(getattr(row, column) for column in COLUMNS))
            cursor.execute(f"INSERT INTO {table} ({key}, {', '.join(COLUMNS)}) VALUES ({marks})", values)
        cursor.execute(f"DELETE FROM {table}_cabeza WHERE {key} = %s", (name,))
        if head:
            cursor.execute(f"INSERT INTO {table}_cabeza VALUES (%s, %s, %s)", (name, *head))


Changed = tuple[list[Row], tuple[int, bytes] | None, int]  # rows, head, and the row where that must be found


def _a_byte(_name: str, rows: list[Row], chance: random.Random) -> Changed:
    at = chance.randrange(len(rows))
    row = rows[at]
    column = chance.choice([*TEXTS, "ocurrido", "version", "resultado", "hash", "hash_previo", "formato"])
    value = getattr(row, column)
    if column in TEXTS:
        other = (value or "") + "x" if chance.random() < 0.5 or not value else value[:-1] + chr(ord(value[-1]) ^ 1)
    elif column == "ocurrido":
        other = chance.choice(_other_moments(value))
    elif column == "version":
        other = 1 if value is None else value + 1
    elif column == "resultado":
        other = "denegado"
    elif column == "formato":
        other = 2
    else:
        digest = bytearray(value)
        digest[chance.randrange(32)] ^= 1 << chance.randrange(8)
        other = bytes(digest)
    rows[at] = dataclasses.replace(row, **{column: other})
    return rows, _end(rows), row.seq


def _other_moments(moment: str) -> list[str]:
    """A microsecond off; the same before Christ; and what no other calendar has."""
    near = f"{moment[:-2]}{int(moment[-2]) ^ 1}Z"
    before = moment.replace("-02-29T", "-02-28T") + " BC"
    return [near, before, "0044-01-01 BC", "10000-01-01T00:00:00Z", "infinity", "-infinity"]


def _end(rows: list[Row]) -> tuple[int, bytes]:
    return rows[-1].seq, rows[-1].hash


def _a_row_of_the_middle(_name: str, rows: list[Row], chance: random.Random) -> Changed:
    at = chance.randrange(len(rows) - 1)
    return rows[:at] + rows[at + 1 :], _end(rows), at + 1


def _the_last_row(_name: str, rows: list[Row], _chance: random.Random) -> Changed:
    return rows[:-1], _end(rows), len(rows)


def _the_end_and_the_head(_name: str, rows: list[Row], chance: random.Random) -> Changed:
    left = rows[: chance.randrange(1, len(rows))]
    return left, _end(left), len(left) + 1


def _all_of_it(_name: str, _rows: list[Row], _chance: random.Random) -> Changed:
    return [], None, 1


def _two_rows(_name: str, rows: list[Row], chance: random.Random) -> Changed:
    one, two = sorted(chance.sample(range(len(rows)), 2))
    end = _end(rows)
    rows[one], rows[two] = (
        dataclasses.replace(rows[two], seq=rows[one].seq),
        dataclasses.replace(rows[one], seq=rows[two].seq),
    )
    return rows, end, one + 1


def _the_numbers(_name: str, rows: list[Row], chance: random.Random) -> Changed:
    at = chance.randrange(len(rows) - 1)
    left = [*rows[:at], *(dataclasses.replace(row, seq=row.seq - 1) for row in rows[at + 1 :])]
    return left, _end(left), at + 1


def _forged(name: str, rows: list[Row], chance: random.Random) -> Changed:
    """From some row on everything is made anew, and every hash is right."""
    at = chance.randrange(len(rows))
    made = rows[:at]
    changed = dataclasses.replace(rows[at], usuario_id="otra persona")
    for row in (changed, *rows[at + 1 :]):
        before = made[-1].hash if made else FIRST
        linked = dataclasses.replace(row, hash_previo=before)
        made.append(dataclasses.replace(linked, hash=hashlib.sha256(before + canonical(name, linked)).digest()))
    return made, _end(made), at + 1


def _the_head(_name: str, rows: list[Row], chance: random.Random) -> Changed:
    back = chance.randrange(len(rows) - 1)
    return rows, (rows[back].seq, rows[back].hash), rows[back].seq


def _another_head(_name: str, rows: list[Row], chance: random.Random) -> Changed:
    return rows, (len(rows), chance.randbytes(32)), len(rows)


def _no_head(_name: str, rows: list[Row], _chance: random.Random) -> Changed:
    return rows, None, len(rows)


KINDS: list[Callable[[str, list[Row], random.Random], Changed]] = [
    _a_byte,
    _a_byte,
    _a_row_of_the_middle,
    _the_last_row,
    _the_end_and_the_head,
    _all_of_it,
    _two_rows,
    _the_numbers,
    _forged,
    _the_head,
    _another_head,
    _no_head,
]


@contextlib.contextmanager
def tampered(
    connection: Any, copy: Copy, chance: random.Random, share: float = 0.8
) -> Iterator[dict[Chain, tuple[str, int]]]:
    """Most of the chains, each in one way: what was done to it, and where that must be found."""
    done: dict[Chain, tuple[str, int]] = {}
    for chain, rows in copy.rows.items():
        if chance.random() < share:
            kind = chance.choice(KINDS)
            changed, head, seq = kind(chain[1], list(rows), chance)
            write(connection, chain, changed, head)
            done[chain] = kind.__name__, seq
    try:
        yield done
    finally:
        for chain in done:
            write(connection, chain, copy.rows[chain], copy.head(chain))


def judged(done: dict[Chain, tuple[str, int]], faults: list[Fault]) -> list[Any]:
    """Tamperings that were not found where they are, and findings where nothing was done."""
    found: dict[Chain, list[Fault]] = {}
    for fault in faults:
        found.setdefault((str(fault.kind), str(fault.chain)), []).append(fault)
    wrong: list[Any] = [
        (chain, done[chain], found.get(chain)) for chain in done if not _located(*done[chain], found.get(chain, []))
    ]
    return wrong + [faults for chain, faults in found.items() if chain not in done]


def _located(kind: str, seq: int, faults: list[Fault]) -> bool:
    if not faults:
        return False
    first = min(fault.seq or 0 for fault in faults)
    if kind == "_forged":  # nothing but what was sealed tells, and only between which two seals
        [between] = [INTERVAL.match(fault.text) for fault in faults]
        return between is not None and int(between[1]) <= seq <= int(between[2])
    return first == seq
