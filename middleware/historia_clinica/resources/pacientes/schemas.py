"""What is accepted and returned for patients."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import AtMost, BirthDate, Cedula, Line, Schema, Words
from historia_clinica.http.pagination import RecordPageQuery
from historia_clinica.records.schemas import examples_of


class _Datos(Schema):
    nombre: Annotated[Line, AtMost(100)]
    apellido: Annotated[Line, AtMost(100)]
    fecha_nacimiento: BirthDate | None = None
    telefono: Annotated[Line, AtMost(20)] | None = None
    direccion: Annotated[Line, AtMost(300)] | None = None
    ciudad: Annotated[Line, AtMost(50)] | None = None


class PacienteNuevo(_Datos):
    cedula: Cedula


class PacienteCorregido(_Datos):
    motivo: Motivo


class CambioDeDocumento(Schema):
    cedula: Annotated[Cedula, Field(description="El número que pasa a tener.")]
    motivo: Motivo


class Paciente(Schema):
    cedula: str
    id: UUID
    nombre: str
    apellido: str
    fecha_nacimiento: date | None
    telefono: str | None
    direccion: str | None
    ciudad: str | None
    estado: Literal["activo", "anulado", "fusionado"]
    fecha_registro: datetime
    actualizado_en: datetime
    version: int


class PacientesQuery(RecordPageQuery):
    nombre: Annotated[
        Words | None,
        Field(
            description="Palabras del nombre o del apellido, o su comienzo, en cualquier orden, sin importar tildes ni"
            " mayúsculas."
        ),
    ] = None
    documento: Annotated[Cedula | None, Field(description="Comienzo de la cédula, con mayúsculas.")] = None
    fecha_nacimiento: Annotated[BirthDate | None, Field(description="Fecha de nacimiento exacta.")] = None


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
    "estado": "activo",
    "fecha_registro": "2026-01-31T13:30:00Z",
    "actualizado_en": "2026-01-31T13:30:00Z",
    "version": 1,
}
EXAMPLES = examples_of(
    EXAMPLE,
    EXAMPLE_ANSWER,
    {"telefono": "+57 310 000 0000", "motivo": "El paciente cambió de teléfono"},
    "anulado",
    "Registrado dos veces: su cédula es la 1012345678",
    fixed="cedula",
)
EXAMPLE_NUMBER = {"cedula": "1012345678", "motivo": "Cumplió 18 años: de tarjeta de identidad a cédula"}
EXAMPLE_NUMBERED = EXAMPLE_ANSWER | {
    "cedula": "1012345678",
    "actualizado_en": "2026-03-02T15:04:05Z",
    "version": 2,
}
