"""Plans the nodes: from what was observed and what is wanted to ordered steps, or a refusal. Pure.

A plan holds what can be done now. Where the next step depends on what the first ones bring about (a server has no
identity within Citus before its extension exists), the caller reads again and asks for the rest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from historia_hooks.addresses import Address
from historia_hooks.errors import Misconfigured
from historia_hooks.model import Balance, Member, Server
from historia_hooks.steps import (
    ActivateNode,
    AddNode,
    AllowDecoding,
    CopyReferenceTables,
    CreateExtension,
    CreateRole,
    DropCopies,
    ForgetCleanup,
    NodeStep,
    RemoveNode,
    SetAuthinfo,
    SetCoordinatorHost,
    SetPassword,
    SetShards,
    StopMoves,
    WaitForMetadata,
)


@dataclass(frozen=True)
class WantedNodes:
    workers: tuple[Address, ...]
    verifier: str = field(repr=False)  # of historia_app's password, the same on every node
    authinfo: Mapping[str, str] = field(repr=False)  # by role


@dataclass(frozen=True)
class ObservedNodes:
    coordinator: Server
    workers: tuple[Server, ...]  # the wanted ones; none when no workers are wanted
    members: tuple[Member, ...]
    others: tuple[Server, ...] = ()  # registered, not wanted, and answering
    reference_shards: frozenset[str] = frozenset()  # names of the tables that hold a node's copies
    balance: Balance = field(default_factory=Balance)

    @property
    def servers(self) -> tuple[Server, ...]:
        return (self.coordinator, *self.workers)

    def member(self, address: Address) -> Member | None:
        return next((member for member in self.members if member.address == address), None)

    @property
    def unwanted(self) -> tuple[Member, ...]:
        """Registered workers that nobody asks for any more."""
        wanted = {server.address for server in self.workers}
        return tuple(member for member in self.members if not member.is_coordinator and member.address not in wanted)


def plan_nodes(
    wanted: WantedNodes, observed: ObservedNodes, passwords: tuple[NodeStep, ...] = ()
) -> tuple[NodeStep, ...]:
    """Empty when the nodes are as wanted; raises Misconfigured before anything would go wrong.

    `passwords` are steps that come after the role they build on, and before a node joins that must know them.
    """
    if not wanted.workers and not observed.unwanted:
        return (*_roles(wanted, (observed.coordinator,)), *passwords)
    refuse(observed)
    if bare := [server for server in observed.servers if server.extension is None]:
        return tuple(CreateExtension(server.address) for server in bare)
    return (
        *_roles(wanted, observed.servers + observed.others),
        *passwords,
        *_logins(wanted, observed.servers + observed.others),
        *_decoding(observed.servers),
        *_coordinator(observed),
        *_workers(observed),
        *departures(observed),
        *_vanished(observed),
    )


def refuse(observed: ObservedNodes) -> None:
    """Raise for everything that a person must change first."""
    for server in observed.servers:
        _refuse_without_citus(server, len(observed.workers))
    versions = {str(server.address): server.extension for server in observed.servers if server.extension}
    if len(set(versions.values())) > 1:
        listed = ", ".join(f"{address} tiene {version}" for address, version in versions.items())
        raise Misconfigured(
            f"la extensión citus no es la misma en todos los nodos: {listed}. Use la misma imagen en todos y ejecute"
            " ALTER EXTENSION citus UPDATE en los que faltan, primero en los workers"
        )
    for worker in observed.workers:
        member = observed.member(worker.address)
        _refuse_alias(worker, observed)
        if member is None:
            _refuse_non_empty(worker, observed.reference_shards)
        else:
            _refuse_blank(worker, member)
    _refuse_lost(observed)


def _refuse_without_citus(server: Server, workers: int) -> None:
    if server.has_citus:
        return
    lacks = "no carga Citus (shared_preload_libraries)" if server.citus_installed else "no tiene Citus instalado"
    raise Misconfigured(
        f"se piden {workers} workers, pero PostgreSQL en {server.address} {lacks}. Use una imagen de PostgreSQL con"
        " Citus (citusdata/citus) o pida cero workers (workers.count: 0)"
    )


def _refuse_alias(worker: Server, observed: ObservedNodes) -> None:
    for other in (*observed.servers, *observed.others):
        if other.address != worker.address and worker.is_same_server(other):
            raise Misconfigured(
                f"{worker.address} y {other.address} son el mismo servidor: dos nombres de uno solo, o un volumen"
                " clonado. Corrija los nombres en HISTORIA_WORKERS, o dé a ese worker un volumen vacío"
            )


def _refuse_lost(observed: ObservedNodes) -> None:
    """A worker stopped by something that asked nobody, such as `kubectl scale`."""
    answering = {server.address for server in observed.others}
    for member in observed.unwanted:
        if member.shards and member.address not in answering:
            raise Misconfigured(
                f"el worker {member.address} ya no se pide y no responde, pero guarda {member.shards} fragmentos con"
                " pacientes. Pídalo de nuevo (workers.count): su volumen conserva los datos"
            )


def _refuse_non_empty(worker: Server, reference_shards: frozenset[str]) -> None:
    """Copies of our own reference tables, left by an earlier membership, do not count."""
    if not reference_shards.issuperset(worker.user_tables):
        raise Misconfigured(
            f"la base de datos del worker {worker.address} no está vacía: tiene {len(worker.user_tables)} tablas. Al"
            " agregarlo, Citus borraría sin aviso las que se llaman como las nuestras. Dele un volumen vacío, o"
            " guarde y borre esas tablas"
        )


def _refuse_blank(worker: Server, member: Member) -> None:
    group = worker.membership.group if worker.membership else 0
    if member.active and member.metadata_synced and group != member.group:
        raise Misconfigured(
            f"{worker.address} está registrado (grupo {member.group}, {member.shards} fragmentos), pero ese servidor no"
            " lo sabe: su volumen se perdió o se cambió. Devuelva el volumen o restaure una copia de seguridad; no se"
            " registra de nuevo porque sus fragmentos quedarían vacíos"
        )


def _roles(wanted: WantedNodes, servers: tuple[Server, ...]) -> Iterator[NodeStep]:
    for server in servers:
        if server.verifier is None:
            yield CreateRole(server.address, wanted.verifier)
        elif server.verifier != wanted.verifier:
            yield SetPassword(server.address, wanted.verifier)


def _logins(wanted: WantedNodes, servers: tuple[Server, ...]) -> Iterator[NodeStep]:
    for server in servers:
        known = server.membership.authinfo if server.membership else {}
        if any(known.get(role) != authinfo for role, authinfo in wanted.authinfo.items()):
            yield SetAuthinfo(server.address, tuple(sorted(wanted.authinfo.items())))


def _decoding(servers: tuple[Server, ...]) -> Iterator[NodeStep]:
    for server in servers:
        listed = tuple(part.strip() for part in (server.output_plugins or "").split(",") if part.strip())
        if server.output_plugins is not None and "citus" not in listed:
            yield AllowDecoding(server.address, (*listed, "citus"))


def _coordinator(observed: ObservedNodes) -> Iterator[NodeStep]:
    """Citus would register a coordinator by itself as localhost and with shards; we say both."""
    address = observed.coordinator.address
    registered = next((member for member in observed.members if member.is_coordinator), None)
    if registered is None or registered.address != address:
        yield SetCoordinatorHost(address)
    if registered is None or registered.should_have_shards:
        yield SetShards(address, allowed=False)


def _workers(observed: ObservedNodes) -> Iterator[NodeStep]:
    unsynced: list[Address] = []
    yield from _abandoned_drain(observed)
    for worker in observed.workers:
        member = observed.member(worker.address)
        if member is None and worker.user_tables:
            yield DropCopies(worker.address, worker.user_tables)
        if member is None:
            yield AddNode(worker.address)
        elif not member.active:
            yield ActivateNode(worker.address)
        if member is None or not member.active or not member.metadata_synced:
            unsynced.append(worker.address)
        if member and not member.should_have_shards:
            yield reopen(member)
    if unsynced:
        yield WaitForMetadata(tuple(unsynced))
    copies = max((member.reference_copies for member in observed.members), default=0)
    have = [member.reference_copies if member else 0 for member in map(observed.member, _addresses(observed))]
    if any(count < copies for count in have):
        yield CopyReferenceTables()


def departures(observed: ObservedNodes) -> Iterator[NodeStep]:
    """Workers without patients that nobody asks for, the last to join first."""
    answering = {server.address for server in observed.others}
    for member in reversed(observed.unwanted):
        if not member.shards:
            yield RemoveNode(member.address, answers=member.address in answering)


def reopen(member: Member) -> SetShards:
    """A worker that is wanted again, after somebody began to drain it."""
    return SetShards(member.address, allowed=True)


def _abandoned_drain(observed: ObservedNodes) -> Iterator[NodeStep]:
    """Its moves would fail for half an hour once their source may hold shards again."""
    wanted = [member for member in map(observed.member, _addresses(observed)) if member]
    if observed.balance.job is not None and not all(member.should_have_shards for member in wanted):
        yield StopMoves(observed.balance.job)


def _vanished(observed: ObservedNodes) -> Iterator[NodeStep]:
    if vanished := observed.balance.leftovers - {member.group for member in observed.members}:
        yield ForgetCleanup(vanished)


def _addresses(observed: ObservedNodes) -> tuple[Address, ...]:
    return tuple(server.address for server in observed.workers)
