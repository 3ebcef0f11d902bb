"""Takes the steps of a plan, one function for each kind. No decisions: the planners have made them."""

import io
from collections.abc import Iterable
from functools import singledispatch

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from historia_hooks import citus, cleanup, jobs, ledger, steps
from historia_hooks.connections import Nodes, wait_until
from historia_hooks.conninfo import copy_line
from historia_hooks.log import logger
from historia_hooks.plan import TablePlan
from historia_hooks.schema import APP_ROLE, CONTEXT_ROLE, SECOND_LOGIN, Policy
from historia_hooks.state import query, read_members

ROLE = sql.Identifier(APP_ROLE)
SECOND = sql.Identifier(SECOND_LOGIN)
UPDATE_EXTENSION = "ALTER EXTENSION citus UPDATE"
QUIET = "SET LOCAL citus.enable_create_role_propagation TO off; SET LOCAL citus.enable_alter_role_propagation TO off"


def apply_nodes(nodes: Nodes, plan: Iterable[steps.BalanceStep | steps.LoadVocabulary | steps.LoadMatrix]) -> None:
    for step in plan:
        _take(nodes, step)


def apply_tables(nodes: Nodes, plan: TablePlan) -> None:
    """The table steps are one transaction, sequential because references and distributed tables meet in it."""
    connection = nodes.coordinator
    if plan.transaction:
        with Transaction(connection):
            _run(connection, "SET LOCAL citus.multi_shard_modify_mode TO 'sequential'")
            for step in plan.transaction:
                _take(nodes, step)
    for leftover in plan.afterwards:
        _take(nodes, leftover)


class Transaction:
    """BEGIN … COMMIT on a connection in autocommit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.autocommit = False

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._connection.commit()
            elif not self._connection.closed:
                self._connection.rollback()
        finally:
            if not self._connection.closed:
                self._connection.autocommit = True


def _run(connection: Connection, statement: str | sql.Composable, **values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


def _take(nodes: Nodes, step: steps.Step) -> None:
    nodes.doing = str(step)
    logger.info("paso", hace=nodes.doing)
    take(step, nodes)


@singledispatch
def take(step: object, nodes: Nodes) -> None:
    raise TypeError(f"no step: {step!r} for {nodes}")


@take.register
def _(step: steps.CreateExtension, nodes: Nodes) -> None:
    _run(nodes.node(step.node), "CREATE EXTENSION IF NOT EXISTS citus")


@take.register
def _(step: steps.UpgradeExtension, nodes: Nodes) -> None:
    _run(nodes.node(step.node), UPDATE_EXTENSION)


@take.register
def _(_step: steps.FinishUpgrade, nodes: Nodes) -> None:
    """One transaction: the version of the extension then tells whether both are done."""
    with Transaction(nodes.coordinator):
        _run(nodes.coordinator, UPDATE_EXTENSION)
        citus.finish_upgrade(nodes.coordinator)


@take.register
def _(step: steps.CreateRole, nodes: Nodes) -> None:
    """On each node by ourselves: pg_dist_authinfo wants the role before the node is added. Only a verifier travels."""
    _change_role(nodes.node(step.node), "CREATE ROLE {} LOGIN PASSWORD {}", step.verifier)


@take.register
def _(step: steps.SetPassword, nodes: Nodes) -> None:
    _change_role(nodes.node(step.node), "ALTER ROLE {} LOGIN PASSWORD {}", step.verifier)


def _change_role(connection: Connection, statement: str, verifier: str) -> None:
    with Transaction(connection):
        _run(connection, QUIET)
        _run(connection, sql.SQL(statement).format(ROLE, sql.Literal(verifier)))


@take.register
def _(step: steps.SetAuthinfo, nodes: Nodes) -> None:
    """Through COPY: its data is no part of a statement, so that no log and no view of statements ever holds it."""
    connection = nodes.node(step.node)
    with Transaction(connection):
        _write_authinfo(connection, step.authinfo)


def _write_authinfo(connection: Connection, rows: tuple[tuple[str, str], ...]) -> None:
    roles = [role for role, _ in rows]
    lines = "".join(copy_line("0", role, authinfo) for role, authinfo in rows)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pg_dist_authinfo WHERE nodeid = 0 AND rolename = ANY (%s)", (roles,))
        cursor.copy_expert("COPY pg_dist_authinfo (nodeid, rolename, authinfo) FROM STDIN", io.StringIO(lines))


@take.register
def _(step: steps.SetOwnerPassword, nodes: Nodes) -> None:
    connection = nodes.node(step.node)
    with Transaction(connection):
        _run(connection, QUIET)
        alter = sql.SQL("ALTER ROLE {} PASSWORD {}")
        _run(connection, alter.format(sql.Identifier(nodes.settings.owner), sql.Literal(step.verifier)))
    nodes.outdated.discard(step.node)


@take.register
def _(step: steps.SetSecondLogin, nodes: Nodes) -> None:
    """On each node by ourselves, like the first one."""
    connection = nodes.node(step.node)
    known = query(connection, "SELECT FROM pg_roles WHERE rolname = %(role)s", role=SECOND_LOGIN)
    with Transaction(connection):
        _run(connection, QUIET)
        change = "ALTER ROLE {} LOGIN PASSWORD {}" if known else "CREATE ROLE {} LOGIN PASSWORD {}"
        _run(connection, sql.SQL(change).format(SECOND, sql.Literal(step.verifier)))
        _run(connection, sql.SQL("GRANT {} TO {}").format(ROLE, SECOND))
        if step.authinfo is not None:
            _write_authinfo(connection, ((SECOND_LOGIN, step.authinfo),))


@take.register
def _(step: steps.SetContextKeys, nodes: Nodes) -> None:
    """On each node by ourselves, like the API's role."""
    connection = nodes.node(step.node)
    known = query(connection, "SELECT FROM pg_roles WHERE rolname = %(role)s", role=CONTEXT_ROLE)
    with Transaction(connection):
        _run(connection, QUIET)
        change = "ALTER ROLE {} NOLOGIN PASSWORD {}" if known else "CREATE ROLE {} NOLOGIN PASSWORD {}"
        _run(connection, sql.SQL(change).format(sql.Identifier(CONTEXT_ROLE), sql.Literal(step.verifier)))


@take.register
def _(step: steps.AllowDecoding, nodes: Nodes) -> None:
    connection = nodes.node(step.node)
    listed = sql.SQL(", ").join(map(sql.Literal, step.plugins))  # one string would be the name of one library
    _run(connection, sql.SQL("ALTER SYSTEM SET output_plugin_libraries TO {}").format(listed))
    _run(connection, "SELECT pg_reload_conf()")
    show = "SELECT 'citus' = ANY (regexp_split_to_array(current_setting('output_plugin_libraries'), '[\\s,]+'))"
    wait_until(nodes.deadline, lambda: query(connection, show) == [(True,)], str(step))


@take.register
def _(step: steps.SetCoordinatorHost, nodes: Nodes) -> None:
    citus.set_coordinator_host(nodes.coordinator, step.node)


@take.register
def _(step: steps.SetShards, nodes: Nodes) -> None:
    citus.set_should_have_shards(nodes.coordinator, step.node, allowed=step.allowed)


@take.register
def _(step: steps.AddNode, nodes: Nodes) -> None:
    citus.add_node(nodes.coordinator, step.node)


@take.register
def _(step: steps.ActivateNode, nodes: Nodes) -> None:
    citus.activate_node(nodes.coordinator, step.node)


@take.register
def _(step: steps.DropCopies, nodes: Nodes) -> None:
    _run(nodes.node(step.node), sql.SQL("DROP TABLE {}").format(sql.SQL(", ").join(map(sql.Identifier, step.tables))))


@take.register
def _(step: steps.RemoveNode, nodes: Nodes) -> None:
    """Citus removes an active node only while it answers, and leaves it believing that it is still a member."""
    if step.answers:
        citus.stop_metadata_sync(nodes.coordinator, step.node)
    else:
        citus.disable_node(nodes.coordinator, step.node)
    citus.remove_node(nodes.coordinator, step.node)


@take.register
def _(step: steps.WaitForMetadata, nodes: Nodes) -> None:
    def synced() -> bool:
        known = {member.address for member in read_members(nodes.coordinator) if member.metadata_synced}
        return known.issuperset(step.nodes)

    wait_until(nodes.deadline, synced, str(step))


@take.register
def _(_step: steps.CopyReferenceTables, nodes: Nodes) -> None:
    citus.replicate_reference_tables(nodes.coordinator)


@take.register
def _(step: steps.StopMoves, nodes: Nodes) -> None:
    jobs.stop(nodes, step.job)


@take.register
def _(step: steps.ForbidShards, nodes: Nodes) -> None:
    with Transaction(nodes.coordinator):
        for node in step.nodes:
            citus.set_should_have_shards(nodes.coordinator, node, allowed=False)


@take.register
def _(step: steps.StartMoves, nodes: Nodes) -> None:
    jobs.start(nodes, drain=step.drain, wait=step.wait)


@take.register
def _(step: steps.WatchMoves, nodes: Nodes) -> None:
    jobs.watch(nodes, step.job)


@take.register
def _(step: steps.CleanUp, nodes: Nodes) -> None:
    cleanup.clean_up(nodes, step.groups)


@take.register
def _(step: steps.SettleTransactions, nodes: Nodes) -> None:
    cleanup.settle_transactions(nodes, step.nodes, step.leaving)


@take.register
def _(step: steps.ForgetCleanup, nodes: Nodes) -> None:
    _run(
        nodes.coordinator,
        "DELETE FROM pg_dist_cleanup WHERE node_group_id = ANY (%(groups)s)",
        groups=list(step.groups),
    )


@take.register
def _(_step: steps.CreateLedger, nodes: Nodes) -> None:
    with Transaction(nodes.coordinator):
        ledger.create(nodes.coordinator)


@take.register
def _(step: steps.RecordNode, nodes: Nodes) -> None:
    ledger.record(nodes.coordinator, step)


@take.register
def _(step: steps.RetireNode, nodes: Nodes) -> None:
    ledger.retire(nodes.coordinator, step.node)


@take.register
def _(step: steps.DropConstraint, nodes: Nodes) -> None:
    statement = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
    _run(nodes.coordinator, statement.format(sql.Identifier("public", step.table), sql.Identifier(step.name)))


@take.register
def _(step: steps.CreateReferenceTable, nodes: Nodes) -> None:
    citus.create_reference_table(nodes.coordinator, step.table)


@take.register
def _(step: steps.CreateDistributedTable, nodes: Nodes) -> None:
    citus.create_distributed_table(nodes.coordinator, step.table, step.column, step.colocate_with)


@take.register
def _(step: steps.DistributeFunction, nodes: Nodes) -> None:
    function = step.function
    citus.create_distributed_function(nodes.coordinator, function.name, function.argument, function.colocate_with)


@take.register
def _(step: steps.Protect, nodes: Nodes) -> None:
    """One statement each: Citus passes no two on together. And none is RESTRICTIVE, which it forgets on the way."""
    table = sql.Identifier("public", step.table)
    held = "SELECT polname FROM pg_policy WHERE polrelid = %(table)s::regclass"
    for (name,) in query(nodes.coordinator, held, table=f"public.{step.table}"):
        _run(nodes.coordinator, sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(name), table))
    _run(nodes.coordinator, sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table))
    for policy in step.policies:
        _run(nodes.coordinator, _policy(policy, table))


def _policy(policy: Policy, table: sql.Identifier) -> sql.Composed:
    using = f" USING ({policy.using})" if policy.using else ""
    check = f" WITH CHECK ({policy.check})" if policy.check else ""
    create = sql.SQL("CREATE POLICY {} ON {} FOR {} TO {}{}{}")
    return create.format(
        sql.Identifier(policy.name), table, sql.SQL(policy.command), ROLE, sql.SQL(using), sql.SQL(check)
    )


@take.register
def _(step: steps.AddForeignKey, nodes: Nodes) -> None:
    key = step.key
    statement = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})").format(
        sql.Identifier("public", key.table),
        sql.Identifier(key.name),
        _names(key.columns),
        sql.Identifier("public", key.target),
        _names(key.target_columns),
    )
    _run(nodes.coordinator, statement)


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


@take.register
def _(step: steps.AddUnique, nodes: Nodes) -> None:
    unique = step.unique
    statement = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} UNIQUE ({})").format(
        sql.Identifier("public", unique.table), sql.Identifier(unique.name), sql.Identifier(unique.column)
    )
    _run(nodes.coordinator, statement)


@take.register
def _(step: steps.Grant, nodes: Nodes) -> None:
    _privileges(nodes.coordinator, "GRANT {} ON {} {} TO {}", step)


@take.register
def _(step: steps.Revoke, nodes: Nodes) -> None:
    _privileges(nodes.coordinator, "REVOKE {} ON {} {} FROM {}", step)


def _privileges(connection: Connection, statement: str, step: steps.Grant | steps.Revoke) -> None:
    actions = sql.SQL(", ").join(map(sql.SQL, step.actions))
    target = sql.Identifier("public", step.name)
    _run(connection, sql.SQL(statement).format(actions, sql.SQL(step.kind), target, ROLE))


@take.register
def _(step: steps.TruncateLeftover, nodes: Nodes) -> None:
    citus.truncate_local_data(nodes.coordinator, step.table)


HEADING = """
INSERT INTO public.vocabularios
       (nombre, version, titulo, fuente, licencia, aviso, completo, conceptos, sha256, vigente_desde)
VALUES (%(nombre)s, %(version)s, %(titulo)s, %(fuente)s, %(licencia)s, %(aviso)s, %(completo)s, %(conceptos)s,
        %(sha256)s, %(vigente_desde)s)
"""
CONCEPTS = """
COPY public.conceptos (vocabulario, version, codigo, descripcion, padre, vigente_desde, vigente_hasta, atributos)
FROM STDIN (FORMAT csv)
"""


@take.register
def _(step: steps.LoadVocabulary, nodes: Nodes) -> None:
    """All of it or nothing: who reads a version never sees a part. Straight into the table: nobody else writes it."""
    one = step.vocabulary
    rows = io.StringIO(one.as_csv())
    connection = nodes.coordinator
    with Transaction(connection), connection.cursor() as cursor:
        cursor.execute(HEADING, vars(one.heading) | {"conceptos": one.size, "sha256": one.sha256})
        cursor.copy_expert(CONCEPTS, rows)


ROLE_SAID = """
INSERT INTO public.roles (rol, descripcion) VALUES (%s, %s)
ON CONFLICT (rol) DO UPDATE SET descripcion = excluded.descripcion
"""
NEXT_MATRIX = "SELECT coalesce(max(version), 0) + 1 FROM public.versiones_matriz"
MATRIX = "INSERT INTO public.versiones_matriz (version, sha256, permisos) VALUES (%s, %s, %s)"
PERMISSIONS = """
COPY public.permisos (version, rol, recurso, accion, condicion, campos_ocultos, campos_solo_lectura)
FROM STDIN (FORMAT csv)
"""


@take.register
def _(step: steps.LoadMatrix, nodes: Nodes) -> None:
    """All of it or nothing, as a further version: what held before stays, and so do the installation's own rows."""
    one = step.matrix
    connection = nodes.coordinator
    with Transaction(connection), connection.cursor() as cursor:
        for role in one.roles:
            cursor.execute(ROLE_SAID, role)
        cursor.execute(NEXT_MATRIX)
        [(version,)] = cursor.fetchall()
        cursor.execute(MATRIX, (version, one.sha256, len(one.permissions)))
        cursor.copy_expert(PERMISSIONS, io.StringIO(one.as_csv(version)))
