"""Reads what is: servers, members of the cluster, tables, constraints, privileges. It changes and decides nothing."""

from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from historia_hooks.addresses import Address
from historia_hooks.logins import SecondLogin
from historia_hooks.model import CitusMembership, Member, ObservedSchema, ObservedTable, Running, Server
from historia_hooks.schema import APP_ROLE, CONTEXT_ROLE, SECOND_LOGIN, Distributed, Policy, Reference, Spread

SERVER = r"""
SELECT (SELECT system_identifier::text FROM pg_control_system()),
       current_setting('wal_level'),
       current_setting('output_plugin_libraries', true),
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citus'),
       'citus' = ANY (regexp_split_to_array(current_setting('shared_preload_libraries'), '[\s",]+')),
       (SELECT coalesce(json_agg(c.oid::regclass::text ORDER BY c.oid), '[]') FROM pg_class c
         WHERE c.relkind IN ('r', 'p')
           AND c.relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
           AND c.relnamespace::regnamespace::text NOT LIKE 'pg\_toast%%'
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                                                     AND d.deptype = 'e')),
       (SELECT coalesce(rolpassword, '') FROM pg_authid WHERE rolname = %(role)s),
       (SELECT coalesce(rolpassword, '') FROM pg_authid WHERE rolname = %(context)s),
       (SELECT extversion FROM pg_extension WHERE extname = 'citus'),
       (SELECT default_version FROM pg_available_extensions WHERE name = 'citus')
"""

VERSIONS = """
SELECT current_setting('server_version_num')::integer / 10000,
       (SELECT extversion FROM pg_extension WHERE extname = 'citus'),
       (SELECT default_version FROM pg_available_extensions WHERE name = 'citus')
"""

MEMBERSHIP = """
SELECT (SELECT metadata ->> 'server_id' FROM pg_dist_node_metadata),
       (SELECT groupid FROM pg_dist_local_group),
       (SELECT coalesce(json_object_agg(rolename, authinfo), '{}') FROM pg_dist_authinfo WHERE nodeid = 0)
"""

MEMBERS = """
SELECT n.nodename, n.nodeport, n.nodeid, n.groupid, n.isactive, n.metadatasynced, n.shouldhaveshards,
       count(*) FILTER (WHERE t.partmethod = 'h') AS shards,
       count(*) FILTER (WHERE t.partmethod = 'n' AND t.repmodel = 't') AS reference_copies
  FROM pg_dist_node n
  LEFT JOIN pg_dist_placement p ON p.groupid = n.groupid
  LEFT JOIN pg_dist_shard s ON s.shardid = p.shardid
  LEFT JOIN pg_dist_partition t ON t.logicalrelid = s.logicalrelid
 WHERE n.noderole = 'primary' AND n.nodecluster = 'default'
 GROUP BY n.nodeid, n.nodename, n.nodeport, n.groupid, n.isactive, n.metadatasynced, n.shouldhaveshards
 ORDER BY n.groupid
"""

REFERENCE_SHARDS = """
SELECT shard_name(s.logicalrelid, s.shardid) FROM pg_dist_shard s JOIN pg_dist_partition t USING (logicalrelid)
 WHERE t.partmethod = 'n' AND t.repmodel = 't'
"""

PLAIN_TABLES = """
SELECT relname, NULL, NULL, NULL, 0, false
  FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""

CITUS_TABLES = """
SELECT c.relname, t.partmethod, t.repmodel,
       CASE WHEN t.partmethod = 'h' THEN column_to_column_name(t.logicalrelid, t.partkey) END,
       coalesce(t.colocationid, 0), t.partmethod IS NOT NULL AND pg_relation_size(c.oid) > 0
  FROM pg_class c LEFT JOIN pg_dist_partition t ON t.logicalrelid = c.oid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""

OBJECTS = """
SELECT (SELECT coalesce(json_agg(conname), '[]') FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace AND contype = 'f'),
       (SELECT coalesce(json_agg(conname), '[]') FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace AND contype = 'u'),
       (SELECT coalesce(json_agg(json_build_array(o.name, a.privilege_type)), '[]')
          FROM (SELECT relname, relacl FROM pg_class
                 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S')
                UNION ALL
                SELECT proname, proacl FROM pg_proc WHERE pronamespace = 'public'::regnamespace) o (name, acl)
         CROSS JOIN LATERAL aclexplode(o.acl) a
         WHERE a.grantee = (SELECT oid FROM pg_roles WHERE rolname = %(role)s))
"""

# Whether each follows a key, as those beside the patients do: one that was distributed before they were spread anew is
# sent to where nobody is.
FUNCTIONS = """
SELECT p.proname, o.distribution_argument_index IS NOT NULL
  FROM pg_catalog.pg_dist_object o JOIN pg_proc p ON p.oid = o.objid
 WHERE o.classid = 'pg_proc'::regclass
   AND (o.distribution_argument_index IS NULL
        OR o.colocationid = (SELECT colocationid FROM pg_dist_partition
                              WHERE logicalrelid = to_regclass('public.pacientes')))
"""
# One that is for others too, or takes something away instead of giving it, is none of ours.
POLICIES = """
SELECT c.relname, p.polname,
       CASE WHEN p.polpermissive AND p.polroles = ARRAY[(SELECT oid FROM pg_roles WHERE rolname = %(role)s)]
            THEN CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT'
                               WHEN 'w' THEN 'UPDATE' ELSE '' END
            ELSE '' END,
       pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid)
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity
"""


def query(connection: Connection, statement: str | sql.Composable, **values: Any) -> list[tuple[Any, ...]]:
    """Run one statement and fetch everything."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def read_server(connection: Connection, address: Address) -> Server:
    [(identifier, wal_level, plugins, installed, preloaded, tables, verifier, context, extension, library)] = query(
        connection, SERVER, role=APP_ROLE, context=CONTEXT_ROLE
    )
    return Server(
        address=address,
        system_identifier=identifier,
        wal_level=wal_level,
        output_plugins=plugins,
        citus_installed=installed,
        citus_preloaded=preloaded,
        user_tables=tuple(tables),
        verifier=verifier,
        context=context,
        extension=extension,
        library=library,
        membership=_read_membership(connection) if extension else None,
    )


def read_running(connection: Connection) -> Running:
    [(major, extension, _)] = query(connection, VERSIONS)
    return Running(major, extension)


def read_library(connection: Connection) -> str | None:
    """Version of the Citus in the node's image; None: it has none."""
    [(_, _, library)] = query(connection, VERSIONS)
    return None if library is None else str(library)


def has_older_extension(connection: Connection) -> bool:
    """Before an upgrade of the extension Citus may refuse to read even its own catalogue."""
    [(_, extension, library)] = query(connection, VERSIONS)
    return extension is not None and extension != library


def _read_membership(connection: Connection) -> CitusMembership:
    [(server_id, group, authinfo)] = query(connection, MEMBERSHIP)
    return CitusMembership(server_id=server_id, group=group, authinfo=authinfo)


def read_members(coordinator: Connection) -> tuple[Member, ...]:
    return tuple(Member(Address(name, port), *rest) for name, port, *rest in query(coordinator, MEMBERS))


def read_reference_shards(coordinator: Connection) -> frozenset[str]:
    """What a node's copy of each reference table is called."""
    return frozenset(name for (name,) in query(coordinator, REFERENCE_SHARDS))


def _spread(method: str | None, model: str | None, column: str | None) -> Spread | None:
    if method == "h" and column:
        return Distributed(column)
    return Reference() if method == "n" and model == "t" else None


def has_extension(connection: Connection) -> bool:
    return bool(query(connection, "SELECT FROM pg_extension WHERE extname = 'citus'"))


def read_schema(coordinator: Connection, *, citus: bool) -> ObservedSchema:
    rows = query(coordinator, CITUS_TABLES if citus else PLAIN_TABLES)
    [(foreign_keys, uniques, grants)] = query(coordinator, OBJECTS, role=APP_ROLE)
    privileges: dict[str, frozenset[str]] = {}
    for name, action in grants:
        privileges[name] = privileges.get(name, frozenset()) | {action}
    return ObservedSchema(
        tables={
            name: ObservedTable(name, _spread(method, model, column), colocation, leftover)
            for name, method, model, column, colocation, leftover in rows
        },
        foreign_keys=frozenset(foreign_keys),
        uniques=frozenset(uniques),
        privileges=privileges,
        functions=frozenset(query(coordinator, FUNCTIONS)) if citus else frozenset(),
        policies=_read_policies(coordinator),
    )


def _read_policies(coordinator: Connection) -> dict[str, frozenset[Policy]]:
    found: dict[str, frozenset[Policy]] = {}
    for row in query(coordinator, POLICIES, role=APP_ROLE):
        policy = Policy(*row)
        found[policy.table] = found.get(policy.table, frozenset()) | {policy}
    return found


def read_revision(coordinator: Connection) -> str | None:
    """The revision the schema is at; None before the first migration."""
    [(exists,)] = query(coordinator, "SELECT to_regclass('public.alembic_version') IS NOT NULL")
    rows = query(coordinator, "SELECT version_num FROM public.alembic_version") if exists else []
    return str(rows[0][0]) if rows else None


SECOND = """
SELECT (SELECT coalesce(rolpassword, '') FROM pg_authid WHERE rolname = %(role)s AND rolcanlogin),
       EXISTS (SELECT FROM pg_auth_members WHERE roleid = to_regrole(%(group)s) AND member = to_regrole(%(role)s)),
       EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
"""
SECOND_AUTHINFO = "SELECT authinfo FROM pg_dist_authinfo WHERE nodeid = 0 AND rolename = %(role)s"


def read_second_login(connection: Connection, node: Address) -> SecondLogin:
    """How this node knows the API's other login."""
    [(verifier, member, citus)] = query(connection, SECOND, role=SECOND_LOGIN, group=APP_ROLE)
    rows = query(connection, SECOND_AUTHINFO, role=SECOND_LOGIN) if citus else []
    return SecondLogin(node, verifier, member, rows[0][0] if rows else None, has_authinfo=citus)


def read_vocabularies(coordinator: Connection) -> dict[tuple[str, str], str]:
    """The loaded versions: name and version, and the sha256 of the file each came from."""
    rows = query(coordinator, "SELECT nombre, version, sha256 FROM public.vocabularios")
    return {(nombre, version): sha256 for nombre, version, sha256 in rows}


def read_matrix(coordinator: Connection) -> str | None:
    """The sha256 of the files of the matrix in force; None: none was loaded yet."""
    rows = query(coordinator, "SELECT sha256 FROM public.versiones_matriz ORDER BY version DESC LIMIT 1")
    return str(rows[0][0]) if rows else None
