"""Keyset pages: an opaque cursor that holds the sort key of the last row seen, and nothing about a person."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from pydantic import Field

from historia_clinica.errors import FieldError, InvalidInput
from historia_clinica.http.fields import DIGITS, Flag, Schema

Row = TypeVar("Row")
Key = tuple[datetime, UUID] | tuple[int] | tuple[str, str]

BROKEN = FieldError("/cursor", "No es un cursor devuelto por esta lista; pida la primera página sin él.")
CURSOR_LENGTH = 300


class PageQuery(Schema):
    """The query parameters of every list."""

    limite: Annotated[int, Field(ge=1, le=100, description="Filas por página."), DIGITS] = 20
    cursor: Annotated[
        str | None,
        Field(description="El valor de «siguiente» de la página anterior.", min_length=1, max_length=CURSOR_LENGTH),
    ] = None


class RecordPageQuery(PageQuery):
    """Of lists whose rows can be annulled."""

    anulados: Annotated[Flag, Field(description="También los anulados, que la lista omite si no se piden.")] = False


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows and, when there are more, the cursor of the next page."""

    rows: list[Row]
    next_cursor: str | None

    @property
    def headers(self) -> dict[str, str]:
        if self.next_cursor is None:
            return {}
        query = urlencode({"limite": "20"} | request.args.to_dict() | {"cursor": self.next_cursor})
        return {"Link": f'<{request.path}?{query}>; rel="next"'}


def page(rows: Sequence[Row], limit: int, kind: str, key: Callable[[Row], Key]) -> Page[Row]:
    """From up to `limit + 1` rows: the one too many says that there is a next page."""
    shown = list(rows[:limit])
    more = len(rows) > limit
    return Page(shown, encode(kind, key(shown[-1])) if more else None)


def encode(kind: str, key: Key) -> str:
    parts = [part.isoformat() if isinstance(part, datetime) else _plain(part) for part in key]
    text = json.dumps([kind, *parts], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_moment(kind: str, cursor: str | None) -> tuple[datetime | None, UUID | None]:
    """The key of a list sorted by (time, id); two Nones ask for the first page."""
    if cursor is None:
        return None, None
    parts = _decode(kind, cursor)
    try:
        moment, identifier = (str(part) for part in parts)
        return datetime.fromisoformat(moment).astimezone(UTC), UUID(identifier)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(errors=(BROKEN,)) from error


def decode_number(kind: str, cursor: str | None) -> int | None:
    """The key of a list sorted by a number."""
    if cursor is None:
        return None
    parts = _decode(kind, cursor)
    if len(parts) == 1 and type(parts[0]) is int and 0 <= parts[0] < 2**63:
        return parts[0]
    raise InvalidInput(errors=(BROKEN,))


def decode_texts(kind: str, cursor: str | None, pattern: str) -> tuple[str, str] | None:
    """The key of a list sorted by two texts that both have the form of the pattern; None asks for the first page."""
    if cursor is None:
        return None
    match _decode(kind, cursor):
        case [str(first), str(second)] if all(re.fullmatch(pattern[1:-1], part) for part in (first, second)):
            return first, second
    raise InvalidInput(errors=(BROKEN,))


def _plain(part: UUID | int | str) -> int | str:
    return part if isinstance(part, int) else str(part)


def _decode(kind: str, cursor: str) -> list[object]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        value = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise InvalidInput(errors=(BROKEN,)) from error
    if isinstance(value, list) and value and value[0] == kind:
        return value[1:]
    raise InvalidInput(errors=(BROKEN,))
