"""Before the pods change: refuses an image that could not open the data, and empties and removes workers that leave."""

import socket

from psycopg2.extensions import connection as Connection  # noqa: N812

from historia_hooks.addresses import Address
from historia_hooks.balance import plan_drain, refuse_absent, refuse_full
from historia_hooks.commands.census import take_census
from historia_hooks.commands.progress import converge_nodes
from historia_hooks.commands.register import observe
from historia_hooks.connections import Nodes, Unreachable, hooks_lock, wait_for
from historia_hooks.log import logger
from historia_hooks.model import Member
from historia_hooks.space import read_space_without
from historia_hooks.state import has_extension, read_members, read_running
from historia_hooks.steps import BalanceStep, StartMoves
from historia_hooks.upgrade import refuse_image


def drain(nodes: Nodes) -> None:
    """Nothing at all while no worker would go, even with the database down: an upgrade may be the cure for that."""
    coordinator = _coordinator(nodes)
    if coordinator:
        settings = nodes.settings
        refuse_image(
            read_running(coordinator), postgres_major=settings.postgres_major, citus_version=settings.citus_version
        )
    members = read_members(coordinator) if coordinator and has_extension(coordinator) else ()
    if not _leaving(nodes, members):
        logger.info("nada que hacer: ningún worker sobra", orden="drain")
        return
    _refuse_absent(nodes, members)
    with hooks_lock(nodes):
        converge_nodes("drain", nodes, lambda: _plan(nodes))
        take_census(nodes)


def _plan(nodes: Nodes) -> tuple[BalanceStep, ...]:
    observed = observe(nodes)
    steps = plan_drain(observed, allowed=nodes.settings.drain)
    if any(isinstance(step, StartMoves) for step in steps):
        refuse_full(read_space_without(nodes, steps), cure="o pida otra vez los workers que había (workers.count)")
    return steps


def _coordinator(nodes: Nodes) -> Connection | None:
    """None: it does not answer, and no pod would stop."""
    try:
        return nodes.coordinator
    except Unreachable:
        return wait_for(nodes, nodes.settings.coordinator) if _resolves(nodes.settings.first_leaving) else None


def _leaving(nodes: Nodes, members: tuple[Member, ...]) -> list[Member]:
    """The database knows. Only the coordinator was asked: while nobody leaves, the workers may be down."""
    stay = {nodes.settings.coordinator, *nodes.settings.workers}
    return [member for member in members if member.address not in stay and not member.is_coordinator]


def _refuse_absent(nodes: Nodes, members: tuple[Member, ...]) -> None:
    """All that are away at once, and before the lock is asked for. One that leaves and is empty need not answer."""
    empty = {member.address for member in _leaving(nodes, members) if not member.shards}
    asked = [member.address for member in members if not member.is_coordinator and member.address not in empty]
    refuse_absent([address for address in asked if not _answers(nodes, address)])


def _answers(nodes: Nodes, address: Address) -> bool:
    try:
        nodes.node(address)
    except Unreachable as error:
        if error.failure.retries is None and not error.failure.cure:
            return False
        raise
    return True


def _resolves(name: str) -> bool:
    """A pod's name resolves while the pod has an address. Without a name to ask for, the database must answer."""
    try:
        socket.getaddrinfo(name or "localhost", None)
    except socket.gaierror as error:
        return error.errno == socket.EAI_AGAIN  # the resolver does not know either
    return True
