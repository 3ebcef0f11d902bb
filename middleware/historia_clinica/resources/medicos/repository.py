"""SQL of physicians, a reference table."""

from dataclasses import dataclass
from datetime import datetime

from historia_clinica.db import Scope, Statement, Transaction
from historia_clinica.versions import Versioned, statements

PAGE = Statement(
    """
    SELECT id, nombre, apellido, especialidad, codigo_medico, telefono, email, estado, fecha_registro,
           coalesce(actualizado_en, fecha_registro) AS actualizado_en, version
      FROM medicos
     WHERE (%(after_id)s::bigint IS NULL OR id > %(after_id)s::bigint)
       AND (%(anulados)s OR estado <> 'anulado')
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
    estado: str
    fecha_registro: datetime
    actualizado_en: datetime
    version: int


VERSIONS = Versioned(
    statements(
        "medicos",
        key={"id": "bigint"},
        generated=("id",),
        columns=("nombre", "apellido", "especialidad", "codigo_medico", "telefono", "email"),
        scope=Scope.REFERENCE,
    ),
    into=Medico,
    missing="No hay un médico con ese número.",
    annulled="anulado",
)


def page(transaction: Transaction, after_id: int | None, anulados: bool, rows: int) -> list[Medico]:
    return transaction.rows(PAGE, {"after_id": after_id, "anulados": anulados, "rows": rows}, Medico)
