"""What is accepted and returned for sessions."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from historia_clinica.http.fields import LINE_PATTERN, Schema
from historia_clinica.identity.id_tokens import LONGEST as LONGEST_ID_TOKEN
from historia_clinica.identity.renewals import LONGEST, PATTERN

DOCUMENTO = r"^[0-9A-Za-z-]{3,36}$"
LEAST, MOST = 12, 128


def _check_clave(value: Any) -> Any:
    """Unlike other texts it is not trimmed: every letter counts."""
    if isinstance(value, str) and value and not re.fullmatch(LINE_PATTERN[1:-1], value):
        raise PydanticCustomError(
            "historia_clave", "No puede quedar en blanco ni llevar saltos de línea o caracteres de control."
        )
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise PydanticCustomError("historia_control", "Contiene caracteres de control o no válidos.")
    return value


def _text(description: str, least: int = 1) -> Any:
    extra: dict[str, Any] = {"pattern": LINE_PATTERN, "writeOnly": True}
    return Field(strict=True, min_length=least, max_length=MOST, description=description, json_schema_extra=extra)


Clave = Annotated[str, BeforeValidator(_check_clave), _text("La contraseña.")]
ClaveNueva = Annotated[
    str, BeforeValidator(_check_clave), _text("La contraseña nueva: 12 caracteres o más, sin su documento.", LEAST)
]


Documento = Annotated[str, Field(strict=True, pattern=DOCUMENTO, description="Documento del usuario.")]


class Acceso(Schema):
    documento_id: Documento
    clave: Clave


class AccesoConProveedor(Schema):
    documento_id: Documento
    id_token: Annotated[
        str,
        Field(
            strict=True,
            max_length=LONGEST_ID_TOKEN,
            pattern=r"^[A-Za-z0-9_.-]+$",
            description="El ID token que dio el proveedor, recién dado; vale una vez.",
            json_schema_extra={"writeOnly": True},
        ),
    ]


class Renovacion(Schema):
    refresh_token: Annotated[
        str,
        Field(strict=True, max_length=LONGEST, pattern=PATTERN, description="El último que se recibió; vale una vez."),
    ]


class CambioClave(Schema):
    clave_actual: Clave
    clave_nueva: ClaveNueva


class Concedido(Schema):
    access_token: Annotated[str, Field(description="Va en cada petición: `Authorization: Bearer …`.")]
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(description="Segundos que vale.")]
    refresh_token: Annotated[str, Field(description="Con él se pide el siguiente; vale una vez.")]
    sesion: UUID
    debe_cambiar_clave: Annotated[
        bool, Field(description="La contraseña es de un solo uso: hasta cambiarla no se puede hacer otra cosa.")
    ]


class Sesion(Schema):
    id: UUID
    actual: Annotated[bool, Field(description="Si es la de esta petición.")]
    creada_en: datetime
    renovada_en: datetime
    expira_en: datetime


class ListaSesiones(Schema):
    sesiones: list[Sesion]


IDENTIFIER = "0d9e6c2e-4d4f-4d62-8a5e-6f2f6f1c5a11"
EXAMPLE = {"documento_id": "1012345678", "clave": "cuatro palabras nada comunes"}
EXAMPLE_PROVIDER = {
    "documento_id": EXAMPLE["documento_id"],
    "id_token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2lnbmF0dXJl",
}
EXAMPLE_RENEWAL = {"refresh_token": "DZ5sLk1PTWKKXm8vbxxaEQ"}
EXAMPLE_CHANGE = {"clave_actual": EXAMPLE["clave"], "clave_nueva": "otras cinco palabras menos comunes"}
EXAMPLE_ANSWER = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
    "token_type": "Bearer",
    "expires_in": 600,
    "refresh_token": EXAMPLE_RENEWAL["refresh_token"],
    "sesion": IDENTIFIER,
    "debe_cambiar_clave": False,
}
EXAMPLE_LIST = {
    "sesiones": [
        {
            "id": IDENTIFIER,
            "actual": True,
            "creada_en": "2026-01-31T13:30:00Z",
            "renovada_en": "2026-01-31T14:10:00Z",
            "expira_en": "2026-02-01T01:30:00Z",
        }
    ]
}
