"""SQL about moves and about the place of a patient."""

from dataclasses import dataclass
from typing import Any

from historia_clinica.db import Scope, Statement, Transaction
from historia_clinica.resources.pacientes import repository as pacientes

HAS_CITUS = Statement("SELECT extname AS name FROM pg_catalog.pg_extension WHERE extname = 'citus'", Scope.CLUSTER)
MOVES = Statement(
    """
    SELECT job.job_id AS job, job.state::text AS state,
           count(task.task_id) FILTER (WHERE task.status = 'done') AS done, count(task.task_id) AS total
      FROM pg_catalog.pg_dist_background_job AS job
      LEFT JOIN pg_catalog.pg_dist_background_task AS task ON task.job_id = job.job_id
     WHERE job.job_type = 'rebalance' AND job.state IN ('scheduled', 'running', 'cancelling', 'failing')
     GROUP BY job.job_id, job.state
     ORDER BY job.job_id DESC
     LIMIT 1
    """,
    Scope.CLUSTER,
)
# Asks the nodes without end: only while all of them answer.
PROGRESS = Statement(
    """
    SELECT coalesce(sum(target_shard_size), 0)::bigint AS copied, coalesce(sum(source_shard_size), 0)::bigint AS total
      FROM get_rebalance_progress()
    """,
    Scope.CLUSTER,
)
CLEANUP = Statement("SELECT count(*) AS pending FROM pg_catalog.pg_dist_cleanup", Scope.CLUSTER)
# Follows from the hash of the key: it is the same whether the patient exists or not.
LOCATION = Statement(
    """
    SELECT shard.shardid AS shard_id, shard_name(shard.logicalrelid, shard.shardid) AS shard_name,
           node.nodename AS name, node.nodeport AS port
      FROM pg_catalog.pg_dist_shard AS shard
      JOIN pg_catalog.pg_dist_placement AS placement ON placement.shardid = shard.shardid
      JOIN pg_catalog.pg_dist_node AS node ON node.groupid = placement.groupid AND node.noderole = 'primary'
     WHERE shard.logicalrelid = to_regclass('public.pacientes')
       AND shard.shardid = get_shard_id_for_distribution_column('public.pacientes', %(cedula)s::text)
    """,
    Scope.CLUSTER,
)
DISTRIBUTED = Statement(
    """
    SELECT logicalrelid::text AS name
      FROM pg_catalog.pg_dist_partition
     WHERE logicalrelid = to_regclass('public.pacientes') AND partmethod = 'h'
    """,
    Scope.CLUSTER,
)


@dataclass(frozen=True)
class Moves:
    job: int
    state: str
    done: int
    total: int


@dataclass(frozen=True)
class Progress:
    copied: int
    total: int


@dataclass(frozen=True)
class _Name:
    name: str


@dataclass(frozen=True)
class _Cleanup:
    pending: int


@dataclass(frozen=True)
class Location:
    shard_id: int
    shard_name: str
    name: str
    port: int


@dataclass(frozen=True)
class Plan:
    """How the nodes take part in a read; `node` only where a node said so."""

    tasks: int
    node: tuple[str, int] | None


def has_citus(transaction: Transaction) -> bool:
    return transaction.row(HAS_CITUS, {}, _Name) is not None


def moves(transaction: Transaction) -> Moves | None:
    return transaction.row(MOVES, {}, Moves)


def progress(transaction: Transaction) -> Progress:
    return transaction.rows(PROGRESS, {}, Progress)[0]


def pending_cleanup(transaction: Transaction) -> int:
    return transaction.rows(CLEANUP, {}, _Cleanup)[0].pending


def location(transaction: Transaction, cedula: str) -> Location | None:
    """None where the patients are not distributed."""
    if not has_citus(transaction) or transaction.row(DISTRIBUTED, {}, _Name) is None:
        return None
    return transaction.row(LOCATION, {"cedula": cedula}, Location)


def plan(transaction: Transaction, cedula: str) -> Plan:
    """The plan of the statement by which the API reads a patient; nothing is read, and nothing of its text is kept."""
    explain = Statement(f"EXPLAIN (FORMAT JSON, COSTS OFF) {pacientes.VERSIONS.statements.read.sql}", Scope.PATIENT)
    [document] = transaction.rows(explain, {"cedula": cedula}, lambda **row: next(iter(row.values())))
    return read_plan(document)


def read_plan(document: list[dict[str, Any]]) -> Plan:
    """From EXPLAIN (FORMAT JSON): without Citus the server itself is the one task."""
    distributed = document[0]["Plan"].get("Distributed Query")
    if distributed is None:
        return Plan(1, None)
    job = distributed["Job"]
    named = [task["Node"] for task in job["Tasks"] if "Node" in task]
    if not named:  # its node was away, or would not say
        return Plan(job["Task Count"], None)
    fields = dict(part.partition("=")[::2] for part in named[0].split())
    return Plan(job["Task Count"], (fields["host"], int(fields["port"])))
