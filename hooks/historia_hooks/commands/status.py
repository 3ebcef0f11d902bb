"""Observes the whole system for `status`. It changes nothing, and no node that is away, silent or wiped holds it up."""

import contextlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Literal

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from historia_hooks import ledger
from historia_hooks.addresses import Address
from historia_hooks.commands import migrate
from historia_hooks.connections import Nodes, Unreachable
from historia_hooks.identity import entry_of, identity
from historia_hooks.jobs import primary
from historia_hooks.model import Member, ObservedSchema, ObservedTable
from historia_hooks.report import Moves, Observation, Probe, Report, make_report
from historia_hooks.schema import Distributed, Reference
from historia_hooks.state import has_extension, query, read_members, read_revision, read_schema, read_server
from historia_hooks.upgrade import is_behind

IN_TIME = "SET statement_timeout = '5s'; SET lock_timeout = '2s'"
SIZE = "SELECT pg_database_size(current_database())"
CITUS_VERSION = "SELECT extversion FROM pg_extension WHERE extname = 'citus'"
# Through Citus, which asks the nodes at the same time: each shard says its own name.
COUNT = "SELECT tableoid::regclass::text, count(*) FROM public.pacientes GROUP BY 1"
COUNT_HERE = "SELECT count(*) FROM public.pacientes"
PLACES = """
SELECT s.shardid, p.groupid FROM pg_dist_shard s JOIN pg_dist_placement p USING (shardid)
 WHERE s.logicalrelid = to_regclass('public.pacientes')
"""
MOVES = """
SELECT j.job_id, j.state::text, count(*) FILTER (WHERE t.status = 'done'), count(t.task_id),
       extract(epoch FROM now() - coalesce(j.started_at, now()))::integer,
       (array_agg(t.message) FILTER (WHERE t.retry_count > 0 AND t.status NOT IN ('done', 'cancelled')))[1]
  FROM pg_dist_background_job j LEFT JOIN pg_dist_background_task t USING (job_id)
 WHERE j.job_type = 'rebalance' AND j.state IN ('scheduled', 'running', 'cancelling', 'failing')
 GROUP BY j.job_id, j.state, j.started_at ORDER BY j.job_id DESC LIMIT 1
"""
BYTES = """
SELECT sum(target_shard_size)::bigint, sum(source_shard_size)::bigint FROM get_rebalance_progress()
"""
CLEANUP = "SELECT count(*) FROM pg_dist_cleanup"


def status(nodes: Nodes) -> Report:
    """What is there now, within seconds; a node that does not answer is a part of the answer."""
    settings = nodes.settings
    probe = _probe(nodes, settings.entrance)
    if probe.server is None or is_behind(probe.server):
        others = _ask(nodes, settings.workers)
        return make_report(Observation(settings.workers, settings.coordinator, {settings.coordinator: probe, **others}))
    connection = nodes.coordinator
    _set(connection, IN_TIME)
    citus = has_extension(connection)
    members = read_members(connection) if citus else ()
    named = next((member.address for member in members if member.is_coordinator), settings.coordinator)
    workers = {member.address for member in members if not member.is_coordinator} | set(settings.workers)
    probes = {named: probe, **_ask(nodes, workers)}
    entries = ledger.observe(connection) or ()
    schema = read_schema(connection, citus=citus)
    well = all(
        identity(entry_of(entries, one), probes[one.address].server) in ("ok", "unrecorded")
        for one in members
        if one.shards or not one.is_coordinator
    )
    counted, patients = _patients(connection, members, schema, well=well)
    return make_report(
        Observation(
            wanted=settings.workers,
            coordinator=named,
            probes=probes,
            members=members,
            entries=entries,
            patients=patients,
            patients_counted=counted,
            distributed=schema.is_distributed,
            revision=read_revision(connection),
            pending_revisions=migrate.pending(nodes),
            citus_version=query(connection, CITUS_VERSION)[0][0] if citus else None,
            tables={name: _spread(table) for name, table in sorted(schema.tables.items())},
            moves=_moves(connection, well=well) if citus else None,
            pending_cleanup=query(connection, CLEANUP)[0][0] if citus else 0,
        )
    )


def _set(connection: Connection, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _ask(nodes: Nodes, addresses: Iterable[Address]) -> dict[Address, Probe]:
    """All at the same time, each by itself: through Citus one silent node would keep the others' answers back."""
    listed = list(addresses)
    if not listed:
        return {}
    with ThreadPoolExecutor(len(listed)) as pool:
        return dict(zip(listed, pool.map(partial(_probe, nodes), listed), strict=True))


def _probe(nodes: Nodes, address: Address) -> Probe:
    try:
        with contextlib.closing(nodes.open_owner(address)) as connection:
            _set(connection, IN_TIME)
            return Probe(read_server(connection, address), query(connection, SIZE)[0][0])
    except Unreachable as error:
        return Probe(reason=str(error))
    except psycopg2.Error:
        return Probe(reason=f"{address}: entra, pero no contesta a tiempo")


def _patients(
    coordinator: Connection, members: tuple[Member, ...], schema: ObservedSchema, *, well: bool
) -> tuple[Literal["now", "ledger"], dict[int, int] | None]:
    """Counted now where every node can be asked; else what the ledger holds of each node; None where neither says."""
    table = schema.tables.get("pacientes")
    if table is None:
        return "now", None
    try:
        if not isinstance(table.spread, Distributed):
            return "now", {0: query(coordinator, COUNT_HERE)[0][0]}
        if well:
            return "now", _count(coordinator)
    except psycopg2.Error:  # a node was lost since, or there are too many to count in time
        pass
    known = {one.group: ledger.read_loss(coordinator, one.group).patients for one in members if one.shards}
    if any(count is None for count in known.values()):
        return "ledger", None
    return "ledger", {group: count for group, count in known.items() if count is not None}


def _count(coordinator: Connection) -> dict[int, int]:
    places = dict(query(coordinator, PLACES))
    found = dict.fromkeys(places.values(), 0)
    for shard, count in query(coordinator, COUNT):
        found[places[int(shard.rpartition("_")[2])]] += count
    return found


def _moves(coordinator: Connection, *, well: bool) -> Moves | None:
    rows = query(coordinator, MOVES)
    if not rows:
        return None
    [(job, state, done, total, seconds, message)] = rows
    copied, size = _bytes(coordinator) if well else (None, None)
    return Moves(job, state, done, total, seconds, copied, size, primary(message or ""))


def _bytes(coordinator: Connection) -> tuple[int | None, int | None]:
    """Of the moves under way. Citus asks the nodes and cannot be interrupted: only while all of them answer."""
    try:
        [(copied, size)] = query(coordinator, BYTES)
    except psycopg2.Error:
        return None, None
    return copied, size


def _spread(table: ObservedTable) -> str:
    match table.spread:
        case Distributed(column):
            return f"distributed by {column}"
        case Reference():
            return "reference"
        case _:
            return "plain"
