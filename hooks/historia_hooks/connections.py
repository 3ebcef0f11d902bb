"""The one place that opens connections to PostgreSQL, waits for a node and holds the lock of the hooks.

It must not know what is done over the connections.
"""

import contextlib
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class that psycopg2 spells in lower case
from pydantic import SecretStr
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential
from tenacity.stop import stop_base

from historia_hooks.addresses import Address
from historia_hooks.errors import (
    ABSENT_RUNBOOK,
    CERTIFICATES_RUNBOOK,
    LOGIN_RUNBOOK,
    HookError,
    Misconfigured,
    TryAgain,
)
from historia_hooks.log import logger
from historia_hooks.schema import APP_ROLE
from historia_hooks.settings import Settings

READING = "historia-hooks"
CHANGING = "historia-hooks: cambios "  # only whoever holds the lock opens such sessions
LOCK = 4_842_190_552_017  # any number no other program of this database uses
# The server gives up the work of a client that has died: soon when its kernel said so, later when its machine is gone.
OPTIONS = (
    "-c statement_timeout=0 -c lock_timeout=60s -c idle_in_transaction_session_timeout=0"
    " -c client_connection_check_interval=1s"
    " -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
)
# One connection to each node is enough for a check; Citus would open many at once to ask all shards.
SMALL = " -c citus.max_adaptive_executor_pool_size=1"
LEFT_BEHIND = """
SELECT count(*) FROM pg_stat_activity
 WHERE starts_with(application_name, %(changing)s) AND application_name <> current_setting('application_name')
   AND datname = current_database()
"""
SHORT_WAIT = wait_exponential(multiplier=0.1, max=3)


class Deadline:
    """All waiting of one command together may take this long."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def passed(self) -> bool:
        return time.monotonic() >= self._end


@dataclass(frozen=True)
class Failure:
    """Why a node cannot be reached, as far as the text of libpq tells."""

    pattern: re.Pattern[str]
    sentence: str
    retries: int | None = None  # None: until the deadline
    cure: str = ""  # what a person must change where waiting did not help


def _failure(pattern: str, sentence: str, retries: int | None = None, cure: str = "") -> Failure:
    return Failure(re.compile(pattern, re.IGNORECASE), sentence, retries, cure)


PASSWORD_REFUSED = _failure(
    r"password authentication failed|no password supplied|not permitted to log in", "rechaza la contraseña", retries=2
)
DATABASE_MISSING = _failure(r'database ".*" does not exist', "no tiene la base de datos", retries=2)
# While nodes restart one by one with other certificates, time does cure these.
TLS_FAILURES = (
    _failure(
        r"certificate verify failed",
        "su certificado no lo firmó la CA que se espera, o está vencido",
        cure="Compare la CA de POSTGRES_SSLROOTCERT con el certificado del nodo y renueve el que venció",
    ),
    _failure(
        r"does not match host name",
        "su certificado es de otro nombre",
        cure="Emita un certificado que lleve el nombre con el que se entra al nodo",
    ),
    _failure(
        r"does not support SSL",
        "no ofrece TLS, y POSTGRES_SSLMODE lo exige",
        cure="Active ssl en el servidor o cambie POSTGRES_SSLMODE",
    ),
    _failure(
        r"root certificate file",
        "no se puede leer la CA de POSTGRES_SSLROOTCERT",
        retries=2,
        cure="Revise la ruta, y que el Secret tenga la clave ca.crt",
    ),
)
FAILURES = (
    PASSWORD_REFUSED,
    DATABASE_MISSING,
    *TLS_FAILURES,
    _failure(r"role \".*\" does not exist", "no conoce el usuario", retries=2),
    _failure(
        r"no pg_hba\.conf entry.*no encryption",
        "solo admite conexiones cifradas",
        retries=2,
        cure="Ponga POSTGRES_SSLMODE=verify-full y la CA en POSTGRES_SSLROOTCERT",
    ),
    _failure(r"no pg_hba\.conf entry", "no admite esta conexión (pg_hba.conf)", retries=2),
    _failure(r"could not translate host name", "el nombre todavía no se resuelve (DNS)"),
    _failure(r"starting up|shutting down|recovery mode|not yet accepting", "el servidor está arrancando o parando"),
    _failure(r"too many clients|connection slots", "el servidor no tiene conexiones libres"),
    _failure(
        r"refused|timeout|timed out|no route|unreachable|closed the connection", "nadie responde en el puerto (TCP)"
    ),
)
UNKNOWN = _failure("", "la conexión falla por otra causa")


class Unreachable(Exception):  # noqa: N818 - a state of the node, turned into a HookError by the caller
    """A failed attempt to connect; the driver's own text stays behind."""

    def __init__(self, address: Address, failure: Failure) -> None:
        super().__init__(f"{address}: {failure.sentence}")
        self.address = address
        self.failure = failure


def read_failure(text: str) -> Failure:
    """The first known reason in the driver's text."""
    return next((failure for failure in FAILURES if failure.pattern.search(text)), UNKNOWN)


def connect(
    address: Address,
    user: str,
    password: SecretStr,
    database: str,
    application: str,
    encryption: Mapping[str, Any],
    more_options: str = "",
) -> Connection:
    """One connection in autocommit; raises Unreachable."""
    try:
        opened: Connection = psycopg2.connect(
            host=address.name,
            port=address.port,
            user=user,
            password=password.get_secret_value(),
            dbname=database,
            application_name=application,
            connect_timeout=5,
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
            options=OPTIONS + more_options,
            **encryption,
        )
    except psycopg2.OperationalError as error:
        raise Unreachable(address, read_failure(str(error))) from None
    opened.autocommit = True
    return opened


class Nodes:
    """The owner's connections of one command, one a node, opened when first needed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.deadline = Deadline(settings.timeout)
        self.application = READING
        self.doing = "todavía nada"  # what a person reads when the command is interrupted
        self.outdated: set[Address] = set()  # nodes where the owner still has the previous password
        self._open: dict[Address, Connection] = {}

    @property
    def coordinator(self) -> Connection:
        return self.owner(self.settings.entrance)

    def node(self, address: Address) -> Connection:
        """The owner's connection to a node by its registered name; the coordinator's is the one already open."""
        return self.coordinator if address == self.settings.coordinator else self.owner(address)

    def owner(self, address: Address) -> Connection:
        known = self._open.get(address)
        if known is None or known.closed:
            known = self.open_owner(address)
            self._open[address] = known
        return known

    def open_owner(self, address: Address) -> Connection:
        """A connection of its own as the owner; raises Unreachable.

        While a change of the password is under way, a node may still know the previous one.
        """
        settings = self.settings
        node = settings.coordinator if address == settings.entrance else address
        try:
            return self._open_owner(address, settings.password)
        except Unreachable as error:
            if error.failure is not PASSWORD_REFUSED or not settings.previous_password.get_secret_value():
                raise
        opened = self._open_owner(address, settings.previous_password)
        self.outdated.add(node)
        return opened

    def _open_owner(self, address: Address, password: SecretStr) -> Connection:
        settings = self.settings
        return connect(address, settings.owner, password, settings.database, self.application, settings.encryption)

    @contextlib.contextmanager
    def app(self, address: Address) -> Iterator[Connection]:
        """A short connection as historia_app; raises Unreachable."""
        with self.login(address, APP_ROLE, self.settings.app_password) as opened:
            yield opened

    @contextlib.contextmanager
    def login(self, address: Address, role: str, password: SecretStr) -> Iterator[Connection]:
        """A short connection as one of the API's logins; raises Unreachable."""
        settings = self.settings
        opened = connect(address, role, password, settings.database, READING, settings.encryption, SMALL)
        try:
            yield opened
        finally:
            opened.close()

    def close(self) -> None:
        for opened in self._open.values():
            opened.close()
        self._open.clear()


class _Stop(stop_base):
    """Stops at the deadline; after a few attempts for reasons that time does not cure."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __call__(self, retry_state: RetryCallState) -> bool:
        if self._deadline.passed():
            return True
        error = retry_state.outcome.exception() if retry_state.outcome else None
        if not isinstance(error, Unreachable) or error.failure.retries is None:
            return False
        return retry_state.attempt_number > error.failure.retries


def _say_waiting(retry_state: RetryCallState) -> None:
    error = retry_state.outcome.exception() if retry_state.outcome else None
    logger.info("esperando", motivo=str(error), intento=retry_state.attempt_number)


def patient(deadline: Deadline, *errors: type[Exception]) -> Retrying:
    """Tries again until the deadline, and says each time what it waits for."""
    return Retrying(
        retry=retry_if_exception_type(errors),
        wait=SHORT_WAIT,
        stop=_Stop(deadline),
        before_sleep=_say_waiting,
        reraise=True,
    )


def explain(error: Unreachable, settings: Settings) -> HookError:
    """The sentence and the exit code for a node that was waited for in vain."""
    failure, where = error.failure, f"el nodo {error.address}"
    if failure is PASSWORD_REFUSED:
        return Misconfigured(
            f"{where} rechaza la contraseña del usuario «{settings.owner}». Revise el Secret que la guarda (clave"
            " postgres-password): POSTGRES_PASSWORD solo se aplica al crear los datos, no se vuelve a aplicar a datos"
            " que ya existen. Devuelva al Secret la contraseña anterior o cámbiela en cada nodo con ALTER ROLE."
            f" {LOGIN_RUNBOOK}"
        )
    if failure is DATABASE_MISSING:
        return Misconfigured(
            f"{where} no tiene la base de datos «{settings.database}»: POSTGRES_DB solo se aplica al crear los datos."
            f" Créela en ese nodo o corrija el valor. {LOGIN_RUNBOOK}"
        )
    if failure in TLS_FAILURES or failure.retries is not None:
        more = f". {failure.cure}. {CERTIFICATES_RUNBOOK}" if failure.cure else f". {LOGIN_RUNBOOK}"
        return Misconfigured(f"{where}: {failure.sentence}{more}")
    return TryAgain(f"{where} no está listo: {failure.sentence}. {ABSENT_RUNBOOK}")


def wait_for(nodes: Nodes, address: Address) -> Connection:
    """The owner's connection to a node, waited for within the deadline."""
    try:
        return patient(nodes.deadline, Unreachable)(nodes.node, address)
    except Unreachable as error:
        raise explain(error, nodes.settings) from None


class Pending(Exception):  # noqa: N818 - not an error until the deadline has passed
    """A condition that does not hold yet."""


def wait_until(deadline: Deadline, condition: Callable[[], bool], what: str | Callable[[], str]) -> None:
    """Poll a condition; TryAgain with the sentence, which may change meanwhile, when the deadline passes."""

    def check() -> None:
        if not condition():
            raise Pending(what() if callable(what) else what)

    try:
        patient(deadline, Pending)(check)
    except Pending as pending:
        raise TryAgain(f"se agotó el tiempo esperando: {pending}") from None


@contextlib.contextmanager
def hooks_lock(nodes: Nodes) -> Iterator[None]:
    """Only one command changes the cluster at a time; the lock lives on a connection of its own and dies with it.

    It is polled: a session inside pg_advisory_lock holds a snapshot, and concurrent index builds wait for that.
    """
    holder = nodes.open_owner(nodes.settings.entrance)

    def taken() -> bool:
        return bool(_value(holder, "SELECT pg_try_advisory_lock(%(lock)s)", lock=LOCK))

    try:
        wait_until(nodes.deadline, taken, "otra orden de historia-hooks está trabajando en este sistema")
        nodes.close()
        nodes.application = CHANGING + secrets.token_hex(4)  # tells our sessions from those of other runs
        _wait_for_left_behind(nodes)
        yield
    finally:
        holder.close()


def _wait_for_left_behind(nodes: Nodes) -> None:
    """A run that was killed has lost its lock at once, but a server may still be working on its last statement."""
    for address in (nodes.settings.coordinator, *nodes.settings.workers):
        connection = nodes.node(address)
        wait_until(
            nodes.deadline,
            partial(_nobody_left, connection),
            f"{address} todavía termina lo que pidió una orden interrumpida",
        )


def _nobody_left(connection: Connection) -> bool:
    return not _value(connection, LEFT_BEHIND, changing=CHANGING)


def _value(connection: Connection, statement: str, **values: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return row[0] if row else None
