"""The planners against models of what the steps do: a plan leads to the wanted state, and then nothing is left."""

import dataclasses

import pytest
from historia_hooks.addresses import Address
from historia_hooks.balance import plan_balance, plan_drain
from historia_hooks.errors import HookError, Misconfigured
from historia_hooks.jobs import Complaints, Task
from historia_hooks.model import Balance, CitusMembership, Member, ObservedSchema, ObservedTable, Server
from historia_hooks.plan import plan_tables
from historia_hooks.schema import Distributed, Schema, declared
from historia_hooks.settings import Rebalance
from historia_hooks.steps import (
    ActivateNode,
    AddForeignKey,
    AddNode,
    AddUnique,
    AllowDecoding,
    BalanceStep,
    CleanUp,
    CopyReferenceTables,
    CreateDistributedTable,
    CreateExtension,
    CreateReferenceTable,
    CreateRole,
    DropConstraint,
    DropCopies,
    ForbidShards,
    ForgetCleanup,
    Grant,
    NodeStep,
    RemoveNode,
    Revoke,
    SetAuthinfo,
    SetCoordinatorHost,
    SetPassword,
    SetShards,
    SettleTransactions,
    StartMoves,
    Step,
    StopMoves,
    TruncateLeftover,
    WaitForMetadata,
    WatchMoves,
)
from historia_hooks.topology import ObservedNodes, WantedNodes, plan_nodes
from hypothesis import given
from hypothesis import strategies as st

COORDINATOR = Address("coordinador", 5432)
WORKERS = tuple(Address(f"worker-{number}", 5432) for number in range(4))
WANTED = {"admin": "password='a'", "historia_app": "password='b'"}


def spread_now(schema: Schema, observed: ObservedSchema, step: Step) -> ObservedTable:
    """What a table is after a step that distributes it; it refuses what Citus refuses."""
    match step:
        case CreateReferenceTable(table):
            spread = schema.spread_of(table)
            colocation = 1
        case CreateDistributedTable(table, column, beside):
            spread = Distributed(column)
            colocation = observed.tables[beside].colocation if beside else 10 + len(table)
        case _:
            raise AssertionError(step)
    touching = {key.name for key in schema.foreign_keys if table in (key.table, key.target)}
    assert not touching & observed.foreign_keys, "a foreign key stands in the way"
    assert observed.tables[table].spread is None, "already distributed"
    return ObservedTable(table, spread, colocation, leftover=True)


def do_table_step(schema: Schema, observed: ObservedSchema, step: Step) -> ObservedSchema:
    match step:
        case DropConstraint(_, name):
            return dataclasses.replace(
                observed, foreign_keys=observed.foreign_keys - {name}, uniques=observed.uniques - {name}
            )
        case AddForeignKey(key):
            target = observed.tables[key.target].spread
            assert target is not None or observed.tables[key.table].spread is None
            return dataclasses.replace(observed, foreign_keys=observed.foreign_keys | {key.name})
        case AddUnique(unique):
            assert not isinstance(observed.tables[unique.table].spread, Distributed)
            return dataclasses.replace(observed, uniques=observed.uniques | {unique.name})
        case Grant(_, name, actions):
            now = observed.privileges.get(name, frozenset()) | set(actions)
            return dataclasses.replace(observed, privileges={**observed.privileges, name: now})
        case Revoke(_, name, actions):
            now = observed.privileges[name] - set(actions)
            return dataclasses.replace(observed, privileges={**observed.privileges, name: now})
        case TruncateLeftover(table):
            clean = dataclasses.replace(observed.tables[table], leftover=False)
            return dataclasses.replace(observed, tables={**observed.tables, table: clean})
        case _:
            table = spread_now(schema, observed, step)
            return dataclasses.replace(observed, tables={**observed.tables, table.name: table})


@st.composite
def schemas(draw: st.DrawFn) -> tuple[Schema, ObservedSchema]:
    """A declared schema and a state in which nothing contradicts it: any part may be missing."""
    schema = declared(draw(st.sampled_from(["reference", "documento_id"])))
    actions = st.frozensets(st.sampled_from(["SELECT", "INSERT", "UPDATE", "DELETE"]))
    observed = ObservedSchema(
        tables={table.name: ObservedTable(table.name) for table in schema.tables},
        foreign_keys=frozenset(draw(st.sets(st.sampled_from([key.name for key in schema.foreign_keys])))),
        uniques=frozenset(draw(st.sets(st.sampled_from([unique.name for unique in schema.uniques])))),
        privileges={privilege.name: draw(actions) for privilege in schema.privileges},
    )
    return schema, observed


@given(given_schema=schemas(), cluster=st.booleans())
def test_a_table_plan_leads_to_the_declared_schema(given_schema: tuple[Schema, ObservedSchema], cluster: bool) -> None:
    schema, observed = given_schema
    rounds = 0
    while steps := plan_tables(schema, observed, cluster=cluster).steps:
        rounds += 1
        assert rounds <= 2, "the transaction, then what it left behind"
        for step in steps:
            observed = do_table_step(schema, observed, step)
    assert observed.is_distributed == cluster
    assert observed.foreign_keys == {key.name for key in schema.foreign_keys}
    for privilege in schema.privileges:
        assert observed.privileges[privilege.name] == privilege.actions
    spread = observed.tables["usuario"].spread
    assert ("usuario_email_unico" in observed.uniques) == (not isinstance(spread, Distributed))
    if cluster:
        assert observed.tables["consultas"].colocation == observed.tables["pacientes"].colocation


def distributed_schema(usuario: str) -> ObservedSchema:
    schema = declared(usuario)  # type: ignore[arg-type]
    observed = ObservedSchema({t.name: ObservedTable(t.name) for t in schema.tables}, frozenset(), frozenset(), {})
    while steps := plan_tables(schema, observed, cluster=True).steps:
        for step in steps:
            observed = do_table_step(schema, observed, step)
    return observed


@pytest.mark.parametrize(("is_now", "wanted"), [("reference", "documento_id"), ("documento_id", "reference")])
def test_a_table_spread_otherwise_is_refused_with_the_difference(is_now: str, wanted: str) -> None:
    with pytest.raises(Misconfigured, match=r"la tabla usuario es .* y se pide que sea .*undistribute_table"):
        plan_tables(declared(wanted), distributed_schema(is_now), cluster=True)  # type: ignore[arg-type]


def test_tables_stay_spread_when_no_workers_are_asked_for_any_more() -> None:
    assert not plan_tables(declared("reference"), distributed_schema("reference"), cluster=False).steps
    assert not plan_tables(declared("reference"), distributed_schema("documento_id"), cluster=False).steps


def test_tables_that_lie_apart_are_refused() -> None:
    observed = distributed_schema("reference")
    apart = dataclasses.replace(observed.tables["consultas"], colocation=99)
    with pytest.raises(Misconfigured, match="no está junto a pacientes"):
        plan_tables(
            declared("reference"),
            dataclasses.replace(observed, tables={**observed.tables, "consultas": apart}),
            cluster=True,
        )


def test_a_missing_table_sends_to_migrate() -> None:
    with pytest.raises(Misconfigured, match="historia-hooks migrate"):
        plan_tables(declared("reference"), ObservedSchema({}, frozenset(), frozenset(), {}), cluster=False)


def blank(address: Address, *, citus: bool = True, extension: bool = False) -> Server:
    return Server(
        address=address,
        system_identifier=f"id-{address}",
        wal_level="logical",
        output_plugins="pgoutput",
        citus_installed=citus,
        citus_preloaded=citus,
        user_tables=(),
        verifier=None,
        extension="13.2-1" if extension else None,
        membership=CitusMembership(f"server-{address}", 0, {}) if extension else None,
    )


@st.composite
def clusters(draw: st.DrawFn) -> tuple[WantedNodes, ObservedNodes]:
    """Servers in any state that a first start or an interrupted run can have left."""
    wanted = WantedNodes(WORKERS[: draw(st.integers(0, 4))], "SCRAM-new", WANTED)
    citus = bool(wanted.workers)
    coordinator = draw(server(COORDINATOR, citus=citus))
    workers = tuple(draw(server(worker, citus=True)) for worker in wanted.workers)
    members: list[Member] = []
    if coordinator.extension and citus and draw(st.booleans()):
        shards = draw(st.booleans())
        members.append(Member(COORDINATOR, 1, 0, True, True, shards, 0, draw(st.integers(0, 2))))
        for group, worker in enumerate(workers, 1):
            if worker.extension and draw(st.booleans()):
                active = draw(st.booleans())
                members.append(Member(worker.address, group + 1, group, active, False, draw(st.booleans()), 0, 0))
    return wanted, ObservedNodes(coordinator, workers, tuple(members))


@st.composite
def server(draw: st.DrawFn, address: Address, *, citus: bool) -> Server:
    found = blank(address, citus=citus, extension=citus and draw(st.booleans()))
    verifier = draw(st.sampled_from([None, "SCRAM-old", "SCRAM-new"]))
    membership = found.membership
    if membership and verifier:
        authinfo = draw(st.sampled_from([{}, {"admin": "password='x'"}, WANTED]))
        membership = dataclasses.replace(membership, authinfo=authinfo)
    return dataclasses.replace(found, verifier=verifier, membership=membership)


def change(observed: ObservedNodes, node: Address, **values: object) -> ObservedNodes:
    """The observation with one server changed."""

    def changed(one: Server) -> Server:
        return dataclasses.replace(one, **values) if one.address == node else one  # type: ignore[arg-type]

    return dataclasses.replace(
        observed, coordinator=changed(observed.coordinator), workers=tuple(map(changed, observed.workers))
    )


def change_member(observed: ObservedNodes, node: Address, **values: object) -> ObservedNodes:
    members = tuple(
        dataclasses.replace(one, **values) if one.address == node else one  # type: ignore[arg-type]
        for one in observed.members
    )
    return dataclasses.replace(observed, members=members)


def the_server(observed: ObservedNodes, node: Address) -> Server:
    return next(one for one in observed.servers if one.address == node)


def do_server_step(observed: ObservedNodes, step: NodeStep) -> ObservedNodes:
    match step:
        case CreateExtension(node):
            return change(observed, node, extension="13.2-1", membership=CitusMembership(f"server-{node}", 0, {}))
        case CreateRole(node, verifier) | SetPassword(node, verifier):
            assert (the_server(observed, node).verifier is None) == isinstance(step, CreateRole)
            return change(observed, node, verifier=verifier)
        case AllowDecoding(node, plugins):
            return change(observed, node, output_plugins=", ".join(plugins))
        case SetAuthinfo(node, authinfo):
            found = the_server(observed, node)
            assert found.membership
            assert found.verifier, "Citus demands the role first"
            return change(observed, node, membership=dataclasses.replace(found.membership, authinfo=dict(authinfo)))
        case _:
            return do_member_step(observed, step)


def do_member_step(observed: ObservedNodes, step: NodeStep) -> ObservedNodes:
    match step:
        case SetCoordinatorHost(node):
            rest = tuple(member for member in observed.members if not member.is_coordinator)
            return dataclasses.replace(observed, members=(Member(node, 1, 0, True, True, False, 0, 0), *rest))
        case SetShards(node, allowed):
            return change_member(observed, node, should_have_shards=allowed)
        case AddNode(node):
            assert observed.member(COORDINATOR), "the coordinator comes first"
            assert the_server(observed, COORDINATOR).membership
            group = len(observed.members) + 10
            added = Member(node, group, group, True, False, True, 0, 0)
            return dataclasses.replace(observed, members=(*observed.members, added))
        case ActivateNode(node):
            return change_member(observed, node, active=True)
        case WaitForMetadata(nodes):
            for node in nodes:
                member = observed.member(node)
                found = the_server(observed, node)
                assert member
                assert member.active
                assert found.membership
                observed = change_member(observed, node, metadata_synced=True)
                observed = change(observed, node, membership=dataclasses.replace(found.membership, group=member.group))
            return observed
        case CopyReferenceTables():
            copies = max(member.reference_copies for member in observed.members)
            for member in observed.members:
                observed = change_member(observed, member.address, reference_copies=copies)
            return observed
        case _:
            raise AssertionError(step)


@given(given_cluster=clusters())
def test_a_node_plan_leads_to_the_wanted_nodes(given_cluster: tuple[WantedNodes, ObservedNodes]) -> None:
    wanted, observed = given_cluster
    rounds = 0
    while steps := plan_nodes(wanted, observed):
        rounds += 1
        assert rounds <= 2, "extensions, then everything else"
        for step in steps:
            observed = do_server_step(observed, step)
    assert {server.verifier for server in observed.servers} == {wanted.verifier}
    if wanted.workers:
        registered = {member.address: member for member in observed.members}
        assert set(registered) == {COORDINATOR, *wanted.workers}
        assert not registered[COORDINATOR].should_have_shards
        for worker in wanted.workers:
            assert registered[worker].active
            assert registered[worker].metadata_synced
            assert registered[worker].should_have_shards
        for found in observed.servers:
            assert found.membership
            assert dict(found.membership.authinfo) == WANTED


def two_workers(**of_the_second: object) -> ObservedNodes:
    first, second = (blank(worker, extension=True) for worker in WORKERS[:2])
    second = dataclasses.replace(second, **of_the_second)  # type: ignore[arg-type]
    return ObservedNodes(blank(COORDINATOR, extension=True), (first, second), ())


@pytest.mark.parametrize(
    ("observed", "sentence"),
    [
        (two_workers(citus_installed=False), "no tiene Citus instalado.*workers.count: 0"),
        (two_workers(citus_preloaded=False), "no carga Citus.*shared_preload_libraries"),
        (two_workers(extension="12.1-1"), "no es la misma en todos los nodos.*12.1-1"),
        (two_workers(user_tables=("a", "b", "c")), "no está vacía: tiene 3 tablas"),
        (
            two_workers(membership=CitusMembership(f"server-{WORKERS[0]}", 0, {})),
            "worker-0:5432 y worker-1:5432 son el mismo servidor",
        ),
        (
            two_workers(extension=None, membership=None, system_identifier=f"id-{COORDINATOR}"),
            "worker-1:5432 y coordinador:5432 son el mismo servidor",
        ),
    ],
)
def test_refusals_come_before_anything_changes(observed: ObservedNodes, sentence: str) -> None:
    with pytest.raises(Misconfigured, match=sentence):
        plan_nodes(WantedNodes(WORKERS[:2], "SCRAM-new", WANTED), observed)


def test_a_registered_worker_whose_volume_was_lost_is_refused() -> None:
    member = Member(WORKERS[1], 3, 2, True, True, True, 32, 1)
    observed = dataclasses.replace(two_workers(), members=(member,))
    with pytest.raises(Misconfigured, match="su volumen se perdió"):
        plan_nodes(WantedNodes(WORKERS[:2], "SCRAM-new", WANTED), observed)


def test_without_workers_only_the_role_is_planned() -> None:
    observed = ObservedNodes(blank(COORDINATOR, citus=False), (), ())
    assert plan_nodes(WantedNodes((), "SCRAM-new", WANTED), observed) == (CreateRole(COORDINATOR, "SCRAM-new"),)


def test_secrets_do_not_show_in_steps() -> None:
    steps: tuple[NodeStep, ...] = (
        CreateRole(COORDINATOR, "SCRAM-secreto"),
        SetPassword(COORDINATOR, "SCRAM-secreto"),
        SetAuthinfo(COORDINATOR, (("admin", "password='secreto'"),)),
    )
    for step in steps:
        assert "secreto" not in f"{step!r} {step}"


def leaving(*shards: int, answering: int, balance: Balance | None = None) -> ObservedNodes:
    """One wanted worker, and others that nobody asks for; the first of them answer."""
    others = tuple(blank(worker, extension=True) for worker in WORKERS[1 : 1 + answering])
    members = [Member(COORDINATOR, 1, 0, True, True, False, 0, 1)]
    for group, (worker, held) in enumerate(zip(WORKERS, (16, *shards), strict=False), 1):
        members.append(Member(worker, group + 1, group, True, True, True, held, 1))
    coordinator, stays = blank(COORDINATOR, extension=True), blank(WORKERS[0], extension=True)
    return ObservedNodes(coordinator, (stays,), tuple(members), others, balance=balance or Balance())


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
    servers = [blank(name, extension=True) for name in names]
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


def test_copies_of_reference_tables_are_cleared_before_a_worker_joins_again() -> None:
    observed = dataclasses.replace(
        two_workers(user_tables=("medicos_102008",)), reference_shards=frozenset({"medicos_102008", "usuario_102009"})
    )
    steps = plan_nodes(WantedNodes(WORKERS[:2], "SCRAM-new", WANTED), observed)
    added = steps.index(AddNode(WORKERS[1]))
    assert steps[added - 1] == DropCopies(WORKERS[1], ("medicos_102008",))
