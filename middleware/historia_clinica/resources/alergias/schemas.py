"""What is accepted and returned for allergies."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import AtMost, Line, Schema, Text
from historia_clinica.records.fields import present_exactly_when
from historia_clinica.records.schemas import Registro, examples

Afirmacion = Literal["alergia", "sin_alergias_conocidas", "sin_informacion"]
Tipo = Literal["medicamento", "alimento", "ambiental", "biologico", "otro"]
Criticidad = Literal["baja", "alta", "desconocida"]
Verificacion = Literal["sin_confirmar", "confirmada", "refutada"]
Estado = Literal["activa", "inactiva"]
ONLY_THEN = "Solo se dice si se afirma una alergia."


class _Datos(Schema):
    afirmacion: Afirmacion
    tipo: Tipo | None = None
    sustancia: Annotated[
        Annotated[Line, AtMost(200)] | None,
        Field(validate_default=True, description="Se exige si se afirma una alergia, y solo entonces se admite."),
    ] = None
    criticidad: Criticidad | None = None
    reaccion: Annotated[Text, AtMost(1000)] | None = None
    verificacion: Verificacion | None = None

    @field_validator("tipo", "criticidad", "reaccion", "verificacion")
    @classmethod
    def _about_an_allergy(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("afirmacion", "alergia") != "alergia":
            raise PydanticCustomError("historia_refused", ONLY_THEN)
        return value

    @field_validator("sustancia")
    @classmethod
    def _of_an_allergy(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "afirmacion" in info.data:
            present_exactly_when(
                info.data["afirmacion"] == "alergia",
                value,
                "Diga a qué es alérgico el paciente.",
                ONLY_THEN,
            )
        return value


class AlergiaNueva(_Datos):
    estado: Estado = "activa"


class AlergiaCorregida(_Datos):
    estado: Estado
    motivo: Motivo


class Alergia(Registro):
    afirmacion: Afirmacion
    tipo: Tipo | None
    sustancia: str | None
    criticidad: Criticidad | None
    reaccion: str | None
    verificacion: Verificacion | None
    estado: Literal["activa", "inactiva", "anulada"]


EXAMPLES = examples(
    {
        "afirmacion": "alergia",
        "tipo": "medicamento",
        "sustancia": "Penicilina",
        "criticidad": "alta",
        "reaccion": "Urticaria a los diez minutos",
        "verificacion": "sin_confirmar",
        "estado": "activa",
    },
    {"verificacion": "confirmada", "motivo": "Prueba cutánea positiva"},
    "anulada",
    "Se escribió en la historia de otra persona",
)
