"""What is accepted and returned for patients."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from historia_clinica.http.fields import BirthDate, Cedula, Line, Schema


class PacienteNuevo(Schema):
    cedula: Cedula
    nombre: Annotated[Line, Field(max_length=100)]
    apellido: Annotated[Line, Field(max_length=100)]
    fecha_nacimiento: BirthDate | None = None
    telefono: Annotated[Line, Field(max_length=20)] | None = None
    direccion: Annotated[Line, Field(max_length=300)] | None = None
    ciudad: Annotated[Line, Field(max_length=50)] | None = None


class Paciente(Schema):
    cedula: str
    id: UUID
    nombre: str
    apellido: str
    fecha_nacimiento: date | None
    telefono: str | None
    direccion: str | None
    ciudad: str | None
    fecha_registro: datetime
    version: int


class PaginaPacientes(Schema):
    pacientes: list[Paciente]
    siguiente: str | None


class PacienteEnRuta(Schema):
    cedula: Cedula


EXAMPLE = {
    "cedula": "0102030405",
    "nombre": "María José",
    "apellido": "Peña Ñáñez",
    "fecha_nacimiento": "1984-02-29",
    "telefono": "+57 300 000 0000",
    "direccion": "Calle 10 # 5-21",
    "ciudad": "Popayán",
}
EXAMPLE_ANSWER = EXAMPLE | {
    "id": "7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1de",
    "fecha_registro": "2026-01-31T13:30:00Z",
    "version": 1,
}
