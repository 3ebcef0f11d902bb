"""What the API remembers of the cluster: the last map that the coordinator gave, and nodes that did not answer.

The coordinator is asked for the map: nothing moves without it, so while it is away the last map stays true, and a node
that was taken out of the cluster may still believe that it belongs to it. Only a process that has no map yet, because
it started while the coordinator was away, takes one from a worker: that is better than none, every node passes on what
it does not hold, and the coordinator's map replaces it.
"""

import itertools
import threading
import time
from collections.abc import Callable, Mapping

from historia_clinica.errors import HistoriaError
from historia_clinica.routing import Address, Routing, ShardMap, candidates, resting_last

MAX_AGE = 5.0  # seconds
REST = 2.0  # seconds a node that did not answer is asked last


class Directory:
    """The nodes to ask for one patient. Only the first request waits for the map; later maps come in behind."""

    def __init__(
        self,
        routing: Routing,
        coordinator: Address,
        load: Callable[[], ShardMap],
        load_first: Callable[[], ShardMap] = ShardMap,
    ) -> None:
        self._routing = routing
        self._coordinator = coordinator
        self._load = load
        self._load_first = load_first
        self._turns = itertools.count()
        self._loading = threading.Lock()
        self._map = ShardMap()
        self._tried = False
        self._expires = 0.0
        self._resting: Mapping[Address, float] = {}

    def candidates(self, cedula: str | None) -> list[Address]:
        if cedula is None or self._routing is Routing.COORDINATOR:
            return [self._coordinator]
        self._keep_fresh()
        found = candidates(self._routing, self._map, self._coordinator, cedula, next(self._turns))
        now = time.monotonic()
        return resting_last(found, {node for node, until in self._resting.items() if until > now})

    def workers(self) -> tuple[Address, ...]:
        """Nodes that can answer for patients without the coordinator, as far as is known."""
        if self._routing is Routing.COORDINATOR:
            return ()
        self._keep_fresh()
        return self._map.workers

    def missed(self, node: Address) -> None:
        """It did not answer, or not as a member would: ask others first for a moment, and look at the map again."""
        self._resting = {**self._resting, node: time.monotonic() + REST}
        if node != self._coordinator:
            self._expires = 0.0

    def _keep_fresh(self) -> None:
        if not self._tried:
            with self._loading:
                if not self._tried:
                    self._refresh()
        elif time.monotonic() >= self._expires and self._loading.acquire(blocking=False):
            threading.Thread(target=self._refresh_and_release, name="shard-map", daemon=True).start()

    def _refresh_and_release(self) -> None:
        try:
            self._refresh()
        finally:
            self._loading.release()

    def _refresh(self) -> None:
        self._expires = time.monotonic() + MAX_AGE
        try:
            self._map = self._load()
        except HistoriaError:
            # The last map stays; the coordinator is asked again as soon as it may be back.
            self._expires = time.monotonic() + REST
            if not self._map.workers:
                self._map = self._load_first()
        finally:
            self._tried = True
