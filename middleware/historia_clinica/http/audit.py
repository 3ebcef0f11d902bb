"""What each request did, kept once: with the change it made, or before its answer leaves.

The row goes into the transaction that the view commits first, so neither is there without the other. What ended
otherwise, and what opened no transaction, is kept when the answer is known. A view says only what cannot be seen from
outside: which row it was about, and which other patient.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar, cast

import structlog
from flask import Flask, Response, g, has_request_context, request

from historia_clinica import deadline
from historia_clinica.access.operations import HALF_OPEN, Operation, audited_operation
from historia_clinica.access.people import ANONYMOUS
from historia_clinica.audit.entries import (
    AGENT,
    Chain,
    Entry,
    Resultado,
    Tie,
    Vinculo,
    pseudonym,
    result_of,
    system_chain,
)
from historia_clinica.audit.repository import append, append_tied
from historia_clinica.db import Transaction
from historia_clinica.errors import AuditUnavailable, HistoriaError, OutcomeUnknown
from historia_clinica.http import problems
from historia_clinica.http.context import context
from historia_clinica.http.fields import CEDULA, Schema
from historia_clinica.http.identity import persona
from historia_clinica.http.request_id import request_id

Result = TypeVar("Result")

NUMBER = re.compile(CEDULA[1:-1])
IDENTIFIER = re.compile(r"[0-9A-Za-z-]{1,40}")
SECONDS = 2.0  # for the row of a request that has used up its own time
UNAVAILABLE = 503
TRIES = 3
PAUSE = 0.1  # seconds; the nodes learn of a patient's move one after the other
# What these commit on their way is not what they come to: a login that fails is counted, a renewal may end a session.
AFTERWARDS = frozenset({"sesiones.create", "sesiones.exchange", "sesiones.renew"})

logger = structlog.get_logger(__name__)


@dataclass
class _Account:
    """What is known so far of the current request."""

    acting: bool = False  # the view runs
    kept: bool = False
    postponed: bool = False
    denied: bool = False
    paciente: str | None = None
    recurso_id: str | None = None
    version: int | None = None
    tie: Tie | None = None


def install(app: Flask) -> None:
    """After everything else that touches answers, so that it comes first: what it answers instead is completed too."""
    app.after_request(_keep_what_is_left)


def about(paciente: str | None = None, recurso_id: object = None, version: int | None = None) -> None:
    """Which row the current request is about, as far as the view knows more than its path."""
    account = _account()
    account.paciente = paciente or account.paciente
    account.recurso_id = account.recurso_id if recurso_id is None else str(recurso_id)
    account.version = account.version if version is None else version


def about_somebody(name: str) -> None:
    """Who may be nobody, and whose name may be anything that was typed: the row gets a pseudonym."""
    about(recurso_id=_pseudonym(name))


def denied() -> None:
    """The current request is refused for who asks, whatever its answer looks like."""
    _account().denied = True


def joins(here: Vinculo, number: str, there: Vinculo) -> None:
    """The current request ties its patient to another; each of the two chains says so."""
    _account().tie = Tie(here, number, there)


def not_yet() -> None:
    """The transaction that is open now changed nothing and settles nothing: another of this request will."""
    _account().postponed = True


def act(view: Callable[[], Result]) -> Result:
    """What the view answers. While it runs, a transaction that it commits is what the request did."""
    account = _account()
    account.acting = True
    try:
        return _wherever_it_moved(view)
    finally:
        account.acting = False


@contextmanager
def witness(transaction: Transaction) -> Iterator[None]:
    """Around each commit. Raises Unavailable where the row cannot be kept."""
    operation = _operation() if has_request_context() and _account().acting else None
    if operation is None or request.endpoint in AFTERWARDS or _account().kept or _account().postponed:
        yield
        if has_request_context():
            _account().postponed = False
        return
    with deadline.at_least(SECONDS):  # what is done is not given up for want of time
        _keep(transaction, operation, Resultado.EXITO)
    yield
    _account().kept = True


def _wherever_it_moved(once: Callable[[], Result]) -> Result:
    """The same again where the row could not be kept, and so nothing was done.

    What was waiting for the end of a patient's move was sent to the node that the patient has left: Citus refuses it.
    """
    for _ in range(TRIES - 1):
        with suppress(AuditUnavailable):
            return once()
        time.sleep(PAUSE)
    return once()


def _account() -> _Account:
    if "audit" not in g:
        g.audit = _Account()
    return cast("_Account", g.audit)


def _operation() -> Operation | None:
    """None where nothing is to be kept: of such a route, of a path that is none, of a question about methods."""
    if request.endpoint is None or request.method == "OPTIONS":
        return None
    if request.endpoint in HALF_OPEN and persona() is not ANONYMOUS:
        return HALF_OPEN[request.endpoint]
    return audited_operation(request.endpoint)


def _keep_what_is_left(response: Response) -> Response:
    operation = _operation()
    account = _account()
    if operation is None or account.kept:
        return response
    if response.status_code == UNAVAILABLE:
        # nothing was given out or changed, and what failed is the database, or who would say whether it is somebody
        logger.warning("petición sin atender y sin anotar", recurso=operation.recurso, accion=operation.accion)
        return response
    result = Resultado.DENEGADO if account.denied else result_of(response.status_code)
    try:
        with deadline.at_least(SECONDS):
            _keep_apart(operation, result)
    except HistoriaError as error:
        return problems.answer(OutcomeUnknown() if request.endpoint in AFTERWARDS else error)
    account.kept = True
    return response


def _keep_apart(operation: Operation, result: Resultado) -> None:
    """In a transaction of its own; in another where nobody has the number: both in one would take two phases.

    A denial goes to both chains, the patient's and that of whoever asked, so that the database is asked the same
    whether the number is somebody's or not, and has as much to wait for. That of nobody in particular goes to no
    patient's: anybody could fill it.
    """
    entry, paciente = _entry(operation, result), _patient()
    denied = result is Resultado.DENEGADO
    if paciente is not None:
        if not (denied and persona() is ANONYMOUS):
            found = _append_apart(Chain(paciente), entry, known=False)
            if found and not denied:
                return
        entry = replace(entry, recurso_id=_pseudonym(paciente))
    _append_apart(system_chain(persona()), entry, known=True)


def _append_apart(chain: Chain, entry: Entry, *, known: bool) -> bool:
    def once() -> bool:
        with context().database.transaction(chain.name) as transaction:  # where it lies, or any node
            return append(transaction, chain, entry, known=known)

    return _wherever_it_moved(once)


def _keep(transaction: Transaction, operation: Operation, result: Resultado) -> None:
    """With what was done: in the chain of each patient concerned, or in one of the system's where there is none."""
    entry, paciente, tie = _entry(operation, result), _patient(), _account().tie
    if paciente is None:
        append(transaction, system_chain(persona()), entry, known=True)
    elif tie:
        append_tied(transaction, entry, paciente, tie)
    else:
        append(transaction, Chain(paciente), entry, known=True)


def _entry(operation: Operation, result: Resultado) -> Entry:
    account, asker = _account(), persona()
    agent = request.headers.get("User-Agent")
    return Entry(
        usuario_id=asker.usuario,
        rol=asker.rol,
        accion=operation.accion,
        recurso=operation.recurso,
        recurso_id=account.recurso_id or _named(),
        version=account.version,
        proposito=g.get("proposito"),
        resultado=result,
        ip=request.remote_addr,
        agente=agent[:AGENT] if agent else None,
        peticion_id=request_id(),
        consulta=",".join(sorted(request.args.keys() & _members())) or None,
    )


def _pseudonym(name: str) -> str:
    return pseudonym(name, context().settings.historia_signing_key.get_secret_value())


def _patient() -> str | None:
    """Whom the current request names; None for what cannot be a patient's number."""
    named = _account().paciente or (request.view_args or {}).get("cedula")
    return named if named and NUMBER.fullmatch(named) else None


def _named() -> str | None:
    """What the path calls the row."""
    names = [value for name, value in (request.view_args or {}).items() if name != "cedula"]
    return names[-1] if names and IDENTIFIER.fullmatch(names[-1]) else None


@cache
def _members(kind: type[Schema] = Schema) -> frozenset[str]:
    """Every name that a parameter can have: another may be anything, also somebody's name."""
    return frozenset(kind.model_fields).union(*(_members(below) for below in kind.__subclasses__()))
