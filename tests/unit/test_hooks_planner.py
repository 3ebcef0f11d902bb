"""The planners against models of what the steps do: a plan leads to the wanted state, and then nothing is left."""

import dataclasses
import itertools

import pytest
from historia_hooks.addresses import Address
from historia_hooks.errors import Misconfigured
from historia_hooks.identity import Entry, Loss, entry_of, identity
from historia_hooks.model import CitusMembership, Member, ObservedSchema, ObservedTable, Server
from historia_hooks.plan import plan_tables
from historia_hooks.schema import POLICIES, Distributed, Schema, declared
from historia_hooks.steps import (
    AddForeignKey,
    AddNode,
    AddUnique,
    CreateDistributedTable,
    CreateReferenceTable,
    CreateRole,
    DistributeFunction,
    DropConstraint,
    DropCopies,
    Grant,
    NodeStep,
    Protect,
    Revoke,
    SetAuthinfo,
    SetPassword,
    Step,
    TruncateLeftover,
)
from historia_hooks.topology import ObservedNodes, WantedNodes, plan_nodes
from hypothesis import given
from hypothesis import strategies as st
from unit.hooks_model import (
    COORDINATOR,
    LIBRARY,
    NOW,
    WANTED,
    WORKERS,
    blank,
    do_server_step,
    the_server,
)


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
        case DistributeFunction(function):
            if function.colocate_with is not None:
                assert isinstance(observed.tables[function.colocate_with].spread, Distributed)
            known = (function.name, function.argument is not None)
            return dataclasses.replace(observed, functions=observed.functions | {known})
        case Protect(table, policies):
            return dataclasses.replace(observed, policies={**observed.policies, table: frozenset(policies)})
        case TruncateLeftover(table):
            clean = dataclasses.replace(observed.tables[table], leftover=False)
            return dataclasses.replace(observed, tables={**observed.tables, table: clean})
        case _:
            table = spread_now(schema, observed, step)
            return dataclasses.replace(observed, tables={**observed.tables, table.name: table})


TABLES = [policy.table for policy in POLICIES]
ACTIONS = ("SELECT", "INSERT", "UPDATE", "DELETE")
ANY_ACTIONS = [frozenset(some) for size in range(5) for some in itertools.combinations(ACTIONS, size)]


@st.composite
def schemas(draw: st.DrawFn) -> tuple[Schema, ObservedSchema]:
    """A declared schema and a state in which nothing contradicts it: any part may be missing."""
    schema = declared(draw(st.sampled_from(["reference", "documento_id"])))
    actions = st.sampled_from(ANY_ACTIONS)
    observed = ObservedSchema(
        tables={table.name: ObservedTable(table.name) for table in schema.tables},
        foreign_keys=frozenset(draw(st.sets(st.sampled_from([key.name for key in schema.foreign_keys])))),
        uniques=frozenset(draw(st.sets(st.sampled_from([unique.name for unique in schema.uniques])))),
        privileges={privilege.name: draw(actions) for privilege in schema.privileges},
        policies=dict(
            draw(st.dictionaries(st.sampled_from(TABLES), st.frozensets(st.sampled_from(POLICIES), max_size=2)))
        ),
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
            if draw(st.booleans()):
                # synced, yet the server knows of no group: another one answers in its place, without patients
                active, synced = draw(st.booleans()), draw(st.booleans())
                members.append(Member(worker.address, group + 1, group, active, synced, draw(st.booleans()), 0, 0))
    return wanted, ObservedNodes(coordinator, workers, tuple(members), ledger=draw(ledgers(members)))


@st.composite
def ledgers(draw: st.DrawFn, members: list[Member]) -> tuple[Entry, ...] | None:
    """None yet, or notes of some members: of who answers now, of somebody else, or of an earlier membership."""
    if not members or draw(st.booleans()):
        return None
    names = [member.address for member in members] + [Address("worker-de-antes", 5432)]
    groups = {member.address: member.group for member in members}
    return tuple(
        Entry(
            address=name,
            ordinal=None if name == COORDINATOR else draw(st.integers(0, 4)),
            node_id=groups.get(name, 9) + 1,
            group=groups.get(name, 9),
            server_id=f"server-{name}" if name == COORDINATOR or draw(st.booleans()) else "another",
            system_identifier=f"id-{name}",
            since=NOW,
            last_seen=NOW,
            state=draw(st.sampled_from(["active", "retired"])),
        )
        for name in names
        if draw(st.booleans())
    )


@st.composite
def server(draw: st.DrawFn, address: Address, *, citus: bool) -> Server:
    found = blank(address, citus=citus, extension=citus and draw(st.booleans()))
    verifier = draw(st.sampled_from([None, "SCRAM-old", "SCRAM-new"]))
    membership = found.membership
    if membership and verifier:
        authinfo = draw(st.sampled_from([{}, {"admin": "password='x'"}, WANTED]))
        membership = dataclasses.replace(membership, authinfo=authinfo)
    extension = found.extension and draw(st.sampled_from(["12.1-1", "13.1-1", LIBRARY]))
    return dataclasses.replace(found, verifier=verifier, membership=membership, extension=extension)


@given(given_cluster=clusters())
def test_a_node_plan_leads_to_the_wanted_nodes(given_cluster: tuple[WantedNodes, ObservedNodes]) -> None:
    wanted, observed = given_cluster
    rounds = 0
    while steps := plan_nodes(wanted, observed):
        rounds += 1
        assert rounds <= 4, "old extensions, who must go and missing extensions, then everything else, then the ledger"
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
        noted = {entry.address: entry for entry in observed.ledger or () if entry.state == "active"}
        assert set(noted) == set(registered)
        for member in observed.members:
            assert identity(entry_of(noted.values(), member), the_server(observed, member.address)) == "ok"
        for found in observed.servers:
            assert found.extension == LIBRARY
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
        (two_workers(library="12.1-1"), "worker-1:5432 tiene 13.2-1 y su imagen trae 12.1-1.*devuelva la imagen"),
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
    loss = Loss(("consultas", "pacientes"), 1234, NOW)
    observed = dataclasses.replace(two_workers(), members=(member,), losses={2: loss})
    sentence = "su volumen se perdió.*32 fragmentos.*consultas, pacientes.*1234 pacientes.*del 2026-01-31 08:30 UTC"
    with pytest.raises(Misconfigured, match=sentence):
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


def test_copies_of_reference_tables_are_cleared_before_a_worker_joins_again() -> None:
    observed = dataclasses.replace(
        two_workers(user_tables=("medicos_102008",)), reference_shards=frozenset({"medicos_102008", "usuario_102009"})
    )
    steps = plan_nodes(WantedNodes(WORKERS[:2], "SCRAM-new", WANTED), observed)
    added = steps.index(AddNode(WORKERS[1]))
    assert steps[added - 1] == DropCopies(WORKERS[1], ("medicos_102008",))
