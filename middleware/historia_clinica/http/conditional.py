"""Versions over HTTP: strong ETags, the conditions of RFC 9110 §13, `Prefer: return=minimal` of RFC 7240."""

import re
from datetime import datetime
from typing import Annotated, Any, Self, TypeVar

from flask import Response, request
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from werkzeug.http import parse_list_header

from historia_clinica.errors import MalformedRequest, PreconditionFailed, PreconditionRequired
from historia_clinica.http.fields import DIGITS, AtMost, Line, Moment, Schema
from historia_clinica.versions import Version

Body = TypeVar("Body", bound=Schema)
Answer = Response | tuple[Body, int, dict[str, str]]
VERSION = re.compile(r"[1-9][0-9]{0,9}")
LAST_VERSION = 2**31 - 1  # a column of type integer
# RFC 9110 §8.8.3, with more signs between the quotes: a tag that we never gave out is another version, not a mistake
TAGS = re.compile(r'[\s,]*((W/)?"[^"]*"\s*(,[\s,]*|$))*')
UNQUOTED = 'If-Match lleva la versión entre comillas, como la cabecera ETag que la dio: "3".'
MINIMAL = "return=minimal"

Motivo = Annotated[Line, AtMost(500), Field(description="Por qué se hace el cambio; queda en el historial de la fila.")]


class VersionQuery(Schema):
    version: Annotated[int | None, Field(ge=1, le=2**31 - 1, description="Número de la versión."), DIGITS] = None
    en: Annotated[Moment | None, Field(description="Instante con desfase horario: la fila como estaba entonces.")] = (
        None
    )

    @model_validator(mode="after")
    def _ask_once(self) -> Self:
        if self.version is not None and self.en is not None:
            both = {"members": ["version", "en"]}
            raise PydanticCustomError("historia_version", "Pida «version» o «en», no los dos.", both)
        return self


class Anulacion(Schema):
    motivo: Motivo


class VersionMeta(Schema):
    # Who wrote a version, why, and how long it held. No docstring: it would stand in the published document.
    version: int
    vigente_desde: datetime
    vigente_hasta: Annotated[datetime | None, Field(description="Nulo en la versión actual; ya no incluido.")]
    cambiado_por: str | None
    motivo: Annotated[str | None, Field(description="Nulo en la primera versión y en la firma de una nota.")]
    peticion: Annotated[str | None, Field(description="X-Request-ID de la petición que la escribió.")]


def meta(version: Version[Any]) -> dict[str, Any]:
    """The members of `VersionMeta`."""
    return {
        "version": version.row.version,
        "vigente_desde": version.vigente_desde,
        "vigente_hasta": version.vigente_hasta,
        "cambiado_por": version.cambiado_por,
        "motivo": version.motivo,
        "peticion": version.peticion,
    }


def etag(version: int) -> str:
    return f'"{version}"'


def wanted_versions() -> list[int]:
    """Those that If-Match names. Raises PreconditionRequired without one, and for `*`: that is no version; raises
    MalformedRequest for what is no list of tags.

    Comparison is strong, so weak tags match nothing, and neither does a tag that we never gave out.
    """
    offered = request.headers.get("If-Match", "")
    if offered.strip(" \t,") in {"", "*"}:
        raise PreconditionRequired
    if not TAGS.fullmatch(offered):
        raise MalformedRequest(UNQUOTED)
    tags = request.if_match.as_set()  # Werkzeug reads "" as None
    return [version for tag in tags if VERSION.fullmatch(tag or "") and (version := int(tag)) <= LAST_VERSION]


def read(body: Body, version: int) -> Answer[Body]:
    """The answer of a GET: 304 where the client has this version, 412 where it insists on another."""
    tag = etag(version)
    if request.if_match and not request.if_match.contains(str(version)):
        raise PreconditionFailed(version)
    if request.if_none_match.contains_weak(str(version)):
        return _empty(304, {"ETag": tag})
    return body, 200, {"ETag": tag}


def written(body: Body, version: int, location: str | None = None) -> Answer[Body]:
    """The answer of a write, created where there is a location; without its body if the client prefers that."""
    status, headers = (201, {"Location": location}) if location else (200, {})
    headers["ETag"] = etag(version)
    if not _prefers_minimal():
        return body, status, headers
    return _empty(201 if location else 204, headers | {"Preference-Applied": MINIMAL})


def _prefers_minimal() -> bool:
    """The first `return` counts; a preference may carry parameters, and its value quotes."""
    for preference in parse_list_header(request.headers.get("Prefer", "")):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "return":
            return value.strip().strip('"').lower() == "minimal"
    return False


def _empty(status: int, headers: dict[str, str]) -> Response:
    response = Response(status=status, headers=headers)
    del response.headers["Content-Type"]
    return response
