"""From what was seen to metrics. Pure but for the asking; every replica tells the same of the cluster."""

from collections.abc import Callable, Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from historia_clinica.members import Member, Patients
from historia_clinica.metrics.repository import Used
from historia_clinica.metrics.sources import Seen, Work
from historia_clinica.pools import Use
from historia_clinica.resources.cluster.report import skew
from historia_clinica.routing import Address

NODE = ["node", "role"]


class Connections(Collector):
    """The connections of this process."""

    def __init__(self, use: Callable[[], Sequence[Use]]) -> None:
        self._use = use

    def collect(self) -> Iterator[Metric]:
        size = GaugeMetricFamily("historia_pool_size", "Connections that this process may open.", labels=["address"])
        open_ = GaugeMetricFamily(
            "historia_pool_connections",
            "Connections of this process, lent to requests or ready.",
            labels=["address", "state"],
        )
        for one in self._use():
            address = _name(one.address)
            size.add_metric([address], one.size)
            open_.add_metric([address, "lent"], one.lent)
            open_.add_metric([address, "idle"], one.idle)
        yield from (size, open_)


class Cluster(Collector):
    """The nodes, what they hold and what they are busy with."""

    def __init__(self, look: Callable[[], Seen]) -> None:
        self._look = look

    def collect(self) -> Iterator[Metric]:
        seen = self._look()
        yield _single("historia_database_up", "Whether the coordinator takes connections.", seen.answers)
        yield _told(seen)
        nodes = seen.nodes or ()
        yield from _nodes(nodes, seen.patients)
        yield from _servers(nodes, seen)
        if seen.work:
            yield from _work(seen.work)


def _told(seen: Seen) -> Metric:
    told = GaugeMetricFamily(
        "historia_scrape_success", "Whether this part of the scrape was answered in time.", labels=["part"]
    )
    for part in ("nodes", "patients", "work", "coordinator", "workers"):
        told.add_metric([part], getattr(seen, part) is not None)
    return told


def _nodes(nodes: Sequence[Member], patients: Patients | None) -> Iterator[Metric]:
    up = GaugeMetricFamily("historia_node_up", "Whether the node answers.", labels=NODE)
    changed = GaugeMetricFamily(
        "historia_node_identity_changed", "Whether another server answers than the one that joined.", labels=NODE
    )
    shards = GaugeMetricFamily("historia_node_shards", "Shards of distributed tables.", labels=NODE)
    held = GaugeMetricFamily("historia_node_patients", "Patients, by the latest count.", labels=NODE)
    size = GaugeMetricFamily("historia_node_database_bytes", "Size of the database on this node.", labels=NODE)
    for one in nodes:
        labels = _labels(one)
        up.add_metric(labels, one.identity != "unreachable")
        changed.add_metric(labels, one.identity == "changed")
        shards.add_metric(labels, one.found.shards)
        if patients:
            held.add_metric(labels, patients.by_group.get(one.found.group_id, 0))
        if one.bytes is not None:
            size.add_metric(labels, one.bytes)
    yield from (up, changed, shards, held, size)
    yield _single(
        "historia_skew", "The largest load of a worker divided by the mean; 1 is even.", skew(nodes, patients)
    )


def _work(work: Work) -> Iterator[Metric]:
    moves = work.moves
    yield _single("historia_moves_running", "Whether shards move between workers.", moves is not None)
    groups = GaugeMetricFamily("historia_move_groups", "Groups of shards of the job that moves them.", labels=["state"])
    groups.add_metric(["done"], moves.done if moves else 0)
    groups.add_metric(["pending"], moves.total - moves.done if moves else 0)
    yield groups
    yield _single("historia_pending_cleanup", "Leftovers of moves that are to be deleted.", work.pending_cleanup)


def _servers(nodes: Sequence[Member], seen: Seen) -> Iterator[Metric]:
    used = [(_labels(one), found) for one in nodes if (found := _used(one, seen)) is not None]
    for name, help_, read in GAUGES:
        family: Metric = GaugeMetricFamily(name, help_, labels=NODE)
        yield _filled(family, used, read)
    for name, help_, read in COUNTERS:
        yield _filled(CounterMetricFamily(name, help_, labels=NODE), used, read)


GAUGES: tuple[tuple[str, str, Callable[[Used], float | None]], ...] = (
    ("historia_postgres_connections", "Connections to the server.", lambda used: used.connections),
    ("historia_postgres_max_connections", "Connections that it takes.", lambda used: used.max_connections),
    (
        "historia_postgres_oldest_transaction_seconds",
        "Age of the oldest transaction of the API's role.",
        lambda used: used.oldest_transaction,
    ),
    ("historia_node_disk_free_bytes", "Free on the disk of the data; only with Citus.", lambda used: used.disk_free),
    ("historia_node_disk_size_bytes", "Size of the disk of the data; only with Citus.", lambda used: used.disk_size),
)
COUNTERS: tuple[tuple[str, str, Callable[[Used], float | None]], ...] = (
    ("historia_postgres_commits", "Transactions committed in the database.", lambda used: used.commits),
    ("historia_postgres_rollbacks", "Transactions rolled back in the database.", lambda used: used.rollbacks),
    ("historia_postgres_deadlocks", "Deadlocks in the database.", lambda used: used.deadlocks),
)


def _filled(family: Metric, used: Sequence[tuple[list[str], Used]], read: Callable[[Used], float | None]) -> Metric:
    for labels, one in used:
        if (value := read(one)) is not None:
            family.add_metric(labels, value)  # type: ignore[attr-defined]
    return family


def _used(member: Member, seen: Seen) -> Used | None:
    if member.is_coordinator:
        return seen.coordinator
    return (seen.workers or {}).get(Address(member.found.name, member.found.port))


def _single(name: str, help_: str, value: float | None) -> Metric:
    return GaugeMetricFamily(name, help_, value=None if value is None else float(value))


def _labels(member: Member) -> list[str]:
    address = Address(member.found.name, member.found.port)
    return [_name(address), "coordinator" if member.is_coordinator else "worker"]


def _name(address: Address) -> str:
    return f"{address.host}:{address.port}"
