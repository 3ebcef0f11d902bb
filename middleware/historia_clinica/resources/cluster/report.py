"""From nodes, moves and counts to what /api/v1/cluster says. Pure."""

from collections.abc import Sequence

from historia_clinica.members import Member, Patients
from historia_clinica.resources.cluster.repository import Moves, Progress
from historia_clinica.resources.cluster.schemas import Balance, Cluster, Node, State
from historia_clinica.resources.cluster.schemas import Moves as ShownMoves


def report(
    members: Sequence[Member], patients: Patients | None, moves: Moves | None, progress: Progress | None, cleanup: int
) -> Cluster:
    total = sum(patients.by_group.values()) if patients else 0
    state, sentence = verdict(members, moves, cleanup)
    return Cluster(
        state=state,
        verdict=sentence,
        nodes=[_node(one, patients, total) for one in members],
        balance=Balance(
            skew=skew(members, patients),
            patients=total if patients else None,
            patients_counted=("now" if patients.now else "ledger") if patients else None,
        ),
        moves=moves
        and ShownMoves(
            state=moves.state,
            done=moves.done,
            total=moves.total,
            bytes_copied=progress.copied if progress else None,
            bytes_total=progress.total if progress else None,
        ),
        pending_cleanup=cleanup,
    )


def skew(members: Sequence[Member], patients: Patients | None) -> float | None:
    """The largest load of a worker divided by the mean: 1.0 is even, 2.0 means one holds twice its share.

    Loads are patients, or shards while no patient is counted, of the workers that hold shards or may. None: no load.
    """
    found = [one.found for one in members if not one.is_coordinator]
    holders = [one for one in found if one.shards or one.should_have_shards]
    counted = [patients.by_group.get(one.group_id, 0) for one in holders] if patients else []
    loads = counted if sum(counted) else [one.shards for one in holders]
    return round(max(loads) * len(loads) / sum(loads), 2) if sum(loads) else None


def verdict(members: Sequence[Member], moves: Moves | None, cleanup: int) -> tuple[State, str]:
    """The gravest thing, in one line. What is wanted is known to the hooks alone, so nothing is said of it."""
    changed = [one for one in members if one.identity == "changed"]
    if lost := [one for one in changed if one.found.shards or one.is_coordinator]:
        return "lost", f"cambió de identidad y guarda fragmentos: {_names(lost)}"
    if away := [one for one in members if one.identity == "unreachable"]:
        return "unreachable", f"no responde: {_names(away)}"
    waiting = [one for one in members if one.identity in ("changed", "unrecorded", "unknown") or not one.found.active]
    waiting = [one for one in waiting if not one.is_coordinator]
    if waiting:
        return "pending", f"falta comprobar o registrar (historia-hooks sync): {_names(waiting)}"
    if moves:
        return "moving", f"se mueven fragmentos: {moves.done}/{moves.total}"
    return "ok", f"todo en orden; quedan {cleanup} restos por borrar" if cleanup else "todo en orden"


def _names(members: Sequence[Member]) -> str:
    return ", ".join(f"{one.found.name}:{one.found.port}" for one in members)


def _node(member: Member, patients: Patients | None, total: int) -> Node:
    found = member.found
    held = patients.by_group.get(found.group_id, 0) if patients else None
    return Node(
        name=found.name,
        port=found.port,
        role="coordinator" if member.is_coordinator else "worker",
        active=found.active,
        identity=member.identity,
        detail=member.detail,
        shards=found.shards,
        bytes=member.bytes,
        patients=held,
        share=round(100 * held / total, 1) if held is not None and total else None,
    )
