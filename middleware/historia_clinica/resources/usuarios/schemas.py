"""What is accepted and returned for users; the seed's shape of them, to the letter."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import AtMost, Cedula, Line, Schema
from historia_clinica.records.fields import DocumentoUsuario, Email
from historia_clinica.records.schemas import examples_of


class _Datos(Schema):
    nombre: Annotated[Line, AtMost(100)]
    email: Email


class UsuarioNuevo(_Datos):
    documento_id: Annotated[Cedula, Field(description="Documento del usuario, con mayúsculas.")]


class UsuarioCorregido(_Datos):
    motivo: Motivo


class Usuario(Schema):
    documento_id: str
    id: int
    nombre: str
    email: str
    estado: Literal["activo", "anulado"]
    fecha_creacion: datetime
    actualizado_en: datetime
    version: int


class UsuarioEnRuta(Schema):
    documento_id: DocumentoUsuario


class UsuarioHeredado(Schema):
    id: int
    nombre: str
    email: str
    fecha_creacion: datetime


class UsuariosHeredados(Schema):
    usuarios: list[UsuarioHeredado]


EXAMPLE = {"documento_id": "1012345678", "nombre": "Inés Peña", "email": "ines.pena@hospital.com"}
EXAMPLE_ANSWER = EXAMPLE | {
    "id": 1,
    "estado": "activo",
    "fecha_creacion": "2026-01-31T13:30:00Z",
    "actualizado_en": "2026-01-31T13:30:00Z",
    "version": 1,
}
EXAMPLES = examples_of(
    EXAMPLE,
    EXAMPLE_ANSWER,
    {"email": "ipena@hospital.com", "motivo": "Cambió de correo"},
    "anulado",
    "Ya no trabaja aquí",
    fixed="documento_id",
)
