"""SQL about what the servers have used up. Each node is asked the same; none of it takes a privilege.

`pg_stat_activity` shows a role its own sessions alone, so the oldest transaction is the oldest of the API.
"""

import json
from dataclasses import dataclass

from historia_clinica.db import Scope, Statement, Transaction
from historia_clinica.members import ASKING, limit
from historia_clinica.resources.cluster.repository import has_citus
from historia_clinica.routing import Address

USED = """
    SELECT json_build_object(
             'connections', (SELECT sum(numbackends) FROM pg_catalog.pg_stat_database),
             'max_connections', current_setting('max_connections')::integer,
             'commits', own.xact_commit, 'rollbacks', own.xact_rollback, 'deadlocks', own.deadlocks,
             'oldest_transaction', (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)), 0)
                                      FROM pg_catalog.pg_stat_activity){disk}) AS used
      FROM pg_catalog.pg_stat_database AS own
     WHERE own.datname = current_database()
"""
DISK = """,
             'disk_free', (SELECT available_disk_size FROM citus_local_disk_space_stats()),
             'disk_size', (SELECT total_disk_size FROM citus_local_disk_space_stats())"""
PLAIN, CITUS = USED.format(disk=""), USED.format(disk=DISK)
WORKERS = Statement(
    """
    SELECT nodename AS name, nodeport AS port, CASE WHEN success THEN result END AS used
      FROM run_command_on_workers(%(command)s)
    """,
    Scope.CLUSTER,
)


@dataclass(frozen=True)
class Used:
    """By one server since its statistics began; the disk is that of its data, where Citus can tell."""

    connections: int
    max_connections: int
    commits: int
    rollbacks: int
    deadlocks: int
    oldest_transaction: float
    disk_free: int | None = None
    disk_size: int | None = None


def here(transaction: Transaction) -> Used:
    """By the server that is asked."""
    text = CITUS if has_citus(transaction) else PLAIN
    return transaction.rows(Statement(text, Scope.CLUSTER), {}, lambda used: Used(**used))[0]


def on_workers(transaction: Transaction) -> dict[Address, Used]:
    """By each worker that answers at once; none where there is no Citus.

    May raise TimedOut where one went silent: over a connection that it has already, Citus waits for all of them.
    """
    if not has_citus(transaction):
        return {}
    limit(transaction, ASKING)
    answers = transaction.rows(WORKERS, {"command": CITUS}, lambda name, port, used: (Address(name, port), used))
    return {address: Used(**json.loads(used)) for address, used in answers if used}
