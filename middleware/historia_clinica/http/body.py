"""Strict reading of requests: UTF-8 JSON objects without repeated members, sent as JSON; no repeated parameters.

APIFlask reads bodies with `force=True` and takes whatever `json.loads` does; both doors are closed here.
"""

import json
import math
from typing import Any, NoReturn

from flask import Request, request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from werkzeug.exceptions import RequestEntityTooLarge

from historia_clinica.errors import FieldError, InvalidInput, MalformedRequest, UnsupportedMediaType
from historia_clinica.http.fields import Exact

# What every route that reads a body may answer, in the words of the description of the API.
BODY = {400: "Petición mal formada", 413: "Cuerpo demasiado grande", 415: "No es JSON"}
NOT_AN_OBJECT = FieldError("", "El cuerpo debe ser un objeto JSON.")
NOT_WHOLE = "El cuerpo de la petición llegó incompleto o mal dividido en trozos."


class StrictRequest(Request):
    """The application's request class."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: ARG002
        if not self.is_json:
            raise UnsupportedMediaType
        value = parse(self.get_data(cache=cache))
        if not isinstance(value, dict):
            raise InvalidInput(errors=(NOT_AN_OBJECT,))
        return value

    # what Werkzeug declares is one function for each kind of answer
    def get_data(self, cache: bool = True, as_text: bool = False, parse_form_data: bool = False) -> Any:
        """The whole body or none of it. Raises MalformedRequest for one that is cut off or whose chunks are broken."""
        try:
            data = super().get_data(cache=cache, parse_form_data=parse_form_data)
        except (OSError, ParseException) as error:
            raise MalformedRequest(NOT_WHOLE) from error
        # Of a body sent in chunks Werkzeug reads up to the limit and silently drops the rest.
        if self.content_length is None and len(data) >= (self.max_content_length or math.inf):
            raise RequestEntityTooLarge
        if len(data) < (self.content_length or 0):
            raise MalformedRequest(NOT_WHOLE)
        return data.decode(errors="replace") if as_text else data


def parse(data: bytes) -> object:
    try:
        return json.loads(
            data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=Exact
        )
    except (ValueError, RecursionError) as error:
        raise MalformedRequest from error


def refuse_repeated_parameters() -> None:
    """Before each request: of two values under one name, nobody could say which was meant."""
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        raise InvalidInput("Un parámetro de la consulta está repetido.")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedRequest("Un miembro del cuerpo está repetido.")
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("not JSON")
