"""What is accepted and returned for measurements."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import AtMost, Line, Schema
from historia_clinica.records.fields import LOINC, UCUM, Number, PastMoment, StoredNumber
from historia_clinica.records.schemas import Registro, examples


class _Datos(Schema):
    loinc: LOINC
    valor: Number
    unidad: UCUM
    metodo: Annotated[Line, AtMost(200)] | None = None


class SignoVitalNuevo(_Datos):
    tomado_en: Annotated[PastMoment, Field(description="Con desfase horario; si falta, ahora.")] | None = None


class SignoVitalCorregido(_Datos):
    tomado_en: Annotated[PastMoment, Field(description="Con desfase horario.")]
    motivo: Motivo


class SignoVital(Registro):
    tomado_en: datetime
    loinc: str
    valor: StoredNumber
    unidad: str
    metodo: str | None
    estado: Literal["registrado", "anulado"]


EXAMPLES = examples(
    {
        "tomado_en": "2026-01-31T13:30:00Z",
        "loinc": "8480-6",
        "valor": 128,
        "unidad": "mm[Hg]",
        "metodo": "Tensiómetro de brazo",
    },
    {"valor": 182, "motivo": "Se escribió mal"},
    "anulado",
    "Es de otra persona",
    {"estado": "registrado"},
)
