"""Plans where the shards lie: spread over more workers, or moved away from those that leave. Pure.

Moving runs in the server, as a background job of Citus: it goes on when the command that started it is killed, so a
plan begins with what an earlier run may have left running.
"""

from collections.abc import Iterator

from historia_hooks.addresses import Address
from historia_hooks.errors import ABSENT_RUNBOOK, MOVES_RUNBOOK, SPACE_RUNBOOK, Misconfigured, TryAgain
from historia_hooks.model import Member, Space
from historia_hooks.settings import Rebalance
from historia_hooks.steps import (
    BalanceStep,
    CleanUp,
    ForbidShards,
    ForgetCleanup,
    SettleTransactions,
    StartMoves,
    StopMoves,
    WaitForMetadata,
    WatchMoves,
)
from historia_hooks.topology import ObservedNodes, departures, refuse_strangers, reopen, strangers_out
from historia_hooks.units import size

# While shards move, clients go on writing into them, and what sorts the rows of their indexes lies in temporary files.
GROWTH = 1.1


def plan_balance(observed: ObservedNodes, policy: Rebalance) -> tuple[BalanceStep, ...]:
    """Empty when nothing is to move; also while a job moves shards that nobody has to wait for."""
    refuse_strangers(observed)
    balance, wait = observed.balance, policy == "wait"
    if policy == "never" or not observed.workers or observed.unwanted:
        return ()
    clean = (CleanUp(_groups(observed.members)),)
    if balance.job is not None:
        return (WatchMoves(balance.job), *clean) if wait else ()
    if balance.planned:
        _refuse_moves(observed)
        return (StartMoves(balance.planned, drain=False, wait=wait), *(clean if wait else ()))
    return clean if wait and balance.leftovers else ()


def plan_drain(observed: ObservedNodes, *, allowed: bool) -> tuple[BalanceStep, ...]:
    """For the moment before fewer workers run: what moves their shards, then what takes them out of the cluster."""
    refuse_strangers(observed)
    if first := tuple(strangers_out(observed)):
        return first
    if any(member.shards for member in observed.unwanted):
        _refuse_drain(observed, allowed=allowed)
        return tuple(_evacuation(observed))
    return tuple(_removal(observed))


def _evacuation(observed: ObservedNodes) -> Iterator[BalanceStep]:
    leaving, job = observed.unwanted, observed.balance.job
    if unsynced := tuple(member.address for member in _workers(observed) if not member.metadata_synced):
        yield WaitForMetadata(unsynced)
        return  # until then Citus plans no moves
    open_to_shards = tuple(member.address for member in leaving if member.should_have_shards)
    closed = [member for member in observed.members if member.address in _wanted(observed)]
    closed = [member for member in closed if not member.should_have_shards]
    adopted = job is not None and not open_to_shards and not closed  # a drain that an earlier run started
    if job is not None and not adopted:
        yield StopMoves(job)
    yield from (reopen(member) for member in closed)
    if open_to_shards:
        yield ForbidShards(open_to_shards)
    if job is not None and adopted:
        yield WatchMoves(job)
    else:
        yield StartMoves(sum(member.shards for member in leaving), drain=True, wait=True)
    yield CleanUp(_groups(leaving))


def _removal(observed: ObservedNodes) -> Iterator[BalanceStep]:
    """Nothing may point to a worker when it goes: a row that asks for its clean-up would block moves for ever."""
    leaving, balance = observed.unwanted, observed.balance
    if leaving and balance.job is not None:
        yield StopMoves(balance.job)  # it could bring them shards
    answering = {server.address for server in observed.others}
    alive = tuple(member for member in leaving if member.address in answering)
    if balance.leftovers & _groups(alive):
        yield CleanUp(_groups(alive))
    if alive:
        asked = tuple(one.address for one in (*observed.servers, *observed.others) if observed.member(one.address))
        yield SettleTransactions(asked, tuple((member.address, member.group) for member in alive))
    yield from departures(observed)
    if forgotten := balance.leftovers - _groups(observed.members) | balance.leftovers & _groups(leaving) - _groups(
        alive
    ):
        yield ForgetCleanup(forgotten)


def _refuse_drain(observed: ObservedNodes, *, allowed: bool) -> None:
    holding = [member for member in observed.unwanted if member.shards]
    listed = ", ".join(f"{member.address} ({member.shards} fragmentos)" for member in holding)
    refused = (
        f"no se puede prescindir de {listed}: guarda pacientes, que quedarían fuera de alcance. No se cambió nada."
    )
    enough = f"Pida al menos {len(observed.workers) + len(observed.unwanted)} workers (workers.count)"
    if not allowed:
        raise Misconfigured(f"{refused} {enough}, o permita mover los datos (drain.enabled: true). {MOVES_RUNBOOK}")
    if not observed.workers:
        raise Misconfigured(
            f"{refused} No quedaría ningún worker que los reciba. Pida al menos 1 (workers.count). {MOVES_RUNBOOK}"
        )
    _refuse_absent(observed)
    _refuse_moves(observed)


def _refuse_absent(observed: ObservedNodes) -> None:
    answering = {server.address for server in (*observed.servers, *observed.others)}
    refuse_absent([member.address for member in _workers(observed) if member.address not in answering])
    if idle := [str(member.address) for member in _workers(observed) if not member.active]:
        raise TryAgain(f"no está activo {', '.join(idle)}. No se cambió nada. Ejecute antes historia-hooks sync")


def refuse_absent(down: list[Address]) -> None:
    """Raise for workers that do not answer. They may come back by themselves, and then the same command works."""
    if down:
        raise TryAgain(
            f"no responde {', '.join(map(str, down))}: para mover los datos deben responder todos los workers, también"
            " los que se van. No se cambió nada. Haga que vuelva (su volumen conserva los datos) y repita, o pida otra"
            f" vez los workers que había (workers.count). {ABSENT_RUNBOOK}"
        )


def _refuse_moves(observed: ObservedNodes) -> None:
    """What would make each move fail, again and again, within the server."""
    servers = (*observed.servers, *observed.others)
    if wrong := [f"{server.address} ({server.wal_level})" for server in servers if server.wal_level != "logical"]:
        raise Misconfigured(
            f"los fragmentos no se pueden mover: wal_level no es logical en {', '.join(wrong)}. No se movió nada. Ponga"
            f" wal_level=logical en todos los nodos (postgresql.parameters.wal_level), reinícielos y repita."
            f" {MOVES_RUNBOOK}"
        )
    if bare := observed.balance.without_identity:
        raise Misconfigured(
            f"los fragmentos no se pueden mover: no tienen llave primaria ni REPLICA IDENTITY las tablas"
            f" {', '.join(bare)}. No se movió nada. Agregue una llave primaria a cada una y repita. {MOVES_RUNBOOK}"
        )


def refuse_full(space: Space, *, cure: str) -> None:
    """Raise when the shards would not fit where they go: copies of them, and of their rows in the log, are made there.

    Citus looks at the disk only before each single move: what fits one by one would stop half-way.
    """
    incoming = dict.fromkeys(space.disks, 0)
    for move in space.moves:
        incoming[move.target] += move.size
    full = []
    for node, disk in space.disks.items():
        needed = round(incoming[node] * GROWTH) + min(incoming[node], disk.log_room)
        if disk.free - needed < disk.kept:
            full.append(
                f"{node} recibiría {size(incoming[node])}, para lo que necesita {size(needed)}; tiene libres"
                f" {size(disk.free)} de {size(disk.total)}, y {size(disk.kept)} deben quedar sin usar"
            )
    if full:
        raise Misconfigured(
            f"los fragmentos no caben donde irían: {'. '.join(full)}. No se movió nada. Amplíe ese volumen, {cure}."
            f" {SPACE_RUNBOOK}"
        )


def _workers(observed: ObservedNodes) -> tuple[Member, ...]:
    return tuple(member for member in observed.members if not member.is_coordinator)


def _wanted(observed: ObservedNodes) -> frozenset[Address]:
    return frozenset(server.address for server in observed.workers)


def _groups(members: tuple[Member, ...]) -> frozenset[int]:
    return frozenset(member.group for member in members)
