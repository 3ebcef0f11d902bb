"""The access matrix as the database holds it, and what it knows about a person and a patient."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from historia_clinica.access.consent import Negativa
from historia_clinica.access.decision import Condicion, Hechos, Permiso, facts_of
from historia_clinica.access.operations import Accion
from historia_clinica.access.people import Persona, Rol
from historia_clinica.db import Ask, Scope, Statement, Transaction
from historia_clinica.kept import Kept

KEEP = 5.0  # seconds after which another matrix is seen
OWN_VERSION = 0  # of the rows that the installation added

# Each reader sees one version whole: the rows come with the line that puts them in force.
MATRIX = Statement(
    """
    SELECT version, rol, recurso, accion, condicion, campos_ocultos, campos_solo_lectura
      FROM permisos
     WHERE version = 0 OR version = (SELECT max(version) FROM versiones_matriz)
     ORDER BY rol, recurso, accion, condicion, version
    """,
    Scope.REFERENCE,
)
IN_FORCE = Statement(
    "SELECT version, sha256, fecha_registro FROM versiones_matriz ORDER BY version DESC LIMIT 1", Scope.REFERENCE
)
ROLES = Statement("SELECT rol, descripcion FROM roles ORDER BY rol", Scope.REFERENCE)
FACTS = Statement(
    """
    SELECT hechos_de_acceso(%(paciente_id)s, %(usuario)s, %(paciente_uuid)s::uuid, %(sesion)s::uuid, %(que)s::text[],
                            %(contexto)s) AS hechos
    """,
    Scope.PATIENT,
)


@dataclass(frozen=True)
class Row:
    """Of the table, in its own words: some may be of a program that is newer than this one."""

    version: int
    rol: str
    recurso: str
    accion: str
    condicion: str
    campos_ocultos: list[str]
    campos_solo_lectura: list[str]

    @property
    def propio(self) -> bool:
        """Whether the installation added it."""
        return self.version == OWN_VERSION


@dataclass(frozen=True)
class InForce:
    version: int
    sha256: str
    fecha_registro: datetime


@dataclass(frozen=True)
class Role:
    rol: str
    descripcion: str


class Permissions:
    """What one process knows of the matrix. Calls raise what a transaction raises: nothing is decided without it."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[Transaction]], keep: float = KEEP) -> None:
        self._transaction = transaction
        self.matrix = Kept(keep, self._load)

    def of(self, rol: Rol | None) -> Sequence[Permiso]:
        """The rows of that role; none for who has no role."""
        return self.matrix().get(rol, ())

    def _load(self) -> Mapping[Rol | None, Sequence[Permiso]]:
        by_role: dict[Rol | None, list[Permiso]] = defaultdict(list)
        with self._transaction() as transaction:
            for one in understood(rows(transaction)):
                by_role[one.rol].append(one)
        return dict(by_role)


def rows(transaction: Transaction) -> list[Row]:
    return transaction.rows(MATRIX, {}, Row)


def understood(found: Sequence[Row]) -> tuple[Permiso, ...]:
    """Those of which every word is known here; the others allow nothing."""
    return tuple(
        Permiso(
            Rol(one.rol),
            one.recurso,
            Accion(one.accion),
            Condicion(one.condicion),
            frozenset(one.campos_ocultos),
            frozenset(one.campos_solo_lectura),
        )
        for one in found
        if one.rol in set(Rol) and one.accion in set(Accion) and one.condicion in set(Condicion)
    )


def facts(ask: Ask, persona: Persona, paciente: str, proposito: str | None, matriz: Iterable[Permiso]) -> Hechos:
    """About a patient who may not exist: then nothing holds. Nor does what no row of `matriz`, those of who asks, hangs
    on: it is not looked up. `ask`: about that patient.
    """
    asked = {
        "que": sorted({fact for one in matriz for fact in facts_of(one.condicion)}),
        "paciente_id": paciente,
        "usuario": persona.usuario,
        "paciente_uuid": persona.paciente_uuid,
        "sesion": persona.sesion,
    }
    found: dict[str, Any] = ask(FACTS, asked, dict)[0]
    return _known(paciente, proposito, **found["hechos"])


def _known(paciente: str, proposito: str | None, *, negativas: list[dict[str, list[str]]], **holding: bool) -> Hechos:
    denials = (Negativa(**{name: frozenset(values) for name, values in one.items()}) for one in negativas)
    return Hechos(paciente, **holding, negativas=tuple(denials), proposito=proposito)
