"""What is asked for one scrape, all at the same time, and no longer than a scrape may take."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from historia_clinica.database import Database
from historia_clinica.errors import HistoriaError
from historia_clinica.health import takes_connections
from historia_clinica.kept import Kept
from historia_clinica.members import KEEP, Member, Members, Patients
from historia_clinica.metrics import repository
from historia_clinica.metrics.repository import Used
from historia_clinica.resources.cluster import repository as cluster
from historia_clinica.resources.cluster.repository import Moves
from historia_clinica.routing import Address
from historia_clinica.settings import Settings

DEADLINE = 2.0  # seconds
KEEP_PATIENTS = 60.0  # counting them reads every shard, and whoever scrapes never stops asking


@dataclass(frozen=True)
class Work:
    """What the cluster is busy with."""

    moves: Moves | None
    pending_cleanup: int


@dataclass(frozen=True)
class Seen:
    """What was found out in time; None: not this."""

    answers: bool = False
    nodes: tuple[Member, ...] | None = None
    patients: Patients | None = None
    work: Work | None = None
    coordinator: Used | None = None
    workers: Mapping[Address, Used] | None = None


class Sources:
    """Asks for everything that `Seen` holds, under the names of its fields.

    What takes longer than a scrape goes on and is there at the next one; meanwhile it is not asked for again.
    """

    def __init__(self, settings: Settings, database: Database, members: Members) -> None:
        self._database = database
        self._loads: dict[str, Callable[[], Any]] = {
            "answers": lambda: takes_connections(settings),
            "nodes": members.nodes,
            "patients": Kept(KEEP_PATIENTS, members.patients),
            "work": Kept(KEEP, self._work),
            "coordinator": Kept(KEEP, self._coordinator),
            "workers": Kept(KEEP, self._workers),
        }
        self._threads = ThreadPoolExecutor(len(self._loads), thread_name_prefix="metrics")
        self._lock = threading.Lock()
        self._asked: dict[str, Future[Any]] = {}

    def __call__(self) -> Seen:
        with self._lock:
            for name, load in self._loads.items():
                if name not in self._asked or self._asked[name].done():
                    self._asked[name] = self._threads.submit(_quietly, load)
            asked = dict(self._asked)
        wait(asked.values(), DEADLINE)
        return Seen(**{name: future.result() for name, future in asked.items() if future.done()})

    def _work(self) -> Work:
        with self._database.transaction() as transaction:
            if not cluster.has_citus(transaction):
                return Work(None, 0)
            return Work(cluster.moves(transaction), cluster.pending_cleanup(transaction))

    def _coordinator(self) -> Used:
        with self._database.transaction() as transaction:
            return repository.here(transaction)

    def _workers(self) -> dict[Address, Used]:
        with self._database.transaction() as transaction:
            return repository.on_workers(transaction)


def _quietly(load: Callable[[], Any]) -> Any:
    """None where the database does not answer: the others are told nevertheless."""
    with suppress(HistoriaError):
        return load()
    return None
