"""What is accepted and returned for prescriptions."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import WHOLE, AtMost, Line, Schema
from historia_clinica.records.fields import (
    ATC,
    UCUM,
    ConsultaId,
    LongText,
    MedicoId,
    Positive,
    Reservado,
    Short,
    StoredNumber,
)
from historia_clinica.records.schemas import Registro, examples

Estado = Literal["activa", "suspendida", "terminada"]


class _Datos(Schema):
    medicamento: Annotated[Line, AtMost(300)]
    atc: ATC | None = None
    dosis: Positive
    unidad: UCUM
    via: Short
    frecuencia: Annotated[Line, AtMost(100)]
    duracion_dias: Annotated[int, Field(strict=True, ge=1, le=3650), WHOLE] | None = None
    cantidad: Positive | None = None
    indicaciones: LongText | None = None
    consulta_id: ConsultaId | None = None
    medico_id: MedicoId | None = None
    reserva: Reservado = None


class PrescripcionNueva(_Datos):
    estado: Estado = "activa"


class PrescripcionCorregida(_Datos):
    estado: Estado
    motivo: Motivo


class Prescripcion(Registro):
    medicamento: str
    atc: str | None
    dosis: StoredNumber
    unidad: str
    via: str
    frecuencia: str
    duracion_dias: int | None
    cantidad: StoredNumber | None
    indicaciones: str | None
    consulta_id: UUID | None
    medico_id: int | None
    reserva: Reservado
    estado: Literal["activa", "suspendida", "terminada", "anulada"]


EXAMPLES = examples(
    {
        "medicamento": "Losartán 50 mg, tableta",
        "atc": "C09CA01",
        "dosis": 50,
        "unidad": "mg",
        "via": "oral",
        "frecuencia": "Cada 12 horas",
        "duracion_dias": 30,
        "cantidad": 60,
        "indicaciones": "Con agua, antes del desayuno y de la cena",
        "consulta_id": "0d0c2f7e-43cf-4d0b-9a53-6a4b6c1f4a10",
        "medico_id": 1,
        "reserva": None,
        "estado": "activa",
    },
    {"estado": "suspendida", "motivo": "Tos persistente"},
    "anulada",
    "Se escribió en la historia de otra persona",
)
