"""The pool, `transaction()`, and the reading of driver errors. The only place that knows the driver.

A statement is a `Statement` with the scope of its plan; values travel only as parameters. Nothing here imports Flask.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_INERROR
from sqlalchemy import URL, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection

from historia_clinica.errors import (
    Conflict,
    ForeignKeyMissing,
    HistoriaError,
    InvalidInput,
    NodeUnavailable,
    OutcomeUnknown,
    Saturated,
    SchemaMissing,
    TimedOut,
    Unavailable,
)
from historia_clinica.health import takes_connections
from historia_clinica.settings import Settings

Row = TypeVar("Row")
Parameters = Mapping[str, object]

LOGIN_REFUSED = (
    "La base de datos aún no admite a la API: falta instalar el esquema o la contraseña no coincide; "
    "espere a «historia-hooks sync»."
)
APPLICATION_NAME = "historia-clinica-api"
# Nobody waits longer for a vanished server than the statement timeout and a few seconds.
KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10000,
}

NOT_INSTALLED = {"42P01", "42501", "3F000", "42703", "42883"}  # table, grant, schema, column, function
TIMEOUTS = {"57014", "55P03"}
RETRYABLE = {"40001", "40P01"}
READ_ONLY = {"25006"}
BAD_VALUES = {"23502", "23514", "22P02", "22001", "22003", "22007", "22008", "22021"}
INTERNAL = "XX000"
EXHAUSTED_OR_STOPPING = ("53", "57")  # classes: insufficient resources, operator intervention
QUOTED_NAME = re.compile(r'["«]([^"»]+)["»]')


class Scope(Enum):
    """How far a statement may reach: one patient's shard, reference tables, or every node."""

    PATIENT = "patient"
    REFERENCE = "reference"
    CLUSTER = "cluster"


@dataclass(frozen=True)
class Statement:
    """SQL with `%(name)s` parameters. A PATIENT statement carries the patient's key for each of its relations."""

    sql: str
    scope: Scope


class Transaction:
    """One open transaction; rows come back as the type whose fields the columns name."""

    def __init__(self, connection: PoolProxiedConnection) -> None:
        self._connection = connection

    def rows(self, statement: Statement, parameters: Parameters, into: Callable[..., Row]) -> list[Row]:
        try:
            with closing(self._connection.cursor()) as cursor:
                cursor.execute(statement.sql, dict(parameters))
                names = [column[0] for column in cursor.description or ()]
                return [into(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
        except psycopg2.Error as error:
            raise _read(error, lost=_is_lost(self._connection)) from error

    def row(self, statement: Statement, parameters: Parameters, into: Callable[..., Row]) -> Row | None:
        found = self.rows(statement, parameters, into)
        return found[0] if found else None


class Database:
    """The pool of one process. It opens nothing until the first request, so that no connection crosses a fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = create_engine(
            _url(settings),
            connect_args=_connect_arguments(settings),
            pool_size=settings.historia_pool_size,
            max_overflow=0,
            pool_timeout=settings.historia_pool_timeout,
            pool_recycle=settings.historia_pool_recycle,
            pool_pre_ping=True,
            use_native_hstore=False,
        )

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One transaction of one request: committed when the block ends, rolled back when it raises."""
        connection = self._checkout()
        try:
            yield Transaction(connection)
            _commit(connection)
        finally:
            if _is_lost(connection):
                connection.invalidate()
            connection.close()

    def close(self) -> None:
        self._engine.dispose()

    def _checkout(self) -> PoolProxiedConnection:
        try:
            return self._engine.raw_connection()
        except PoolTimeout as error:
            raise Saturated from error
        except (psycopg2.Error, SQLAlchemyError) as error:
            # A failed login carries no SQLSTATE; whether the server serves at all is asked of the server itself.
            refused = takes_connections(self._settings)
            raise (SchemaMissing(LOGIN_REFUSED) if refused else Unavailable()) from error


def _url(settings: Settings) -> URL:
    return URL.create(
        "postgresql+psycopg2",
        username=settings.postgres_user,
        password=settings.postgres_password.get_secret_value(),
        host=settings.postgres_host,
        port=settings.postgres_port,
        database=settings.postgres_db,
    )


def _connect_arguments(settings: Settings) -> dict[str, object]:
    session = {
        "statement_timeout": settings.historia_statement_timeout,
        "lock_timeout": settings.historia_lock_timeout,
        "idle_in_transaction_session_timeout": settings.historia_idle_timeout,
        "TimeZone": "UTC",
    }
    return {
        "connect_timeout": settings.historia_connect_timeout,
        "application_name": APPLICATION_NAME,
        "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
        **KEEPALIVE,
    }


def _commit(connection: PoolProxiedConnection) -> None:
    driver = connection.driver_connection
    if driver is not None and driver.info.transaction_status == TRANSACTION_STATUS_INERROR:
        # COMMIT would roll back without a word: someone swallowed the error of a statement.
        raise HistoriaError
    try:
        connection.commit()
    except psycopg2.Error as error:
        lost = _is_lost(connection)
        if lost or error.pgcode == INTERNAL:
            raise OutcomeUnknown from error
        raise _read(error, lost=lost) from error


def _is_lost(connection: PoolProxiedConnection) -> bool:
    driver = connection.driver_connection
    return driver is None or bool(driver.closed)


def _read(error: psycopg2.Error, *, lost: bool) -> HistoriaError:
    """What a driver's error means for the caller. Decided by SQLSTATE, not by text; nothing of it is passed on."""
    code = error.pgcode or ""
    if lost:
        return Unavailable()
    return _read_constraint(error, code) or _read_condition(code)


def _read_constraint(error: psycopg2.Error, code: str) -> HistoriaError | None:
    if code == "23505":
        return Conflict()
    if code == "23503":
        return ForeignKeyMissing(_constraint(error))
    if code in BAD_VALUES:
        return InvalidInput("La base de datos rechazó un valor.")
    return None


def _read_condition(code: str) -> HistoriaError:
    if code in NOT_INSTALLED:
        return SchemaMissing()
    if code in TIMEOUTS:
        return TimedOut()
    if code.startswith("08"):
        return NodeUnavailable()
    if code in RETRYABLE | READ_ONLY or code.startswith(EXHAUSTED_OR_STOPPING):
        return Unavailable()
    return HistoriaError()


def _constraint(error: psycopg2.Error) -> str:
    """The constraint's name. Citus forwards a worker's message without it, so the last quoted name stands in."""
    if error.diag.constraint_name:
        return error.diag.constraint_name
    quoted = QUOTED_NAME.findall(error.diag.message_primary or "")
    return quoted[-1] if quoted else ""
