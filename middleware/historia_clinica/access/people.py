"""Who asks: what the rest of a request may know of that person."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Rol(StrEnum):
    """What somebody is here for; one account has one of them."""

    ADMIN = "admin"
    ADMISIONISTA = "admisionista"
    MEDICO = "medico"
    RESULTADOS = "resultados"
    PACIENTE = "paciente"
    AUDITOR = "auditor"
    OFICIAL_DATOS = "oficial_datos"
    INVESTIGADOR = "investigador"


@dataclass(frozen=True)
class Persona:
    """`usuario` is the document of the account; `rol` None: nobody identified himself. `medico_id` is who a physician's
    account is among `medicos`. `paciente_id` and `paciente_uuid` say whose record a patient's account is about: the
    number of then, and the identity that stays when the number changes or becomes somebody else's. `ambitos` are
    all that a program's account may do, which has no role: empty for people.
    """

    usuario: str
    rol: Rol | None = None
    medico_id: int | None = None
    paciente_id: str | None = None
    paciente_uuid: UUID | None = None
    sesion: UUID | None = None
    ambitos: frozenset[str] = field(default_factory=frozenset)


ANONYMOUS = Persona("api")
