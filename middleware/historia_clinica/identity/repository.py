"""SQL of accounts, sessions and logins that were tried. Each statement is about one account, and one task."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from historia_clinica.db import Ask, Scope, Statement, Transaction
from historia_clinica.identity.renewals import Renewal, digest

# A session that stands: of an account that may enter, of a user who is not annulled, of the present epoch.
CURRENT = Statement(
    """
    SELECT c.rol, c.medico_id, c.paciente_id, c.paciente_uuid, c.ambitos,
           c.debe_cambiar AND s.token_oidc_sha256 IS NULL AS debe_cambiar
      FROM sesiones s
      JOIN cuentas c ON c.documento_id = s.documento_id
      JOIN usuario u ON u.documento_id = s.documento_id
     WHERE s.documento_id = %(documento_id)s AND c.documento_id = %(documento_id)s AND u.documento_id = %(documento_id)s
       AND s.id = %(id)s::uuid AND s.terminada_en IS NULL AND s.expira_en > %(ahora)s AND s.epoca = c.epoca
       AND c.activa AND u.estado <> 'anulado'
    """,
    Scope.ROW,
)
# A password of one use that nobody has used lies written somewhere, so it does not serve for ever. Whoever comes by the
# identity provider comes by no password: it would be a second door, that the provider cannot close.
SIGN_IN = Statement(
    """
    SELECT c.clave_hash, c.debe_cambiar, c.epoca,
           c.activa AND u.estado <> 'anulado' AND c.sujeto_oidc IS NULL
             AND (NOT c.debe_cambiar OR c.clave_en > %(caducada)s) AS puede_entrar
      FROM cuentas c
      JOIN usuario u ON u.documento_id = c.documento_id
     WHERE c.documento_id = %(documento_id)s AND u.documento_id = %(documento_id)s
    """,
    Scope.ROW,
)
# Whoever the provider says it is, and no more is trusted of it than that.
LINKED = Statement(
    """
    SELECT c.sujeto_oidc, c.epoca, c.activa AND u.estado <> 'anulado' AS puede_entrar
      FROM cuentas c
      JOIN usuario u ON u.documento_id = c.documento_id
     WHERE c.documento_id = %(documento_id)s AND u.documento_id = %(documento_id)s
    """,
    Scope.ROW,
)
# Counted before the password is looked at, in one statement: however many replicas ask at once, no more are looked at.
COUNT = Statement(
    """
    INSERT INTO intentos_acceso AS antes (documento_id, desde, intentos)
    VALUES (%(documento_id)s, %(ahora)s, 1)
    ON CONFLICT (documento_id) DO UPDATE
       SET desde = CASE WHEN antes.desde <= %(vencida)s THEN EXCLUDED.desde ELSE antes.desde END,
           intentos = CASE WHEN antes.desde <= %(vencida)s THEN 1 ELSE least(antes.intentos, 1000000) + 1 END
    RETURNING intentos
    """,
    Scope.ROW,
)
FORGIVE = Statement("UPDATE intentos_acceso SET intentos = 0 WHERE documento_id = %(documento_id)s", Scope.ROW)
REHASH = Statement(
    """
    UPDATE cuentas SET clave_hash = %(clave_hash)s
     WHERE documento_id = %(documento_id)s AND clave_hash = %(anterior)s
    """,
    Scope.ROW,
)
OPEN = Statement(
    """
    INSERT INTO sesiones
           (documento_id, id, epoca, familia_sha256, renovacion_sha256, creada_en, renovada_en, expira_en,
            token_oidc_sha256)
    VALUES (%(documento_id)s, %(id)s::uuid, %(epoca)s, %(familia)s, %(renovacion)s, %(ahora)s, %(ahora)s, %(expira_en)s,
            %(token_oidc)s)
    """,
    Scope.ROW,
)
LOCK = Statement(
    """
    SELECT familia_sha256, renovacion_sha256, anterior_sha256, renovada_en
      FROM sesiones
     WHERE documento_id = %(documento_id)s AND id = %(id)s::uuid
       FOR UPDATE
    """,
    Scope.ROW,
)
RENEW = Statement(
    """
    UPDATE sesiones
       SET renovacion_sha256 = %(renovacion)s, anterior_sha256 = %(anterior)s, generacion = generacion + 1,
           renovada_en = %(renovada_en)s
     WHERE documento_id = %(documento_id)s AND id = %(id)s::uuid
    """,
    Scope.ROW,
)
END = Statement(
    """
    UPDATE sesiones SET terminada_en = %(ahora)s, motivo_fin = %(motivo)s
     WHERE documento_id = %(documento_id)s AND id = %(id)s::uuid AND terminada_en IS NULL
    """,
    Scope.ROW,
)
END_ALL = Statement(
    """
    UPDATE sesiones SET terminada_en = %(ahora)s, motivo_fin = %(motivo)s
     WHERE documento_id = %(documento_id)s AND terminada_en IS NULL AND expira_en > %(ahora)s
       AND (%(salvo)s::uuid IS NULL OR id <> %(salvo)s::uuid)
    """,
    Scope.ROW,
)
# With it, a session that is being opened at this moment with what was known before does not stand either.
NEXT_EPOCH = Statement("UPDATE cuentas SET epoca = epoca + 1 WHERE documento_id = %(documento_id)s", Scope.ROW)
SET_PASSWORD = Statement(
    """
    UPDATE cuentas
       SET clave_hash = %(clave_hash)s, clave_en = %(ahora)s, debe_cambiar = false, epoca = epoca + 1
     WHERE documento_id = %(documento_id)s AND epoca = %(epoca)s
    RETURNING epoca
    """,
    Scope.ROW,
)
CARRY_OVER = Statement(
    "UPDATE sesiones SET epoca = %(epoca)s WHERE documento_id = %(documento_id)s AND id = %(id)s::uuid", Scope.ROW
)
LIST = Statement(
    """
    SELECT s.id, s.creada_en, s.renovada_en, s.expira_en
      FROM sesiones s
      JOIN cuentas c ON c.documento_id = s.documento_id
     WHERE s.documento_id = %(documento_id)s AND c.documento_id = %(documento_id)s
       AND s.terminada_en IS NULL AND s.expira_en > %(ahora)s AND s.epoca = c.epoca
     ORDER BY s.creada_en DESC, s.id
     LIMIT %(rows)s
    """,
    Scope.ROW,
)


@dataclass(frozen=True)
class Standing:
    """What the account of a session that stands says."""

    rol: str | None
    medico_id: int | None
    paciente_id: str | None
    paciente_uuid: UUID | None
    ambitos: list[str] | None
    debe_cambiar: bool


@dataclass(frozen=True)
class Account:
    clave_hash: str
    debe_cambiar: bool
    epoca: int
    puede_entrar: bool


@dataclass(frozen=True)
class Linked:
    sujeto_oidc: str | None
    epoca: int
    puede_entrar: bool


@dataclass(frozen=True)
class Kept:
    """What is kept of a session's refresh tokens."""

    familia_sha256: memoryview
    renovacion_sha256: memoryview
    anterior_sha256: memoryview | None
    renovada_en: datetime


@dataclass(frozen=True)
class OpenSession:
    id: UUID
    creada_en: datetime
    renovada_en: datetime
    expira_en: datetime


@dataclass(frozen=True)
class Lasts:
    """A session, whatever else ends it."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class _Number:
    intentos: int


@dataclass(frozen=True)
class _Epoch:
    epoca: int


def standing(ask: Ask, documento: str, sesion: UUID, now: datetime) -> Standing | None:
    found = ask(CURRENT, {"documento_id": documento, "id": str(sesion), "ahora": now}, Standing)
    return found[0] if found else None


def account(transaction: Transaction, documento: str, expired: datetime) -> Account | None:
    """`expired`: a password of one use that was given by then serves no longer."""
    return transaction.row(SIGN_IN, {"documento_id": documento, "caducada": expired}, Account)


def linked(transaction: Transaction, documento: str) -> Linked | None:
    return transaction.row(LINKED, {"documento_id": documento}, Linked)


def count(transaction: Transaction, key: str, now: datetime, expired: datetime) -> int:
    """How many this one is, in the window that is open or begins."""
    found = transaction.rows(COUNT, {"documento_id": key, "ahora": now, "vencida": expired}, _Number)
    return found[0].intentos


def forgive(transaction: Transaction, documento: str) -> None:
    transaction.run(FORGIVE, {"documento_id": documento})


def rehash(transaction: Transaction, documento: str, made: str, before: str) -> None:
    transaction.run(REHASH, {"documento_id": documento, "clave_hash": made, "anterior": before})


def open_session(
    transaction: Transaction, first: Renewal, epoca: int, lasts: Lasts, token: bytes | None = None
) -> None:
    """Raises Conflict where that token of the provider has opened one before."""
    values = _of(first) | {"epoca": epoca, "familia": digest(first.familia), "renovacion": digest(first.secreto)}
    transaction.run(OPEN, values | {"ahora": lasts.since, "expira_en": lasts.until, "token_oidc": token})


def lock(transaction: Transaction, renewal: Renewal) -> Kept | None:
    return transaction.row(LOCK, _of(renewal), Kept)


def renew(transaction: Transaction, following: Renewal, previous: bytes, renewed: datetime) -> None:
    values = {"renovacion": digest(following.secreto), "anterior": previous, "renovada_en": renewed}
    transaction.run(RENEW, _of(following) | values)


def end(transaction: Transaction, documento: str, sesion: UUID, motivo: str, now: datetime) -> None:
    transaction.run(END, {"documento_id": documento, "id": str(sesion), "motivo": motivo, "ahora": now})


def end_all(transaction: Transaction, documento: str, motivo: str, now: datetime) -> None:
    """Also those that are being opened."""
    transaction.run(NEXT_EPOCH, {"documento_id": documento})
    _end_all(transaction, documento, motivo, now, None)


def set_password(
    transaction: Transaction, documento: str, made: str, epoca: int, now: datetime, *, keeping: UUID
) -> bool:
    """Ends every other session. False where the account has changed since it was read."""
    values = {"documento_id": documento, "clave_hash": made, "epoca": epoca, "ahora": now}
    following = transaction.row(SET_PASSWORD, values, _Epoch)
    if following is None:
        return False
    _end_all(transaction, documento, "cambio de clave", now, keeping)
    transaction.run(CARRY_OVER, {"documento_id": documento, "id": str(keeping), "epoca": following.epoca})
    return True


def sessions(transaction: Transaction, documento: str, now: datetime, rows: int) -> list[OpenSession]:
    return transaction.rows(LIST, {"documento_id": documento, "ahora": now, "rows": rows}, OpenSession)


def _end_all(transaction: Transaction, documento: str, motivo: str, now: datetime, but: UUID | None) -> None:
    salvo = str(but) if but else None
    transaction.run(END_ALL, {"documento_id": documento, "motivo": motivo, "ahora": now, "salvo": salvo})


def _of(renewal: Renewal) -> dict[str, object]:
    return {"documento_id": renewal.documento, "id": str(renewal.sesion)}
