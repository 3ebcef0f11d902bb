"""pydantic's findings as field errors: a pointer and a Spanish sentence, never the rejected value."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from historia_clinica.errors import FieldError, InvalidInput

HARMLESS_NAME = re.compile(r"[A-Za-z_]{1,40}")
Place = tuple[int | str, ...]
FALLBACK = "El valor no es válido."
MESSAGES = {
    "missing": "Falta este campo, que es obligatorio.",
    "extra_forbidden": "Este campo no existe; revise su nombre.",
    "string_type": "Debe ser un texto.",
    "string_unicode": "Contiene caracteres no permitidos.",
    "string_too_short": "Debe tener al menos {min_length} caracteres.",
    "string_too_long": "Debe tener como máximo {max_length} caracteres.",
    "too_long": "Debe tener como máximo {max_length} caracteres.",  # of a text that is looked at before
    "string_pattern_mismatch": "No tiene la forma esperada.",
    "int_type": "Debe ser un número entero.",
    "int_parsing": "Debe ser un número entero.",
    "int_parsing_size": "El número es demasiado grande.",
    "greater_than_equal": "Debe ser {ge} o más.",
    "less_than_equal": "Debe ser {le} o menos.",
    "literal_error": "Debe ser uno de: {expected}.",
    "enum": "Debe ser uno de: {expected}.",
    "model_type": "El cuerpo debe ser un objeto JSON.",
    "model_attributes_type": "El cuerpo debe ser un objeto JSON.",
}


def invalid_input(error: ValidationError) -> InvalidInput:
    """A rule about several members, `members` of its context, is said of each of them."""
    return InvalidInput(
        errors=tuple(
            _field_error(finding["type"], place, finding.get("ctx", {}), finding["msg"])
            for finding in error.errors(include_url=False, include_input=False)
            for place in _places(finding["loc"], finding.get("ctx", {}))
        )
    )


def _places(location: Place, facts: Mapping[str, Any]) -> list[Place]:
    return [(*location, member) for member in facts.get("members", ())] or [location]


def _field_error(kind: str, location: Iterable[int | str], facts: Mapping[str, Any], message: str) -> FieldError:
    text = message if kind.startswith("historia_") else MESSAGES.get(kind, FALLBACK)
    if kind in {"literal_error", "enum"}:
        facts = {"expected": str(facts["expected"]).replace(" or ", " o ")}
    return FieldError(_pointer(kind, list(location)), text if kind.startswith("historia_") else text.format(**facts))


def _pointer(kind: str, location: list[int | str]) -> str:
    """A name the client made up is repeated only when it can hold nothing about a person."""
    if kind in {"extra_forbidden", "invalid_key"} and not HARMLESS_NAME.fullmatch(str(location[-1])):
        location = location[:-1]
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)
