"""What is accepted and returned for physicians."""

from datetime import datetime
from typing import Annotated, Literal

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import AtMost, Identifier, Line, Schema
from historia_clinica.records.fields import Email
from historia_clinica.records.schemas import examples_of


class MedicoNuevo(Schema):
    nombre: Annotated[Line, AtMost(100)]
    apellido: Annotated[Line, AtMost(100)]
    especialidad: Annotated[Line, AtMost(100)] | None = None
    codigo_medico: Annotated[Line, AtMost(20)]
    telefono: Annotated[Line, AtMost(20)] | None = None
    email: Email | None = None


class MedicoCorregido(MedicoNuevo):
    motivo: Motivo


class Medico(Schema):
    id: int
    nombre: str
    apellido: str
    especialidad: str | None
    codigo_medico: str
    telefono: str | None
    email: str | None
    estado: Literal["activo", "anulado"]
    fecha_registro: datetime
    actualizado_en: datetime
    version: int


class MedicoEnRuta(Schema):
    id: Identifier


EXAMPLE = {
    "nombre": "Lucía",
    "apellido": "Gómez",
    "especialidad": "Cardiología",
    "codigo_medico": "MED001",
    "telefono": None,
    "email": "lucia.gomez@hospital.com",
}
EXAMPLE_ANSWER = {
    "id": 1,
    **EXAMPLE,
    "estado": "activo",
    "fecha_registro": "2026-01-31T13:30:00Z",
    "actualizado_en": "2026-01-31T13:30:00Z",
    "version": 1,
}
EXAMPLES = examples_of(
    EXAMPLE,
    EXAMPLE_ANSWER,
    {"email": "lgomez@hospital.com", "motivo": "Correo mal escrito"},
    "anulado",
    "Registrada dos veces",
)
