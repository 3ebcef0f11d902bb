"""Reads what a move needs: which shards would go where, how large they are, and the disks that would receive them."""

import contextlib
from collections.abc import Iterator

from psycopg2.extensions import connection as Connection  # noqa: N812

from historia_hooks import citus
from historia_hooks.addresses import Address
from historia_hooks.connections import Nodes
from historia_hooks.model import Disk, Move, Space
from historia_hooks.state import query
from historia_hooks.steps import BalanceStep, ForbidShards, SetShards

MOVES = """
SELECT p.sourcename, p.sourceport, p.targetname, p.targetport, coalesce(s.size, 0)
  FROM get_rebalance_table_shards_plan(drain_only => %(drain)s) p
  LEFT JOIN citus_shard_sizes() s ON s.shard_id = p.shardid
"""
KEPT = "SELECT current_setting('citus.desired_percent_disk_available_after_move')::float / 100"
# The log grows up to max_wal_size whatever is moved; how far it is from there can still be taken from the disk.
DISK = """
SELECT available_disk_size, total_disk_size,
       greatest(0, pg_size_bytes(current_setting('max_wal_size')) - (SELECT coalesce(sum(size), 0) FROM pg_ls_waldir()))
  FROM citus_local_disk_space_stats()
"""


def read_space(nodes: Nodes) -> Space:
    """For a rebalance of the cluster as it is."""
    return _space(nodes, _moves(nodes.coordinator, drain=False))


def read_space_without(nodes: Nodes, steps: tuple[BalanceStep, ...]) -> Space:
    """For the drain that these steps are, as Citus itself would plan it once they were taken. Nothing is changed."""
    with _supposing(nodes.coordinator):
        for step in steps:
            if isinstance(step, SetShards):
                citus.set_should_have_shards(nodes.coordinator, step.node, allowed=step.allowed)
            elif isinstance(step, ForbidShards):
                for node in step.nodes:
                    citus.set_should_have_shards(nodes.coordinator, node, allowed=False)
        moves = _moves(nodes.coordinator, drain=True)
    return _space(nodes, moves)


@contextlib.contextmanager
def _supposing(connection: Connection) -> Iterator[None]:
    """A transaction that is always taken back."""
    connection.autocommit = False
    try:
        yield
    finally:
        if not connection.closed:
            connection.rollback()
            connection.autocommit = True


def _moves(coordinator: Connection, *, drain: bool) -> tuple[Move, ...]:
    return tuple(
        Move(Address(source, source_port), Address(target, target_port), size)
        for source, source_port, target, target_port, size in query(coordinator, MOVES, drain=drain)
    )


def _space(nodes: Nodes, moves: tuple[Move, ...]) -> Space:
    [(kept,)] = query(nodes.coordinator, KEPT)
    disks: dict[Address, Disk] = {}
    for target in sorted({move.target for move in moves}):
        [(free, total, log_room)] = query(nodes.node(target), DISK)
        disks[target] = Disk(free=free, total=total, kept=round(total * kept), log_room=int(log_room))
    return Space(moves, disks)
