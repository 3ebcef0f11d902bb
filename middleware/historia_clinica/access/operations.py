"""What each route does, in the words of the access matrix and of the audit: a resource, and an action on it.

An endpoint is `<blueprint>.<view>`: its resource is the blueprint, its action what the view is called. A route that is
in neither list has no answer here: it is refused, and a test fails.
"""

from dataclasses import dataclass
from enum import StrEnum


class Accion(StrEnum):
    CREAR = "crear"
    LEER = "leer"
    BUSCAR = "buscar"
    CORREGIR = "corregir"
    ANULAR = "anular"
    FIRMAR = "firmar"
    FUSIONAR = "fusionar"
    VERIFICAR = "verificar"


@dataclass(frozen=True)
class Operation:
    recurso: str
    accion: Accion


# Nothing about anybody: probes, documents, the laboratory's paths (one of which has a condition of its own).
OPEN = frozenset(
    {
        "citus.index",
        "documentation.asset",
        "documentation.index",
        "documentation.problems",
        "openapi.spec",
        "static",
        "status.index",
        "status.livez",
        "status.readyz",
        "status.status",
        "usuarios-heredados.index",
    }
)
# Of which the audit keeps nothing: what is about nobody. Where a number lies is the same whether anybody has it or not.
UNAUDITED = OPEN | {
    "cluster.index",
    "cluster.locate",
    "vocabularios.concepts",
    "vocabularios.get",
    "vocabularios.index",
}
_ACTIONS = {
    "annul": Accion.ANULAR,
    "change_number": Accion.CORREGIR,
    "concepts": Accion.LEER,
    "content": Accion.LEER,
    "create": Accion.CREAR,
    "get": Accion.LEER,
    "history": Accion.LEER,
    "index": Accion.LEER,
    "list_accesses": Accion.LEER,
    "locate": Accion.LEER,
    "merge": Accion.FUSIONAR,
    "read": Accion.LEER,
    "replace": Accion.CORREGIR,
    "sign": Accion.FIRMAR,
    "split": Accion.FUSIONAR,
    "verify": Accion.VERIFICAR,
}
_OWN = {"pacientes.index": Accion.BUSCAR}  # through people, not of one of them


def operation_of(endpoint: str) -> Operation | None:
    """None for a route of which nobody has said what it does."""
    resource, _, view = endpoint.rpartition(".")
    action = _OWN.get(endpoint) or _ACTIONS.get(view)
    return Operation(resource, action) if resource and action else None


def audited_operation(endpoint: str) -> Operation | None:
    """None for a route of which the audit keeps nothing."""
    return None if endpoint in UNAUDITED else operation_of(endpoint)
