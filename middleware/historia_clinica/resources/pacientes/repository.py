"""SQL of patients."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from historia_clinica.db import Parameters, Scope, Statement, Transaction
from historia_clinica.errors import HistoriaError

CREATE = Statement(
    """
    INSERT INTO pacientes (cedula, nombre, apellido, fecha_nacimiento, telefono, direccion, ciudad)
    VALUES (%(cedula)s, %(nombre)s, %(apellido)s, %(fecha_nacimiento)s, %(telefono)s, %(direccion)s, %(ciudad)s)
    RETURNING cedula, id, nombre, apellido, fecha_nacimiento, telefono, direccion, ciudad, fecha_registro, version
    """,
    Scope.PATIENT,
)
GET = Statement(
    """
    SELECT cedula, id, nombre, apellido, fecha_nacimiento, telefono, direccion, ciudad, fecha_registro, version
      FROM pacientes
     WHERE cedula = %(cedula)s
    """,
    Scope.PATIENT,
)
PAGE = Statement(
    """
    SELECT cedula, id, nombre, apellido, fecha_nacimiento, telefono, direccion, ciudad, fecha_registro, version
      FROM pacientes
     WHERE %(after_moment)s::timestamptz IS NULL
        OR (fecha_registro, id) > (%(after_moment)s::timestamptz, %(after_id)s::uuid)
     ORDER BY fecha_registro, id
     LIMIT %(rows)s
    """,
    Scope.CLUSTER,
)


@dataclass(frozen=True)
class Paciente:
    cedula: str
    id: UUID
    nombre: str
    apellido: str
    fecha_nacimiento: date | None
    telefono: str | None
    direccion: str | None
    ciudad: str | None
    fecha_registro: datetime
    version: int


def create(transaction: Transaction, values: Parameters) -> Paciente:
    created = transaction.row(CREATE, values, Paciente)
    if created is None:
        raise HistoriaError
    return created


def get(transaction: Transaction, cedula: str) -> Paciente | None:
    return transaction.row(GET, {"cedula": cedula}, Paciente)


def page(transaction: Transaction, after: tuple[datetime | None, UUID | None], rows: int) -> list[Paciente]:
    return transaction.rows(PAGE, {"after_moment": after[0], "after_id": after[1], "rows": rows}, Paciente)
