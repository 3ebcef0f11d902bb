"""What is accepted and returned for emergency accesses."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from historia_clinica.http.fields import AtMost, Flag, Schema, Text
from historia_clinica.http.pagination import PageQuery

LEAST = 20  # characters; the column's CHECK says so as well
MotivoEmergencia = Annotated[
    Literal["riesgo_vital", "paciente_inconsciente", "urgencia_sin_registro", "otro"],
    Field(description="Por qué no se puede esperar a una relación de atención."),
]
Dictamen = Literal["justificado", "no_justificado"]


class AccesoEmergenciaNuevo(Schema):
    motivo: MotivoEmergencia
    justificacion: Annotated[
        Text,
        AtMost(1000),
        Field(min_length=LEAST, description="Con sus palabras; la lee quien revisa, y el paciente."),
    ]


class RevisionNueva(Schema):
    dictamen: Dictamen
    comentario: Annotated[Text, AtMost(1000)] | None = None


class AccesoEmergencia(Schema):
    id: UUID
    paciente_id: str
    usuario_id: Annotated[str, Field(description="Quien abrió la historia.")]
    motivo: MotivoEmergencia
    justificacion: str
    inicio: datetime
    expira: Annotated[datetime, Field(description="Desde entonces ya no vale.")]
    dictamen: Annotated[Dictamen | None, Field(description="Nulo mientras nadie lo haya revisado.")]
    comentario: str | None
    revisado_por: str | None
    revisado_en: datetime | None


class PaginaAccesosEmergencia(Schema):
    accesos_emergencia: list[AccesoEmergencia]
    siguiente: str | None


class ColaQuery(PageQuery):
    pendientes: Annotated[Flag, Field(description="Solo los que nadie ha revisado.")] = False


EXAMPLE: dict[str, Any] = {
    "motivo": "paciente_inconsciente",
    "justificacion": "Llega inconsciente a urgencias tras un accidente de tránsito, sin acompañante",
}
EXAMPLE_ANSWER = {
    "id": "b2f6ac0c-0a53-4f53-9f0c-44b0b4f3b6a1",
    "paciente_id": "0102030405",
    "usuario_id": "1012345678",
    **EXAMPLE,
    "inicio": "2026-01-31T13:30:00Z",
    "expira": "2026-01-31T14:30:00Z",
    "dictamen": None,
    "comentario": None,
    "revisado_por": None,
    "revisado_en": None,
}
EXAMPLE_REVIEW: dict[str, Any] = {
    "dictamen": "justificado",
    "comentario": "Consta el ingreso por urgencias a esa hora",
}
EXAMPLE_REVIEWED = (
    EXAMPLE_ANSWER | EXAMPLE_REVIEW | {"revisado_por": "1020304050", "revisado_en": "2026-02-02T15:04:05Z"}
)
EXAMPLE_PAGE = {"accesos_emergencia": [EXAMPLE_REVIEWED], "siguiente": None}
EXAMPLE_QUEUE = {"accesos_emergencia": [EXAMPLE_ANSWER], "siguiente": None}
