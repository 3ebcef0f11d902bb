"""Before fewer workers run: refuses to lose patients, and takes out of the cluster the workers that hold none."""

import socket

from historia_hooks.apply import apply_nodes
from historia_hooks.commands.progress import converge
from historia_hooks.commands.register import observe
from historia_hooks.connections import Nodes, Unreachable, hooks_lock, wait_for
from historia_hooks.log import logger
from historia_hooks.state import has_extension, read_members
from historia_hooks.topology import plan_departures


def drain(nodes: Nodes) -> None:
    """Nothing at all while no worker would go, even with the database down: an upgrade may be the cure for that."""
    if not _somebody_leaves(nodes):
        logger.info("nada que hacer: ningún worker sobra", orden="drain")
        return
    wait_for(nodes, nodes.settings.coordinator)
    with hooks_lock(nodes):
        converge(
            "drain",
            lambda: plan_departures(observe(nodes)),
            lambda found: found,
            lambda found: apply_nodes(nodes, found),
        )


def _somebody_leaves(nodes: Nodes) -> bool:
    """The database knows, where it answers; where it does not, whether a pod that would stop still has a name."""
    try:
        coordinator = nodes.coordinator
    except Unreachable:
        return _resolves(nodes.settings.first_leaving)
    stay = {nodes.settings.coordinator, *nodes.settings.workers}
    return has_extension(coordinator) and any(member.address not in stay for member in read_members(coordinator))


def _resolves(name: str) -> bool:
    """A pod's name resolves while the pod has an address. Without a name to ask for, wait for the database."""
    try:
        socket.getaddrinfo(name or "localhost", None)
    except socket.gaierror as error:
        return error.errno == socket.EAI_AGAIN  # the resolver does not know either
    return True
