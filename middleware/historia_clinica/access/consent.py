"""What a patient denied, whom that reaches, and who decides for one who is a minor. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Literal, get_args

from historia_clinica.access.operations import Accion, Operation
from historia_clinica.access.people import Persona, Rol
from historia_clinica.access.purpose import Proposito

# The kinds of record that can be denied: what care wrote, never who the patient is or who saw the record.
Categoria = Literal[
    "consultas",
    "diagnosticos",
    "alergias",
    "antecedentes",
    "signos_vitales",
    "prescripciones",
    "ordenes",
    "resultados",
    "notas",
    "documentos",
]
CATEGORIAS: frozenset[str] = frozenset(get_args(Categoria))
OF_ALL_KINDS = "historia"  # it shows of each kind what may be read of it
NOT_REACHED = frozenset({Rol.AUDITOR})  # who oversees all, and sees what is clinical masked
OF_AGE = 18
COLOMBIA = timezone(timedelta(hours=-5))  # it keeps no summer time


@dataclass(frozen=True)
class Negativa:
    """One denial that is in force: of which kinds of record, to which users or roles, what for. Empty: all."""

    categorias: frozenset[str] = frozenset()
    destinatarios: frozenset[str] = frozenset()
    propositos: frozenset[str] = frozenset()

    def reaches(self, persona: Persona, recurso: str, proposito: str | None) -> bool:
        """`proposito`: the code of the request's. Where it has none, silence is no way around a denial."""
        return (
            (not self.categorias or recurso in self.categorias)
            and (not self.destinatarios or not self.destinatarios.isdisjoint({persona.usuario, persona.rol}))
            and (not self.propositos or proposito is None or proposito in map(_code, self.propositos))
        )


def deniable(persona: Persona, operation: Operation) -> bool:
    """Whether a denial could take it from that person: not to write down what care finds, which is a duty."""
    return persona.rol not in NOT_REACHED and operation.recurso in CATEGORIAS and operation.accion is not Accion.CREAR


def denied(persona: Persona, operation: Operation, negativas: Iterable[Negativa], proposito: str | None) -> bool:
    return deniable(persona, operation) and any(one.reaches(persona, operation.recurso, proposito) for one in negativas)


def is_minor(born: date, moment: datetime) -> bool:
    """Whether somebody was not yet of age on the day that it was in Colombia."""
    day = moment.astimezone(COLOMBIA).date()
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day)) < OF_AGE


def _code(word: str) -> str:
    """A word of a newer program is no purpose here: nobody can state it."""
    return Proposito(word).codigo if word in set(Proposito) else word
