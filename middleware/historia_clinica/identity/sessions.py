"""Who comes in, stays and leaves: what the routes of sessions and the check of each request are made of.

Every moment comes from one clock that is given, so the database's tables hold what the replicas' clocks said.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from historia_clinica.access.people import Persona, Rol
from historia_clinica.database import Database
from historia_clinica.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    InvalidToken,
    LoginFailed,
    ProviderNotConfigured,
)
from historia_clinica.identity import repository
from historia_clinica.identity.id_tokens import IdTokens
from historia_clinica.identity.passwords import Passwords
from historia_clinica.identity.renewals import Presented, Renewal, judge
from historia_clinica.identity.repository import Account, Kept, Lasts, OpenSession
from historia_clinica.identity.tokens import Claims, Tokens
from historia_clinica.settings import Settings

Clock = Callable[[], datetime]
BOXES = 1024  # in which logins are counted that name no account: however many are made up, no more rows
SHOWN = 100
ONE_USE = timedelta(days=7)  # that a password which must be changed waits for its owner
WRONG_PASSWORD = FieldError("/clave_actual", "No es la contraseña actual, o se falló demasiadas veces: espere.")


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Given:
    """What a client gets to hold."""

    access_token: str
    refresh_token: str
    expires_in: int
    sesion: UUID
    debe_cambiar_clave: bool


@dataclass(frozen=True)
class Identified:
    persona: Persona
    debe_cambiar: bool


class Sessions:
    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self.passwords = Passwords(settings)
        self.now = clock
        self._database = database
        self._tokens = Tokens(settings)
        self._provider = IdTokens(settings) if settings.historia_oidc_issuer else None
        self._attempts = settings.historia_login_attempts
        self._window = timedelta(seconds=settings.historia_login_window)
        self._longest = timedelta(seconds=settings.historia_session_seconds)
        self._idle = timedelta(seconds=settings.historia_session_idle)
        self._grace = timedelta(seconds=settings.historia_renewal_grace)

    def identify(self, token: str) -> Identified:
        """Raises InvalidToken also where the session has ended, on whichever replica."""
        now = self.now()
        claims = self._tokens.read(token, now)
        ask = partial(self._database.ask, key=claims.documento)
        found = repository.standing(ask, claims.documento, claims.sesion, now)
        if found is None:
            raise InvalidToken
        persona = Persona(
            claims.documento,
            Rol(found.rol) if found.rol else None,
            found.medico_id,
            found.paciente_id,
            found.paciente_uuid,
            claims.sesion,
            frozenset(found.ambitos or ()),
        )
        return Identified(persona, found.debe_cambiar)

    def log_in(self, documento: str, clave: str) -> Given:
        """Raises LoginFailed alike for a wrong password, one of one use that has expired, no account, one that may not
        enter, and too many attempts.
        """
        with self.passwords.slot():
            account = self._proven(documento, clave)
            if account is None:
                raise LoginFailed
            outdated = self.passwords.is_outdated(account.clave_hash)
            made = self.passwords.hash(clave) if outdated else None
        now = self.now()
        first = Renewal.first(documento)
        with self._database.transaction(cuenta=documento) as transaction:
            repository.forgive(transaction, documento)
            if made:
                repository.rehash(transaction, documento, made, account.clave_hash)
            repository.open_session(transaction, first, account.epoca, self._lasts(now))
        return self._given(first, now, must_change=account.debe_cambiar)

    def log_in_with_provider(self, documento: str, id_token: str) -> Given:
        """Raises LoginFailed alike for a token that is none, one that has served, another's, and an account that is
        not there, is not linked or may not enter; and ProviderNotConfigured or ProviderUnavailable.

        The provider is asked before the database, so no connection waits for it. Nothing is counted: a token that the
        provider signed cannot be guessed, and whoever failed at a password does not lock this door.
        """
        if self._provider is None:
            raise ProviderNotConfigured
        shown = self._provider.read(id_token, self.now())
        with self._database.aside(documento) as transaction:
            found = repository.linked(transaction, documento)
        if found is None or not found.puede_entrar or found.sujeto_oidc != shown.sujeto:
            raise LoginFailed
        now = self.now()
        first = Renewal.first(documento)
        try:
            with self._database.transaction(cuenta=documento) as transaction:
                repository.open_session(transaction, first, found.epoca, self._lasts(now), shown.sha256)
        except Conflict as error:
            raise LoginFailed from error
        return self._given(first, now, must_change=False)

    def renew(self, text: str) -> Given:
        """Each token serves once, and once more for some seconds in case the answer was lost.

        Raises InvalidToken. A token of before ends the session: two have held it, and one of them is not its owner.
        """
        renewal = Renewal.read(text)
        if renewal is None:
            raise InvalidToken
        now = self.now()
        with self._database.transaction(cuenta=renewal.documento) as transaction:
            kept = repository.lock(transaction, renewal)
            found = repository.standing(transaction.rows, renewal.documento, renewal.sesion, now)
            following = None
            if kept and found and now - kept.renovada_en < self._idle:
                previous = self._previous(renewal, kept, now)
                if previous:
                    following = renewal.next()
                    repository.renew(transaction, following, *previous)
            if kept and following is None and _was_given_out(renewal, kept):
                repository.end(transaction, renewal.documento, renewal.sesion, "reutilizacion", now)
        if following is None or found is None:
            raise InvalidToken
        return self._given(following, now, must_change=found.debe_cambiar)

    def log_out(self, persona: Persona) -> None:
        if persona.sesion:
            with self._database.transaction(cuenta=persona.usuario) as transaction:
                repository.end(transaction, persona.usuario, persona.sesion, "salida", self.now())

    def log_out_everywhere(self, persona: Persona) -> None:
        with self._database.transaction(cuenta=persona.usuario) as transaction:
            repository.end_all(transaction, persona.usuario, "cierre", self.now())

    def open(self, persona: Persona) -> list[OpenSession]:
        """The newest first."""
        with self._database.transaction(cuenta=persona.usuario) as transaction:
            return repository.sessions(transaction, persona.usuario, self.now(), SHOWN)

    def change_password(self, persona: Persona, current: str, new: str) -> None:
        """The session that asks stays, the others end. Raises InvalidInput where the current one is another."""
        with self.passwords.slot():
            account = self._proven(persona.usuario, current)
            if account is None:
                raise InvalidInput(errors=(WRONG_PASSWORD,))
            made = self.passwords.hash(new)
        if persona.sesion is None:
            raise InvalidToken
        with self._database.transaction(cuenta=persona.usuario) as transaction:
            repository.forgive(transaction, persona.usuario)
            changed = repository.set_password(
                transaction, persona.usuario, made, account.epoca, self.now(), keeping=persona.sesion
            )
        if not changed:
            raise InvalidToken

    def _proven(self, documento: str, clave: str) -> Account | None:
        """The account where the password is right. As long a way for a document without an account: both statements,
        each on the node of its own key, and a check.
        """
        now = self.now()
        with self._database.aside(documento) as transaction:
            account = repository.account(transaction, documento, now - ONE_USE)
        key = documento if account else _box(documento)
        with self._database.aside(key) as transaction:
            attempt = repository.count(transaction, key, now, now - self._window)
        may_enter = account is not None and account.puede_entrar and attempt <= self._attempts
        right = self.passwords.verify(account.clave_hash if account and may_enter else None, clave)
        return account if right else None

    def _lasts(self, now: datetime) -> Lasts:
        return Lasts(now, now + self._longest)

    def _previous(self, renewal: Renewal, kept: Kept, now: datetime) -> tuple[bytes, datetime] | None:
        """What is to be kept as the token of before, and since when; None where this one serves no longer.

        A repetition does not lengthen the seconds, and it replaces what the lost answer brought.
        """
        presented = _judged(renewal, kept)
        if presented is Presented.CURRENT:
            return bytes(kept.renovacion_sha256), now
        if presented is Presented.PREVIOUS and kept.anterior_sha256 and now - kept.renovada_en < self._grace:
            return bytes(kept.anterior_sha256), kept.renovada_en
        return None

    def _given(self, renewal: Renewal, now: datetime, *, must_change: bool) -> Given:
        access = self._tokens.issue(Claims(renewal.documento, renewal.sesion), now)
        return Given(access, renewal.text, self._tokens.seconds, renewal.sesion, must_change)


def _judged(renewal: Renewal, kept: Kept) -> Presented:
    previous = bytes(kept.anterior_sha256) if kept.anterior_sha256 else None
    return judge(renewal, bytes(kept.familia_sha256), bytes(kept.renovacion_sha256), previous)


def _was_given_out(renewal: Renewal, kept: Kept) -> bool:
    return _judged(renewal, kept) in {Presented.PREVIOUS, Presented.OLD}


def _box(documento: str) -> str:
    """One of those in which documents without an account are counted; never a document."""
    number = int.from_bytes(hashlib.sha256(documento.encode()).digest()[:4], "big") % BOXES
    return f"~{number}"
