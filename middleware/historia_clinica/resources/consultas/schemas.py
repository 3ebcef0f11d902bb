"""What is accepted and returned for consultations."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import AtMost, Moment, Schema, Text
from historia_clinica.records.fields import MedicoId
from historia_clinica.records.schemas import Examples

ClinicalText = Annotated[Text, AtMost(10000)]
Open = Literal["activa", "cerrada"]  # a consulta is annulled with a reason, by a request of its own


class _Datos(Schema):
    medico_id: MedicoId | None = None
    diagnostico: ClinicalText | None = None
    tratamiento: ClinicalText | None = None
    observaciones: ClinicalText | None = None


class ConsultaNueva(_Datos):
    fecha_consulta: Annotated[Moment, Field(description="Con desfase horario; si falta, ahora.")] | None = None
    estado: Open = "activa"


class ConsultaCorregida(_Datos):
    # What is left out of a replacement is emptied, so what cannot be empty is demanded.
    fecha_consulta: Annotated[Moment, Field(description="Con desfase horario.")]
    estado: Open
    motivo: Motivo


class Consulta(Schema):
    id: UUID
    paciente_id: str
    paciente_cedula: str
    medico_id: int | None
    fecha_consulta: datetime
    diagnostico: str | None
    tratamiento: str | None
    observaciones: str | None
    estado: Literal["activa", "cerrada", "anulada"]
    fecha_registro: datetime
    actualizado_en: datetime
    version: int


EXAMPLE = {
    "medico_id": 1,
    "fecha_consulta": "2026-01-31T08:30:00-05:00",
    "diagnostico": "Hipertensión arterial primaria",
    "tratamiento": "Losartán 50 mg cada día",
    "observaciones": "Control en un mes",
    "estado": "activa",
}
EXAMPLE_CHANGE = EXAMPLE | {
    "diagnostico": "Hipertensión arterial secundaria",
    "motivo": "Nuevo resultado de laboratorio",
}
EXAMPLE_ANSWER = {
    **EXAMPLE,
    "id": "b2f6ac0c-0a53-4f53-9f0c-44b0b4f3b6a1",
    "paciente_id": "0102030405",
    "paciente_cedula": "0102030405",
    "fecha_consulta": "2026-01-31T13:30:00Z",
    "fecha_registro": "2026-01-31T13:31:07Z",
    "actualizado_en": "2026-01-31T13:31:07Z",
    "version": 1,
}
EXAMPLE_CHANGED = EXAMPLE_ANSWER | {
    "diagnostico": "Hipertensión arterial secundaria",
    "actualizado_en": "2026-03-02T15:04:05Z",
    "version": 2,
}
EXAMPLE_ANNULMENT = {"motivo": "Se escribió en la historia de otra persona"}
EXAMPLE_ANNULLED = EXAMPLE_ANSWER | {"estado": "anulada", "actualizado_en": "2026-03-02T15:04:05Z", "version": 2}
EXAMPLES = Examples(EXAMPLE, EXAMPLE_ANSWER, EXAMPLE_CHANGE, EXAMPLE_CHANGED, EXAMPLE_ANNULMENT, EXAMPLE_ANNULLED)
