"""Waits until the coordinator and every wanted worker let the owner in."""

from historia_hooks.connections import Nodes, wait_for
from historia_hooks.log import logger


def wait(nodes: Nodes) -> None:
    """Each node by the name it is registered under, so that a wrong name shows before anything changes."""
    wait_for(nodes, nodes.settings.coordinator)
    for worker in nodes.settings.workers:
        wait_for(nodes, worker)
    logger.info("todos los nodos responden", nodos=1 + len(nodes.settings.workers))
