"""What `status` tells of the system: from observed values to one report with a verdict. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from historia_hooks.addresses import Address
from historia_hooks.identity import Entry, Identity, entry_of, identity
from historia_hooks.model import Member, Server
from historia_hooks.topology import ObservedNodes, strangers
from historia_hooks.upgrade import is_behind

State = Literal["ok", "moving", "pending", "unreachable", "lost"]
EXIT_CODES: Mapping[State, int] = {"ok": 0, "moving": 0, "pending": 75, "unreachable": 75, "lost": 78}
SYNC = "ejecute historia-hooks sync"


@dataclass(frozen=True)
class Probe:
    """What one server answered when it was asked by itself."""

    server: Server | None = None
    bytes: int | None = None  # of the database on its disk
    reason: str = ""  # why there is no server


@dataclass(frozen=True)
class Moves:
    """A job of Citus that has not ended; a group is what lies together and moves together."""

    job: int
    state: str
    done: int
    total: int
    seconds: int  # since it began
    bytes_copied: int | None = None  # of the moves under way; None: a node does not answer
    bytes_total: int | None = None
    complaint: str = ""  # what a task said when it failed and was tried again

    @property
    def groups_per_minute(self) -> float | None:
        return round(self.done * 60 / self.seconds, 1) if self.done and self.seconds else None


@dataclass(frozen=True)
class Observation:
    wanted: tuple[Address, ...]  # workers
    coordinator: Address
    probes: Mapping[Address, Probe]
    members: tuple[Member, ...] = ()
    entries: tuple[Entry, ...] = ()
    patients: Mapping[int, int] | None = None  # by group; None: not known
    patients_counted: Literal["now", "ledger"] = "now"
    distributed: bool = False
    revision: str | None = None
    pending_revisions: tuple[str, ...] = ()
    citus_version: str | None = None
    tables: Mapping[str, str] | None = None
    moves: Moves | None = None
    pending_cleanup: int = 0


@dataclass(frozen=True)
class Node:
    address: Address
    role: Literal["coordinator", "worker"]
    identity: Identity
    registered: bool
    wanted: bool
    active: bool
    metadata_synced: bool
    should_have_shards: bool
    shards: int
    bytes: int | None
    patients: int | None
    share: float | None  # percent of all patients
    reason: str  # why it does not answer


@dataclass(frozen=True)
class Verdict:
    state: State
    sentence: str

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.state]


@dataclass(frozen=True)
class Report:
    engine: Literal["citus", "postgresql", "unknown"]
    revision: str | None
    citus_version: str | None
    nodes: tuple[Node, ...]
    tables: Mapping[str, str]
    patients_counted: Literal["now", "ledger"]
    skew: float | None
    moves: Moves | None
    pending_cleanup: int
    verdict: Verdict


def make_report(seen: Observation) -> Report:
    nodes = tuple(_nodes(seen))
    engine: Literal["citus", "postgresql"] = "citus" if seen.distributed else "postgresql"
    return Report(
        engine=engine if _answers(seen, seen.coordinator) else "unknown",
        revision=seen.revision,
        citus_version=seen.citus_version,
        nodes=nodes,
        tables=seen.tables or {},
        patients_counted=seen.patients_counted,
        skew=skew(nodes),
        moves=seen.moves,
        pending_cleanup=seen.pending_cleanup,
        verdict=_verdict(seen, nodes),
    )


def skew(nodes: tuple[Node, ...]) -> float | None:
    """The largest load of a worker divided by the mean: 1.0 is even, 2.0 means one holds twice its share.

    Loads are patients, or shards while no patient is counted. Registered workers count that may hold shards or do; one
    that is empty counts, as it lowers the mean. None: no such worker, or no load.
    """
    workers = [one for one in nodes if one.role == "worker" and one.registered]
    holders = [one for one in workers if one.shards or one.should_have_shards]
    counted = [one.patients for one in holders if one.patients is not None]
    loads = counted if sum(counted) and len(counted) == len(holders) else [one.shards for one in holders]
    return round(max(loads) * len(loads) / sum(loads), 2) if sum(loads) else None


def _nodes(seen: Observation) -> Iterator[Node]:
    members = {member.address: member for member in seen.members}
    coordinators = [member.address for member in seen.members if member.is_coordinator] or [seen.coordinator]
    workers = sorted({*members, *seen.wanted} - set(coordinators), key=lambda one: _place(one, seen, members))
    total = sum(seen.patients.values()) if seen.patients is not None else 0
    for address in (*coordinators, *workers):
        member, probe = members.get(address), seen.probes.get(address, Probe())
        coordinator = address in coordinators
        patients = _patients(seen, member, coordinator=coordinator)
        yield Node(
            address=address,
            role="coordinator" if coordinator else "worker",
            identity=_identity(seen, member, probe, coordinator=coordinator),
            registered=member is not None,
            wanted=coordinator or address in seen.wanted,
            active=bool(member and member.active),
            metadata_synced=bool(member and member.metadata_synced),
            should_have_shards=bool(member and member.should_have_shards),
            shards=member.shards if member else 0,
            bytes=probe.bytes,
            patients=patients,
            share=round(100 * patients / total, 1) if patients is not None and total else None,
            reason=probe.reason,
        )


def _place(address: Address, seen: Observation, members: Mapping[Address, Member]) -> tuple[int, int]:
    """Wanted ones in their order, then those that should go by their group."""
    wanted = seen.wanted.index(address) if address in seen.wanted else len(seen.wanted)
    return wanted, members[address].group if address in members else 0


def _strangers(seen: Observation) -> frozenset[Address]:
    """As the commands that would change something see it."""
    servers = {address: probe.server for address, probe in seen.probes.items() if probe.server}
    coordinator = servers.pop(seen.coordinator, None)
    if coordinator is None:
        return frozenset()
    observed = ObservedNodes(coordinator, tuple(servers.values()), seen.members, ledger=seen.entries)
    return frozenset(member.address for member in strangers(observed))


def _identity(seen: Observation, member: Member | None, probe: Probe, *, coordinator: bool) -> Identity:
    if not seen.members and coordinator and probe.server:
        return "ok"  # plain PostgreSQL: nobody registers anything
    if member and member.address in _strangers(seen):
        return "changed"
    return identity(entry_of(seen.entries, member) if member else None, probe.server)


def _patients(seen: Observation, member: Member | None, *, coordinator: bool) -> int | None:
    if seen.patients is None:
        return None
    group = member.group if member else 0 if coordinator else None
    return seen.patients.get(group, 0) if group is not None else None


def _verdict(seen: Observation, nodes: tuple[Node, ...]) -> Verdict:
    """The gravest thing, in one line."""
    if not _answers(seen, seen.coordinator):
        reason = seen.probes.get(seen.coordinator, Probe()).reason
        return Verdict("unreachable", f"el coordinador no responde: {reason or seen.coordinator}")
    if lost := [*_cloned(nodes, seen), *_lost(nodes)]:
        return Verdict("lost", "; ".join(lost))
    if down := [one for one in nodes if one.identity == "unreachable"]:
        listed = ", ".join(f"{one.reason or one.address}{_holding(one)}" for one in down)
        return Verdict("unreachable", f"no responde {listed}")
    if missing := [*_missing(seen, nodes)]:
        return Verdict("pending", f"falta: {'; '.join(missing)}")
    if moves := seen.moves:
        return Verdict("moving", f"se mueven fragmentos: {moves.done}/{moves.total}")
    rest = f"; quedan {seen.pending_cleanup} restos de movimientos por borrar" if seen.pending_cleanup else ""
    return Verdict("ok", f"todo en orden{rest}")


def _answers(seen: Observation, address: Address) -> bool:
    return seen.probes.get(address, Probe()).server is not None


def _behind(seen: Observation) -> str:
    """The versions, where Citus waits for its extension to be upgraded and refuses to read its own catalogue."""
    server = seen.probes[seen.coordinator].server
    return f"{server.extension} a {server.library}" if server and is_behind(server) else ""


def _holding(node: Node) -> str:
    return f" ({node.shards} fragmentos)" if node.shards else ""


def _lost(nodes: tuple[Node, ...]) -> Iterator[str]:
    for node in nodes:
        if node.identity == "changed" and (node.shards or node.role == "coordinator"):
            held = f": guarda {node.shards} fragmentos" if node.shards else ""
            patients = f" y {node.patients} pacientes" if node.patients else ""
            yield (
                f"{node.role} {node.address} cambió de identidad{held}{patients} que el servidor que responde no tiene;"
                " su volumen se perdió o se cambió. Devuélvalo o restaure una copia, y no reinstale encima"
            )


def _cloned(nodes: tuple[Node, ...], seen: Observation) -> Iterator[str]:
    found: dict[str, Address] = {}
    for node in nodes:
        server = seen.probes.get(node.address, Probe()).server
        if server is None:
            continue
        key = server.membership.server_id if server.membership else server.system_identifier
        other = found.setdefault(key, node.address)
        if other != node.address:
            yield (
                f"{other} y {node.address} son el mismo servidor: dos nombres de uno solo, o un volumen clonado."
                " Corrija los nombres, o dé a ese worker un volumen vacío"
            )


def _missing(seen: Observation, nodes: tuple[Node, ...]) -> Iterator[str]:
    if behind := _behind(seen):
        yield f"llevar la extensión citus de {behind} ({SYNC}); antes no se ve más"
        return
    if seen.revision is None:
        yield f"crear el esquema ({SYNC})"
    elif seen.pending_revisions:
        yield f"aplicar las revisiones {', '.join(seen.pending_revisions)} ({SYNC})"
    elif seen.wanted and not seen.distributed:
        yield f"repartir las tablas ({SYNC})"
    workers = [node for node in nodes if node.role == "worker"]
    yield from filter(None, map(_missing_of, workers))
    if unknown := [str(one.address) for one in workers if one.registered and one.identity == "unrecorded"]:
        yield f"anotar la identidad de {', '.join(unknown)} ({SYNC})"
    if seen.moves is None and (empty := [one for one in nodes if _waits_for_shards(one, nodes)]):
        yield f"mover fragmentos a {', '.join(str(one.address) for one in empty)} (ejecute historia-hooks rebalance)"
    if seen.moves and seen.moves.complaint:
        yield f"el trabajo {seen.moves.job} que mueve fragmentos falla y lo intenta de nuevo: {seen.moves.complaint}"


def _missing_of(worker: Node) -> str | None:
    """The first thing that stands between this worker and its work."""
    leave = f"retirar {worker.address}, que ya no se pide{_holding(worker)}, o pedirlo de nuevo"
    again = f"registrar de nuevo {worker.address}, que es otro servidor y no guardaba fragmentos ({SYNC})"
    steps = (
        (not worker.registered, f"registrar {worker.address} ({SYNC})"),
        (worker.identity == "changed", again),
        (not worker.wanted, f"{leave} (ejecute historia-hooks drain)"),
        (not worker.active, f"activar {worker.address} ({SYNC})"),
        (not worker.metadata_synced, f"que {worker.address} reciba los metadatos (si no pasa solo, {SYNC})"),
    )
    return next((sentence for applies, sentence in steps if applies), None)


def _waits_for_shards(node: Node, nodes: tuple[Node, ...]) -> bool:
    holds = any(one.shards for one in nodes)
    return holds and node.role == "worker" and node.registered and node.wanted and not node.shards
