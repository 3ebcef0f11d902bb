"""What is returned of the access matrix."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from historia_clinica.http.fields import Schema


class Rol(Schema):
    rol: str
    descripcion: str


class Permiso(Schema):
    rol: str
    recurso: Annotated[str, Field(description="Sobre qué, con el nombre de las rutas.")]
    accion: str
    condicion: Annotated[str, Field(description="Lo que además debe ser cierto del paciente o del registro.")]
    campos_ocultos: Annotated[list[str], Field(description="Miembros que faltan en lo que se le responde.")]
    campos_solo_lectura: Annotated[list[str], Field(description="Miembros que no puede cambiar.")]
    propio: Annotated[bool, Field(description="Si lo agregó la instalación y no viene con el programa.")]


class Matriz(Schema):
    version: Annotated[int | None, Field(description="Nulo mientras no se haya cargado ninguna.")]
    sha256: str | None
    vigente_desde: datetime | None
    roles: list[Rol]
    permisos: Annotated[list[Permiso], Field(description="Lo que no está aquí se niega.")]


EXAMPLE = {
    "version": 1,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "vigente_desde": "2026-01-31T13:30:00Z",
    "roles": [{"rol": "medico", "descripcion": "Atiende a los pacientes con los que tiene una relación de atención"}],
    "permisos": [
        {
            "rol": "medico",
            "recurso": "consultas",
            "accion": "leer",
            "condicion": "relacion",
            "campos_ocultos": [],
            "campos_solo_lectura": [],
            "propio": False,
        }
    ],
}
