"""Who may do what: the one function that decides, from the matrix and from what is known of the patient. Pure.

A row of the matrix allows one role one action on one resource under one condition. No row, no permission; several rows
are alternatives, so that one more never takes anything away from whoever had one already. An action that names a second
patient beside the one in the path (a merge, another number) cannot hang on a condition: its answers would tell whether
that other patient exists.

What a patient denied takes away what the matrix allows, and gives nothing: of several denials each counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from historia_clinica.access.consent import OF_ALL_KINDS, Negativa, deniable, denied
from historia_clinica.access.operations import Accion, Operation
from historia_clinica.access.people import Persona, Rol

Fields = frozenset[str]
NONE: Fields = frozenset()
OF_TWO_PATIENTS = frozenset({Accion.FUSIONAR, Accion.RENUMERAR})


class Condicion(StrEnum):
    SIEMPRE = "siempre"
    RELACION = "relacion"  # there is a treatment relation today, or an emergency access of this very session
    AUTOR = "autor"  # such a relation, and the row bears the physician's own name
    ORDEN = "orden"  # something was ordered for the patient
    EMERGENCIA = "emergencia"  # there is such an access, whatever relation there is besides
    PROPIO = "propio"  # it is the person's own record, by the identity that outlasts a number


LOOKED_UP = frozenset(Condicion) - {Condicion.SIEMPRE}
# A search is about no patient: under these conditions it finds those for whom they hold.
NARROWING = frozenset({Condicion.RELACION, Condicion.PROPIO})


ATTENDING = frozenset({"relacion", "emergencia"})
FACTS = {
    Condicion.RELACION: ATTENDING,
    Condicion.AUTOR: ATTENDING,
    Condicion.ORDEN: frozenset({"orden"}),
    Condicion.EMERGENCIA: frozenset({"emergencia"}),
    Condicion.PROPIO: frozenset({"propio"}),
}


class Razon(StrEnum):
    PERMITIDO = "permitido"
    SIN_PERMISO = "sin_permiso"
    PACIENTE_AJENO = "paciente_ajeno"
    NEGADO = "negado"


@dataclass(frozen=True)
class Permiso:
    rol: Rol
    recurso: str
    accion: Accion
    condicion: Condicion
    campos_ocultos: Fields = NONE
    campos_solo_lectura: Fields = NONE


@dataclass(frozen=True)
class Hechos:
    """What is known of the patient in the path, if there is one, of who asks, and what for (a code of HL7)."""

    paciente: str | None = None
    relacion: bool = False
    orden: bool = False
    propio: bool = False
    emergencia: bool = False
    negativas: tuple[Negativa, ...] = ()
    proposito: str | None = None


@dataclass(frozen=True)
class Decision:
    """`solo_autor`: rows of one's own alone. `alcance`: of a search, whom it may find; empty: everybody."""

    permitido: bool
    razon: Razon
    campos_ocultos: Fields = NONE
    campos_solo_lectura: Fields = NONE
    solo_autor: bool = False
    alcance: frozenset[Condicion] = frozenset()


UNRESTRICTED = Decision(permitido=True, razon=Razon.PERMITIDO)


def facts_of(condicion: Condicion) -> frozenset[str]:
    """The members of `Hechos` on which it hangs."""
    return FACTS.get(condicion, NONE)


def permisos_de(persona: Persona, operation: Operation, matriz: Iterable[Permiso]) -> list[Permiso]:
    """The rows that speak of it."""
    wanted = (persona.rol, operation.recurso, operation.accion)
    return [one for one in matriz if (one.rol, one.recurso, one.accion) == wanted]


def asks_for_facts(persona: Persona, operation: Operation, matriz: Iterable[Permiso]) -> bool:
    """Whether anything has to be looked up about the patient before it can be decided."""
    rows = permisos_de(persona, operation, matriz)
    if (rows or persona.rol is None) and (deniable(persona, operation) or operation.recurso == OF_ALL_KINDS):
        return True
    if any(one.condicion is Condicion.SIEMPRE and not one.campos_ocultos | one.campos_solo_lectura for one in rows):
        return False  # no other row could allow more
    return any(one.condicion in LOOKED_UP for one in rows)


def decidir(persona: Persona, operation: Operation, matriz: Iterable[Permiso], hechos: Hechos) -> Decision:
    """Of who has no role the matrix knows nothing: a program, of which identification has looked at the scopes."""
    decided = UNRESTRICTED if persona.rol is None else _by_the_matrix(persona, operation, matriz, hechos)
    if not decided.permitido or hechos.propio or hechos.emergencia:
        return decided
    if denied(persona, operation, hechos.negativas, hechos.proposito):
        return Decision(permitido=False, razon=Razon.NEGADO)
    return decided


def _by_the_matrix(persona: Persona, operation: Operation, matriz: Iterable[Permiso], hechos: Hechos) -> Decision:
    rows = permisos_de(persona, operation, matriz)
    if not rows:
        return Decision(permitido=False, razon=Razon.SIN_PERMISO)
    if operation.accion is Accion.BUSCAR:
        return _search(persona, rows)
    held = [one for one in rows if _holds(one, hechos)]
    if not held:
        return Decision(
            permitido=False, razon=Razon.PACIENTE_AJENO if _is_about_the_patient(rows, hechos) else Razon.SIN_PERMISO
        )
    return Decision(
        permitido=True,
        razon=Razon.PERMITIDO,
        campos_ocultos=_in_all([one.campos_ocultos for one in held]),
        campos_solo_lectura=_in_all([one.campos_solo_lectura for one in held]),
        solo_autor=all(one.condicion is Condicion.AUTOR for one in held),
    )


def _is_about_the_patient(rows: Sequence[Permiso], hechos: Hechos) -> bool:
    """Whether the same might be allowed with another patient."""
    return hechos.paciente is not None and any(one.accion not in OF_TWO_PATIENTS for one in rows)


def _holds(permiso: Permiso, hechos: Hechos) -> bool:
    if permiso.condicion is Condicion.SIEMPRE:
        return True
    if hechos.paciente is None or permiso.accion in OF_TWO_PATIENTS:
        return False
    match permiso.condicion:
        case Condicion.RELACION | Condicion.AUTOR:
            return hechos.relacion or hechos.emergencia
        case Condicion.ORDEN:
            return hechos.orden
        case Condicion.EMERGENCIA:
            return hechos.emergencia
        case Condicion.PROPIO:
            return hechos.propio


def _search(persona: Persona, rows: Sequence[Permiso]) -> Decision:
    """Whoever may find everybody sees of everybody what that row shows; else of each what every row shows."""
    everybody = [one for one in rows if one.condicion is Condicion.SIEMPRE]
    some = [one for one in rows if one.condicion in NARROWING]
    if persona.paciente_id is None:
        some = [one for one in some if one.condicion is not Condicion.PROPIO]
    if not (held := everybody or some):
        return Decision(permitido=False, razon=Razon.SIN_PERMISO)
    return Decision(
        permitido=True,
        razon=Razon.PERMITIDO,
        campos_ocultos=frozenset().union(*(one.campos_ocultos for one in held)),
        alcance=frozenset() if everybody else frozenset(one.condicion for one in some),
    )


def _in_all(fields: Sequence[Fields]) -> Fields:
    return frozenset.intersection(*fields)
