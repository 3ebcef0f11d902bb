"""Every SQLSTATE we know becomes the answer that python-minded operators expect, and nothing of its text survives."""

from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
from historia_clinica import errors
from historia_clinica.db import _commit, _read
from psycopg2.extensions import TRANSACTION_STATUS_INERROR, TRANSACTION_STATUS_INTRANS

CASES = {
    "23505": errors.Conflict,
    "23503": errors.ForeignKeyMissing,
    "23502": errors.InvalidInput,
    "23514": errors.InvalidInput,
    "22P02": errors.InvalidInput,
    "40001": errors.Unavailable,
    "40P01": errors.Unavailable,
    "57014": errors.TimedOut,
    "55P03": errors.TimedOut,
    "08006": errors.NodeUnavailable,
    "42P01": errors.SchemaMissing,
    "42501": errors.SchemaMissing,
    "3F000": errors.SchemaMissing,
    "53300": errors.Unavailable,
    "57P01": errors.Unavailable,
    "25006": errors.Unavailable,
    "XX000": errors.HistoriaError,
    "0A000": errors.HistoriaError,
    "42601": errors.HistoriaError,
}
SECRET = "1012345678"


def _driver_error(code: str | None) -> psycopg2.Error:
    return type("DriverError", (psycopg2.Error,), {"pgcode": code})(f"Key (cedula)=({SECRET})")


@pytest.mark.parametrize("code", CASES)
def test_reading_by_sqlstate(code: str) -> None:
    read = _read(_driver_error(code), lost=False)
    assert type(read) is CASES[code]
    assert SECRET not in f"{read} {read.detail} {read.errors}"


@pytest.mark.parametrize("code", [None, "57P01", "08006", "XX000"])
def test_a_lost_connection_is_unavailability_whatever_the_code(code: str | None) -> None:
    assert type(_read(_driver_error(code), lost=True)) is errors.Unavailable


def test_an_error_without_sqlstate_on_a_live_connection_is_ours() -> None:
    assert type(_read(_driver_error(None), lost=False)) is errors.HistoriaError


def _connection(error: psycopg2.Error | None, *, closed: int = 0, status: int = TRANSACTION_STATUS_INTRANS) -> Any:
    """A borrowed connection whose COMMIT ends like that."""

    def execute(_command: str) -> None:
        if error:
            raise error

    driver = SimpleNamespace(closed=closed, info=SimpleNamespace(transaction_status=status))
    cursor = SimpleNamespace(execute=execute, close=lambda: None)
    return SimpleNamespace(driver_connection=driver, cursor=lambda: cursor)


@pytest.mark.parametrize(
    ("code", "closed", "answer"),
    [("XX000", 0, errors.OutcomeUnknown), (None, 1, errors.OutcomeUnknown), ("23503", 0, errors.ForeignKeyMissing)],
)
def test_a_commit_that_fails_says_whether_the_outcome_is_known(code: str | None, closed: int, answer: type) -> None:
    with pytest.raises(answer):
        _commit(_connection(_driver_error(code), closed=closed))


def test_an_error_that_someone_swallowed_is_not_committed_as_nothing() -> None:
    with pytest.raises(errors.HistoriaError):
        _commit(_connection(None, status=TRANSACTION_STATUS_INERROR))
    _commit(_connection(None))
