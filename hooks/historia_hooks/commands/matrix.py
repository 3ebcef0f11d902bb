"""Puts the access matrix of this program in force. What was in force before is kept."""

from psycopg2.errors import UndefinedTable

from historia_hooks.apply import apply_nodes
from historia_hooks.commands.progress import converge
from historia_hooks.connections import Nodes
from historia_hooks.errors import Misconfigured
from historia_hooks.matrix import carried
from historia_hooks.plan import plan_matrix
from historia_hooks.state import read_matrix
from historia_hooks.steps import LoadMatrix


def matrix(nodes: Nodes) -> bool:
    """Whether anything changed."""
    return converge("matrix", lambda: pending(nodes), lambda found: found, lambda found: apply_nodes(nodes, found))


def pending(nodes: Nodes) -> tuple[LoadMatrix, ...]:
    """What `matrix` would still load."""
    try:
        return plan_matrix(carried(), read_matrix(nodes.coordinator))
    except UndefinedTable:
        raise Misconfigured("faltan las tablas de la matriz de acceso. Ejecute antes historia-hooks sync") from None
