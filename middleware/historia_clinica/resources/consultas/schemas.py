"""What is accepted and returned for consultations."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from historia_clinica.http.fields import WHOLE, Cedula, Moment, Schema, Text

ClinicalText = Annotated[Text, Field(max_length=10000)]
State = Literal["activa", "cerrada", "anulada"]


class ConsultaNueva(Schema):
    medico_id: Annotated[int, Field(strict=True, ge=1, le=2**63 - 1), WHOLE] | None = None
    fecha_consulta: Annotated[Moment, Field(description="Con desfase horario; si falta, ahora.")] | None = None
    diagnostico: ClinicalText | None = None
    tratamiento: ClinicalText | None = None
    observaciones: ClinicalText | None = None
    estado: State = "activa"


class Consulta(Schema):
    id: UUID
    paciente_id: str
    paciente_cedula: str
    medico_id: int | None
    fecha_consulta: datetime
    diagnostico: str | None
    tratamiento: str | None
    observaciones: str | None
    estado: State
    fecha_registro: datetime
    version: int


class PaginaConsultas(Schema):
    consultas: list[Consulta]
    siguiente: str | None


class PacienteDeConsultas(Schema):
    cedula: Cedula


class ConsultaEnRuta(Schema):
    cedula: Cedula
    id: UUID


EXAMPLE = {
    "medico_id": 1,
    "fecha_consulta": "2026-01-31T08:30:00-05:00",
    "diagnostico": "Hipertensión arterial primaria",
    "tratamiento": "Losartán 50 mg cada día",
    "observaciones": "Control en un mes",
    "estado": "activa",
}
EXAMPLE_ANSWER = {
    **EXAMPLE,
    "id": "b2f6ac0c-0a53-4f53-9f0c-44b0b4f3b6a1",
    "paciente_id": "0102030405",
    "paciente_cedula": "0102030405",
    "fecha_consulta": "2026-01-31T13:30:00Z",
    "fecha_registro": "2026-01-31T13:31:07Z",
    "version": 1,
}
