"""The nodes that Citus knows, and whether the servers behind their names are the ones that joined.

Everything is asked through the coordinator, as the role of the API, which may read all of it. A login that a worker
refuses looks there like a worker that is away, so such a worker is asked by itself, by the first step of PostgreSQL's
protocol. No function of Citus that waits for every node without end is called (citus_shard_sizes and what uses it).
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Literal

from historia_clinica.db import Scope, Statement, Transaction
from historia_clinica.errors import HistoriaError, TimedOut, Unavailable
from historia_clinica.health import takes_connections
from historia_clinica.kept import Kept
from historia_clinica.routing import Address
from historia_clinica.settings import Settings

Identity = Literal["ok", "changed", "unreachable", "unrecorded", "unknown"]

# Seconds. Together with a direct question to who did not answer, a lost node is told of within two.
LOGIN = 0.5
ASKING = 1.1
COUNTING = 1.0
KEEP = 3.0
KEEP_COUNTS = 10.0

READABLE = Statement(
    """
    SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus') AS citus,
           EXISTS (SELECT FROM pg_catalog.pg_class AS relation
                     JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
                    WHERE namespace.nspname = 'historia_cluster' AND relation.relname = 'shard_counts'
                      AND has_schema_privilege(namespace.oid, 'USAGE')
                      AND has_table_privilege(relation.oid, 'SELECT')) AS ledger
    """,
    Scope.CLUSTER,
)
LIMITS = Statement(
    """
    SELECT set_config('citus.node_connection_timeout', %(login)s, true) AS login,
           set_config('statement_timeout', %(statement)s, true) AS statement
    """,
    Scope.CLUSTER,
)
NODES = Statement(
    """
    SELECT node.nodeid AS node_id, node.groupid AS group_id, node.nodename AS name, node.nodeport AS port,
           node.isactive AS active, node.metadatasynced AS synced, node.shouldhaveshards AS should_have_shards,
           (SELECT count(*)
              FROM pg_catalog.pg_dist_placement AS placement
              JOIN pg_catalog.pg_dist_shard AS shard ON shard.shardid = placement.shardid
              JOIN pg_catalog.pg_dist_partition AS spread ON spread.logicalrelid = shard.logicalrelid
             WHERE placement.groupid = node.groupid AND spread.partmethod = 'h') AS shards
      FROM pg_catalog.pg_dist_node AS node
     WHERE node.noderole = 'primary' AND node.nodecluster = 'default'
     ORDER BY node.groupid
    """,
    Scope.CLUSTER,
)
LEDGER = Statement(
    "SELECT node_id, group_id, name, port, server_id FROM historia_cluster.nodes WHERE state = 'active'",
    Scope.CLUSTER,
)
HERE = Statement(
    """
    SELECT (SELECT metadata ->> 'server_id' FROM pg_catalog.pg_dist_node_metadata) AS server_id,
           pg_database_size(current_database()) AS bytes
    """,
    Scope.CLUSTER,
)
BYTES_HERE = Statement("SELECT NULL::text AS server_id, pg_database_size(current_database()) AS bytes", Scope.CLUSTER)
WORKERS = Statement(
    """
    SELECT nodename AS name, nodeport AS port,
           CASE WHEN success THEN result::json ->> 'server_id' END AS server_id,
           CASE WHEN success THEN (result::json ->> 'group_id')::integer END AS group_id,
           CASE WHEN success THEN (result::json ->> 'bytes')::bigint END AS bytes
      FROM run_command_on_workers('SELECT json_build_object(''server_id'', (SELECT metadata ->> ''server_id''
                                     FROM pg_catalog.pg_dist_node_metadata),
                                   ''group_id'', (SELECT groupid FROM pg_catalog.pg_dist_local_group),
                                   ''bytes'', pg_database_size(current_database()))')
    """,
    Scope.CLUSTER,
)
PLACES = Statement(
    """
    SELECT shard.shardid AS shard_id, placement.groupid AS group_id
      FROM pg_catalog.pg_dist_shard AS shard
      JOIN pg_catalog.pg_dist_placement AS placement ON placement.shardid = shard.shardid
     WHERE shard.logicalrelid = to_regclass('public.pacientes')
    """,
    Scope.CLUSTER,
)
# Each shard says its own name, such as pacientes_102008.
COUNTS = Statement(
    "SELECT tableoid::regclass::text AS shard, count(*) AS patients FROM pacientes GROUP BY 1", Scope.PATIENTS
)
LEDGER_COUNTS = Statement("SELECT shard_id, patients FROM historia_cluster.shard_counts", Scope.CLUSTER)


@dataclass(frozen=True)
class Found:
    """A row of pg_dist_node."""

    node_id: int
    group_id: int
    name: str
    port: int
    active: bool
    synced: bool
    should_have_shards: bool
    shards: int


@dataclass(frozen=True)
class Entry:
    """What the ledger noted of a node when it joined."""

    node_id: int
    group_id: int
    name: str
    port: int
    server_id: str


@dataclass(frozen=True)
class Member:
    """A node as it is now."""

    found: Found
    identity: Identity
    bytes: int | None

    @property
    def is_coordinator(self) -> bool:
        return self.found.group_id == 0

    @property
    def detail(self) -> str | None:
        return DETAILS.get(self.identity)


DETAILS: dict[Identity, str] = {
    "changed": "Responde otro servidor, o uno en blanco: su volumen se perdió o se cambió. "
    "No reinstale encima; mire «historia-hooks status».",
    "unreachable": "No responde; si vuelve con su volumen, no se pierde nada.",
    "unrecorded": "No está anotado quién es; lo anota «historia-hooks sync».",
    "unknown": "No se pudo comprobar a tiempo quién responde.",
}
PROBLEMS: tuple[Identity, ...] = ("changed", "unreachable")


@dataclass(frozen=True)
class Patients:
    """By group. `now` is false where the numbers are those of the ledger's last count."""

    by_group: dict[int, int]
    now: bool


@dataclass(frozen=True)
class _Readable:
    citus: bool
    ledger: bool


@dataclass(frozen=True)
class _Self:
    server_id: str | None
    bytes: int | None
    group_id: int = 0


@dataclass(frozen=True)
class _Answer:
    name: str
    port: int
    server_id: str | None
    group_id: int | None
    bytes: int | None


@dataclass(frozen=True)
class _Place:
    shard_id: int
    group_id: int


@dataclass(frozen=True)
class _Count:
    shard: str
    patients: int


@dataclass(frozen=True)
class _Limits:
    login: str
    statement: str


class Members:
    """What one process knows of the nodes. Calls raise what a transaction raises while the coordinator is away."""

    def __init__(self, settings: Settings, transaction: Callable[[], AbstractContextManager[Transaction]]) -> None:
        self._settings = settings
        self._transaction = transaction
        self.nodes = Kept(KEEP, self._look)
        self.patients = Kept(KEEP_COUNTS, self._count)

    def problems(self) -> list[Member]:
        return [one for one in self.nodes() if one.identity in PROBLEMS]

    def _look(self) -> tuple[Member, ...]:
        """The coordinator first; on plain PostgreSQL, the one server."""
        with self._transaction() as transaction:
            readable = transaction.rows(READABLE, {}, _Readable)[0]
            if not readable.citus:
                return (self._single(transaction.rows(BYTES_HERE, {}, _Self)[0]),)
            found = transaction.rows(NODES, {}, Found)
            here = transaction.rows(HERE, {}, _Self)[0]
            entries = transaction.rows(LEDGER, {}, Entry) if readable.ledger else []
        if not found:
            return (self._single(here),)
        answers, in_time = self._ask_workers() if len(found) > 1 else ({}, True)
        silent = [one for one in found if one.group_id and not _server_id(answers, one)]
        answering = self._ask_directly(silent)
        return tuple(_member(one, entries, here, answers, in_time=in_time, answering=answering) for one in found)

    def _single(self, here: _Self) -> Member:
        found = Found(0, 0, self._settings.postgres_host, self._settings.postgres_port, True, True, True, 0)
        return Member(found, "ok", here.bytes)

    def _ask_workers(self) -> tuple[dict[Address, _Answer] | None, bool]:
        """What each worker answers, and whether every refusal was one at once; None: not within the time."""
        try:
            with self._transaction() as transaction:
                limit(transaction, ASKING)
                began = time.monotonic()
                answers = transaction.rows(WORKERS, {}, _Answer)
        except TimedOut:
            return None, False
        return {Address(one.name, one.port): one for one in answers}, time.monotonic() - began < LOGIN

    def _ask_directly(self, silent: Iterable[Found]) -> set[Address]:
        addresses = [Address(one.name, one.port) for one in silent]
        if not addresses:
            return set()
        with ThreadPoolExecutor(len(addresses)) as pool:
            answers = pool.map(lambda address: takes_connections(self._settings, address), addresses)
            return {address for address, answered in zip(addresses, answers, strict=True) if answered}

    def _count(self) -> Patients | None:
        """Counted now within a moment, else from the ledger; None: neither is to be had."""
        with self._transaction() as transaction:
            readable = transaction.rows(READABLE, {}, _Readable)[0]
            places = transaction.rows(PLACES, {}, _Place) if readable.citus else []
        groups = {place.shard_id: place.group_id for place in places}
        with suppress(Unavailable):
            return Patients(self._count_now(groups), now=True)
        if not readable.ledger:
            return None
        with suppress(HistoriaError), self._transaction() as transaction:
            kept = transaction.rows(LEDGER_COUNTS, {}, lambda shard_id, patients: (int(shard_id), int(patients)))
            counts = [(groups[shard], patients) for shard, patients in kept if shard in groups]
            return Patients(_sums(groups.values(), counts), now=False) if counts else None
        return None

    def _count_now(self, groups: dict[int, int]) -> dict[int, int]:
        with self._transaction() as transaction:
            limit(transaction, COUNTING)
            counts = transaction.rows(COUNTS, {}, _Count)
        # a plain table has no number in its name, and lies on the one server
        return _sums(groups.values() or [0], [(groups.get(_number(one.shard), 0), one.patients) for one in counts])


def limit(transaction: Transaction, seconds: float) -> None:
    """Until its end: so long for a statement, and a moment for each login of the coordinator at a worker."""
    limits = {"login": f"{LOGIN * 1000:.0f}", "statement": f"{seconds * 1000:.0f}"}
    transaction.rows(LIMITS, limits, _Limits)


def identity(found: Found, entries: Iterable[Entry], server_id: str | None, group_id: int | None) -> Identity:
    """Whether who answered is who joined under that name; an entry with another node id tells of an earlier joining.

    A copy of the volume from before it joined has the same server_id, and does not know its group.
    """
    joined = found.shards > 0 or (found.active and found.synced)
    if joined and group_id != found.group_id:
        return "changed"
    noted = (entry for entry in entries if (entry.name, entry.port) == (found.name, found.port))
    entry = next((one for one in noted if (one.node_id, one.group_id) == (found.node_id, found.group_id)), None)
    if entry is None:
        return "unrecorded"
    return "ok" if server_id == entry.server_id else "changed"


def _member(
    found: Found,
    entries: Iterable[Entry],
    here: _Self,
    answers: dict[Address, _Answer] | None,
    *,
    in_time: bool,
    answering: set[Address],
) -> Member:
    if not found.group_id:
        return Member(found, identity(found, entries, here.server_id, here.group_id), here.bytes)
    address = Address(found.name, found.port)
    answer = (answers or {}).get(address)
    if answer and answer.server_id:
        return Member(found, identity(found, entries, answer.server_id, answer.group_id), answer.bytes)
    if address not in answering:
        return Member(found, "unreachable", None)
    if answers is None or answer is None:  # it takes connections, and was not asked
        return Member(found, "unknown", None)
    # It takes connections, but did not let the coordinator in as our role, at once or after too long a time.
    return Member(found, "changed" if in_time else "unreachable", None)


def _server_id(answers: dict[Address, _Answer] | None, found: Found) -> str | None:
    answer = (answers or {}).get(Address(found.name, found.port))
    return answer.server_id if answer else None


def _number(shard: str) -> int:
    last = shard.rpartition("_")[2]
    return int(last) if last.isdecimal() else 0


def _sums(groups: Iterable[int], counts: Iterable[tuple[int, int]]) -> dict[int, int]:
    sums = dict.fromkeys(groups, 0)
    for group, patients in counts:
        sums[group] = sums.get(group, 0) + patients
    return sums
