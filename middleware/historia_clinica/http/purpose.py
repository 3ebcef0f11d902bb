"""What for the current request is made: stated in a header, or what its role makes of silence. The audit keeps it."""

from collections.abc import Iterable

from flask import Flask, g, request

from historia_clinica.access.purpose import BREAK_GLASS, Proposito, admitted, belongs_to, silent
from historia_clinica.errors import FieldError, Forbidden, InvalidInput
from historia_clinica.http import audit
from historia_clinica.http.identity import persona

HEADER = "X-Proposito"
UNKNOWN = "No es un propósito de uso; puede ser {}."
NOT_OF_THE_ROLE = "Con su rol no se declara ese propósito de uso; puede ser {}."


def install(app: Flask) -> None:
    """After whatever says who asks, and before anything is asked about a patient."""
    app.before_request(_state)


def code() -> str | None:
    """What the audit keeps of the current request."""
    stated: str | None = g.get("proposito")
    return stated


def broke_the_glass() -> None:
    """The current request goes by an emergency access, or makes one: whatever it states."""
    g.proposito = BREAK_GLASS


def _state() -> None:
    g.proposito = None  # nothing of another request, whoever holds the context open
    if request.method == "OPTIONS" or request.endpoint is None or not belongs_to(request.endpoint):
        return
    rol = persona().rol
    g.proposito = silent(rol)  # also of what is refused below
    stated = request.headers.get(HEADER)
    if stated is None:
        return
    if stated in admitted(rol):
        g.proposito = Proposito(stated).codigo
        return
    # kept as a denial, so that the database is asked the same whether the patient is there or not
    audit.denied()
    if stated not in set(Proposito):
        raise InvalidInput(errors=(_said(UNKNOWN, Proposito),))
    wrong = _said(NOT_OF_THE_ROLE, admitted(rol))
    raise Forbidden(wrong.message, (wrong,))


def _said(sentence: str, allowed: Iterable[Proposito]) -> FieldError:
    return FieldError(f"/{HEADER}", sentence.format(", ".join(one for one in Proposito if one in set(allowed))))
