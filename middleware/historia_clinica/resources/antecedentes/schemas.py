"""What is accepted and returned for antecedents."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import Schema
from historia_clinica.records.fields import CIE10, LongText, Short, present_exactly_when
from historia_clinica.records.schemas import Registro, examples

Tipo = Literal["personal", "familiar", "quirurgico", "farmacologico", "gineco_obstetrico", "riesgo"]


class _Datos(Schema):
    tipo: Tipo
    texto: LongText
    codigo: CIE10 | None = None
    parentesco: Annotated[
        Short | None,
        Field(validate_default=True, description="Se exige si el antecedente es familiar, y solo entonces se admite."),
    ] = None

    @field_validator("parentesco")
    @classmethod
    def _of_the_family(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "tipo" in info.data:
            present_exactly_when(
                info.data["tipo"] == "familiar",
                value,
                "Diga de qué familiar es.",
                "Solo se dice si el antecedente es familiar.",
            )
        return value


class AntecedenteNuevo(_Datos):
    pass


class AntecedenteCorregido(_Datos):
    motivo: Motivo


class Antecedente(Registro):
    tipo: Tipo
    texto: str
    codigo: str | None
    parentesco: str | None
    estado: Literal["activo", "anulado"]


EXAMPLES = examples(
    {"tipo": "familiar", "texto": "Diabetes tipo 2", "codigo": "E119", "parentesco": "Madre"},
    {"parentesco": "Abuela materna", "motivo": "Lo aclaró la paciente"},
    "anulado",
    "Es de otra persona",
    {"estado": "activo"},
)
