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
def transaction_after_commit() -> Iterator[Transaction]:
    """For what an answer tells of a change that another transaction of this request has committed.

    Raises OutcomeUnknown where it cannot be told: the change stands.
    """
    try:
        with context().database.transaction() as transaction:
            yield transaction
    except Unavailable as error:
        raise OutcomeUnknown from error
