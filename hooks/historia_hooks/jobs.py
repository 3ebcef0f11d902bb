"""The background jobs with which Citus moves shards: reads them, watches them, stops those that can never end well.

It polls: to wait inside the server would neither show progress nor end at the deadline.
"""

import re
import time
from dataclasses import dataclass, field

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from historia_hooks import citus
from historia_hooks.connections import Deadline, Nodes, wait_until
from historia_hooks.errors import MOVES_RUNBOOK, Misconfigured, TryAgain
from historia_hooks.log import logger
from historia_hooks.model import Balance
from historia_hooks.pace import Moved, Pace, words
from historia_hooks.state import query

POLL = 1.0
SAY_EVERY = 15.0
LATE_START = 60.0
STOPPING = 60.0
ENDED = ("finished", "cancelled", "failed")
RESUME = (
    "El trabajo sigue en el servidor: repita la orden para seguirlo, o mírelo con"
    " SELECT * FROM citus_rebalance_status()"
)

BALANCE = """
SELECT (SELECT max(job_id) FROM pg_dist_background_job
         WHERE job_type = 'rebalance' AND state IN ('scheduled', 'running', 'cancelling', 'failing')),
       (SELECT coalesce(json_agg(DISTINCT node_group_id), '[]') FROM pg_dist_cleanup),
       (SELECT coalesce(json_agg(c.relname ORDER BY c.relname), '[]')
          FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid
         WHERE p.partmethod = 'h' AND c.relreplident IN ('d', 'n')
           AND (c.relreplident = 'n'
                OR NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)))
"""
JOB = "SELECT state::text FROM pg_dist_background_job WHERE job_id = %(job)s"
TASKS = """
SELECT task_id, status::text, coalesce(retry_count, 0), coalesce(message, '')
  FROM pg_dist_background_task WHERE job_id = %(job)s ORDER BY task_id
"""
# What a task moves: the shard it names with those that lie beside it. Tasks that move nothing are not among them.
SIZES = r"""
SELECT k.task_id, count(*), coalesce(sum(z.size), 0)::bigint
  FROM pg_dist_background_task k
  JOIN pg_dist_shard a ON a.shardid = (regexp_match(k.command, 'citus_move_shard_placement\((\d+),'))[1]::bigint
  JOIN pg_dist_partition named USING (logicalrelid)
  JOIN pg_dist_partition beside ON beside.colocationid = named.colocationid
  JOIN pg_dist_shard b ON b.logicalrelid = beside.logicalrelid AND b.shardminvalue = a.shardminvalue
  LEFT JOIN citus_shard_sizes() z ON z.shard_id = b.shardid
 WHERE k.job_id = %(job)s GROUP BY 1
"""
COPIED = "SELECT coalesce(sum(least(target_shard_size, source_shard_size)), 0)::bigint FROM get_rebalance_progress()"

REMEDIES = (
    (r"wal_level|logical decoding|subscription .* does not exist", "ponga wal_level=logical en todos los nodos"),
    (r"replica identity", "agregue una llave primaria a esa tabla"),
    (r"not enough (empty )?space|no space left|disk", "amplíe el volumen de los workers que reciben datos"),
    (r"orphaned shard", "ejecute en el coordinador CALL citus_cleanup_orphaned_resources()"),
    (r"replication slots|max_wal_senders|worker processes", "suba max_replication_slots, max_wal_senders y"
     " max_worker_processes (postgresql.parameters)"),
    (r"password authentication", "ejecute historia-hooks register"),
)  # fmt: skip
PASSES_BY_ITSELF = re.compile(r"connect|lock timeout|deadlock|terminat|shutting down|starting up", re.IGNORECASE)


def primary(message: str) -> str:
    """The server's primary message alone: its other lines can quote rows."""
    first = next((line for line in message.splitlines() if line.strip()), "")
    return first.split("DETAIL:")[0].strip()


@dataclass(frozen=True)
class Task:
    number: int
    status: str
    retries: int
    message: str

    @property
    def complaint(self) -> str:
        return primary(self.message)


@dataclass
class Complaints:
    """What each task has failed with before."""

    _known: dict[int, str] = field(default_factory=dict)

    def permanent(self, tasks: tuple[Task, ...]) -> Task | None:
        """A task that has failed the same way twice, for a reason that does not go away by itself."""
        for task in tasks:
            if not task.retries or task.status in ("done", "cancelled") or not task.complaint:
                continue
            general = re.sub(r"\d+", "#", task.complaint)  # numbers of shards and operations differ
            same = self._known.setdefault(task.number, general) == general
            self._known[task.number] = general
            if task.retries > 1 and same and (remedy_for(task.complaint) or not PASSES_BY_ITSELF.search(general)):
                return task
        return None


def remedy_for(complaint: str) -> str | None:
    return next((remedy for pattern, remedy in REMEDIES if re.search(pattern, complaint, re.IGNORECASE)), None)


def read_balance(coordinator: Connection) -> Balance:
    [(job, groups, bare)] = query(coordinator, BALANCE)
    return Balance(job=job, leftovers=frozenset(groups), without_identity=tuple(bare))


def start(nodes: Nodes, *, drain: bool, wait: bool) -> None:
    job = citus.rebalance_start(nodes.coordinator, drain=drain)
    if job is None:
        logger.info("no hay fragmentos que mover")
    elif wait:
        watch(nodes, job)
    else:
        logger.info("los fragmentos se mueven mientras el sistema atiende", trabajo=job, como_verlo=RESUME)


def watch(nodes: Nodes, job: int) -> None:
    """Until the job has ended; raises when it cannot, when somebody stopped it, and at the deadline."""
    complaints, report = Complaints(), _Report(job)
    while True:
        [(state,)] = query(nodes.coordinator, JOB, job=job)
        tasks = tuple(Task(*row) for row in query(nodes.coordinator, TASKS, job=job))
        report.say(nodes.coordinator, state, tasks)
        if state in ENDED:
            _conclude(job, state, tasks)
            return
        if task := complaints.permanent(tasks):
            stop(nodes, job)
            raise _hopeless(job, task)
        if nodes.deadline.passed():
            raise TryAgain(f"se agotó el tiempo y el trabajo {job} todavía mueve fragmentos. {RESUME}")
        time.sleep(POLL)


def _conclude(job: int, state: str, tasks: tuple[Task, ...]) -> None:
    if state == "finished":
        return
    if wrong := next((task for task in tasks if task.status == "error"), None):
        raise _hopeless(job, wrong)
    raise TryAgain(f"alguien detuvo el trabajo {job} que movía fragmentos. Repita la orden para continuar")


def _hopeless(job: int, task: Task) -> Misconfigured:
    remedy = remedy_for(task.complaint) or "corrija la causa"
    return Misconfigured(
        f"los fragmentos no se pueden mover: el trabajo {job} falla una y otra vez con «{task.complaint}» y se detuvo."
        f" Lo que no se movió sigue donde estaba. Cura: {remedy}, y repita la orden. {MOVES_RUNBOOK}"
    )


def stop(nodes: Nodes, job: int) -> None:
    """Ends a job and waits until it has; what a move had begun is taken away at once."""
    if not _ended(nodes, job):
        citus.job_cancel(nodes.coordinator, job)
        wait_until(Deadline(STOPPING), lambda: _ended(nodes, job), f"el fin del trabajo {job}, que se detuvo")
    citus.cleanup_orphaned_resources(nodes.coordinator)


def _ended(nodes: Nodes, job: int) -> bool:
    [(state,)] = query(nodes.coordinator, JOB, job=job)
    return state in ENDED


class _Report:
    """Progress, when it changes and now and then."""

    def __init__(self, job: int) -> None:
        self._job, self._begun = job, time.monotonic()
        self._said: tuple[str, int] | None = None
        self._when = 0.0
        self._hinted = False
        self._pace = Pace()
        self._sizes: dict[int, tuple[int, int]] | None = None  # by task: shards, bytes

    def say(self, coordinator: Connection, state: str, tasks: tuple[Task, ...]) -> None:
        done = sum(task.status == "done" for task in tasks)
        now = time.monotonic()
        if (state, done) != self._said or now - self._when > SAY_EVERY:
            self._said, self._when = (state, done), now
            logger.info(
                "moviendo fragmentos",
                trabajo=self._job,
                estado=state,
                **self._progress(coordinator, now, {task.number for task in tasks if task.status == "done"}),
                segundos=round(now - self._begun),
            )
        if state == "scheduled" and not self._hinted and now - self._begun > LATE_START:
            self._hinted = True
            logger.warning("el trabajo no empieza: quizá faltan procesos; suba max_worker_processes", trabajo=self._job)

    def _progress(self, coordinator: Connection, now: float, done: set[int]) -> dict[str, str]:
        """It asks the nodes, and one that does not answer must not end the watch."""
        try:
            if self._sizes is None:
                rows = query(coordinator, SIZES, job=self._job)
                self._sizes = {task: (shards, size) for task, shards, size in rows}
            [(copied,)] = query(coordinator, COPIED)
        except psycopg2.Error:
            return {}
        return words(self._pace.look(now, _moved(self._sizes, done, copied)))


def _moved(sizes: dict[int, tuple[int, int]], done: set[int], copied: int) -> Moved:
    """With what the tasks that run have copied; a copy is still listed when its task has just ended."""
    all_bytes = sum(size for _, size in sizes.values())
    return Moved(
        shards=sum(shards for task, (shards, _) in sizes.items() if task in done),
        all_shards=sum(shards for shards, _ in sizes.values()),
        bytes=min(all_bytes, sum(size for task, (_, size) in sizes.items() if task in done) + copied),
        all_bytes=all_bytes,
    )
