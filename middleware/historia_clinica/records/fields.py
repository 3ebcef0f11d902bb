"""Types and rules that several kinds of record share. Codes are checked for their form, not in vocabularies."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from historia_clinica.access.reserve import Reserva
from historia_clinica.http.fields import WHOLE, AtMost, BirthDate, Exact, Line, Moment, Text

# Also of the users that were written without one: the database gives them a UUID.
DOCUMENTO = r"^[0-9A-Za-z-]{3,36}$"
EMAIL = r"[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+"
SPACE = r"[^\S\x00-\x1f\x7f-\x9f]*"  # that is trimmed
CLOCKS_DIFFER = timedelta(minutes=10)
LIMIT, DECIMALS = 10**9, 6  # up to 15 digits, which a JSON number carries exactly wherever it is read


def _parse_number(value: Any) -> Decimal:
    number = None
    if type(value) is int:
        number = Decimal(value)
    elif isinstance(value, Exact):
        with suppress(ArithmeticError):  # an exponent beyond all bounds
            number = Decimal(value.text)
    else:
        raise PydanticCustomError("historia_number", "Debe ser un número.")
    if number is None or not -LIMIT < number < LIMIT or int(number.as_tuple().exponent) < -DECIMALS:
        raise PydanticCustomError(
            "historia_number_range", "Debe ser menor de mil millones y llevar seis decimales como máximo."
        )
    return number


def _check_positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise PydanticCustomError("historia_positive", "Debe ser mayor que cero.")
    return value


def _check_documento(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(DOCUMENTO[1:-1], value):
        raise PydanticCustomError(
            "historia_documento", "El documento lleva de 3 a 36 dígitos, letras sin tilde o guiones."
        )
    return value


def _check_email(value: str) -> str:
    if not re.fullmatch(EMAIL, value):
        raise PydanticCustomError("historia_email", "Debe ser un correo electrónico, por ejemplo ana@hospital.com.")
    return value


def _check_measured(value: datetime) -> datetime:
    if value > datetime.now(UTC) + CLOCKS_DIFFER:
        raise PydanticCustomError("historia_future", "No puede ser después de ahora.")
    return value


def _published(above: int) -> WithJsonSchema:
    bounds = {"exclusiveMinimum": above, "exclusiveMaximum": LIMIT}
    return WithJsonSchema({"type": "number", **bounds, "description": "Seis decimales como máximo."})


def _shown(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


LongText = Annotated[Text, AtMost(2000)]
PastMoment = Annotated[Moment, AfterValidator(_check_measured)]
PastDate = BirthDate  # the same bounds: from 1850 until today
MedicoId = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1), WHOLE]
ConsultaId = Annotated[UUID, Field(description="Una consulta del mismo paciente.")]
Email = Annotated[
    Line, AtMost(100), Field(json_schema_extra={"pattern": f"^{SPACE}{EMAIL}{SPACE}$"}), AfterValidator(_check_email)
]
DocumentoUsuario = Annotated[
    str,
    BeforeValidator(_check_documento),
    Field(strict=True, json_schema_extra={"pattern": DOCUMENTO}, description="Documento del usuario."),
]
CIE10 = Annotated[
    str, Field(strict=True, pattern="^[A-Z][0-9]{2}[0-9X]?$", description="CIE-10, sin punto, como en los RIPS.")
]
LOINC = Annotated[str, Field(strict=True, pattern="^[0-9]{1,7}-[0-9]$", description="Código LOINC.")]
ATC = Annotated[str, Field(strict=True, pattern="^[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}$", description="Código ATC.")]
CUPS = Annotated[str, Field(strict=True, pattern="^[0-9A-Z]{6}$", description="Código CUPS.")]
UCUM = Annotated[str, Field(strict=True, pattern="^[!-~]{1,40}$", description="Unidad en UCUM: mm[Hg], kg, /min.")]
Short = Annotated[Line, AtMost(50)]
Reservado = Annotated[
    Reserva | None,
    Field(
        description="Por qué solo lo ven su médico, el paciente y quien la matriz deje; nulo, como los demás. Al "
        "corregir, lo que no se envía sigue como estaba."
    ),
]
Number = Annotated[Decimal, BeforeValidator(_parse_number), _published(-LIMIT)]
Positive = Annotated[Decimal, BeforeValidator(_parse_number), AfterValidator(_check_positive), _published(0)]
StoredNumber = Annotated[Decimal, PlainSerializer(_shown), WithJsonSchema({"type": "number"})]


def present_exactly_when(condition: bool, value: Any, demanded: str, refused: str) -> None:
    """Raises, with one sentence or the other, where the value is missing or too much. For a field's own validator,
    so that the field is what the problem points at.
    """
    if condition and value is None:
        raise PydanticCustomError("historia_demanded", demanded)
    if value is not None and not condition:
        raise PydanticCustomError("historia_refused", refused)


def not_before_desde(value: datetime | None, info: ValidationInfo) -> datetime | None:
    """For the end of what has its beginning in `desde`: a field's own validator, as above."""
    desde = info.data.get("desde")
    if value is not None and desde is not None and value < desde:
        raise PydanticCustomError("historia_order", "No puede terminar antes de empezar.")
    return value
