"""Reads the chains of the audit, each shard where it lies: what is read is sorted by an index there, and streams."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql

from historia_hooks.addresses import Address
from historia_hooks.audit.chain import COLUMNS, MOMENT, Point, Row
from historia_hooks.audit.seals import Head
from historia_hooks.connections import Nodes
from historia_hooks.schema import AUDIT
from historia_hooks.state import has_extension, query

KINDS = {"p": "auditoria", "s": "auditoria_sistema"}
BATCH = 2000  # rows in the memory of this program
SHARDS = """
SELECT n.nodename, n.nodeport, shard_name(s.logicalrelid, s.shardid),
       shard_name((s.logicalrelid::text || '_cabeza')::regclass, h.shardid)
  FROM pg_dist_shard s
  JOIN pg_dist_placement p USING (shardid) JOIN pg_dist_node n USING (groupid)
  JOIN pg_dist_shard h ON h.logicalrelid = (s.logicalrelid::text || '_cabeza')::regclass
                      AND h.shardminvalue = s.shardminvalue
 WHERE s.logicalrelid = %(table)s::regclass AND n.noderole = 'primary'
 ORDER BY s.shardid
"""
DISTRIBUTED = "SELECT FROM pg_dist_partition WHERE logicalrelid = %(table)s::regclass"
# A head and its rows in one snapshot of one node: whoever adds meanwhile makes no difference between them.
CHAINS = """
SELECT coalesce(c.{key}, r.{key}), c.seq, c.hash, {columns}
  FROM {heads} c FULL JOIN {rows} r ON r.{key} = c.{key}
 ORDER BY 1, r.seq
"""
HEADS = 'SELECT {key}, seq, hash FROM {heads} ORDER BY {key} COLLATE "C"'


@dataclass(frozen=True)
class Place:
    """Where one part of the chains of a kind lies."""

    kind: str
    node: Address
    rows: str
    heads: str


@dataclass(frozen=True)
class Line:
    """A row of a chain, and the head that the chain has at this moment; a head may be without rows."""

    chain: str
    head: Point | None
    row: Row | None


def places(nodes: Nodes) -> list[Place]:
    """Raises psycopg2.Error where there is no audit yet."""
    found = []
    for kind, table in KINDS.items():
        name = f"public.{table}"
        if has_extension(nodes.coordinator) and query(nodes.coordinator, DISTRIBUTED, table=name):
            shards = query(nodes.coordinator, SHARDS, table=name)
            found += [Place(kind, Address(host, port), rows, heads) for host, port, rows, heads in shards]
        else:
            found.append(Place(kind, nodes.settings.coordinator, table, f"{table}_cabeza"))
    return found


def lines(nodes: Nodes, place: Place) -> Iterator[Line]:
    """Of all chains there, one chain after the other, each in its order."""
    columns = sql.SQL(", ").join(sql.SQL(MOMENT) if one == "ocurrido" else sql.Identifier("r", one) for one in COLUMNS)
    for chain, seq, digest, *row in _stream(nodes, place.node, CHAINS, place, columns=columns):
        head = None if seq is None else Point(seq, bytes(digest))
        yield Line(chain, head, None if row[0] is None else Row(*row))


def heads(nodes: Nodes) -> Iterator[Head]:
    """Of all chains, in the order of roots."""
    for kind, table in KINDS.items():
        place = Place(kind, nodes.settings.coordinator, table, f"{table}_cabeza")
        for chain, seq, digest in _stream(nodes, place.node, HEADS, place):
            yield Head(kind, chain, seq, bytes(digest).hex())


def _stream(
    nodes: Nodes, node: Address, statement: str, place: Place, **more: sql.Composable
) -> Iterator[tuple[Any, ...]]:
    """Through a cursor of the server, in a connection of its own."""
    names = {"rows": place.rows, "heads": place.heads}
    composed = sql.SQL(statement).format(
        key=sql.Identifier(AUDIT[KINDS[place.kind]]),
        **{name: sql.Identifier("public", table) for name, table in names.items()},
        **more,
    )
    entrance = nodes.settings.entrance if node == nodes.settings.coordinator else node
    with closing(nodes.open_owner(entrance)) as connection:
        connection.autocommit = False
        with connection.cursor(name="auditoria") as cursor:
            cursor.itersize = BATCH
            cursor.execute(composed)
            yield from cursor
