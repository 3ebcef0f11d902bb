"""Takes away what moves and crashes leave on the nodes: old shards, and transactions that nobody ended."""

import time
from dataclasses import dataclass

import psycopg2

from historia_hooks import citus
from historia_hooks.addresses import Address
from historia_hooks.connections import Nodes, Unreachable, wait_until
from historia_hooks.jobs import read_balance
from historia_hooks.state import query, read_members
from historia_hooks.units import duration

NAME_AFTER = 5.0  # seconds: shorter waits are everyday's, a request that has just begun to read
OLD_SHARDS = """
SELECT node_group_id, array_agg(object_name) FROM pg_dist_cleanup
 WHERE node_group_id = ANY (%(groups)s) AND object_type = 1 GROUP BY 1 ORDER BY 1
"""
# Dropping a table waits for any lock on it. The text of a statement can hold a patient's data: it is not read.
HOLDERS = """
SELECT DISTINCT a.pid, coalesce(a.usename::text, a.backend_type), a.application_name, coalesce(a.state, ''),
       extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.state_change, a.backend_start))::float
  FROM unnest(%(names)s) AS old (name)
  JOIN pg_locks l ON l.relation = to_regclass(old.name) AND l.granted
                     AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE a.pid <> pg_backend_pid()
 ORDER BY 1
"""
PREPARED = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() AND starts_with(gid, 'citus_')"


@dataclass(frozen=True)
class Holder:
    """A session that keeps an old shard from being dropped."""

    node: Address
    pid: int
    user: str
    application: str
    state: str
    seconds: float

    def __str__(self) -> str:
        program = f" ({self.application})" if self.application else ""
        state = f", {self.state}" if self.state else ""
        return f"sesión {self.pid} de {self.user}{program} en {self.node}{state} desde hace {duration(self.seconds)}"


def clean_up(nodes: Nodes, groups: frozenset[int]) -> None:
    """Drops the old shards; a session that still reads one makes the server try again."""
    begun = time.monotonic()

    def clean() -> bool:
        citus.cleanup_orphaned_resources(nodes.coordinator)
        return not groups & read_balance(nodes.coordinator).leftovers

    def what() -> str:
        waiting = "poder borrar los fragmentos viejos, que otra sesión todavía usa"
        if time.monotonic() - begun < NAME_AFTER or not (found := _holders(nodes, groups)):
            return waiting
        listed = "; ".join(map(str, found))
        return (
            f"{waiting}: {listed}. Espere a que termine, o termínela en ese nodo con SELECT pg_terminate_backend(pid)"
        )

    wait_until(nodes.deadline, clean, what)


def _holders(nodes: Nodes, groups: frozenset[int]) -> list[Holder]:
    """Of all nodes that answer; this is only for a message."""
    found: list[Holder] = []
    addresses = {member.group: member.address for member in read_members(nodes.coordinator)}
    for group, names in query(nodes.coordinator, OLD_SHARDS, groups=list(groups)):
        if node := addresses.get(group):
            try:
                found += [Holder(node, *row) for row in query(nodes.node(node), HOLDERS, names=names)]
            except (Unreachable, psycopg2.Error):
                continue
    return found


def settle_transactions(nodes: Nodes, asked: tuple[Address, ...], leaving: tuple[tuple[Address, int], ...]) -> None:
    """Each node ends what it began; then nothing is left on the nodes that leave, nor anything begun by them."""
    begun = tuple(f"citus_{group}_" for _, group in leaving)
    addresses = {address for address, _ in leaving}

    def settled() -> bool:
        for address in asked:
            citus.recover_prepared_transactions(nodes.node(address))
        return not any(
            address in addresses or gid.startswith(begun)
            for address in asked
            for (gid,) in query(nodes.node(address), PREPARED)
        )

    wait_until(nodes.deadline, settled, "el fin de las transacciones abiertas en los workers que se van")
