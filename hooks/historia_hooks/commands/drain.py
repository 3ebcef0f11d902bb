"""Before fewer workers run: moves the shards of those that leave to the others and takes them out of the cluster."""

import socket

from historia_hooks.balance import plan_drain
from historia_hooks.commands.census import take_census
from historia_hooks.commands.progress import converge_nodes
from historia_hooks.commands.register import observe
from historia_hooks.connections import Nodes, Unreachable, hooks_lock, wait_for
from historia_hooks.log import logger
from historia_hooks.state import has_extension, read_members


def drain(nodes: Nodes) -> None:
    """Nothing at all while no worker would go, even with the database down: an upgrade may be the cure for that."""
    if not _somebody_leaves(nodes):
        logger.info("nada que hacer: ningún worker sobra", orden="drain")
        return
    with hooks_lock(nodes):
        converge_nodes("drain", nodes, lambda: plan_drain(observe(nodes), allowed=nodes.settings.drain))
        take_census(nodes)


def _somebody_leaves(nodes: Nodes) -> bool:
    """The database knows. Only the coordinator is asked: while nobody leaves, the workers may be down."""
    settings = nodes.settings
    try:
        coordinator = nodes.coordinator
    except Unreachable:
        if not _resolves(settings.first_leaving):
            return False
        coordinator = wait_for(nodes, settings.coordinator)
    stay = {settings.coordinator, *settings.workers}
    return has_extension(coordinator) and any(
        member.address not in stay and not member.is_coordinator for member in read_members(coordinator)
    )


def _resolves(name: str) -> bool:
    """A pod's name resolves while the pod has an address. Without a name to ask for, the database must answer."""
    try:
        socket.getaddrinfo(name or "localhost", None)
    except socket.gaierror as error:
        return error.errno == socket.EAI_AGAIN  # the resolver does not know either
    return True
