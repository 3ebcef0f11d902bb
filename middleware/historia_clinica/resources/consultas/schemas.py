"""What is accepted and returned for consultations."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import AtMost, Moment, Schema, Text
from historia_clinica.records.fields import MedicoId, Reservado
from historia_clinica.records.schemas import examples

ClinicalText = Annotated[Text, AtMost(10000)]
Open = Literal["activa", "cerrada"]  # a consulta is annulled with a reason, by a request of its own


class _Datos(Schema):
    medico_id: MedicoId | None = None
    reserva: Reservado = None
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
    reserva: Reservado
    fecha_consulta: datetime
    diagnostico: str | None
    tratamiento: str | None
    observaciones: str | None
    estado: Literal["activa", "cerrada", "anulada"]
    fecha_registro: datetime
    actualizado_en: datetime
    version: int


EXAMPLES = examples(
    {
        "medico_id": 1,
        "reserva": None,
        "fecha_consulta": "2026-01-31T08:30:00-05:00",
        "diagnostico": "Hipertensión arterial primaria",
        "tratamiento": "Losartán 50 mg cada día",
        "observaciones": "Control en un mes",
        "estado": "activa",
    },
    {"diagnostico": "Hipertensión arterial secundaria", "motivo": "Nuevo resultado de laboratorio"},
    "anulada",
    "Se escribió en la historia de otra persona",
    {"paciente_cedula": "0102030405", "fecha_consulta": "2026-01-31T13:30:00Z"},
)
