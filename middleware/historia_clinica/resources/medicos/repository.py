"""SQL of physicians, a reference table."""

from dataclasses import dataclass
from datetime import datetime

from historia_clinica.db import Parameters, Scope, Statement, Transaction
from historia_clinica.errors import HistoriaError

CREATE = Statement(
    """
    INSERT INTO medicos (nombre, apellido, especialidad, codigo_medico, telefono, email)
    VALUES (%(nombre)s, %(apellido)s, %(especialidad)s, %(codigo_medico)s, %(telefono)s, %(email)s)
    RETURNING id, nombre, apellido, especialidad, codigo_medico, telefono, email, fecha_registro, version
    """,
    Scope.REFERENCE,
)
GET = Statement(
    """
    SELECT id, nombre, apellido, especialidad, codigo_medico, telefono, email, fecha_registro, version
      FROM medicos
     WHERE id = %(id)s
    """,
    Scope.REFERENCE,
)
PAGE = Statement(
    """
    SELECT id, nombre, apellido, especialidad, codigo_medico, telefono, email, fecha_registro, version
      FROM medicos
     WHERE %(after_id)s::bigint IS NULL OR id > %(after_id)s::bigint
     ORDER BY id
     LIMIT %(rows)s
    """,
    Scope.REFERENCE,
)


@dataclass(frozen=True)
class Medico:
    id: int
    nombre: str
    apellido: str
    especialidad: str | None
    codigo_medico: str
    telefono: str | None
    email: str | None
    fecha_registro: datetime
    version: int


def create(transaction: Transaction, values: Parameters) -> Medico:
    created = transaction.row(CREATE, values, Medico)
    if created is None:
        raise HistoriaError
    return created


def get(transaction: Transaction, identifier: int) -> Medico | None:
    return transaction.row(GET, {"id": identifier}, Medico)


def page(transaction: Transaction, after_id: int | None, rows: int) -> list[Medico]:
    return transaction.rows(PAGE, {"after_id": after_id, "rows": rows}, Medico)
