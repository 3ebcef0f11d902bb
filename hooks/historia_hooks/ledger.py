"""The ledger of the nodes on the coordinator, schema historia_cluster: made, read and written. It decides nothing."""

import dataclasses
from importlib.resources import files

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from historia_hooks.addresses import Address
from historia_hooks.identity import Entry, Identity, Loss, entry_of, identity
from historia_hooks.schema import APP_ROLE
from historia_hooks.state import query
from historia_hooks.steps import RecordNode

__all__ = [
    "Entry",
    "Identity",
    "Loss",
    "count_patients",
    "create",
    "entry_of",
    "identity",
    "observe",
    "patients_on",
    "read_ledger",
    "read_loss",
    "record",
    "retire",
    "see",
]

# Both tables, and historia_app may read them.
PRESENCE = """
SELECT to_regclass('historia_cluster.nodes') IS NOT NULL
       AND to_regclass('historia_cluster.shard_counts') IS NOT NULL,
       coalesce((SELECT has_schema_privilege(r.oid, 'historia_cluster', 'USAGE')
                        AND has_table_privilege(r.oid, to_regclass('historia_cluster.nodes'), 'SELECT')
                        AND has_table_privilege(r.oid, to_regclass('historia_cluster.shard_counts'), 'SELECT')
                   FROM pg_roles r
                  WHERE r.rolname = %(role)s
                    AND EXISTS (SELECT FROM pg_namespace WHERE nspname = 'historia_cluster')), false)
"""
ENTRIES = """
SELECT name, port, ordinal, node_id, group_id, server_id, system_identifier, since, last_seen, state
  FROM historia_cluster.nodes ORDER BY group_id, name, port
"""
TABLES = """
SELECT coalesce(array_agg(DISTINCT c.relname::text ORDER BY c.relname::text), '{}')
  FROM pg_dist_placement p JOIN pg_dist_shard s USING (shardid) JOIN pg_dist_partition t USING (logicalrelid)
  JOIN pg_class c ON c.oid = t.logicalrelid
 WHERE t.partmethod = 'h' AND p.groupid = %(group)s
"""
PATIENTS = """
SELECT sum(n.patients)::bigint, min(n.counted_at)
  FROM historia_cluster.shard_counts n
  JOIN pg_dist_shard s ON s.shardid = n.shard_id AND s.logicalrelid = to_regclass('public.pacientes')
  JOIN pg_dist_placement p ON p.shardid = s.shardid
 WHERE p.groupid = %(group)s
"""
RECORD = """
INSERT INTO historia_cluster.nodes AS n (name, port, ordinal, node_id, group_id, server_id, system_identifier)
VALUES (%(name)s, %(port)s, %(ordinal)s, %(node_id)s, %(group)s, %(server_id)s, %(system_identifier)s)
    ON CONFLICT (name, port) DO UPDATE
   SET ordinal = excluded.ordinal, node_id = excluded.node_id, group_id = excluded.group_id,
       server_id = excluded.server_id, system_identifier = excluded.system_identifier,
       since = CASE WHEN (n.node_id, n.server_id, n.state) = (excluded.node_id, excluded.server_id, 'active')
                    THEN n.since ELSE excluded.since END,
       last_seen = excluded.last_seen, state = 'active'
"""
RETIRE = "UPDATE historia_cluster.nodes SET state = 'retired' WHERE name = %(name)s AND port = %(port)s"
SEE = """
UPDATE historia_cluster.nodes SET last_seen = now()
 WHERE state = 'active' AND (name, port) IN (SELECT * FROM unnest(%(names)s, %(ports)s))
"""
FORGET = """
DELETE FROM historia_cluster.shard_counts
 WHERE shard_id NOT IN (SELECT shardid FROM pg_dist_shard WHERE logicalrelid = to_regclass('public.pacientes'))
"""
# One query that the nodes answer: which shard a row is in follows from the hash of its key and where each shard begins.
# (run_command_on_shards would open a connection for each shard.) The count stays with a shard wherever it is moved.
COUNT = """
WITH shards AS (SELECT shardid, shardminvalue::int AS low, row_number() OVER (ORDER BY shardminvalue::int) AS place
                  FROM pg_dist_shard
                 WHERE logicalrelid = to_regclass('public.pacientes') AND shardminvalue IS NOT NULL),
     counts AS (SELECT width_bucket(worker_hash(cedula), (SELECT array_agg(low ORDER BY low) FROM shards)) AS place,
                       count(*) AS patients
                  FROM public.pacientes GROUP BY 1)
INSERT INTO historia_cluster.shard_counts AS n
SELECT shardid, coalesce(patients, 0), now() FROM shards LEFT JOIN counts USING (place)
    ON CONFLICT (shard_id) DO UPDATE SET patients = excluded.patients, counted_at = excluded.counted_at
"""


def read_ledger(connection: Connection) -> tuple[Entry, ...]:
    """Every node that is or was in the cluster; empty when there is no ledger."""
    exists, _ = _presence(connection)
    return _entries(connection) if exists else ()


def read_loss(connection: Connection, group: int) -> Loss:
    """What lies on the group: tables, and patients as they were last counted."""
    [(tables,)] = query(connection, TABLES, group=group)
    exists, _ = _presence(connection)
    [(patients, counted_at)] = query(connection, PATIENTS, group=group) if exists else [(None, None)]
    return Loss(tuple(tables), patients, counted_at)


def observe(coordinator: Connection) -> tuple[Entry, ...] | None:
    """The entries; None when the ledger is missing, or a part of it, or what lets historia_app read it."""
    exists, readable = _presence(coordinator)
    return _entries(coordinator) if exists and readable else None


def patients_on(connection: Connection, group: int) -> int | None:
    """Patients in the shards of `pacientes` that now lie on the group, as last counted; None: never counted."""
    return read_loss(connection, group).patients


def _presence(connection: Connection) -> tuple[bool, bool]:
    """Whether the ledger exists, and whether historia_app may read it."""
    [(exists, readable)] = query(connection, PRESENCE, role=APP_ROLE)
    return exists, readable


def _entries(connection: Connection) -> tuple[Entry, ...]:
    return tuple(Entry(Address(name, port), *rest) for name, port, *rest in query(connection, ENTRIES))


def create(coordinator: Connection) -> None:
    """Within a transaction. What is there stays; nothing of it goes to the workers, which may be away or blank."""
    text = (files("historia_hooks") / "ledger.sql").read_text(encoding="utf-8")
    _run(coordinator, "SET LOCAL citus.enable_ddl_propagation TO off")
    _run(coordinator, text)
    role = sql.Identifier(APP_ROLE)
    _run(coordinator, sql.SQL("GRANT USAGE ON SCHEMA historia_cluster TO {}").format(role))
    _run(coordinator, sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA historia_cluster TO {}").format(role))


def record(coordinator: Connection, who: RecordNode) -> None:
    """Note who answers under a name; a retired node is active again."""
    values = dataclasses.asdict(who)
    values |= values.pop("node")
    _run(coordinator, RECORD, **values)


def retire(coordinator: Connection, node: Address) -> None:
    """The node has left the cluster; its identity is kept, since its volume may come back."""
    _run(coordinator, RETIRE, name=node.name, port=node.port)


def see(coordinator: Connection, nodes: tuple[Address, ...]) -> None:
    """These nodes were found well just now."""
    _run(coordinator, SEE, names=[node.name for node in nodes], ports=[node.port for node in nodes])


def count_patients(coordinator: Connection) -> None:
    """Within a transaction: count the patients of each shard, all of them or none, over one connection to each node."""
    _run(coordinator, "SET LOCAL statement_timeout TO '60s'; SET LOCAL citus.max_adaptive_executor_pool_size TO 1")
    _run(coordinator, FORGET)
    _run(coordinator, COUNT)


def _run(connection: Connection, statement: str | sql.Composable, **values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
