"""What is accepted and returned for diagnoses."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import AtMost, Line, Schema
from historia_clinica.records.fields import CIE10, ConsultaId, MedicoId, PastDate, Reservado
from historia_clinica.records.schemas import Registro, examples

Rol = Literal["principal", "relacionado", "complicacion"]
Tipo = Literal["impresion", "confirmado_nuevo", "confirmado_repetido"]
Estado = Literal["activo", "resuelto"]


class _Datos(Schema):
    codigo: CIE10
    descripcion: Annotated[Line, AtMost(500)]
    rol: Rol
    tipo: Tipo
    inicio: PastDate | None = None
    resuelto: PastDate | None = None
    consulta_id: ConsultaId | None = None
    medico_id: MedicoId | None = None
    reserva: Reservado = None

    @field_validator("resuelto")
    @classmethod
    def _after_it_began(cls, value: date | None, info: ValidationInfo) -> date | None:
        began = info.data.get("inicio")
        if value and began and value < began:
            raise PydanticCustomError("historia_order", "No puede ser antes de «inicio».")
        return value

    @field_validator("estado", check_fields=False)
    @classmethod
    def _over_when_it_ended(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("resuelto") and value != "resuelto":
            raise PydanticCustomError("historia_ended", "Debe ser «resuelto» si se dice cuándo se resolvió.")
        return value


class DiagnosticoNuevo(_Datos):
    estado: Annotated[Estado, Field(validate_default=True)] = "activo"


class DiagnosticoCorregido(_Datos):
    estado: Estado
    motivo: Motivo


class Diagnostico(Registro):
    codigo: str
    descripcion: str
    rol: Rol
    tipo: Tipo
    inicio: date | None
    resuelto: date | None
    consulta_id: UUID | None
    medico_id: int | None
    reserva: Reservado
    estado: Literal["activo", "resuelto", "anulado"]


EXAMPLES = examples(
    {
        "codigo": "I10X",
        "descripcion": "Hipertensión esencial (primaria)",
        "rol": "principal",
        "tipo": "confirmado_nuevo",
        "inicio": "2026-01-31",
        "resuelto": None,
        "consulta_id": "0d0c2f7e-43cf-4d0b-9a53-6a4b6c1f4a10",
        "medico_id": 1,
        "reserva": None,
        "estado": "activo",
    },
    {"tipo": "confirmado_repetido", "motivo": "Ya se había confirmado en otra consulta"},
    "anulado",
    "Se escribió en la historia de otra persona",
)
