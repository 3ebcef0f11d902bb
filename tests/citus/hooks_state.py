"""What a run of the hooks said, and the state it made without the numbers that may differ from run to run."""

import contextlib
import json
import shutil
import subprocess
from importlib.resources import files
from typing import Any

from historia_hooks.migrations import statements
from historia_hooks.schema import Distributed, declared
from historia_local.account import server_account
from historia_local.nodes import Cluster, Node

DECLARED = ", ".join(f"'{table.name}'" for table in declared("reference").tables)
QUERIES = {
    "nodes": "SELECT nodename, nodeport, isactive, hasmetadata, metadatasynced, shouldhaveshards FROM pg_dist_node"
    " ORDER BY 1, 2",
    "tables": "SELECT logicalrelid::text, partmethod, repmodel, column_to_column_name(logicalrelid, partkey),"
    " count(s.*), count(DISTINCT colocationid) FROM pg_dist_partition p LEFT JOIN pg_dist_shard s USING (logicalrelid)"
    " GROUP BY 1, 2, 3, 4 ORDER BY 1",
    "colocation": "SELECT array_agg(logicalrelid::text ORDER BY logicalrelid::text) FROM pg_dist_partition"
    " GROUP BY colocationid ORDER BY 1",
    "placements": "SELECT nodename, nodeport, count(*) FROM pg_dist_shard_placement GROUP BY 1, 2 ORDER BY 1, 2",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(c.oid) FROM pg_constraint c"
    f" WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text IN ({DECLARED}) ORDER BY 1, 2",
    "grants": "SELECT c.relname, a.privilege_type FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a"
    " WHERE a.grantee = 'historia_app'::regrole AND c.relnamespace = 'public'::regnamespace"
    " AND c.relname !~ '_[0-9]+$' ORDER BY 1, 2",
    "role": "SELECT rolcanlogin, rolsuper, rolpassword LIKE 'SCRAM-SHA-256%' FROM pg_authid"
    " WHERE rolname = 'historia_app'",
    "logins": "SELECT nodeid, rolename, authinfo FROM pg_dist_authinfo ORDER BY 1, 2",
    "vocabularies": "SELECT v.nombre, v.version, v.sha256, count(c.codigo) FROM vocabularios v LEFT JOIN conceptos c"
    " ON (c.vocabulario, c.version) = (v.nombre, v.version) GROUP BY 1, 2, 3 ORDER BY 1, 2",
    "matrix": "SELECT v.version, v.sha256, v.permisos, count(p.rol) FROM versiones_matriz v"
    " JOIN permisos p USING (version) GROUP BY 1, 2, 3 ORDER BY 1",
    "roles": "SELECT rol, descripcion FROM roles ORDER BY 1",
    "comments": "SELECT count(*) FROM pg_description d JOIN pg_class c ON c.oid = d.objoid"
    " WHERE c.relnamespace = 'public'::regnamespace",
    "cleanup": "SELECT count(*) FROM pg_dist_cleanup",
    "prepared": "SELECT gid FROM pg_prepared_xacts",
}
LEDGER = (
    "SELECT name, port, ordinal, state, EXISTS (SELECT FROM pg_dist_node n WHERE (n.nodename, n.nodeport, n.nodeid,"
    " n.groupid) = (name, port, node_id, group_id)) FROM historia_cluster.nodes ORDER BY name, port"
)
HAS_LEDGER = "SELECT to_regclass('historia_cluster.nodes') IS NOT NULL"
LEFTOVERS = {
    "cleanup": "SELECT object_name FROM pg_dist_cleanup",
    "slots": "SELECT slot_name FROM pg_replication_slots",
    "subscriptions": "SELECT subname FROM pg_subscription",
    "publications": "SELECT pubname FROM pg_publication",
    "prepared": "SELECT gid FROM pg_prepared_xacts",
    "jobs": "SELECT job_id FROM pg_dist_background_job WHERE state NOT IN ('finished', 'cancelled', 'failed')",
}
PLACED = (
    "SELECT nodename || ':' || nodeport, array_agg(shard_name(logicalrelid, shardid)) FROM pg_dist_shard"
    " JOIN pg_dist_placement USING (shardid) JOIN pg_dist_node USING (groupid) GROUP BY 1"
)
# What a node that was removed keeps until it is added again: it is replaced then.
REFERENCES = "SELECT array_agg(shard_name(logicalrelid, shardid)) FROM pg_dist_shard WHERE shardminvalue IS NULL"
SHARDS_HERE = (
    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    " AND relname ~ '_[0-9]{6,}$'"
)
SPREAD = sorted(table.name for table in declared("reference").tables if isinstance(table.spread, Distributed))
SHARDS_EACH = 6  # of disposable nodes
SHARDS = SHARDS_EACH * len(SPREAD)
REVISION = "SELECT version_num FROM public.alembic_version"
# What the first release made of revision 0001.
REVISION_1 = (
    "SET citus.multi_shard_modify_mode TO 'sequential'",
    "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)",
    "INSERT INTO alembic_version VALUES ('0001')",
)
SPREAD_1 = (
    "SELECT create_reference_table('medicos')",
    "SELECT create_reference_table('usuario')",
    "SELECT create_distributed_table('pacientes', 'cedula')",
    "SELECT create_distributed_table('consultas', 'paciente_id', colocate_with => 'pacientes')",
)
CONSTRAINTS_1 = (
    "ALTER TABLE consultas ADD CONSTRAINT consultas_paciente_id_fkey FOREIGN KEY (paciente_id)"
    " REFERENCES pacientes (cedula)",
    "ALTER TABLE consultas ADD CONSTRAINT consultas_medico_id_fkey FOREIGN KEY (medico_id) REFERENCES medicos (id)",
    "ALTER TABLE usuario ADD CONSTRAINT usuario_email_unico UNIQUE (email)",
    "GRANT SELECT, INSERT, UPDATE ON pacientes, consultas, medicos TO historia_app",
    "GRANT SELECT ON usuario, alembic_version TO historia_app",
    "GRANT USAGE ON SEQUENCE medicos_id_seq TO historia_app",
)


def rows(cluster: Cluster, node: Node, statement: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(cluster.connect(node)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def state(cluster: Cluster, workers: int) -> dict[str, Any]:
    found: dict[str, Any] = {"revision": rows(cluster, cluster.coordinator, REVISION)}
    noted = rows(cluster, cluster.coordinator, HAS_LEDGER) == [(True,)]
    found["ledger"] = rows(cluster, cluster.coordinator, LEDGER) if noted else None
    for node in (cluster.coordinator, *cluster.workers[:workers]):
        with contextlib.closing(cluster.connect(node)) as connection, connection.cursor() as cursor:
            for name, statement in QUERIES.items():
                cursor.execute(statement)
                found[f"{node.name} {name}"] = cursor.fetchall()
    return found


def leftovers(cluster: Cluster) -> dict[str, Any]:
    """What moves and runs may leave behind on any node, also on one that left: empty when nothing is there."""
    coordinator = cluster.coordinator
    placed = dict(rows(cluster, coordinator, PLACED))
    [(references,)] = rows(cluster, coordinator, REFERENCES)
    found: dict[str, Any] = {}
    for node in cluster.nodes:
        for name, statement in LEFTOVERS.items():
            found[f"{node.name} {name}"] = rows(cluster, node, statement)
        with contextlib.closing(cluster.connect(node)) as connection, connection.cursor() as cursor:
            cursor.execute("SET citus.override_table_visibility TO off")  # Citus hides shards
            cursor.execute(SHARDS_HERE)
            shards = {name for (name,) in cursor.fetchall()}
        found[f"{node.name} shards that no placement names"] = shards - {*placed.get(node.address, references)}
    return {name: what for name, what in found.items() if what}


def done(completed: "subprocess.CompletedProcess[str]", code: int = 0) -> dict[str, Any]:
    """The last line of a run that ended with the code."""
    assert completed.returncode == code, completed.stdout + completed.stderr
    return dict(json.loads(completed.stdout.splitlines()[-1]))


def run(cluster: Cluster, *statements: str, role: Any = "owner", node: Node | None = None) -> None:
    with contextlib.closing(cluster.connect(node, role)) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def at_revision_1(cluster: Cluster, *, distributed: bool, users_by_document: bool = False) -> None:
    """The schema as the first release left it, on nodes that are registered."""
    base = (files("historia_hooks.migrations") / "sql/0001_base.sql").read_text()
    spread, constraints = SPREAD_1 if distributed else (), CONSTRAINTS_1
    if users_by_document:
        by_document = "SELECT create_distributed_table('usuario', 'documento_id', colocate_with => 'none')"
        spread = (by_document, *(one for one in spread if "usuario" not in one))
        constraints = tuple(one for one in constraints if "usuario_email" not in one)
    run(cluster, *statements(base), *REVISION_1, *spread, *constraints)


def copy_volume(cluster: Cluster, source: Node, target: Node) -> None:
    """The target comes back with a copy of the source's volume in the place of its own."""
    for node in (source, target):
        cluster.kill(node)
    shutil.rmtree(target.data_directory)
    # with times of their own: by its time put_back() knows a file that was not written since
    shutil.copytree(source.data_directory, target.data_directory, copy_function=shutil.copy)
    server_account().give(target.data_directory)
    for node in (source, target):
        cluster.restart(node)
