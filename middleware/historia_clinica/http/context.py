"""What a route may ask of the running application."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from historia_clinica.database import Database
from historia_clinica.health import Readiness
from historia_clinica.members import Members
from historia_clinica.settings import Settings

KEY = "historia_clinica"


@dataclass(frozen=True)
class Context:
    """Put into the application's extensions by `create_app`."""

    settings: Settings
    database: Database
    readiness: Readiness
    members: Members


def context() -> Context:
    return cast("Context", current_app.extensions[KEY])
