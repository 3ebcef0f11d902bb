"""Before fewer workers run: moves the shards of those that leave to the others and takes them out of the cluster."""

import socket

from historia_hooks.apply import apply_nodes
from historia_hooks.balance import plan_drain
from historia_hooks.commands.progress import converge
from historia_hooks.commands.register import observe
from historia_hooks.connections import Nodes, hooks_lock, wait_for
from historia_hooks.log import logger
from historia_hooks.settings import Settings
from historia_hooks.state import has_extension, read_members


def drain(nodes: Nodes) -> None:
    """Nothing at all while no worker would stop, even with the database down: an upgrade may be the cure for that."""
    if not _somebody_leaves(nodes.settings) or not _somebody_is_registered(nodes):
        logger.info("nada que hacer: ningún worker sobra", orden="drain")
        return
    with hooks_lock(nodes):
        converge(
            "drain",
            lambda: plan_drain(observe(nodes), allowed=nodes.settings.drain),
            lambda found: found,
            lambda found: apply_nodes(nodes, found),
        )


def _somebody_is_registered(nodes: Nodes) -> bool:
    """Only the coordinator is asked: while nobody leaves, the workers may be down."""
    wait_for(nodes, nodes.settings.coordinator)
    if not has_extension(nodes.coordinator):
        return False
    stay = {nodes.settings.coordinator, *nodes.settings.workers}
    return any(member.address not in stay and not member.is_coordinator for member in read_members(nodes.coordinator))


def _somebody_leaves(settings: Settings) -> bool:
    """Without a name to ask for, only the database can tell. A name in Kubernetes resolves while its pod exists."""
    if not settings.first_leaving:
        return True
    try:
        socket.getaddrinfo(settings.first_leaving, None)
    except socket.gaierror as error:
        return error.errno == socket.EAI_AGAIN  # the resolver does not know either
    return True
