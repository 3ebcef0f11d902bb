"""What is accepted and returned for clinical notes."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import AtMost, Schema, Text
from historia_clinica.records.fields import ConsultaId, MedicoId, Reservado, present_exactly_when
from historia_clinica.records.schemas import Registro, examples

Tipo = Literal["evolucion", "enfermeria", "interconsulta", "epicrisis", "adenda"]


class _Datos(Schema):
    tipo: Tipo
    texto: Annotated[Text, AtMost(20000)]
    medico_id: Annotated[MedicoId | None, Field(description="El autor; se exige para firmar.")] = None
    reserva: Reservado = None
    consulta_id: ConsultaId | None = None
    adenda_de: Annotated[
        UUID | None,
        Field(
            validate_default=True,
            description="La nota firmada del mismo paciente que se corrige o completa: se exige si es una adenda, y "
            "solo entonces se admite.",
        ),
    ] = None

    @field_validator("adenda_de")
    @classmethod
    def _of_an_addendum(cls, value: UUID | None, info: ValidationInfo) -> UUID | None:
        if "tipo" in info.data:
            present_exactly_when(
                info.data["tipo"] == "adenda",
                value,
                "Diga qué nota firmada corrige o completa.",
                "Solo se dice en una adenda.",
            )
        return value


class NotaNueva(_Datos):
    pass


class NotaCorregida(_Datos):
    motivo: Motivo


class Nota(Registro):
    tipo: Tipo
    texto: str
    medico_id: int | None
    reserva: Reservado
    consulta_id: UUID | None
    adenda_de: UUID | None
    estado: Literal["borrador", "firmada", "anulada"]
    firmado_en: datetime | None
    sha256: Annotated[str | None, Field(description="SHA-256 del texto firmado, en UTF-8.")]


EXAMPLES = examples(
    {
        "tipo": "evolucion",
        "texto": "Paciente estable, sin dolor. Tolera la vía oral.",
        "medico_id": 1,
        "reserva": None,
        "consulta_id": "0d0c2f7e-43cf-4d0b-9a53-6a4b6c1f4a10",
        "adenda_de": None,
    },
    {"texto": "Paciente estable, sin dolor ni fiebre. Tolera la vía oral.", "motivo": "Faltaba la temperatura"},
    "anulada",
    "Se escribió en la historia de otra persona",
    {"estado": "borrador", "firmado_en": None, "sha256": None},
)
EXAMPLE_SIGNED = EXAMPLES.answer | {
    "estado": "firmada",
    "firmado_en": "2026-01-31T13:40:00Z",
    "sha256": "12e766024876f2e493e13fbb99d29ff4dee600571367fbe117e55ad79808ec65",
    "actualizado_en": "2026-01-31T13:40:00Z",
    "version": 2,
}
