"""SQL of users."""

from dataclasses import dataclass
from datetime import datetime

from historia_clinica.db import Scope, Statement, Transaction

LIMIT = 1000  # the seed's answer has no pages

LIST = Statement(
    """
    SELECT id, nombre, email, fecha_creacion
      FROM usuario
     ORDER BY id
     LIMIT %(rows)s
    """,
    Scope.CLUSTER,  # a reference table, or distributed by documento_id: the chart's value decides
)


@dataclass(frozen=True)
class Usuario:
    id: int
    nombre: str
    email: str
    fecha_creacion: datetime


def list_all(transaction: Transaction) -> list[Usuario]:
    return transaction.rows(LIST, {"rows": LIMIT}, Usuario)
