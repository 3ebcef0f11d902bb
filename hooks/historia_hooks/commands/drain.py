"""Before fewer workers run: refuses to lose patients, and takes out of the cluster the workers that hold none."""

import socket

from historia_hooks.apply import apply_nodes
from historia_hooks.commands.progress import converge
from historia_hooks.commands.register import observe
from historia_hooks.connections import Nodes, hooks_lock, wait_for
from historia_hooks.log import logger
from historia_hooks.settings import Settings
from historia_hooks.topology import plan_departures


def drain(nodes: Nodes) -> None:
    """Nothing at all while no worker would stop, even with the database down: an upgrade may be the cure for that."""
    if not _somebody_leaves(nodes.settings):
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


def _somebody_leaves(settings: Settings) -> bool:
    """Without a name to ask for, only the database can tell. A name in Kubernetes resolves while its pod exists."""
    if not settings.first_leaving:
        return True
    try:
        socket.getaddrinfo(settings.first_leaving, None)
    except socket.gaierror as error:
        return error.errno == socket.EAI_AGAIN  # the resolver does not know either
    return True
