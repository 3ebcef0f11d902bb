"""SQL of emergency accesses. Their times are the database's: nobody's clock prolongs one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from historia_clinica.db import Parameters, Scope, Statement, Transaction
from historia_clinica.errors import (
    NO_PATIENT,
    AlreadyReviewed,
    Forbidden,
    ForeignKeyMissing,
    KeyReused,
    NotFound,
)
from historia_clinica.records.store import refuse_without_patient

MISSING = "No hay un acceso de emergencia de ese paciente con ese identificador."
ONES_OWN = "Nadie revisa un acceso de emergencia propio."
COLUMNS = "a.id, a.paciente_id, a.usuario_id, a.sesion, a.motivo, a.justificacion, a.inicio, a.expira, a.huella"
REVIEWED = f"{COLUMNS}, r.dictamen, r.comentario, r.revisado_por, r.revisado_en"

OPEN = Statement(
    """
    INSERT INTO accesos_emergencia
           (paciente_id, id, usuario_id, sesion, motivo, justificacion, inicio, expira, huella)
    VALUES (%(paciente_id)s, %(id)s::uuid, %(usuario_id)s, %(sesion)s::uuid, %(motivo)s, %(justificacion)s,
            now(), now() + make_interval(mins => %(minutos)s), %(huella)s::bytea)
    ON CONFLICT DO NOTHING
    RETURNING id
    """,
    Scope.PATIENT,
)
READ = Statement(
    f"""
    SELECT {REVIEWED}
      FROM accesos_emergencia AS a
      LEFT JOIN accesos_emergencia_revisiones AS r
        ON r.paciente_id = %(paciente_id)s AND r.paciente_id = a.paciente_id AND r.id = a.id
     WHERE a.paciente_id = %(paciente_id)s AND a.id = %(id)s::uuid
       AND (%(de)s::text IS NULL OR a.usuario_id = %(de)s::text)
    """,
    Scope.PATIENT,
)
PAGE = Statement(
    f"""
    SELECT {REVIEWED}
      FROM accesos_emergencia AS a
      LEFT JOIN accesos_emergencia_revisiones AS r
        ON r.paciente_id = %(paciente_id)s AND r.paciente_id = a.paciente_id AND r.id = a.id
     WHERE a.paciente_id = %(paciente_id)s
       AND (%(de)s::text IS NULL OR a.usuario_id = %(de)s::text)
       AND (%(before_moment)s::timestamptz IS NULL
            OR (a.inicio, a.id) < (%(before_moment)s::timestamptz, %(before_id)s::uuid))
     ORDER BY a.inicio DESC, a.id DESC
     LIMIT %(rows)s
    """,
    Scope.PATIENT,
)
# Both tables lie together, so each node finds its own and the coordinator merges them.
QUEUE = Statement(
    f"""
    SELECT {REVIEWED}
      FROM accesos_emergencia AS a
      LEFT JOIN accesos_emergencia_revisiones AS r ON r.paciente_id = a.paciente_id AND r.id = a.id
     WHERE (NOT %(pendientes)s OR r.id IS NULL)
       AND (%(after_moment)s::timestamptz IS NULL
            OR (a.inicio, a.id) > (%(after_moment)s::timestamptz, %(after_id)s::uuid))
     ORDER BY a.inicio, a.id
     LIMIT %(rows)s
    """,
    Scope.PATIENTS,
)
REVIEW = Statement(
    """
    INSERT INTO accesos_emergencia_revisiones (paciente_id, id, revisado_por, dictamen, comentario)
    VALUES (%(paciente_id)s, %(id)s::uuid, %(revisado_por)s, %(dictamen)s, %(comentario)s)
    ON CONFLICT DO NOTHING
    RETURNING id
    """,
    Scope.PATIENT,
)


@dataclass(frozen=True)
class Acceso:
    id: UUID
    paciente_id: str
    usuario_id: str
    sesion: UUID
    motivo: str
    justificacion: str
    inicio: datetime
    expira: datetime
    huella: memoryview | None
    dictamen: str | None
    comentario: str | None
    revisado_por: str | None
    revisado_en: datetime | None


def create(transaction: Transaction, values: Parameters) -> Acceso:
    """A new one, or that which the same request made before. Raises NotFound, KeyReused."""
    try:
        transaction.row(OPEN, values, dict)
    except ForeignKeyMissing as error:
        raise NotFound(NO_PATIENT) from error
    refuse_without_patient(transaction, values)  # the foreign key has waited for whoever merges the patient
    found = get(transaction, str(values["paciente_id"]), values["id"])
    # in another session the access would be of no use, and its answer would say otherwise
    if (_bytes(found.huella), found.sesion) != (values["huella"], values["sesion"]):
        raise KeyReused
    return found


def get(transaction: Transaction, paciente: str, identifier: object, of: str | None = None) -> Acceso:
    """One, that of a certain user where the question is confined to such. Raises NotFound."""
    found = transaction.row(READ, {"paciente_id": paciente, "id": identifier, "de": of}, Acceso)
    if found is None:
        refuse_without_patient(transaction, {"paciente_id": paciente})
        raise NotFound(MISSING)
    return found


def page(transaction: Transaction, paciente: str, of: str | None, before: Parameters, rows: int) -> list[Acceso]:
    """Those of a patient, the newest first. Raises NotFound."""
    found = transaction.rows(PAGE, {"paciente_id": paciente, "de": of, "rows": rows, **before}, Acceso)
    if not found:
        refuse_without_patient(transaction, {"paciente_id": paciente})
    return found


def queue(transaction: Transaction, after: Parameters, rows: int, *, pending: bool) -> list[Acceso]:
    """Those of all patients, the oldest first."""
    return transaction.rows(QUEUE, {"pendientes": pending, "rows": rows, **after}, Acceso)


def review(transaction: Transaction, paciente: str, identifier: UUID, by: str, said: Parameters) -> Acceso:
    """The access with its review. Raises NotFound, Forbidden for whoever made it, AlreadyReviewed."""
    if get(transaction, paciente, identifier).usuario_id == by:
        raise Forbidden(ONES_OWN)
    key = {"paciente_id": paciente, "id": identifier}
    if transaction.row(REVIEW, {**said, **key, "revisado_por": by}, dict) is None:
        raise AlreadyReviewed
    return get(transaction, paciente, identifier)


def _bytes(held: memoryview | None) -> bytes | None:
    return None if held is None else bytes(held)
