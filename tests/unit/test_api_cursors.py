"""Cursors go round, hold nothing but sort keys, and what this list did not sign is refused as the client's fault."""

import base64
import contextlib
import datetime
import json
import string
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from historia_clinica import create_app
from historia_clinica.errors import InvalidInput
from historia_clinica.http import pagination
from historia_clinica.http.pagination import PageQuery, RecordPageQuery
from historia_clinica.settings import Settings
from hypothesis import given
from hypothesis import strategies as st

MOMENTS = st.datetimes(timezones=st.just(datetime.UTC))
CODES = st.from_regex("[0-9A-Za-z][0-9A-Za-z._+-]{0,39}", fullmatch=True)
PACIENTES, CONSULTAS = "/api/v1/pacientes", "/api/v1/pacientes/0102030405/consultas"
BASE64 = string.ascii_letters + string.digits + "-_"


@pytest.fixture(scope="module")
def app() -> Flask:
    return application("una clave de al menos 32 caracteres")


def application(key: str) -> Flask:
    with pytest.MonkeyPatch.context() as patch:
        for name in Settings.model_fields:
            patch.delenv(name.upper(), raising=False)
        return create_app(Settings(postgres_host="nobody", postgres_password="-", historia_signing_key=key))


def cursor(app: Flask, key: Any, path: str = PACIENTES, query: PageQuery | None = None) -> str:
    """What a list gives out after a row with that sort key."""
    with app.test_request_context(path):
        page = pagination.page([key, key], query or PageQuery(limite=1), lambda row: row)
    assert page.next_cursor
    assert len(page.next_cursor) <= pagination.CURSOR_LENGTH
    return page.next_cursor


@contextlib.contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(InvalidInput) as refusal:
        yield
    assert refusal.value.errors == (pagination.BROKEN,)


@given(moment=MOMENTS, identifier=st.uuids())
def test_a_cursor_of_time_and_id_goes_round(app: Flask, moment: Any, identifier: Any) -> None:
    given_out = cursor(app, (moment, identifier))
    with app.test_request_context(PACIENTES):
        assert pagination.decode_moment(PageQuery(cursor=given_out)) == (moment, identifier)


@given(number=st.integers(0, 2**63 - 1))
def test_a_cursor_of_a_number_goes_round(app: Flask, number: int) -> None:
    given_out = cursor(app, (number,))
    with app.test_request_context(PACIENTES):
        assert pagination.decode_number(PageQuery(cursor=given_out)) == number


@given(first=CODES, second=CODES)
def test_a_cursor_of_two_texts_goes_round(app: Flask, first: str, second: str) -> None:
    given_out = cursor(app, (first, second))
    with app.test_request_context(PACIENTES):
        assert pagination.decode_texts(PageQuery(cursor=given_out)) == (first, second)


def test_the_longest_fits(app: Flask) -> None:
    assert len(cursor(app, ("a" * 40, "z" * 40))) <= pagination.CURSOR_LENGTH


def test_it_holds_the_sort_key_and_nothing_else(app: Flask) -> None:
    held = cursor(app, (7,), CONSULTAS, RecordPageQuery(limite=1, anulados=True)).partition(".")[0]
    assert json.loads(base64.urlsafe_b64decode(held + "=" * (-len(held) % 4))) == [7]


def test_any_changed_character_is_refused(app: Flask) -> None:
    """The last one too, of which base64 leaves bits unused."""
    given_out = cursor(app, (1,))
    for place, there in enumerate(given_out):
        for other in set(BASE64 + ".=ñ") - {there}:
            changed = given_out[:place] + other + given_out[place + 1 :]
            with app.test_request_context(PACIENTES), refused():
                pagination.decode_number(PageQuery(cursor=changed))


@given(text=st.text(min_size=1, max_size=60))
def test_any_other_text_is_refused(app: Flask, text: str) -> None:
    for decode in (pagination.decode_moment, pagination.decode_number, pagination.decode_texts):
        with app.test_request_context(PACIENTES), refused():
            decode(PageQuery(cursor=text))


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/v1/medicos", {}),
        (CONSULTAS.replace("0405", "0406"), {}),
        (CONSULTAS.replace("consultas", "notas"), {}),
        (CONSULTAS, {"anulados": True}),
    ],
)
def test_the_cursor_of_another_list_is_refused(app: Flask, path: str, query: dict[str, Any]) -> None:
    given_out = cursor(app, (1,), CONSULTAS, RecordPageQuery(limite=1))
    with app.test_request_context(path), refused():
        pagination.decode_number(RecordPageQuery(cursor=given_out, **query))
    with app.test_request_context(CONSULTAS):
        assert pagination.decode_number(RecordPageQuery(cursor=given_out, anulados=False, limite=100)) == 1


def test_another_key_signs_otherwise(app: Flask) -> None:
    same, other = application("una clave de al menos 32 caracteres"), application("otra clave de al menos 32 letras")
    given_out = cursor(app, (1,))
    with same.test_request_context(PACIENTES):
        assert pagination.decode_number(PageQuery(cursor=given_out)) == 1
    with other.test_request_context(PACIENTES), refused():
        pagination.decode_number(PageQuery(cursor=given_out))


def test_no_cursor_asks_for_the_first_page() -> None:
    assert pagination.decode_moment(PageQuery()) == (None, None)
    assert pagination.decode_number(PageQuery()) is None
    assert pagination.decode_texts(PageQuery()) is None
