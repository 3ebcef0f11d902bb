"""What a route may ask of the running application."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from flask import current_app

from historia_clinica.database import Database
from historia_clinica.db import Transaction
from historia_clinica.errors import OutcomeUnknown, Unavailable
from historia_clinica.health import Readiness
from historia_clinica.identity.sessions import Sessions
from historia_clinica.members import Members
from historia_clinica.permissions import Permissions
from historia_clinica.settings import Settings

KEY = "historia_clinica"


@dataclass(frozen=True)
class Context:
    """Put into the application's extensions by `create_app`."""

    settings: Settings
    database: Database
    readiness: Readiness
    members: Members
    permissions: Permissions
    sessions: Sessions


def context() -> Context:
    return cast("Context", current_app.extensions[KEY])


@contextmanager
def transaction_after_commit(paciente: str) -> Iterator[Transaction]:
    """For what an answer tells of a change to that patient, committed by another transaction of this request.

    Raises OutcomeUnknown where it cannot be told: the change stands.
    """
    try:
        with context().database.transaction() as transaction:
            transaction.about(paciente)
            yield transaction
    except Unavailable as error:
        raise OutcomeUnknown from error
