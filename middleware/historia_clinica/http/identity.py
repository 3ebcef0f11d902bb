"""Who asks the current request: the one place where that is found out."""

import re
from typing import cast

from flask import Flask, g, request

from historia_clinica.access.operations import HALF_OPEN, OPEN, operation_of
from historia_clinica.access.people import ANONYMOUS, Persona, Rol
from historia_clinica.errors import Forbidden, InvalidToken, PasswordMustChange, Unauthorized
from historia_clinica.http.context import context

# Whoever logs in or renews may still send the token that has expired, and a probe must not depend on the database.
IGNORING = OPEN - HALF_OPEN.keys()
OWN = "sesiones"  # the blueprint of what everybody may do about himself
BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE)


def install(app: Flask) -> None:
    app.before_request(_identify)


def persona() -> Persona:
    """Whoever identified himself, or ANONYMOUS."""
    return cast("Persona", g.get("persona", ANONYMOUS))


def identified() -> Persona:
    """For what is about the account itself, also where nobody has to identify himself. Raises Unauthorized."""
    if persona() is ANONYMOUS:
        raise Unauthorized
    return persona()


def administrator() -> Persona:
    """As above, and Forbidden for everybody else: who may make accounts may make himself anything."""
    if identified().rol is not Rol.ADMIN:
        raise Forbidden
    return persona()


def _identify() -> None:
    endpoint = request.endpoint  # None: there is no such route, and nothing to protect
    if endpoint is None or endpoint in IGNORING:
        return
    offered = request.headers.get("Authorization")
    if offered is None:
        if context().settings.historia_auth == "required" and endpoint not in OPEN:
            raise Unauthorized
        return
    found = BEARER.fullmatch(offered.strip())
    if not found:
        raise InvalidToken
    who = context().sessions.identify(found[1])
    g.persona = who.persona  # also of whoever is refused: the audit names him
    if request.blueprint != OWN:
        _refuse(who.persona, endpoint, must_change=who.debe_cambiar)


def _refuse(who: Persona, endpoint: str, *, must_change: bool) -> None:
    """What an account may not do whatever its role: all but its scopes where it is a program's, and anything at all
    where its password is only to be changed.
    """
    if must_change:
        raise PasswordMustChange
    operation = operation_of(endpoint)
    if who.rol is None and (operation is None or str(operation) not in who.ambitos):
        raise Forbidden
