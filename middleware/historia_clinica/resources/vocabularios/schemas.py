"""What is accepted and returned for vocabularies."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from historia_clinica.http.fields import Schema, Words
from historia_clinica.http.pagination import PageQuery

NOMBRE = r"^[a-z][a-z0-9-]{0,39}$"
CODIGO = r"^[0-9A-Za-z][0-9A-Za-z._+-]{0,39}$"


def _check_nombre(value: str) -> str:
    if not re.fullmatch(NOMBRE[1:-1], value):
        raise PydanticCustomError("historia_vocabulario", "Debe ser el nombre corto de un vocabulario.")
    return value


def _check_codigo(value: str) -> str:
    if not re.fullmatch(CODIGO[1:-1], value):
        raise PydanticCustomError(
            "historia_codigo", "Debe llevar hasta 40 letras sin tilde, dígitos, puntos, guiones o «+»."
        )
    return value


Nombre = Annotated[str, AfterValidator(_check_nombre), Field(strict=True, json_schema_extra={"pattern": NOMBRE})]
Codigo = Annotated[str, AfterValidator(_check_codigo), Field(strict=True, json_schema_extra={"pattern": CODIGO})]


class VocabularioEnRuta(Schema):
    nombre: Nombre


class ConceptoEnRuta(Schema):
    nombre: Nombre
    codigo: Codigo


class VersionQuery(Schema):
    version: Annotated[Codigo | None, Field(description="Versión; si falta, la última que ya rige.")] = None


class ConceptosQuery(PageQuery, VersionQuery):
    buscar: Annotated[
        Words | None,
        Field(description="Palabras del código o de la descripción, o su comienzo, sin importar tildes ni mayúsculas."),
    ] = None
    codigo: Annotated[Codigo | None, Field(description="Comienzo del código.")] = None


class Vocabulario(Schema):
    nombre: str
    version: str
    titulo: str
    fuente: str
    licencia: str
    aviso: Annotated[str | None, Field(description="Texto que la licencia obliga a mostrar.")]
    completo: Annotated[bool, Field(description="Si trae todos los códigos de la fuente o solo una parte.")]
    conceptos: int
    sha256: Annotated[str, Field(description="Huella del archivo del que se cargó.")]
    vigente_desde: date
    fecha_registro: datetime
    actual: Annotated[bool, Field(description="Si es la versión que se lee cuando no se pide otra.")]


class Vocabularios(Schema):
    vocabularios: list[Vocabulario]


class Concepto(Schema):
    vocabulario: str
    version: str
    codigo: str
    descripcion: str
    padre: Annotated[str | None, Field(description="Código del concepto que lo contiene.")]
    vigente_desde: date | None
    vigente_hasta: Annotated[date | None, Field(description="Último día en que se pudo usar.")]
    atributos: Annotated[dict[str, Any] | None, Field(description="Lo demás que dice la fuente.")]


class PaginaConceptos(Schema):
    conceptos: list[Concepto]
    siguiente: str | None


EXAMPLE_LIST = {
    "vocabularios": [
        {
            "nombre": "divipola",
            "version": "2019-12",
            "titulo": "División político-administrativa de Colombia (DIVIPOLA)",
            "fuente": "DANE; tomado de Faker 40.63.0, proveedor de direcciones es_CO",
            "licencia": "MIT (Faker)",
            "aviso": "Copyright (c) 2012 Daniele Faraglia. Licencia MIT, texto en vocabularies/NOTICE.",
            "completo": True,
            "conceptos": 1154,
            "sha256": "c70c2362f9d124f3b6ecfe70ef859dd6529b23b3ade4aadfe735cc370e67bc4f",
            "vigente_desde": "2019-12-01",
            "fecha_registro": "2026-01-31T13:30:00Z",
            "actual": True,
        }
    ]
}
EXAMPLE = {
    "vocabulario": "divipola",
    "version": "2019-12",
    "codigo": "05001",
    "descripcion": "Medellín",
    "padre": "05",
    "vigente_desde": None,
    "vigente_hasta": None,
    "atributos": {"nivel": "municipio"},
}
EXAMPLE_PAGE = {"conceptos": [EXAMPLE], "siguiente": None}
