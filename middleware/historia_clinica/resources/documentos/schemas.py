"""What is accepted and returned for documents."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import AtMost, Line, Schema
from historia_clinica.records.schemas import Registro, examples

LARGEST = 524288
Tipo = Literal["epicrisis", "consentimiento", "imagen", "laboratorio", "otro"]
Mime = Literal["application/pdf", "image/png", "image/jpeg", "text/plain"]
MIMES: tuple[str, ...] = get_args(Mime)


def _check_name(value: str) -> str:
    if "/" in value or "\\" in value:
        raise PydanticCustomError("historia_name", "El nombre no lleva / ni \\.")
    return value


def _decode(value: Any) -> bytes:
    if not isinstance(value, str):
        raise PydanticCustomError("historia_base64", "Debe ser un texto en base64.")
    try:
        content = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PydanticCustomError("historia_base64", "Debe ser un texto en base64.") from error
    if not 1 <= len(content) <= LARGEST:
        raise PydanticCustomError("historia_size", "El contenido debe tener de 1 a 524288 bytes.")
    return content


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


LOOKS: dict[str, Callable[[bytes], bool]] = {
    "application/pdf": lambda content: content.startswith(b"%PDF-"),
    "image/png": lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda content: content.startswith(b"\xff\xd8\xff"),
    "text/plain": _is_text,
}


class _Datos(Schema):
    nombre: Annotated[Line, AtMost(200), AfterValidator(_check_name)]
    tipo: Tipo


class DocumentoNuevo(_Datos):
    mime: Mime
    contenido: Annotated[
        bytes,
        BeforeValidator(_decode),
        WithJsonSchema(
            {"type": "string", "contentEncoding": "base64", "description": "En base64; hasta 512 KiB ya decodificado."}
        ),
    ]

    @field_validator("contenido")
    @classmethod
    def _is_what_it_says(cls, value: bytes, info: ValidationInfo) -> bytes:
        mime = info.data.get("mime")
        if mime and not LOOKS[mime](value):
            raise PydanticCustomError("historia_mime", "El contenido no es del tipo que dice «mime».")
        return value


class DocumentoCorregido(_Datos):
    motivo: Motivo


class Documento(Registro):
    nombre: str
    tipo: Tipo
    mime: Mime
    bytes: Annotated[int, Field(description="Tamaño del contenido.")]
    sha256: Annotated[str, Field(description="SHA-256 del contenido.")]
    estado: Literal["activo", "anulado"]


_made = examples(
    {"nombre": "consentimiento.txt", "tipo": "consentimiento"},
    {"nombre": "consentimiento-cirugia.txt", "motivo": "El nombre no decía de qué"},
    "anulado",
    "Es de otra persona",
    {
        "mime": "text/plain",
        "bytes": 4,
        "sha256": "e633f4fc79badea1dc5db970cf397c8248bac47cc3acf9915ba60b5d76b0e88f",
        "estado": "activo",
    },
)
EXAMPLES = replace(_made, new=_made.new | {"mime": "text/plain", "contenido": "SG9sYQ=="})
