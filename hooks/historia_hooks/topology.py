"""Plans the nodes: from what was observed and what is wanted to ordered steps, or a refusal. Pure.

A plan holds what can be done now. Where the next step depends on what the first ones bring about (a server has no
identity within Citus before its extension exists), the caller reads again and asks for the rest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC

from historia_hooks.addresses import Address
from historia_hooks.errors import CLONED_RUNBOOK, LOST_RUNBOOK, STOPPED_RUNBOOK, UNFIT_RUNBOOK, Misconfigured
from historia_hooks.identity import Entry, Loss, entry_of, identity
from historia_hooks.model import Balance, Member, Server
from historia_hooks.steps import (
    ActivateNode,
    AddNode,
    AllowDecoding,
    CopyReferenceTables,
    CreateExtension,
    CreateLedger,
    CreateRole,
    DropCopies,
    ForgetCleanup,
    NodeStep,
    RecordNode,
    RemoveNode,
    RetireNode,
    SetAuthinfo,
    SetContextKeys,
    SetCoordinatorHost,
    SetPassword,
    SetShards,
    StopMoves,
    WaitForMetadata,
)
from historia_hooks.upgrade import plan_upgrade


@dataclass(frozen=True)
class WantedNodes:
    workers: tuple[Address, ...]
    verifier: str = field(repr=False)  # of historia_app's password, the same on every node
    authinfo: Mapping[str, str] = field(repr=False)  # by role
    context: str | None = field(default=None, repr=False)  # what verifies the API's contexts; None: leave what there is


@dataclass(frozen=True)
class ObservedNodes:
    coordinator: Server
    workers: tuple[Server, ...]  # the wanted ones; none when no workers are wanted
    members: tuple[Member, ...]
    others: tuple[Server, ...] = ()  # registered, not wanted, and answering
    reference_shards: frozenset[str] = frozenset()  # names of the tables that hold a node's copies
    balance: Balance = field(default_factory=Balance)
    ledger: tuple[Entry, ...] | None = None  # None: it is missing, or a part of it
    losses: Mapping[int, Loss] = field(default_factory=dict)  # by group, where another server holds its place

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

    `passwords` are steps that come after the role they build on, and before a node joins that must know them. One
    PostgreSQL alone keeps no ledger: it is the only server there is.
    """
    alone = not wanted.workers and not observed.unwanted
    if not alone:
        _refuse_servers(observed)
    if upgrade := plan_upgrade(observed.coordinator, observed.workers + observed.others):
        return upgrade
    if alone:
        return (*_roles(wanted, (observed.coordinator,)), *passwords, *_retirements(observed))
    _refuse_members(observed)
    bare = (CreateExtension(server.address) for server in observed.servers if server.extension is None)
    if first := (*strangers_out(observed), *bare):
        return first
    return (
        *_roles(wanted, observed.servers + observed.others),
        *passwords,
        *_logins(wanted, observed.servers + observed.others),
        *_decoding(observed.servers),
        *_coordinator(observed),
        *_workers(observed),
        *departures(observed),
        *_vanished(observed),
        *_ledger(observed),
        *_retirements(observed),
    )


def _refuse_servers(observed: ObservedNodes) -> None:
    """Raise for servers that a person must change first, whatever version of Citus they are at."""
    for server in observed.servers:
        _refuse_without_citus(server, len(observed.workers))
    refuse_strangers(observed)


def _refuse_members(observed: ObservedNodes) -> None:
    """Raise for what the catalogue and the volumes say; Citus must be able to read its own."""
    joining = {member.address for member in strangers(observed)}
    for worker in observed.workers:
        if observed.member(worker.address) is None or worker.address in joining:
            _refuse_non_empty(worker, observed.reference_shards)
    _refuse_stopped(observed)


def refuse_strangers(observed: ObservedNodes) -> None:
    """Raise when patients are out of reach because another server answers in place of a worker, or one as two."""
    for worker in observed.workers:
        _refuse_alias(worker, observed)
    if lost := [member for member in strangers(observed) if member.shards]:
        listed = "; ".join(_loss(member, observed.losses.get(member.group)) for member in lost)
        raise Misconfigured(
            f"{listed}. No se cambió nada, y no se registra de nuevo porque esos pacientes quedarían vacíos. Devuelva"
            f" el volumen o restaure una copia de seguridad. {LOST_RUNBOOK}"
        )


def strangers(observed: ObservedNodes) -> tuple[Member, ...]:
    """Registered workers in whose place another server answers, or an old copy that knows nothing of the cluster."""
    servers = {server.address: server for server in (*observed.workers, *observed.others)}
    return tuple(
        member
        for member in observed.members
        if (server := servers.get(member.address)) and _is_stranger(member, server, observed.ledger or ())
    )


def _is_stranger(member: Member, server: Server, ledger: tuple[Entry, ...]) -> bool:
    """The group tells where the ledger does not: Citus wrote it on the node when it joined."""
    return identity(entry_of(ledger, member), server) == "changed" or (
        member.active and member.metadata_synced and _group(server) != member.group
    )


def _group(server: Server) -> int:
    return server.membership.group if server.membership else 0


def _loss(member: Member, loss: Loss | None) -> str:
    tables = f" de las tablas {', '.join(loss.tables)}" if loss and loss.tables else ""
    patients = "un número de pacientes que nunca se contó"
    if loss and loss.patients is not None and loss.counted_at:
        counted = loss.counted_at.astimezone(UTC)
        patients = f"{loss.patients} pacientes según la última cuenta, del {counted:%Y-%m-%d %H:%M} UTC"
    return (
        f"en lugar del worker {member.address} responde otro servidor: su volumen se perdió o se cambió. Guardaba"
        f" {member.shards} fragmentos{tables}, con {patients}"
    )


def _refuse_without_citus(server: Server, workers: int) -> None:
    if server.has_citus:
        return
    lacks = "no carga Citus (shared_preload_libraries)" if server.citus_installed else "no tiene Citus instalado"
    raise Misconfigured(
        f"se piden {workers} workers, pero PostgreSQL en {server.address} {lacks}. Use una imagen de PostgreSQL con"
        f" Citus (citusdata/citus) o pida cero workers (workers.count: 0). {UNFIT_RUNBOOK}"
    )


def _refuse_alias(worker: Server, observed: ObservedNodes) -> None:
    for other in (*observed.servers, *observed.others):
        if other.address != worker.address and worker.is_same_server(other):
            raise Misconfigured(
                f"{worker.address} y {other.address} son el mismo servidor: dos nombres de uno solo, o un volumen"
                f" clonado. Corrija los nombres en HISTORIA_WORKERS, o dé a cada worker su propio volumen (vacío, si no"
                f" guardaba pacientes). {CLONED_RUNBOOK}"
            )
    for member in observed.members:  # also those that do not answer now
        entry = entry_of(observed.ledger or (), member)
        if entry and entry.address != worker.address and identity(entry, worker) == "ok":
            raise Misconfigured(
                f"{worker.address} responde con el volumen de {entry.address}: los volúmenes están cambiados, o ese es"
                f" una copia. Devuelva a cada worker el suyo. {CLONED_RUNBOOK}"
            )


def _refuse_stopped(observed: ObservedNodes) -> None:
    """A worker stopped by something that asked nobody, such as `kubectl scale`."""
    answering = {server.address for server in observed.others}
    for member in observed.unwanted:
        if member.shards and member.address not in answering:
            raise Misconfigured(
                f"el worker {member.address} ya no se pide y no responde, pero guarda {member.shards} fragmentos con"
                f" pacientes. Pídalo de nuevo (workers.count): su volumen conserva los datos. {STOPPED_RUNBOOK}"
            )


def _refuse_non_empty(worker: Server, reference_shards: frozenset[str]) -> None:
    """Copies of our own reference tables, left by an earlier membership, do not count."""
    if not reference_shards.issuperset(worker.user_tables):
        raise Misconfigured(
            f"la base de datos del worker {worker.address} no está vacía: tiene {len(worker.user_tables)} tablas. Al"
            " agregarlo, Citus borraría sin aviso las que se llaman como las nuestras. Dele un volumen vacío, o"
            f" guarde y borre esas tablas. {UNFIT_RUNBOOK}"
        )


def _roles(wanted: WantedNodes, servers: tuple[Server, ...]) -> Iterator[NodeStep]:
    for server in servers:
        if server.verifier is None:
            yield CreateRole(server.address, wanted.verifier)
        elif server.verifier != wanted.verifier:
            yield SetPassword(server.address, wanted.verifier)
        if wanted.context and server.context != wanted.context:
            yield SetContextKeys(server.address, wanted.context)


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


def strangers_out(observed: ObservedNodes) -> Iterator[StopMoves | RetireNode | RemoveNode]:
    """Another server in the place of a worker that held no patients: the place is given up, without touching it."""
    if (found := strangers(observed)) and observed.balance.job is not None:
        yield StopMoves(observed.balance.job)  # it could bring them shards
    for member in found:
        yield from _retirement(observed, member)
        yield RemoveNode(member.address, answers=False)


def departures(observed: ObservedNodes) -> Iterator[RetireNode | RemoveNode]:
    """Workers without patients that nobody asks for, the last to join first."""
    answering = {server.address for server in observed.others}
    for member in reversed(observed.unwanted):
        if not member.shards:
            yield from _retirement(observed, member)
            yield RemoveNode(member.address, answers=member.address in answering)


def _retirement(observed: ObservedNodes, member: Member) -> Iterator[RetireNode]:
    """Before the node is removed: afterwards nothing would ask for it again, had the run been killed in between."""
    if member in observed.unwanted and entry_of(observed.ledger or (), member):
        yield RetireNode(member.address)


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


def _ledger(observed: ObservedNodes) -> Iterator[CreateLedger | RecordNode]:
    """Whoever is well in the cluster and was not noted so; with no ledger yet, as everybody is now."""
    if observed.ledger is None:
        yield CreateLedger()
    for server in (*observed.servers, *observed.others):
        member = observed.member(server.address)
        if member is None or not server.membership or not member.active or not member.metadata_synced:
            continue
        entry = entry_of(observed.ledger or (), member)
        noted = RecordNode(
            node=member.address,
            ordinal=_ordinal(observed, member, entry),
            node_id=member.node_id,
            group=member.group,
            server_id=server.membership.server_id,
            system_identifier=server.system_identifier,
        )
        if entry is None or _note(entry) != noted:
            yield noted


def _ordinal(observed: ObservedNodes, member: Member, entry: Entry | None) -> int | None:
    """One that is no longer wanted keeps the number it had."""
    wanted = _addresses(observed)
    return wanted.index(member.address) if member.address in wanted else entry.ordinal if entry else None


def _note(entry: Entry) -> RecordNode:
    return RecordNode(
        entry.address, entry.ordinal, entry.node_id, entry.group, entry.server_id, entry.system_identifier
    )


def _retirements(observed: ObservedNodes) -> Iterator[RetireNode]:
    """Names that are neither in the cluster nor asked for: somebody took the node out, or renamed it, by hand."""
    known = {member.address for member in observed.members} | set(_addresses(observed))
    for entry in observed.ledger or ():
        if entry.state == "active" and entry.address not in known:
            yield RetireNode(entry.address)


def _addresses(observed: ObservedNodes) -> tuple[Address, ...]:
    return tuple(server.address for server in observed.workers)
