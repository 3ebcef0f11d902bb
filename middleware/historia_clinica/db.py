"""Statements, a transaction, and the reading of driver errors. With pools, the only place that knows the driver.

A statement is a `Statement` with the scope of its plan; values travel only as parameters. Nothing here imports Flask.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeVar

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INERROR
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import PoolProxiedConnection

from historia_clinica import deadline
from historia_clinica.errors import (
    Conflict,
    ForeignKeyMissing,
    HistoriaError,
    InvalidInput,
    NodeUnavailable,
    OutcomeUnknown,
    SchemaMissing,
    TimedOut,
    Unavailable,
)
from historia_clinica.row_context import EVERYBODY, RESERVED, Signer

Row = TypeVar("Row")
Parameters = Mapping[str, object]

NOT_INSTALLED = {"42P01", "42501", "3F000", "42703", "42883"}  # table, grant, schema, column, function
OF_A_PATIENT = ("paciente_id", "cedula")  # parameters that say whose rows a statement is about
NOT_TRUSTED = "HC001"  # by contexto_paciente
TIMEOUTS = {"57014", "55P03"}
RETRYABLE = {"40001", "40P01"}
READ_ONLY = {"25006"}
BAD_VALUES = {"23502", "23514", "22P02", "22001", "22003", "22007", "22008", "22021"}
INTERNAL = "XX000"
EXHAUSTED_OR_STOPPING = ("53", "57")  # classes: insufficient resources, operator intervention
UNSIGNED = (
    "La base de datos no reconoce la firma de esta API: espere a «historia-hooks sync»; si no la reconoce después, las "
    "claves de firma no son las que tuvo sync, o los relojes difieren en más de cinco minutos."
)
QUOTED_NAME = re.compile(r'["«]([^"»]+)["»]')


class Scope(Enum):
    """How far a statement may reach: one patient's shard, all patients' rows, one row of a table that may be spread by
    its key, reference tables, or every node but for patients' rows.
    """

    PATIENT = "patient"
    PATIENTS = "patients"
    ROW = "row"
    REFERENCE = "reference"
    CLUSTER = "cluster"


@dataclass(frozen=True)
class Statement:
    """SQL with `%(name)s` parameters. A PATIENT statement carries the patient's key for each of its relations."""

    sql: str
    scope: Scope


class Ask(Protocol):
    """`Transaction.rows`, or what answers without one."""

    def __call__(self, statement: Statement, parameters: Parameters, into: Callable[..., Row]) -> list[Row]: ...


class Transaction:
    """One open transaction; rows come back as the type whose fields the columns name.

    On the connections of its way it has begun, or none has where a statement is to be alone. It takes the first; where
    the first statement meets no table of ours (a node that has just left the cluster), nothing was done, and the next
    node is asked. Nothing is ever sent again after that.
    """

    def __init__(
        self, way: Iterator[PoolProxiedConnection], signed: Signer, paciente: str | None = None, reservados: str = ""
    ) -> None:
        """`reservados`: whose reserved records of that patient it may touch: a physician's, by the number, EVERYBODY's
        or nobody's.
        """
        self._way = way
        self._signed = signed
        self._paciente = paciente
        self._reservados = reservados
        self._declared: str | None = None
        self._declared_reservados = ""
        self._begun = False
        self._alone = False
        self._connection = next(way)

    def only(self, statement: Statement, parameters: Parameters, into: Callable[..., Row]) -> list[Row]:
        """Of a statement that changes nothing, on a connection where none was begun: a transaction of its own."""
        self._alone = True
        return self._rows(statement, parameters, into)

    @property
    def lost(self) -> bool:
        """Whether its connection is."""
        return _is_lost(self._connection)

    def about(self, paciente: str) -> None:
        """From here on the PATIENT statements are about that one, and about nothing that is reserved."""
        self._paciente, self._reservados = paciente, ""

    def rows(self, statement: Statement, parameters: Parameters, into: Callable[..., Row]) -> list[Row]:
        begun, self._begun = self._begun, True
        while True:
            try:
                return self._rows(statement, parameters, into)
            except SchemaMissing:
                if begun or not self._move():
                    raise

    def row(self, statement: Statement, parameters: Parameters, into: Callable[..., Row]) -> Row | None:
        found = self.rows(statement, parameters, into)
        return found[0] if found else None

    def run(self, statement: Statement, parameters: Parameters) -> None:
        """A statement that answers no rows."""
        self.rows(statement, parameters, tuple)

    def commit(self) -> None:
        _commit(self._connection)

    def close(self) -> None:
        """Rolls back what was not committed."""
        _end(self._connection)
        self._connection.close()

    def _rows(self, statement: Statement, parameters: Parameters, into: Callable[..., Row]) -> list[Row]:
        deadline.check()
        try:
            with closing(self._connection.cursor()) as cursor:
                if not self._alone:
                    self._declare(cursor, statement.scope, parameters)
                cursor.execute(statement.sql, dict(parameters))
                names = [column[0] for column in cursor.description or ()]
                return [into(**dict(zip(names, row, strict=True))) for row in (cursor.fetchall() if names else ())]
        except psycopg2.Error as error:
            raise _read(error, lost=_is_lost(self._connection)) from error

    def _declare(self, cursor: DBAPICursor, scope: Scope, parameters: Parameters) -> None:
        """Whose rows the statement may touch: the database gives out no others, and would answer as if there were none.

        By a statement of its own and no call of set_config: Citus tells only that to the nodes that it asks.
        """
        about = {Scope.PATIENT: self._paciente, Scope.PATIENTS: EVERYBODY}.get(scope)
        if scope is Scope.PATIENT and any(parameters.get(name, about) != about for name in OF_A_PATIENT):
            raise HistoriaError  # of another patient than the transaction
        if about is not None and about != self._declared:
            cursor.execute("SET LOCAL historia.contexto = %s", (self._signed(about),))
            self._declared = about
        if scope is Scope.PATIENT and self._reservados != self._declared_reservados:
            said = self._reservados and self._signed(self._reservados, RESERVED)
            cursor.execute("SET LOCAL historia.reservados = %s", (said,))
            self._declared_reservados = self._reservados

    def _move(self) -> bool:
        try:
            following = next(self._way)
        except (StopIteration, Unavailable):
            return False
        self.close()
        self._connection, self._declared, self._declared_reservados = following, None, ""
        return True


def _commit(connection: PoolProxiedConnection) -> None:
    if _status(connection) == TRANSACTION_STATUS_INERROR:
        # COMMIT would roll back without a word: someone swallowed the error of a statement.
        raise HistoriaError
    try:
        _send(connection, "COMMIT")
    except psycopg2.Error as error:
        lost = _is_lost(connection)
        if lost or error.pgcode == INTERNAL:
            raise OutcomeUnknown from error
        raise _read(error, lost=lost) from error


def _end(connection: PoolProxiedConnection) -> None:
    """Nothing stays open on a connection that is given back."""
    with suppress(psycopg2.Error):
        if _status(connection) not in (None, TRANSACTION_STATUS_IDLE):
            _send(connection, "ROLLBACK")
    if _is_lost(connection):
        connection.invalidate()


def _send(connection: PoolProxiedConnection, command: str) -> None:
    with closing(connection.cursor()) as cursor:
        cursor.execute(command)


def _status(connection: PoolProxiedConnection) -> int | None:
    driver = connection.driver_connection
    return None if driver is None else driver.info.transaction_status


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
    if code == NOT_TRUSTED:
        return SchemaMissing(UNSIGNED)
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
