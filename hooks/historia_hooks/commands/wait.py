"""Waits until the coordinator and every wanted worker let the owner in, with the image that this revision asks for."""

import psycopg2

from historia_hooks.addresses import Address
from historia_hooks.connections import Nodes, Unreachable, wait_for, wait_until
from historia_hooks.log import logger
from historia_hooks.state import read_library
from historia_hooks.upgrade import runs_image


def wait(nodes: Nodes) -> None:
    """Each node by the name it is registered under, so that a wrong name shows before anything changes."""
    asked = (nodes.settings.coordinator, *nodes.settings.workers)
    for node in asked:
        wait_for(nodes, node)
    for node in asked if nodes.settings.citus_version else ():
        _wait_for_image(nodes, node)
    logger.info("todos los nodos responden", nodos=len(asked))


def _wait_for_image(nodes: Nodes, node: Address) -> None:
    """Without `helm --wait` this runs while the pods are still being changed, and each may go away in between."""
    wanted = nodes.settings.citus_version

    def changed() -> bool:
        try:
            return runs_image(read_library(nodes.node(node)), wanted)
        except (Unreachable, psycopg2.OperationalError):
            return False

    cure = "si no es el de la imagen, corrija postgresql.image.citusVersion"
    wait_until(nodes.deadline, changed, f"que {node} tenga la imagen nueva, con Citus {wanted} ({cure})")
