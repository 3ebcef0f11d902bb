"""Keyset pages: an opaque cursor that holds the sort key of the last row seen, and nothing about a person.

It is signed for one list, that of a path with what is searched in it: what verifies is a key that this list gave out.
Whoever changes what keys are made of gives PURPOSE another text, so that a cursor of before is refused, not misread.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from itsdangerous import Signer
from itsdangerous.encoding import base64_decode, base64_encode
from pydantic import Field

from historia_clinica.errors import FieldError, InvalidInput
from historia_clinica.http.context import context
from historia_clinica.http.fields import DIGITS, Flag, Schema

Row = TypeVar("Row")
Key = tuple[datetime, UUID] | tuple[int] | tuple[str, str]

PURPOSE = "cursor"
BROKEN = FieldError("/cursor", "No es un cursor devuelto por esta lista; pida la primera página sin él.")
CURSOR_LENGTH = 300  # what is accepted; the longest that is made, of two codes of 40 characters, has 160


class PageQuery(Schema):
    """The query parameters of every list."""

    limite: Annotated[int, Field(ge=1, le=100, description="Filas por página."), DIGITS] = 20
    cursor: Annotated[
        str | None,
        Field(
            description="El valor de «siguiente» de la página anterior, con las mismas condiciones.",
            min_length=1,
            max_length=CURSOR_LENGTH,
        ),
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


def page(rows: Sequence[Row], query: PageQuery, key: Callable[[Row], Key]) -> Page[Row]:
    """From up to `query.limite + 1` rows: the one too many says that there is a next page."""
    shown = list(rows[: query.limite])
    more = len(rows) > query.limite
    return Page(shown, _encode(query, key(shown[-1])) if more else None)


def decode_moment(query: PageQuery) -> tuple[datetime | None, UUID | None]:
    """The key of a list sorted by (time, id); two Nones ask for the first page. InvalidInput: another list's cursor."""
    if query.cursor is None:
        return None, None
    moment, identifier = _decode(query, query.cursor)
    return datetime.fromisoformat(moment), UUID(identifier)


def decode_number(query: PageQuery) -> int | None:
    """The key of a list sorted by a number; the rest as above."""
    if query.cursor is None:
        return None
    [number] = _decode(query, query.cursor)
    return int(number)


def decode_texts(query: PageQuery) -> tuple[str, str] | None:
    """The key of a list sorted by two texts; the rest as above."""
    if query.cursor is None:
        return None
    first, second = _decode(query, query.cursor)
    return first, second


def _encode(query: PageQuery, key: Key) -> str:
    held = json.dumps(key, default=_plain, separators=(",", ":"))
    return _signer(query).sign(base64_encode(held)).decode()


def _decode(query: PageQuery, cursor: str) -> list[Any]:
    held = cursor.rpartition(".")[0]
    # the whole text is compared: base64 can be spelled in more than one way
    if not hmac.compare_digest(_signer(query).sign(held), cursor.encode()):
        raise InvalidInput(errors=(BROKEN,))
    key: list[Any] = json.loads(base64_decode(held))
    return key


def _signer(query: PageQuery) -> Signer:
    """The path names the list and the patient; the salt only goes into the key, so nothing of it can be read."""
    conditions = query.model_dump(mode="json", exclude=set(PageQuery.model_fields), exclude_defaults=True)
    return Signer(
        context().settings.historia_signing_key.get_secret_value(),
        salt=json.dumps([PURPOSE, request.path, conditions]),
        key_derivation="hmac",
        digest_method=hashlib.sha256,
    )


def _plain(part: datetime | UUID) -> str:
    return part.isoformat() if isinstance(part, datetime) else str(part)
