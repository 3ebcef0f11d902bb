"""Types that several schemas share. Text is trimmed and NFC; control characters and lone surrogates are refused."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Self

from annotated_types import GroupedMetadata, MaxLen
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError, PydanticKnownError

from historia_clinica.words import USABLE

CEDULA = r"^[0-9A-Z-]{3,20}$"
EARLIEST = date(1850, 1, 1)
LATEST = date(2199, 12, 31)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
LINE_BREAKS = frozenset("\n\r\t")
CONTROL = r"\x00-\x1f\x7f-\x9f"
# For the published schema: at least one visible character, no control characters (line breaks in long texts only).
LINE_PATTERN = rf"^[^{CONTROL}]*[^\s{CONTROL}][^{CONTROL}]*$"
CONTROL_BUT_BREAKS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
WORDS_PATTERN = rf"^[^{CONTROL}]*[{USABLE}][^{CONTROL}]*$"
TEXT_PATTERN = rf"^[^{CONTROL_BUT_BREAKS}]*[^\s{CONTROL}][^{CONTROL_BUT_BREAKS}]*$"


class Schema(BaseModel):
    """Base of every schema: unknown members are refused, rows of repositories are accepted as they are."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, hide_input_in_errors=True, frozen=True)


class Exact(float):
    """A number of a JSON body with a point or an exponent, and how it was written: `float` alone would round it."""

    text: str

    def __new__(cls, text: str) -> Self:
        made = super().__new__(cls, text)
        made.text = text
        return made


def _clean(value: Any, allowed: frozenset[str]) -> Any:
    if not isinstance(value, str):
        return value
    if any(unicodedata.category(character) in {"Cc", "Cs"} and character not in allowed for character in value):
        raise PydanticCustomError("historia_control", "Contiene caracteres de control o no válidos.")
    text = unicodedata.normalize("NFC", value).strip()
    if not text:
        raise PydanticCustomError("historia_blank", "No puede quedar en blanco.")
    return text


def _clean_line(value: Any) -> Any:
    return _clean(value, frozenset())


def _clean_text(value: Any) -> Any:
    return _clean(value, LINE_BREAKS)


def _check_words(value: Any) -> Any:
    if isinstance(value, str) and not re.search(f"[{USABLE}]", value):
        raise PydanticCustomError("historia_words", "Debe llevar alguna letra del español o un dígito.")
    return value


def _check_cedula(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(CEDULA[1:-1], value):
        raise PydanticCustomError(
            "historia_cedula", "La cédula lleva de 3 a 20 dígitos, letras mayúsculas sin tilde o guiones."
        )
    return value


def _parse_date(value: Any) -> Any:
    if isinstance(value, str) and DATE.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise PydanticCustomError("historia_date", "Debe ser una fecha real con la forma AAAA-MM-DD.")


def _parse_moment(value: Any) -> Any:
    if isinstance(value, str) and MOMENT.fullmatch(value):
        with suppress(ValueError):
            return datetime.fromisoformat(value.upper())
    raise PydanticCustomError(
        "historia_moment", "Debe ser fecha y hora con desfase horario, por ejemplo 2026-01-31T08:30:00-05:00."
    )


def _check_birth(value: date) -> date:
    # Today is the latest day that it already is somewhere on Earth: UTC+14.
    if not EARLIEST <= value <= (datetime.now(UTC) + timedelta(hours=14)).date():
        raise PydanticCustomError("historia_birth", "Debe estar entre 1850-01-01 y hoy.")
    return value


def _check_moment(value: datetime) -> datetime:
    if not EARLIEST <= value.date() <= LATEST:
        raise PydanticCustomError("historia_range", "Debe estar entre los años 1850 y 2199.")
    return value


def _check_digits(value: Any) -> Any:
    """Parameters of paths and queries are text; pydantic alone would also take ` 1_0 ` or `1.0`."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,19}", value):
        raise PydanticCustomError("historia_integer", "Debe ser un número entero.")
    return value


def _parse_flag(value: Any) -> Any:
    """pydantic alone would also take `1`, `yes` or `on`."""
    if isinstance(value, str):
        if value not in {"true", "false"}:
            raise PydanticCustomError("historia_flag", "Debe ser true o false.")
        return value == "true"
    return value


@dataclass(frozen=True)
class AtMost(GroupedMetadata):
    """The longest that a text may be, in characters.

    Counted as the client sent it, which is what the published `maxLength` speaks of, and again as it will be stored:
    trimming makes it shorter, composing may make it longer.
    """

    characters: int

    def __iter__(self) -> Iterator[object]:
        yield MaxLen(self.characters)
        yield BeforeValidator(self._check)

    def _check(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) > self.characters:
            raise PydanticKnownError("string_too_long", {"max_length": self.characters})
        return value


# One line or several; each use adds its own `AtMost(…)`.
Line = Annotated[
    str,
    BeforeValidator(_clean_line),
    Field(strict=True, min_length=1, json_schema_extra={"pattern": LINE_PATTERN}),
]
Text = Annotated[
    str,
    BeforeValidator(_clean_text),
    Field(strict=True, min_length=1, json_schema_extra={"pattern": TEXT_PATTERN}),
]
# What is searched. Looked at before it is trimmed and composed, as the published pattern is.
Words = Annotated[Line, AtMost(100), Field(json_schema_extra={"pattern": WORDS_PATTERN}), BeforeValidator(_check_words)]


def _check_whole(value: Any) -> Any:
    """JSON knows no integers: `3.0` is one. Booleans and texts stay what they are, and strict mode refuses them."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Cedula = Annotated[
    str,
    BeforeValidator(_check_cedula),
    Field(strict=True, json_schema_extra={"pattern": CEDULA}, description="Documento del paciente, con mayúsculas."),
]
BirthDate = Annotated[date, BeforeValidator(_parse_date), AfterValidator(_check_birth)]
Moment = Annotated[AwareDatetime, BeforeValidator(_parse_moment), AfterValidator(_check_moment)]
WHOLE = BeforeValidator(_check_whole)
# Bounds come before the validator, or pydantic does not publish them.
DIGITS = BeforeValidator(_check_digits)
Identifier = Annotated[int, Field(ge=1, le=2**63 - 1), DIGITS]
Flag = Annotated[bool, BeforeValidator(_parse_flag)]
