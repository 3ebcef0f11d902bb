"""SQL of merges. The functions are the owner's: nothing else in their transaction may touch the patients' rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from historia_clinica.db import Parameters, Scope, Statement, Transaction
from historia_clinica.errors import (
    NO_PATIENT,
    Conflict,
    FieldError,
    HistoriaError,
    InvalidInput,
    MergeRefused,
    NotFound,
    PreconditionFailed,
    SplitRefused,
)
from historia_clinica.records.store import refuse_without_patient
from historia_clinica.resources.pacientes import repository as pacientes
from historia_clinica.resources.pacientes.schemas import Paciente

MERGE = Statement(
    """
    SELECT version, obstaculo, detalle
      FROM fusionar_pacientes(%(cedula)s, %(duplicado)s, %(versiones)s::integer[], %(cambiado_por)s, %(motivo)s,
                              %(peticion)s, %(clave)s::uuid, %(huella)s::bytea)
    """,
    Scope.CLUSTER,
)
SPLIT = Statement(
    """
    SELECT version, obstaculo, detalle
      FROM separar_pacientes(%(cedula)s, %(duplicado)s, %(versiones)s::integer[], %(cambiado_por)s, %(motivo)s,
                             %(peticion)s, %(clave)s::uuid, %(huella)s::bytea)
    """,
    Scope.CLUSTER,
)
PAGE = Statement(
    """
    SELECT id, duplicado, fecha_registro, cambiado_por, motivo, peticion,
           separado_en, separado_por, motivo_separacion, peticion_separacion
      FROM fusiones
     WHERE paciente_id = %(cedula)s
       AND (%(before_moment)s::timestamptz IS NULL
            OR (fecha_registro, id) < (%(before_moment)s::timestamptz, %(before_id)s::uuid))
     ORDER BY fecha_registro DESC, id DESC
     LIMIT %(rows)s
    """,
    Scope.PATIENT,
)


@dataclass(frozen=True)
class Fusion:
    id: UUID
    duplicado: str
    fecha_registro: datetime
    cambiado_por: str
    motivo: str
    peticion: str | None
    separado_en: datetime | None
    separado_por: str | None
    motivo_separacion: str | None
    peticion_separacion: str | None


@dataclass(frozen=True)
class Outcome:
    """The version of the patient that stays: the new one, or where there is an obstacle the one that it has."""

    version: int | None
    obstaculo: str | None
    detalle: str | None


Change = Callable[[Transaction, str, str, Sequence[int], Parameters], Outcome]


def merge(
    transaction: Transaction, cedula: str, duplicado: str, versions: Sequence[int], values: Parameters
) -> Outcome:
    """Gives the patient all that is the duplicate's. `values` are the authorship. Raises InvalidInput, MergeRefused."""
    if duplicado == cedula:
        raise InvalidInput(errors=(FieldError("/duplicado", "Es el mismo paciente."),))
    try:
        return _call(transaction, MERGE, cedula, duplicado, versions, values)
    except Conflict as error:  # a key that both sent when they had the same number, one after the other
        raise MergeRefused("Los dos tienen un registro con el mismo identificador.") from error


def split(
    transaction: Transaction, cedula: str, duplicado: str, versions: Sequence[int], values: Parameters
) -> Outcome:
    """Gives the duplicate back what was its own. `values` are the authorship."""
    return _call(transaction, SPLIT, cedula, duplicado, versions, values)


def survivor(transaction: Transaction, cedula: str, outcome: Outcome, values: Parameters) -> Paciente:
    """The patient as the change left it, also where it was made by the same request before.

    Raises what keeps it from being made: NotFound, PreconditionFailed, InvalidInput, MergeRefused, SplitRefused,
    KeyReused.
    """
    if outcome.obstaculo is None:
        return pacientes.VERSIONS.find(transaction, {"cedula": cedula}, outcome.version)
    return pacientes.VERSIONS.repeated(transaction, {**values, "cedula": cedula}) or _refuse(outcome)


def page(transaction: Transaction, cedula: str, before: tuple[datetime | None, UUID | None], rows: int) -> list[Fusion]:
    """The newest first; raises NotFound where there is no such patient."""
    parameters = {"cedula": cedula, "before_moment": before[0], "before_id": before[1], "rows": rows}
    found = transaction.rows(PAGE, parameters, Fusion)
    if not found:
        refuse_without_patient(transaction, {"paciente_id": cedula})
    return found


def _call(
    transaction: Transaction,
    statement: Statement,
    cedula: str,
    duplicado: str,
    versions: Sequence[int],
    values: Parameters,
) -> Outcome:
    parameters = {**values, "cedula": cedula, "duplicado": duplicado, "versiones": list(versions)}
    transaction.row(pacientes.UNHURRIED, {}, dict)
    return transaction.rows(statement, parameters, Outcome)[0]


def _refuse(outcome: Outcome) -> NoReturn:
    match outcome.obstaculo, outcome.version, outcome.detalle:
        case "no existe", _, _:
            raise NotFound(NO_PATIENT)
        case "version", int(version), _:
            raise PreconditionFailed(version)
        case "anulado", _, _:
            raise MergeRefused("El paciente que quedaría está anulado.")
        case "duplicado anulado", _, _:
            raise MergeRefused("El duplicado está anulado.")
        case "duplicado fusionado", _, _:
            raise MergeRefused("El duplicado ya está fusionado con un paciente.")
        case "duplicado no existe", _, _:
            raise InvalidInput(errors=(FieldError("/duplicado", NO_PATIENT),))
        case "duplicado no fusionado", _, _:
            raise InvalidInput(errors=(FieldError("/duplicado", "No está fusionado con este paciente."),))
        case "dentro de otra", _, str(number):
            raise SplitRefused(f"Esa fusión vino con otra posterior: separe antes el paciente {number}.")
        case "referencia", _, str(row):
            raise SplitRefused(f"Un registro de uno nombra otro que es del otro; corríjalo antes: {row}.")
    raise HistoriaError
