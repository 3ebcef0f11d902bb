"""What is accepted and returned for results."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import Schema
from historia_clinica.records.fields import (
    LOINC,
    UCUM,
    LongText,
    MedicoId,
    Number,
    PastMoment,
    Reservado,
    StoredNumber,
    present_exactly_when,
)
from historia_clinica.records.schemas import Registro, examples

Interpretacion = Literal["normal", "bajo", "alto", "critico", "anormal", "indeterminado"]
Estado = Literal["preliminar", "definitivo"]


class _Datos(Schema):
    orden_id: Annotated[UUID, Field(description="Una orden del mismo paciente.")] | None = None
    loinc: LOINC
    valor: Number | None = None
    valor_texto: Annotated[
        LongText | None, Field(validate_default=True, description="El valor, si no es un número: uno de los dos.")
    ] = None
    unidad: Annotated[UCUM | None, Field(validate_default=True, description="Unidad en UCUM, si hay «valor».")] = None
    ref_min: Number | None = None
    ref_max: Number | None = None
    interpretacion: Interpretacion | None = None
    medico_id: MedicoId | None = None
    reserva: Reservado = None

    @field_validator("valor_texto")
    @classmethod
    def _one_value(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "valor" in info.data:
            present_exactly_when(
                info.data["valor"] is None,
                value,
                "Diga «valor» o «valor_texto».",
                "Solo uno de «valor» y «valor_texto».",
            )
        return value

    @field_validator("unidad")
    @classmethod
    def _of_a_number(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "valor" in info.data:
            present_exactly_when(
                info.data["valor"] is not None,
                value,
                "Diga en qué unidad está «valor»; 1 si no tiene.",
                "Solo se dice si hay «valor».",
            )
        return value

    @field_validator("ref_max")
    @classmethod
    def _in_order(cls, value: Decimal | None, info: ValidationInfo) -> Decimal | None:
        least = info.data.get("ref_min")
        if value is not None and least is not None and value < least:
            raise PydanticCustomError("historia_order", "No puede ser menor que «ref_min».")
        return value


class ResultadoNuevo(_Datos):
    emitido_en: Annotated[PastMoment, Field(description="Con desfase horario; si falta, ahora.")] | None = None
    estado: Estado = "definitivo"


class ResultadoCorregido(_Datos):
    emitido_en: Annotated[PastMoment, Field(description="Con desfase horario.")]
    estado: Estado
    motivo: Motivo


class Resultado(Registro):
    emitido_en: datetime
    orden_id: UUID | None
    loinc: str
    valor: StoredNumber | None
    valor_texto: str | None
    unidad: str | None
    ref_min: StoredNumber | None
    ref_max: StoredNumber | None
    interpretacion: Interpretacion | None
    medico_id: int | None
    reserva: Reservado
    estado: Literal["preliminar", "definitivo", "anulado"]


EXAMPLES = examples(
    {
        "emitido_en": "2026-01-31T13:30:00Z",
        "orden_id": "5d0f8f0e-77a5-4f0b-8a1a-1c7d0a2f9b33",
        "loinc": "2160-0",
        "valor": 1.4,
        "valor_texto": None,
        "unidad": "mg/dL",
        "ref_min": 0.6,
        "ref_max": 1.2,
        "interpretacion": "alto",
        "medico_id": 1,
        "reserva": None,
        "estado": "preliminar",
    },
    {"estado": "definitivo", "motivo": "Validado por bacteriología"},
    "anulado",
    "La muestra era de otra persona",
)
