"""Cursors go round, hold nothing but sort keys, and anything else is refused as the client's fault."""

import base64
import contextlib
import datetime
import json
from typing import Any

import pytest
from historia_clinica.errors import InvalidInput
from historia_clinica.http import pagination
from hypothesis import given
from hypothesis import strategies as st

MOMENTS = st.datetimes(timezones=st.just(datetime.UTC))


@given(MOMENTS, st.uuids())
def test_a_cursor_of_time_and_id_goes_round(moment: Any, identifier: Any) -> None:
    cursor = pagination.encode("pacientes", (moment, identifier))
    assert pagination.decode_moment("pacientes", cursor) == (moment, identifier)
    assert len(cursor) <= pagination.CURSOR_LENGTH


@given(st.integers(0, 2**63 - 1))
def test_a_cursor_of_a_number_goes_round(number: int) -> None:
    assert pagination.decode_number("medicos", pagination.encode("medicos", (number,))) == number


TEXT = "^[a-z.]{1,40}$"


@given(st.from_regex(TEXT[1:-1], fullmatch=True), st.from_regex(TEXT[1:-1], fullmatch=True))
def test_a_cursor_of_two_texts_goes_round(first: str, second: str) -> None:
    cursor = pagination.encode("conceptos", (first, second))
    assert pagination.decode_texts("conceptos", cursor, TEXT) == (first, second)
    assert len(cursor) <= pagination.CURSOR_LENGTH


@pytest.mark.parametrize("parts", [["a"], ["a", "b", "c"], ["a", 1], ["a", ""], ["a", "b\n"], ["a", "\0"], ["a", "A"]])
def test_texts_of_another_form_are_refused(parts: list[Any]) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(["conceptos", *parts]).encode()).decode()
    with pytest.raises(InvalidInput):
        pagination.decode_texts("conceptos", cursor, TEXT)


@given(st.text(max_size=60))
def test_any_other_text_is_refused(text: str) -> None:
    for decode in (pagination.decode_moment, pagination.decode_number):
        with pytest.raises(InvalidInput):
            decode("pacientes", text)


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=6)


@given(st.lists(JSON, max_size=3))
def test_well_formed_cursors_with_other_contents_are_refused_or_read(parts: list[Any]) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(["pacientes", *parts]).encode()).decode()
    for decode in (pagination.decode_moment, pagination.decode_number):
        with contextlib.suppress(InvalidInput):
            decode("pacientes", cursor)


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidInput):
        pagination.decode_number("medicos", pagination.encode("pacientes", (1,)))


def test_no_cursor_asks_for_the_first_page() -> None:
    assert pagination.decode_moment("pacientes", None) == (None, None)
    assert pagination.decode_number("medicos", None) is None
    assert pagination.decode_texts("conceptos", None, TEXT) is None
