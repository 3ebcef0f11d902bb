"""What whoever asks may do: decided before the view, and what the decision leaves of rows and of changes.

Nobody in particular, where the installation lets such in, is no business of this module. A patient whom a person may
not see is answered here, before anything about that patient is asked but how the two are related and what the patient
denied: so no body, no condition and no former number can make that answer another one than that about a patient who
does not exist. What the patient denied is told to those alone whom the matrix lets see the patient.

The facts are asked by themselves: the transaction of the view begins when the body has arrived, and no connection is
held for whoever sends slowly.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from apiflask import APIFlask
from flask import Response, g, has_request_context, request

from historia_clinica.access.decision import (
    UNRESTRICTED,
    Condicion,
    Decision,
    Fields,
    Hechos,
    Permiso,
    Razon,
    asks_for_facts,
    decidir,
)
from historia_clinica.access.operations import HALF_OPEN, OF_ACCOUNTS, OPEN, Accion, Operation, operation_of
from historia_clinica.access.people import ANONYMOUS, Persona
from historia_clinica.access.reserve import EVERYBODYS, NOBODYS, reserved_of
from historia_clinica.errors import (
    NO_PATIENT,
    ConsentDenied,
    FieldError,
    Forbidden,
    HistoriaError,
    InvalidInput,
    NotFound,
)
from historia_clinica.http import audit, problems, purpose
from historia_clinica.http.context import context
from historia_clinica.http.fields import CEDULA, Schema
from historia_clinica.http.identity import persona
from historia_clinica.permissions import facts

Body = TypeVar("Body", bound=Schema)
MEDICO = "medico_id"
NOT_YOURS = "Con su rol no se cambia este dato."
NOT_IN_YOUR_NAME = "Con su rol solo se escribe en nombre propio."
OF_ANOTHER = "Es de otro médico, y con su rol solo se cambia lo propio."
RESERVA = "reserva"
NOT_YOURS_TO_RESERVE = "Solo reserva un registro su médico, o quien ve lo reservado."
RESERVED_TO_NOBODY = "Diga de qué médico es, en «medico_id»: solo él verá lo que se reserva."
NOT_ASKED = "Con su rol no se busca por un dato que no se ve."


@dataclass(frozen=True)
class _Asked:
    """What was decided about the current request, and from what; `reservados`: see `reserved_of`."""

    persona: Persona
    hechos: Hechos
    decision: Decision
    reservados: str


def install(app: APIFlask) -> None:
    app.before_request(_authorize)


def decision() -> Decision:
    """About the current request; of nobody in particular, and of what is open, nothing is decided here."""
    asked = _asked()
    return asked.decision if asked else UNRESTRICTED


def reserved() -> str:
    """Of whom the current request sees what is reserved; before it is decided, nobody's."""
    asked = _asked() if has_request_context() else None
    if asked is not None:
        return asked.reservados
    return EVERYBODYS if has_request_context() and persona() == ANONYMOUS else NOBODYS


def may_read(recurso: str) -> bool:
    """Whether the person who asks about a patient may also read that of him or her."""
    return _about_reading(recurso).permitido


def denied(recurso: str) -> bool:
    """Whether it is the patient who does not let that be read."""
    return _about_reading(recurso).razon is Razon.NEGADO


def hidden(recurso: str) -> Fields:
    """The members of that resource that the answer to the current request leaves out."""
    kept: dict[str, Fields] = g.hidden
    if recurso not in kept:
        asked = _asked()
        own = asked.decision.campos_ocultos if asked and request.blueprint == recurso else frozenset()
        kept[recurso] = own | _about_reading(recurso).campos_ocultos
    return kept[recurso]


def visible(body: Body, recurso: str) -> Body:
    return without(body, hidden(recurso))


def without(body: Body, names: Fields) -> Body:
    """The same without those members: they are absent from what is written out, not null."""
    if not names:
        return body
    left = body.model_copy()
    for name in names:
        left.__dict__.pop(name, None)
    return left


def refuse_search(members: Mapping[str, Fields], query: Schema, recurso: str) -> None:
    """Raises Forbidden where a condition of a search asks for what its answer hides: which rows come would tell it.

    `members`: of which members a parameter speaks.
    """
    concealed = hidden(recurso)
    asked = {name for name in members if getattr(query, name) is not None}
    _refuse({name for name in asked if members[name] & concealed}, NOT_ASKED)


def reach() -> dict[str, object]:
    """Whom a search may find, as parameters of its statement: all None, everybody."""
    who, scope = persona(), decision().alcance
    found: dict[str, object] = {
        "atendido_por": who.usuario if Condicion.RELACION in scope else None,
        "propio": who.paciente_id if Condicion.PROPIO in scope else None,
        "propio_uuid": who.paciente_uuid if Condicion.PROPIO in scope else None,
    }
    if scope and not any(found.values()):
        raise Forbidden
    return found


def created(sent: Schema) -> dict[str, Any]:
    """The columns of a new row that are not the sender's to choose. Raises Forbidden."""
    decided = decision()
    _refuse(sent.model_fields_set & decided.campos_solo_lectura, NOT_YOURS)
    own = _in_own_name(sent) if decided.solo_autor else {}
    _check_reserve(sent, own)
    return own


def kept(sent: Schema, current: Mapping[str, Any], recurso: str) -> dict[str, Any]:
    """The columns that a correction leaves as they are. Raises Forbidden where it would not.

    What is hidden may not be sent at all: whether it was the same would tell what it is.
    """
    decided, concealed = decision(), hidden(recurso)
    changed = {name for name in decided.campos_solo_lectura & sent.model_fields_set if _differs(sent, current, name)}
    _refuse(changed | concealed & sent.model_fields_set - {"motivo"}, NOT_YOURS)
    left = (decided.campos_solo_lectura | concealed) & type(sent).model_fields.keys() & current.keys() - {"motivo"}
    if RESERVA in type(sent).model_fields and RESERVA not in sent.model_fields_set:
        left = left | {RESERVA}  # who knows nothing of it opens nothing
    own = owned(current) | _in_own_name(sent) if decided.solo_autor else {}
    values = {name: current[name] for name in left} | own
    _check_reserve(sent, values)
    return values


def owned(current: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing more to write. Raises Forbidden where only its physician may change a row, and that is another."""
    if decision().solo_autor and current.get(MEDICO) != _own_number():
        raise Forbidden(OF_ANOTHER)
    return {}


def _authorize() -> Response | None:
    who, endpoint = persona(), request.endpoint
    g.asked, g.hidden = None, {}  # nothing of another request, whoever holds the context open
    if who == ANONYMOUS or endpoint is None or endpoint in OPEN - HALF_OPEN.keys() or request.blueprint in OF_ACCOUNTS:
        return None
    if request.method == "OPTIONS":
        return None  # the same for everybody, and nothing is asked about a patient
    operation = operation_of(endpoint)
    if operation is None:
        return problems.answer(Forbidden())
    rows = context().permissions.of(who.rol)
    hechos = _facts(who, operation, rows)
    decided = decidir(who, operation, rows, hechos)
    g.asked = _Asked(who, hechos, decided, reserved_of(who, rows, hechos))
    if hechos.emergencia:
        purpose.broke_the_glass()
    if decided.permitido:
        return None
    audit.denied()
    # not raised: what handles a patient who is not found would look for a former number
    return problems.answer(_refusal(decided.razon))


def _refusal(razon: Razon) -> HistoriaError:
    match razon:
        case Razon.PACIENTE_AJENO:
            return NotFound(NO_PATIENT)
        case Razon.NEGADO:
            return ConsentDenied()
        case _:
            return Forbidden()


def _facts(who: Persona, operation: Operation, rows: Sequence[Permiso]) -> Hechos:
    cedula = (request.view_args or {}).get("cedula")
    if cedula is None:
        return Hechos()
    if not re.fullmatch(CEDULA[1:-1], cedula) or not asks_for_facts(who, operation, rows):
        return Hechos(cedula)
    return facts(partial(context().database.ask, paciente=cedula), who, cedula, purpose.code(), rows)


def _asked() -> _Asked | None:
    asked: _Asked | None = g.get("asked")
    return asked


def _about_reading(recurso: str) -> Decision:
    asked = _asked()
    if asked is None:
        return UNRESTRICTED
    rows = context().permissions.of(asked.persona.rol)
    return decidir(asked.persona, Operation(recurso, Accion.LEER), rows, asked.hechos)


def _own_number() -> int:
    """Of the physician who asks; raises Forbidden where the account is none's."""
    number = persona().medico_id
    if number is None:
        raise Forbidden(NOT_IN_YOUR_NAME)
    return number


def _in_own_name(sent: Schema) -> dict[str, Any]:
    if MEDICO not in type(sent).model_fields:
        raise Forbidden(NOT_IN_YOUR_NAME)
    if getattr(sent, MEDICO) not in (None, _own_number()):
        _refuse({MEDICO}, NOT_IN_YOUR_NAME)
    return {MEDICO: _own_number()}


def _check_reserve(sent: Schema, values: Mapping[str, Any]) -> None:
    """What is reserved belongs to a physician, and whoever writes it sees it; `values` go before what was sent."""
    reserva, medico = (values.get(name, getattr(sent, name, None)) for name in (RESERVA, MEDICO))
    if reserva is None:
        return
    if medico is None:
        raise InvalidInput(errors=(FieldError(f"/{RESERVA}", RESERVED_TO_NOBODY),))
    if reserved() not in (EVERYBODYS, str(medico)):
        _refuse({RESERVA}, NOT_YOURS_TO_RESERVE)


def _differs(sent: Schema, current: Mapping[str, Any], name: str) -> bool:
    return name in current and getattr(sent, name) != current[name]


def _refuse(names: set[str] | Fields, sentence: str) -> None:
    if names:
        raise Forbidden(sentence, tuple(FieldError(f"/{name}", sentence) for name in sorted(names)))
