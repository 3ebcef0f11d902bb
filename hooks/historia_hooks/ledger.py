"""The ledger of the nodes on the coordinator, schema historia_cluster: made, read and written. It decides nothing."""

from importlib.resources import files

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from historia_hooks.addresses import Address
from historia_hooks.identity import Entry, Identity, Loss, entry_of, identity
from historia_hooks.schema import APP_ROLE
from historia_hooks.state import query

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
# Each node by itself is seen; a change of what was noted of it is a new membership.
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
# The nodes count their shards at the same time. A shard that is just being moved keeps the count it had.
COUNT = """
INSERT INTO historia_cluster.shard_counts AS n
SELECT shardid, result::bigint, now()
  FROM run_command_on_shards('public.pacientes', 'SELECT count(*) FROM %%s')
 WHERE success
    ON CONFLICT (shard_id) DO UPDATE SET patients = excluded.patients, counted_at = excluded.counted_at
"""
UNCOUNTED = """
SELECT count(*) FROM pg_dist_shard s
 WHERE s.logicalrelid = to_regclass('public.pacientes')
   AND NOT EXISTS (SELECT FROM historia_cluster.shard_counts n WHERE n.shard_id = s.shardid AND n.counted_at = now())
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


def record(coordinator: Connection, node: Address, **values: object) -> None:
    """Note who answers under a name: ordinal, node_id, group, server_id, system_identifier."""
    _run(coordinator, RECORD, name=node.name, port=node.port, **values)


def retire(coordinator: Connection, node: Address) -> None:
    """The node has left the cluster; its identity is kept, since its volume may come back."""
    _run(coordinator, RETIRE, name=node.name, port=node.port)


def see(coordinator: Connection, nodes: tuple[Address, ...]) -> None:
    """These nodes were found well just now."""
    _run(coordinator, SEE, names=[node.name for node in nodes], ports=[node.port for node in nodes])


def count_patients(coordinator: Connection) -> int:
    """Within a transaction: count the patients of each shard; how many shards could not be counted."""
    _run(coordinator, FORGET)
    _run(coordinator, COUNT)
    [(uncounted,)] = query(coordinator, UNCOUNTED)
    return int(uncounted)


def _run(connection: Connection, statement: str | sql.Composable, **values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
