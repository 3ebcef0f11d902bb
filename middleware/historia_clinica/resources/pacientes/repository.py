"""SQL of patients."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from historia_clinica.db import Scope, Statement, Transaction
from historia_clinica.versions import Versioned, statements

PAGE = Statement(
    """
    SELECT cedula, id, nombre, apellido, fecha_nacimiento, telefono, direccion, ciudad, estado, fecha_registro,
           coalesce(actualizado_en, fecha_registro) AS actualizado_en, version
      FROM pacientes
     WHERE (%(after_moment)s::timestamptz IS NULL
            OR (fecha_registro, id) > (%(after_moment)s::timestamptz, %(after_id)s::uuid))
       AND (%(anulados)s OR estado <> 'anulado')
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
    estado: str
    fecha_registro: datetime
    actualizado_en: datetime
    version: int


VERSIONS = Versioned(
    statements(
        "pacientes",
        key={"cedula": "text"},
        fixed=("id",),
        generated=("id",),
        columns=("nombre", "apellido", "fecha_nacimiento", "telefono", "direccion", "ciudad"),
        scope=Scope.PATIENT,
    ),
    into=Paciente,
    missing="No hay un paciente con esa cédula.",
    annulled="anulado",
)


def page(
    transaction: Transaction, after: tuple[datetime | None, UUID | None], anulados: bool, rows: int
) -> list[Paciente]:
    parameters = {"after_moment": after[0], "after_id": after[1], "anulados": anulados, "rows": rows}
    return transaction.rows(PAGE, parameters, Paciente)
