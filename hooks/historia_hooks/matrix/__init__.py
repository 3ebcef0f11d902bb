"""The access matrix as files: who is what, and who may do what under which condition. No database.

A row of permisos.csv may name several resources and several actions; each pair is one permission.
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Permission:
    """One row of the table `permisos`, without its version."""

    rol: str
    recurso: str
    accion: str
    condicion: str
    campos_ocultos: tuple[str, ...] = ()
    campos_solo_lectura: tuple[str, ...] = ()

    def as_row(self, version: int) -> tuple[object, ...]:
        """In the order of the columns, with lists as COPY reads them: the names of fields need no quotes."""
        lists = (self.campos_ocultos, self.campos_solo_lectura)
        return version, self.rol, self.recurso, self.accion, self.condicion, *(f"{{{','.join(one)}}}" for one in lists)


@dataclass(frozen=True)
class Matrix:
    roles: tuple[tuple[str, str], ...]  # name and description
    permissions: tuple[Permission, ...]
    sha256: str

    def as_csv(self, version: int) -> str:
        """The rows of the table, in the order of its columns."""
        text = io.StringIO()
        csv.writer(text).writerows(one.as_row(version) for one in self.permissions)
        return text.getvalue()


def carried() -> Matrix:
    """What this package brings. That it is whole and sound is for its tests."""
    roles, permissions = ((files(__package__) / name).read_bytes() for name in ("roles.csv", "permisos.csv"))
    return Matrix(
        roles=tuple((row["rol"], row["descripcion"]) for row in _rows(roles)),
        permissions=tuple(one for row in _rows(permissions) for one in _permissions(row)),
        sha256=hashlib.sha256(roles + b"\0" + permissions).hexdigest(),
    )


def _rows(content: bytes) -> Iterator[dict[str, str]]:
    return iter(csv.DictReader(io.StringIO(content.decode()), strict=True))


def _permissions(row: dict[str, str]) -> Iterator[Permission]:
    lists = tuple(row["campos_ocultos"].split()), tuple(row["campos_solo_lectura"].split())
    for recurso in row["recursos"].split():
        for accion in row["acciones"].split():
            yield Permission(row["rol"], recurso, accion, row["condicion"], *lists)
