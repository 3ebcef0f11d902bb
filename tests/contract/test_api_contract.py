"""The API against its own OpenAPI document: the committed copy is current, and answers are only what it says."""

import datetime
import json
import pathlib
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from historia_clinica.openapi import document
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

COMMITTED = pathlib.Path(__file__).parents[2] / "docs" / "openapi.json"
EXAMPLES = 150

# JSON Schema cannot say "not in the future" or "not before 1850"; valid requests are drawn from inside.
schemathesis.openapi.format("date", st.dates(datetime.date(1850, 1, 1), datetime.date(2020, 1, 1)).map(str))
schemathesis.openapi.format(
    "date-time",
    st.dates(datetime.date(1850, 1, 2), datetime.date(2199, 12, 30)).map(lambda day: f"{day}T08:30:00-05:00"),
)


class Deferred:
    """The application under test. Cases are collected from the committed document before there is one."""

    target: Any = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.target(environ, start_response)


application = Deferred()
schema = schemathesis.openapi.from_dict(json.loads(COMMITTED.read_text()))
schema.app = application


@pytest.fixture(autouse=True)
def _target(api: FlaskClient) -> None:
    application.target = api.application


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_are_what_the_document_says(case: Any) -> None:
    excluded = [schemathesis.checks.CHECKS.get_one("positive_data_acceptance")] if depends_on_rows(case) else []
    case.call_and_validate(excluded_checks=excluded)


def depends_on_rows(case: Any) -> bool:
    """Only the list itself makes cursors that it accepts, and only existing physicians can be referred to."""
    body = case.body if isinstance(case.body, dict) else {}
    return "cursor" in (case.query or {}) or body.get("medico_id") is not None


def test_the_committed_document_is_current(api: FlaskClient) -> None:
    assert COMMITTED.read_text() == document(api.application), (
        "run: python -m historia_clinica.openapi > docs/openapi.json"
    )
