"""Who asks for a patient by a number that the patient no longer has is sent to the number of today."""

from flask import Flask, Response, redirect, request, url_for

from historia_clinica.errors import NO_PATIENT, HistoriaError, NotFound, PatientMerged, Unavailable
from historia_clinica.http import idempotency, problems
from historia_clinica.http.context import context
from historia_clinica.records.store import refuse_without_patient
from historia_clinica.resources.pacientes import repository

KEEPS_METHOD_AND_BODY = 308
# Between the two looks the patient was separated, or registered.
COME_BACK = "El paciente acaba de volver a este número; vuelva a intentarlo."
OLD_VERSION = {"version", "en"}
READS = {"GET", "HEAD"}
OF_THE_PATIENT = {"pacientes", "fusiones"}  # blueprints whose changes say a version of the patient's own row


def install(app: Flask) -> None:
    app.register_error_handler(NotFound, _answer)


def _answer(error: NotFound) -> Response:
    """Only where there would be no answer: a record that is found costs no more for this."""
    cedula = (request.view_args or {}).get("cedula")
    if cedula is None:
        return problems.answer(error)
    try:
        with context().database.transaction(paciente=cedula) as transaction:
            found = repository.number_of_today(transaction, cedula)
            if found is None and error.detail == NO_PATIENT:
                refuse_without_patient(transaction, {"paciente_id": cedula})
                raise Unavailable(COME_BACK)
    except HistoriaError as failure:
        return problems.answer(failure)
    if found is None:
        return problems.answer(error)
    if found.fusion and request.blueprint in OF_THE_PATIENT:
        # The survivor is another row: a version of one must not be taken for one of the other.
        if request.method not in READS:
            return problems.answer(PatientMerged())
        if OLD_VERSION & request.args.keys():
            return problems.answer(error)
    return _lead_to(found.cedula_nueva)


def _lead_to(number: str) -> Response:
    address = url_for(str(request.endpoint), **(request.view_args or {}) | {"cedula": number})
    query = request.query_string.decode()
    keyed = request.method not in READS and idempotency.HEADER in request.headers
    if keyed and idempotency.ASKED not in request.args:
        # there the key shall be the one that it is here: what was done under it has gone there as well
        query = "&".join(filter(None, (query, f"{idempotency.ASKED}={(request.view_args or {})['cedula']}")))
    answer = redirect(f"{address}?{query}" if query else address, KEEPS_METHOD_AND_BODY)
    answer.data = b""
    return answer  # type: ignore[return-value]  # made by our own response class
