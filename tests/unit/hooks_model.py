"""What the steps for nodes do, as a model: the planners are tried against it."""

import dataclasses
from datetime import UTC, datetime

from historia_hooks.addresses import Address
from historia_hooks.identity import Entry
from historia_hooks.model import CitusMembership, Member, Server
from historia_hooks.steps import (
    ActivateNode,
    AddNode,
    AllowDecoding,
    CopyReferenceTables,
    CreateExtension,
    CreateLedger,
    CreateRole,
    FinishUpgrade,
    NodeStep,
    RecordNode,
    RemoveNode,
    RetireNode,
    SetAuthinfo,
    SetCoordinatorHost,
    SetPassword,
    SetShards,
    UpgradeExtension,
    WaitForMetadata,
)
from historia_hooks.topology import ObservedNodes
from historia_hooks.upgrade import is_behind

COORDINATOR = Address("coordinador", 5432)
WORKERS = tuple(Address(f"worker-{number}", 5432) for number in range(4))
LIBRARY = "13.2-1"
NOW = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)
WANTED = {"admin": "password='a'", "historia_app": "password='b'"}


def blank(address: Address, *, citus: bool = True, extension: bool = False, group: int = 0) -> Server:
    return Server(
        address=address,
        system_identifier=f"id-{address}",
        wal_level="logical",
        output_plugins="pgoutput",
        citus_installed=citus,
        citus_preloaded=citus,
        user_tables=(),
        verifier=None,
        extension=LIBRARY if extension else None,
        library=LIBRARY if citus else None,
        membership=CitusMembership(f"server-{address}", group, {}) if extension else None,
    )


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
            return change(observed, node, extension=LIBRARY, membership=CitusMembership(f"server-{node}", 0, {}))
        case UpgradeExtension(node, version) | FinishUpgrade(node, version):
            assert the_server(observed, node).library == version
            behind = {server.address for server in observed.servers if is_behind(server)}
            assert node in behind
            assert isinstance(step, UpgradeExtension) or behind == {COORDINATOR}, "the coordinator comes last"
            return change(observed, node, extension=version)
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
            return do_ledger_step(observed, step)


def do_ledger_step(observed: ObservedNodes, step: NodeStep) -> ObservedNodes:
    match step:
        case RemoveNode(node):
            member = observed.member(node)
            assert member
            assert not member.shards, "patients would be lost"
            return dataclasses.replace(observed, members=tuple(one for one in observed.members if one is not member))
        case CreateLedger():
            assert observed.ledger is None
            return dataclasses.replace(observed, ledger=())
        case RecordNode():
            said = dataclasses.asdict(step) | {"address": step.node}
            said.pop("node")
            noted = Entry(**said, since=NOW, last_seen=NOW, state="active")
            rest = tuple(entry for entry in observed.ledger or () if entry.address != step.node)
            return dataclasses.replace(observed, ledger=(*rest, noted))
        case RetireNode(node):
            assert observed.ledger
            entries = (
                dataclasses.replace(entry, state="retired") if entry.address == node else entry
                for entry in observed.ledger
            )
            return dataclasses.replace(observed, ledger=tuple(entries))
        case _:
            raise AssertionError(step)
