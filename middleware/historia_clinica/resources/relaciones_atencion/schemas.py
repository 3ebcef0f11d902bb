"""What is accepted and returned for treatment relations."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import Moment, Schema
from historia_clinica.records.fields import DocumentoUsuario, not_before_desde
from historia_clinica.records.schemas import Registro, examples

Origen = Annotated[Literal["admision", "cita", "interconsulta", "turno"], Field(description="Por qué lo atiende.")]
HASTA = "Desde cuándo ya no lo atiende, con desfase horario; nulo mientras no se sepa."


class RelacionAtencionNueva(Schema):
    usuario_id: DocumentoUsuario
    origen: Origen
    desde: Annotated[Moment, Field(description="Con desfase horario; si falta, ahora.")] | None = None
    hasta: Annotated[Moment, Field(description=HASTA)] | None = None

    _order = field_validator("hasta")(not_before_desde)


class RelacionAtencionCorregida(Schema):
    origen: Origen
    desde: Annotated[Moment, Field(description="Con desfase horario.")]
    hasta: Annotated[Moment, Field(description=HASTA)] | None = None
    motivo: Motivo

    _order = field_validator("hasta")(not_before_desde)


class RelacionAtencion(Registro):
    usuario_id: str
    origen: Origen
    desde: datetime
    hasta: Annotated[datetime | None, Field(description=HASTA)]
    estado: Literal["activa", "anulada"]


_NEW: dict[str, Any] = {
    "usuario_id": "1012345678",
    "origen": "cita",
    "desde": "2026-01-31T13:30:00Z",
    "hasta": None,
}
_made = examples(
    _NEW,
    {"hasta": "2026-03-02T15:04:05Z", "motivo": "Terminó el tratamiento"},
    "anulada",
    "Se registró con otro paciente",
    {"estado": "activa"},
)
EXAMPLES = replace(_made, change={name: value for name, value in _made.change.items() if name != "usuario_id"})
