"""What is accepted and returned for merges."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import Cedula, Schema
from historia_clinica.resources.pacientes.schemas import EXAMPLE_ANSWER


class FusionNueva(Schema):
    duplicado: Annotated[Cedula, Field(description="El número del paciente duplicado, que deja de usarse.")]
    motivo: Motivo


class Separacion(Schema):
    duplicado: Annotated[Cedula, Field(description="El número del paciente que se fusionó con este.")]
    motivo: Motivo


class Fusion(Schema):
    id: UUID
    duplicado: str
    fecha_registro: datetime
    cambiado_por: str
    motivo: str
    peticion: Annotated[str | None, Field(description="X-Request-ID de la petición que los fusionó.")]
    separado_en: Annotated[datetime | None, Field(description="Nulo mientras estén fusionados.")]
    separado_por: str | None
    motivo_separacion: str | None
    peticion_separacion: Annotated[str | None, Field(description="X-Request-ID de la petición que los separó.")]


class PaginaFusiones(Schema):
    fusiones: list[Fusion]
    siguiente: str | None


EXAMPLE = {"duplicado": "1098765432", "motivo": "Se registró dos veces: la segunda con un número mal leído"}
EXAMPLE_MERGED = EXAMPLE_ANSWER | {"actualizado_en": "2026-03-02T15:04:05Z", "version": 2}
EXAMPLE_SEPARATION = {"duplicado": "1098765432", "motivo": "Eran dos hermanas con el mismo nombre"}
EXAMPLE_SEPARATED = EXAMPLE_ANSWER | {"actualizado_en": "2026-03-09T15:04:05Z", "version": 3}
EXAMPLE_PAGE = {
    "fusiones": [
        {
            "id": "0a6f7f5e-9c5f-4ad0-8a52-5b1b5f2f6a77",
            "duplicado": EXAMPLE["duplicado"],
            "fecha_registro": EXAMPLE_MERGED["actualizado_en"],
            "cambiado_por": "api",
            "motivo": EXAMPLE["motivo"],
            "peticion": "0d9e6c2e-4d4f-4d62-8a5e-6f2f6f1c5a11",
            "separado_en": None,
            "separado_por": None,
            "motivo_separacion": None,
            "peticion_separacion": None,
        }
    ],
    "siguiente": None,
}
