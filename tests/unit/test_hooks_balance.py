"""Moving shards and letting workers go: what is planned, what is refused, and that no shard is lost on the way."""

import dataclasses

import pytest
from historia_hooks.addresses import Address
from historia_hooks.balance import GROWTH, plan_balance, plan_drain, refuse_full
from historia_hooks.errors import HookError, Misconfigured
from historia_hooks.jobs import Complaints, Task
from historia_hooks.model import Balance, Disk, Member, Move, Space
from historia_hooks.settings import Rebalance
from historia_hooks.steps import (
    BalanceStep,
    CleanUp,
    ForbidShards,
    ForgetCleanup,
    RemoveNode,
    SetShards,
    SettleTransactions,
    StartMoves,
    StopMoves,
    WaitForMetadata,
    WatchMoves,
)
from historia_hooks.topology import ObservedNodes
from hypothesis import given
from hypothesis import strategies as st
from unit.hooks_model import (
    COORDINATOR,
    WORKERS,
    blank,
    change,
    change_member,
    do_member_step,
)


def leaving(*shards: int, answering: int, balance: Balance | None = None) -> ObservedNodes:
    """One wanted worker, and others that nobody asks for; the first of them answer."""
    stays, *others = (
        blank(worker, extension=True, group=group) for group, worker in enumerate(WORKERS[: 1 + answering], 1)
    )
    members = [Member(COORDINATOR, 1, 0, True, True, False, 0, 1)]
    for group, (worker, held) in enumerate(zip(WORKERS, (16, *shards), strict=False), 1):
        members.append(Member(worker, group + 1, group, True, True, True, held, 1))
    coordinator = blank(COORDINATOR, extension=True)
    return ObservedNodes(coordinator, (stays,), tuple(members), tuple(others), balance=balance or Balance())


def forbidden(observed: ObservedNodes, *nodes: Address) -> ObservedNodes:
    for node in nodes:
        observed = change_member(observed, node, should_have_shards=False)
    return observed


def test_workers_without_patients_leave_the_last_one_first() -> None:
    steps = plan_drain(leaving(0, 0, answering=1), allowed=False)
    assert steps[-2:] == (RemoveNode(WORKERS[2], answers=False), RemoveNode(WORKERS[1], answers=True))
    assert steps[:-2] == (SettleTransactions((COORDINATOR, *WORKERS[:2]), ((WORKERS[1], 2),)),)


def test_workers_with_patients_give_them_away_before_anybody_is_removed() -> None:
    steps = plan_drain(leaving(7, 0, answering=2), allowed=True)
    assert steps == (
        ForbidShards((WORKERS[1], WORKERS[2])),
        StartMoves(7, drain=True, wait=True),
        CleanUp(frozenset({2, 3})),
    )


def test_nodes_that_have_not_heard_of_the_others_are_waited_for_first() -> None:
    late = change_member(leaving(7, answering=1), WORKERS[0], metadata_synced=False)
    assert plan_drain(late, allowed=True) == (WaitForMetadata((WORKERS[0],)),)


def test_a_drain_that_runs_is_adopted_and_other_moves_are_stopped() -> None:
    observed = leaving(7, answering=1, balance=Balance(job=5))
    assert plan_drain(observed, allowed=True)[:2] == (StopMoves(5), ForbidShards((WORKERS[1],)))
    adopted = plan_drain(forbidden(observed, WORKERS[1]), allowed=True)
    assert adopted == (WatchMoves(5), CleanUp(frozenset({2})))
    too_many = plan_drain(forbidden(observed, *WORKERS[:2]), allowed=True)
    assert too_many[:2] == (StopMoves(5), SetShards(WORKERS[0], allowed=True))
    assert plan_drain(leaving(0, answering=1, balance=Balance(job=5)), allowed=True)[0] == StopMoves(5)


@pytest.mark.parametrize(
    ("observed", "allowed", "sentence"),
    [
        (leaving(7, 0, answering=2), False, r"worker-1:5432 \(7 fragmentos\).*Pida al menos 3 workers.*drain.enabled"),
        (dataclasses.replace(leaving(7, answering=1), workers=()), True, "No quedaría ningún worker"),
        (leaving(7, 0, answering=1), True, "no responde worker-2:5432.*No se cambió nada"),
        (change(leaving(7, answering=1), WORKERS[0], wal_level="replica"), True, r"worker-0:5432 \(replica\)"),
        (change_member(leaving(7, answering=1), WORKERS[0], active=False), True, "no está activo worker-0:5432"),
        (leaving(7, answering=1, balance=Balance(without_identity=("notas",))), True, "REPLICA IDENTITY.*notas"),
    ],
)
def test_a_drain_that_is_not_safe_is_refused(observed: ObservedNodes, allowed: bool, sentence: str) -> None:
    with pytest.raises(HookError, match=sentence):
        plan_drain(observed, allowed=allowed)


def test_what_cannot_be_cleaned_up_any_more_is_forgotten() -> None:
    gone = plan_drain(leaving(0, answering=0, balance=Balance(leftovers=frozenset({2, 9}))), allowed=True)
    assert gone == (RemoveNode(WORKERS[1], answers=False), ForgetCleanup(frozenset({2, 9})))
    alive = plan_drain(leaving(0, answering=1, balance=Balance(leftovers=frozenset({1, 2}))), allowed=True)
    assert alive[0] == CleanUp(frozenset({2}))
    assert alive[-1] == RemoveNode(WORKERS[1], answers=True)


@pytest.mark.parametrize(
    ("policy", "balance", "steps"),
    [
        ("never", Balance(planned=4), ()),
        ("start", Balance(), ()),
        ("start", Balance(planned=4), (StartMoves(4, drain=False, wait=False),)),
        ("start", Balance(job=5), ()),
        ("wait", Balance(planned=4), (StartMoves(4, drain=False, wait=True), CleanUp(frozenset({0, 1})))),
        ("wait", Balance(job=5), (WatchMoves(5), CleanUp(frozenset({0, 1})))),
        ("wait", Balance(leftovers=frozenset({1})), (CleanUp(frozenset({0, 1})),)),
        ("wait", Balance(), ()),
    ],
)
def test_shards_are_spread_as_the_policy_says(
    policy: Rebalance, balance: Balance, steps: tuple[BalanceStep, ...]
) -> None:
    assert plan_balance(leaving(answering=0, balance=balance), policy) == steps


def test_nothing_is_moved_towards_a_worker_that_leaves() -> None:
    assert plan_balance(leaving(7, answering=1, balance=Balance(planned=4)), "wait") == ()


@given(
    stay=st.integers(1, 3),
    held=st.lists(st.integers(0, 9), min_size=1, max_size=3),
    closed=st.sets(st.sampled_from(WORKERS)),
    job=st.sampled_from([None, 5]),
    leftovers=st.frozensets(st.integers(1, 9)),
)
def test_a_drain_ends_without_the_workers_that_leave_and_loses_no_shard(
    stay: int, held: list[int], closed: set[Address], job: int | None, leftovers: frozenset[int]
) -> None:
    names = tuple(Address(f"w{number}", 5432) for number in range(stay + len(held)))
    members = [Member(COORDINATOR, 1, 0, True, True, False, 0, 1)]
    for group, (name, shards) in enumerate(zip(names, [8] * stay + held, strict=True), 1):
        open_to_shards = Address(f"worker-{group - 1}", 5432) not in closed
        members.append(Member(name, group + 1, group, True, True, open_to_shards, shards, 1))
    servers = [blank(name, extension=True, group=group) for group, name in enumerate(names, 1)]
    observed = ObservedNodes(
        blank(COORDINATOR, extension=True),
        tuple(servers[:stay]),
        tuple(members),
        tuple(servers[stay:]),
        balance=Balance(job=job, leftovers=leftovers),
    )
    rounds = 0
    while observed.unwanted:
        rounds += 1
        assert rounds <= 2, "everything is moved, then everybody leaves"
        for step in plan_drain(observed, allowed=True):
            observed = do_drain_step(observed, step)
    assert sum(member.shards for member in observed.members) == 8 * stay + sum(held)
    assert observed.balance.leftovers <= {member.group for member in observed.members}


def do_drain_step(observed: ObservedNodes, step: BalanceStep) -> ObservedNodes:
    """A model of Citus: moves go from closed workers to one that is open, and leave something to clean up."""
    balance = observed.balance
    match step:
        case StopMoves():
            return dataclasses.replace(observed, balance=dataclasses.replace(balance, job=None))
        case ForbidShards(nodes):
            return forbidden(observed, *nodes)
        case StartMoves() | WatchMoves():
            assert (balance.job is None) == isinstance(step, StartMoves), "Citus runs one at a time"
            closed = [one for one in observed.members if not one.is_coordinator and not one.should_have_shards]
            target = next(one for one in observed.members if one.should_have_shards)
            assert target.address in {server.address for server in observed.workers}
            moved = sum(one.shards for one in closed)
            for one in closed:
                observed = change_member(observed, one.address, shards=0)
            observed = change_member(observed, target.address, shards=target.shards + moved)
            left = balance.leftovers | {one.group for one in closed if one.shards}
            return dataclasses.replace(observed, balance=dataclasses.replace(balance, job=None, leftovers=left))
        case CleanUp(groups):
            return forget(observed, groups)
        case ForgetCleanup(groups):
            return forget(observed, groups)
        case SettleTransactions():
            return observed
        case RemoveNode(node):
            member = observed.member(node)
            assert member
            assert not member.shards
            assert member.group not in balance.leftovers
            assert balance.job is None
            rest = tuple(one for one in observed.members if one.address != node)
            return dataclasses.replace(observed, members=rest)
        case _:
            return do_member_step(observed, step)


def forget(observed: ObservedNodes, groups: frozenset[int]) -> ObservedNodes:
    left = observed.balance.leftovers - groups
    return dataclasses.replace(observed, balance=dataclasses.replace(observed.balance, leftovers=left))


@pytest.mark.parametrize(
    ("failures", "found"),
    [
        ([(1, "ERROR: logical decoding requires wal_level >= logical")], False),
        ([(1, "relation 102017 exists"), (2, "relation 102017 exists")], True),
        ([(1, "relation 102017 exists"), (2, "relation 102018 exists")], True),
        ([(1, "one thing"), (2, "another")], False),
        ([(1, "connection to worker-1 failed"), (2, "connection to worker-1 failed")], False),
        ([(1, "could not connect: password authentication failed")] * 2, False),
        ([(2, "could not connect: password authentication failed")] * 2, True),
    ],
)
def test_a_task_that_fails_the_same_way_twice_fails_for_good(failures: list[tuple[int, str]], found: bool) -> None:
    complaints = Complaints()
    seen = [complaints.permanent((Task(7, "runnable", retries, message),)) for retries, message in failures]
    assert (seen[-1] is not None) == found


def test_a_complaint_quotes_no_rows() -> None:
    task = Task(1, "error", 1, "ERROR: duplicate key\nDETAIL: Key (cedula)=(0102030405) already exists.")
    assert task.complaint == "ERROR: duplicate key"


GIB = 1024**3
KEPT = GIB  # a tenth of each disk of the tests


def space(free: int, *sizes: int, log_room: int = 0) -> Space:
    """Shards of these sizes go to the first worker, and one of a byte to the second, which has room."""
    moves = [Move(WORKERS[2], WORKERS[0], size) for size in sizes] + [Move(WORKERS[2], WORKERS[1], 1)]
    disks = {WORKERS[0]: Disk(free, 10 * GIB, KEPT, log_room), WORKERS[1]: Disk(9 * GIB, 10 * GIB, KEPT, log_room)}
    return Space(tuple(moves), disks)


def test_shards_that_do_not_fit_are_refused_with_the_numbers() -> None:
    with pytest.raises(Misconfigured) as refused:
        refuse_full(space(3 * GIB, GIB, GIB, log_room=GIB // 2), cure="o llame a alguien")
    said = str(refused.value)
    assert "worker-0:5432 recibiría 2,0 GiB, para lo que necesita 2,7 GiB; tiene libres 3,0 GiB de 10,0 GiB" in said
    assert "y 1,0 GiB deben quedar sin usar" in said
    assert "No se movió nada. Amplíe ese volumen, o llame a alguien" in said
    assert "worker-1" not in said
    assert "sin-espacio.md" in said


@given(st.integers(0, 10 * GIB), st.lists(st.integers(0, 4 * GIB), max_size=5), st.integers(0, GIB))
def test_what_is_let_through_leaves_what_citus_keeps(free: int, sizes: list[int], log_room: int) -> None:
    """Also with some growth and with the log as large as it may become; what leaves more than that is not refused."""
    incoming = sum(sizes)
    left = free - incoming - min(incoming, log_room)
    try:
        refuse_full(space(free, *sizes, log_room=log_room), cure="")
    except Misconfigured:
        assert left - incoming * (GROWTH - 1) < KEPT + 1
    else:
        assert left >= KEPT


def test_nothing_to_move_needs_no_room() -> None:
    refuse_full(Space((), {}), cure="")
