"""Who asks the current request."""

from typing import cast

from flask import g

from historia_clinica.access.people import ANONYMOUS, Persona


def persona() -> Persona:
    """Whoever identified himself, or ANONYMOUS."""
    return cast("Persona", g.get("persona", ANONYMOUS))
