"""SQL of consultations. Every relation carries the patient's key, so that each statement plans to one task."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from historia_clinica.db import Scope, Statement, Transaction
from historia_clinica.errors import FieldError, ForeignKeyMissing, HistoriaError, InvalidInput, NotFound
from historia_clinica.versions import Versioned, statements

PAGE = Statement(
    """
    SELECT id, paciente_id, medico_id, fecha_consulta, diagnostico, tratamiento, observaciones, estado,
           fecha_registro, coalesce(actualizado_en, fecha_registro) AS actualizado_en, version
      FROM consultas
     WHERE paciente_id = %(paciente_id)s
       AND (%(anulados)s OR estado <> 'anulada')
       AND (%(before_moment)s::timestamptz IS NULL
            OR (fecha_consulta, id) < (%(before_moment)s::timestamptz, %(before_id)s::uuid))
     ORDER BY fecha_consulta DESC, id DESC
     LIMIT %(rows)s
    """,
    Scope.PATIENT,
)
PATIENT_EXISTS = Statement("SELECT cedula FROM pacientes WHERE cedula = %(paciente_id)s", Scope.PATIENT)


@dataclass(frozen=True)
class Consulta:
    id: UUID
    paciente_id: str
    medico_id: int | None
    fecha_consulta: datetime
    diagnostico: str | None
    tratamiento: str | None
    observaciones: str | None
    estado: str
    fecha_registro: datetime
    actualizado_en: datetime
    version: int

    @property
    def paciente_cedula(self) -> str:
        """The same, by the name that reports know; former rows do not keep it twice."""
        return self.paciente_id


VERSIONS = Versioned(
    statements(
        "consultas",
        key={"paciente_id": "text", "id": "uuid"},
        columns=("medico_id", "fecha_consulta", "diagnostico", "tratamiento", "observaciones", "estado"),
        defaults={"fecha_consulta": "now()"},
        scope=Scope.PATIENT,
    ),
    into=Consulta,
    missing="No hay una consulta de ese paciente con ese identificador.",
    annulled="anulada",
)


@dataclass(frozen=True)
class _Patient:
    cedula: str


def page(
    transaction: Transaction,
    paciente_id: str,
    before: tuple[datetime | None, UUID | None],
    anulados: bool,
    rows: int,
) -> list[Consulta]:
    parameters = {"paciente_id": paciente_id, "before_moment": before[0], "before_id": before[1]}
    return transaction.rows(PAGE, {**parameters, "anulados": anulados, "rows": rows}, Consulta)


def patient_exists(transaction: Transaction, paciente_id: str) -> bool:
    return transaction.row(PATIENT_EXISTS, {"paciente_id": paciente_id}, _Patient) is not None


def explain(error: ForeignKeyMissing) -> HistoriaError:
    """Which of the two references was missing; the constraints are named after their columns."""
    if "paciente_id" in error.constraint:
        return NotFound("No hay un paciente con esa cédula.")
    return InvalidInput(errors=(FieldError("/medico_id", "No hay un médico con este número."),))
