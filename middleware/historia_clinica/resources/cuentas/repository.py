"""SQL of accounts as an administrator sees them. Each statement is about one account, and one task."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from historia_clinica.db import Parameters, Scope, Statement, Transaction
from historia_clinica.errors import (
    NO_PATIENT,
    Conflict,
    FieldError,
    ForeignKeyMissing,
    InvalidInput,
    NotFound,
    PreconditionFailed,
)
from historia_clinica.identity import repository as identity

SHOWN = """documento_id, rol, ambitos, medico_id, paciente_id, sujeto_oidc, activa, debe_cambiar, clave_en, creada_en,
           creada_por, actualizada_en, actualizada_por, motivo, version"""
READ = Statement(f"SELECT {SHOWN} FROM cuentas WHERE documento_id = %(documento_id)s", Scope.ROW)
CREATE = Statement(
    f"""
    INSERT INTO cuentas (documento_id, rol, ambitos, medico_id, paciente_id, paciente_uuid, sujeto_oidc, clave_hash,
                         clave_en, debe_cambiar, creada_en, creada_por, motivo, peticion)
    VALUES (%(documento_id)s, %(rol)s, %(ambitos)s::text[], %(medico_id)s, %(paciente_id)s, %(paciente_uuid)s::uuid,
            %(sujeto_oidc)s, %(clave_hash)s, %(ahora)s, %(debe_cambiar)s, %(ahora)s, %(autor)s, %(motivo)s,
            %(peticion)s)
    RETURNING {SHOWN}
    """,
    Scope.ROW,
)
ASSIGN = Statement(
    f"""
    UPDATE cuentas
       SET rol = %(rol)s, ambitos = %(ambitos)s::text[], medico_id = %(medico_id)s, paciente_id = %(paciente_id)s,
           paciente_uuid = %(paciente_uuid)s::uuid, sujeto_oidc = %(sujeto_oidc)s, activa = %(activa)s,
           version = version + 1, actualizada_en = %(ahora)s, actualizada_por = %(autor)s, motivo = %(motivo)s,
           peticion = %(peticion)s
     WHERE documento_id = %(documento_id)s AND version = %(version)s
    RETURNING {SHOWN}
    """,
    Scope.ROW,
)
RESET = Statement(
    f"""
    UPDATE cuentas
       SET clave_hash = %(clave_hash)s, clave_en = %(ahora)s, debe_cambiar = rol IS NOT NULL, version = version + 1,
           actualizada_en = %(ahora)s, actualizada_por = %(autor)s, motivo = %(motivo)s, peticion = %(peticion)s
     WHERE documento_id = %(documento_id)s
    RETURNING {SHOWN}
    """,
    Scope.ROW,
)
PATIENT = Statement("SELECT id FROM pacientes WHERE cedula = %(paciente_id)s AND estado <> 'fusionado'", Scope.PATIENT)
PHYSICIAN = Statement("SELECT id FROM medicos WHERE id = %(medico_id)s", Scope.REFERENCE)
NO_ACCOUNT = "No hay una cuenta de ese usuario."
SECOND = "Ese usuario ya tiene una cuenta."
NO_USER = "No hay un usuario con ese documento."
NO_PHYSICIAN = FieldError("/medico_id", "No hay un médico con ese número.")


@dataclass(frozen=True)
class Cuenta:
    documento_id: str
    rol: str | None
    ambitos: list[str] | None
    medico_id: int | None
    paciente_id: str | None
    sujeto_oidc: str | None
    activa: bool
    debe_cambiar: bool
    clave_en: datetime
    creada_en: datetime
    creada_por: str
    actualizada_en: datetime | None
    actualizada_por: str | None
    motivo: str | None
    version: int


def get(transaction: Transaction, documento: str) -> Cuenta:
    found = transaction.row(READ, {"documento_id": documento}, Cuenta)
    if found is None:
        raise NotFound(NO_ACCOUNT)
    return found


def refuse_second(transaction: Transaction, documento: str) -> None:
    """Raises Conflict where there is an account already."""
    if transaction.row(READ, {"documento_id": documento}, Cuenta):
        raise Conflict(SECOND)


def create(transaction: Transaction, values: Parameters) -> Cuenta:
    """Raises NotFound without such a user, Conflict where he has an account, InvalidInput without such a physician."""
    _refuse_without_physician(transaction, values)
    try:
        return transaction.rows(CREATE, values, Cuenta)[0]
    except ForeignKeyMissing as error:
        raise NotFound(NO_USER) from error
    except Conflict as error:
        raise Conflict(SECOND) from error


def assign(transaction: Transaction, found: Cuenta, values: Parameters, now: datetime) -> Cuenta:
    """The version that was found, made the next. An account that may not enter any more, or only by another door, loses
    its sessions. Raises NotFound, PreconditionFailed, InvalidInput.
    """
    _refuse_without_physician(transaction, values)
    changed = transaction.row(ASSIGN, {**values, "version": found.version}, Cuenta)
    if changed is None:
        raise PreconditionFailed(get(transaction, found.documento_id).version)
    if not changed.activa:
        identity.end_all(transaction, changed.documento_id, "cuenta desactivada", now)
    elif changed.sujeto_oidc != found.sujeto_oidc:
        identity.end_all(transaction, changed.documento_id, "vinculo cambiado", now)
    return changed


def reset(transaction: Transaction, values: Parameters, now: datetime) -> Cuenta:
    """Another password: its sessions end, and whoever had to wait may try again. Raises NotFound."""
    changed = transaction.row(RESET, values, Cuenta)
    if changed is None:
        raise NotFound(NO_ACCOUNT)
    identity.end_all(transaction, changed.documento_id, "clave restablecida", now)
    identity.forgive(transaction, changed.documento_id)
    return changed


def patient(transaction: Transaction, cedula: str) -> UUID:
    """The identity of a patient, which stays whatever number comes. Raises InvalidInput without one."""
    found: UUID | None = transaction.row(PATIENT, {"paciente_id": cedula}, _same)
    if found is None:
        raise InvalidInput(errors=(FieldError("/paciente_id", NO_PATIENT),))
    return found


def _same(id: UUID) -> UUID:  # noqa: A002  named as its column
    return id


def _refuse_without_physician(transaction: Transaction, values: Parameters) -> None:
    """A foreign key would tie these tables to those of the patients: whoever spreads users anew would move them all."""
    medico = values["medico_id"]
    if medico is not None and transaction.row(PHYSICIAN, {"medico_id": medico}, dict) is None:
        raise InvalidInput(errors=(NO_PHYSICIAN,))
