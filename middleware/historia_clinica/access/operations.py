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
    DESCARGAR = "descargar"
    FUSIONAR = "fusionar"
    RENUMERAR = "renumerar"
    VERIFICAR = "verificar"
    REVISAR = "revisar"
    REVOCAR = "revocar"


@dataclass(frozen=True)
class Operation:
    recurso: str
    accion: Accion

    def __str__(self) -> str:
        """As the scopes of a program name it."""
        return f"{self.recurso}:{self.accion}"


# Nothing about anybody: probes, documents, the laboratory's paths (one of which has a condition of its own).
OPEN = frozenset(
    {
        "citus.index",
        "documentation.asset",
        "documentation.index",
        "documentation.problems",
        "openapi.spec",
        "sesiones.create",
        "sesiones.exchange",
        "sesiones.renew",
        "static",
        "status.index",
        "status.livez",
        "status.readyz",
        "status.status",
        "usuarios-heredados.index",
    }
)
# Open where the installation says so; whoever identifies himself goes by the matrix there too.
HALF_OPEN = {"usuarios-heredados.index": Operation("usuarios", Accion.LEER)}
# Blueprints that go by no matrix: one's own sessions are everybody's, and accounts an administrator's alone
# (http/identity.py), since whoever may give accounts may give himself anything.
OF_ACCOUNTS = frozenset({"cuentas", "sesiones"})
# Of which the audit keeps nothing: what is about nobody. Where a number lies is the same whether anybody has it or not.
UNAUDITED = (OPEN - {"sesiones.create", "sesiones.exchange", "sesiones.renew"}) | {
    "cluster.index",
    "cluster.locate",
    "gobierno.index",
    "vocabularios.concepts",
    "vocabularios.get",
    "vocabularios.index",
}
_ACTIONS = {
    "annul": Accion.ANULAR,
    "assign": Accion.CORREGIR,
    "change_password": Accion.CORREGIR,
    "change_number": Accion.RENUMERAR,
    "concepts": Accion.LEER,
    "content": Accion.DESCARGAR,
    "create": Accion.CREAR,
    "end": Accion.ANULAR,
    "end_all": Accion.ANULAR,
    "exchange": Accion.CREAR,
    "get": Accion.LEER,
    "history": Accion.LEER,
    "index": Accion.LEER,
    "list_accesses": Accion.LEER,
    "locate": Accion.LEER,
    "merge": Accion.FUSIONAR,
    "queue": Accion.LEER,
    "read": Accion.LEER,
    "replace": Accion.CORREGIR,
    "renew": Accion.CORREGIR,
    "reset": Accion.CORREGIR,
    "review": Accion.REVISAR,
    "revoke": Accion.REVOCAR,
    "sign": Accion.FIRMAR,
    "split": Accion.FUSIONAR,
    "verify": Accion.VERIFICAR,
}
_OWN = {"pacientes.index": Accion.BUSCAR}  # through people, not of one of them


def operation_of(endpoint: str) -> Operation | None:
    """None for a route of which nobody has said what it does."""
    if endpoint in HALF_OPEN:
        return HALF_OPEN[endpoint]
    resource, _, view = endpoint.rpartition(".")
    action = _OWN.get(endpoint) or _ACTIONS.get(view)
    return Operation(resource, action) if resource and action else None


def audited_operation(endpoint: str) -> Operation | None:
    """None for a route of which the audit keeps nothing."""
    return None if endpoint in UNAUDITED else operation_of(endpoint)
