"""Every error answer of the API: RFC 9457 problems in Spanish. Nothing of the request or of a driver goes into one."""

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from apiflask import APIFlask, HTTPError
from flask import Response, jsonify, request
from pydantic import ValidationError

from historia_clinica.errors import HistoriaError
from historia_clinica.http.request_id import urn
from historia_clinica.http.validation import invalid_input

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "/docs/problemas#"
TITLES = {
    400: "Petición mal formada",
    401: "Falta autenticación",
    403: "Acceso denegado",
    404: "No encontrado",
    405: "Método no permitido",
    406: "Formato no disponible",
    408: "La petición tardó demasiado",
    411: "Falta la longitud del cuerpo",
    413: "Cuerpo demasiado grande",
    414: "Dirección demasiado larga",
    415: "Tipo de contenido no admitido",
    417: "No se cumple lo que espera la petición",
    429: "Demasiadas peticiones",
    431: "Cabeceras demasiado grandes",
    501: "Codificación del cuerpo no admitida",
}
OTHER_TITLE = {4: "Petición no admitida", 5: "Error del servidor"}
# The seed's clients look for these members in the error answers of its paths.
ERROR_MEMBER_PATHS = {"/usuarios", "/citus/workers"}
STATUS_PATH = "/status"

logger = structlog.get_logger(__name__)


def install(app: APIFlask) -> None:
    app.register_error_handler(HistoriaError, answer)
    app.register_error_handler(Exception, _answer_unexpected)
    app.error_processor(_answer_http)


def tree(root: type[HistoriaError] = HistoriaError) -> Iterator[type[HistoriaError]]:
    """Every kind of problem we can answer, for the documentation page."""
    yield root
    for kind in root.__subclasses__():
        yield from tree(kind)


def answer(error: HistoriaError) -> Response:
    """What the client gets of one of our errors."""
    if error.status >= 500:
        cause = error.__cause__
        logger.warning(
            "problema al atender la petición",
            problema=error.slug,
            causa=type(cause).__name__ if cause else None,
            sqlstate=getattr(cause, "pgcode", None),
        )
    body = _body(TYPE_BASE + error.slug, error.title, error.status, error.detail)
    if error.errors:
        body["errors"] = [{"pointer": one.pointer, "message": one.message} for one in error.errors]
    return _respond(body, error.status, error.headers)


def _answer_http(error: HTTPError) -> Response:
    """Errors of routing, of the server and of APIFlask's validation, which keeps pydantic's findings as the cause."""
    if isinstance(error.__cause__, ValidationError):
        return answer(invalid_input(error.__cause__))
    status = error.status_code
    title = TITLES.get(status) or OTHER_TITLE.get(status // 100, "Error")
    return _respond(_body("about:blank", title, status, None), status, dict(error.headers))


def _answer_unexpected(error: Exception) -> Response:
    """A fault of ours. Its message may quote the data, so only its kind and the places it passed are logged."""
    logger.error("fallo inesperado", excepcion=type(error).__name__, lugares=list(_places(error)))
    return answer(HistoriaError())


def _places(error: BaseException) -> Iterator[str]:
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        yield f"{code.co_filename}:{trace.tb_lineno}:{code.co_name}"
        trace = trace.tb_next


def _body(kind: str, title: str, status: int, detail: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {"type": kind, "title": title, "status": status}
    if detail:
        body["detail"] = detail
    body["instance"] = urn()
    return body


def _respond(body: dict[str, Any], status: int, headers: Mapping[str, Any]) -> Response:
    sentence = body.get("detail") or body["title"]
    media_type = MEDIA_TYPE
    if request.path in ERROR_MEMBER_PATHS:
        body["error"] = sentence
    if request.path == STATUS_PATH:
        # The seed wants a word where RFC 9457 wants the number, so this one answer is plain JSON.
        body |= {"status": "error", "message": sentence}
        media_type = "application/json"
    response: Response = jsonify(body)
    response.status_code = status
    response.headers.update(headers)
    response.mimetype = media_type
    return response
