"""The API against its own OpenAPI document: the committed copy is current, and answers are only what it says."""

import datetime
import json
import pathlib
from typing import Any

import pytest
import schemathesis
import versioned
from flask.testing import FlaskClient
from historia_clinica.openapi import document
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from versioned import KINDS, Kind, if_match

COMMITTED = pathlib.Path(__file__).parents[2] / "docs" / "openapi.json"
EXAMPLES = 150
FEWER = 15  # of routes that are made by the code that makes those of consultas
RECORDS = "/pacientes/{cedula}/(" + "|".join(kind.path.split("/")[2] for kind in versioned.RECORDS[1:]) + ")"
MADE_ALIKE = {"path_regex": RECORDS.replace("{", r"\{").replace("}", r"\}")}

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
# The header that an operation demands is If-Match, and RFC 6585 has a status of its own for that.
schema.config.checks.missing_required_header.expected_statuses = ["428"]


@pytest.fixture(autouse=True)
def _target(api: FlaskClient) -> None:
    application.target = api.application


@schema.exclude(**MADE_ALIKE).parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_are_what_the_document_says(case: Any) -> None:
    validate(case)


@schema.include(**MADE_ALIKE).parametrize()
@settings(max_examples=FEWER, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_about_records_are_what_the_document_says(case: Any) -> None:
    validate(case)


def validate(case: Any) -> None:
    excluded = [schemathesis.checks.CHECKS.get_one("positive_data_acceptance")] if depends_on_rows(case) else []
    case.call_and_validate(excluded_checks=excluded)


REFERENCES = {"medico_id", "consulta_id", "orden_id", "adenda_de"}
RULES = {"afirmacion", "contenido", "resuelto", "parentesco", "texto", "loinc", "unidad", "dosis", "cantidad"}


def depends_on_rows(case: Any) -> bool:
    """Valid, and refused: cursors are made by the list itself, physicians and versions are those that exist, and a key
    is for one request.

    JSON Schema of single parameters cannot say either that a version and an instant are not asked for together, nor of
    single members that one is demanded where another has a certain value, nor how many decimals a number may have.
    """
    body, query = case.body if isinstance(case.body, dict) else {}, case.query or {}
    return (
        RULES & body.keys() != set()
        or "cursor" in query
        or {"version", "en"} <= query.keys()
        or any(body.get(name) is not None for name in REFERENCES)
        or any(name in (case.headers or {}) for name in ("If-Match", "Idempotency-Key"))
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_answers_about_a_record_that_exists(api: FlaskClient, kind: Kind) -> None:
    """What generated requests hardly ever meet: the version that there is."""
    created = kind.created(api).get_json()
    template = f"/api/v1/{kind.path}"
    key = {"cedula": created.get("cedula") or created.get("paciente_id"), "id": created["id"]}
    key = {name: str(key[name]) for name in key if f"{{{name}}}" in template}

    def answer(method: str, status: int, tail: str = "", **members: Any) -> None:
        case = schema[template + tail][method].Case(path_parameters=key, media_type="application/json", **members)
        assert case.call_and_validate().status_code == status

    minimal = {"Prefer": "return=minimal"}
    answer("GET", 200)
    answer("GET", 304, headers={"If-None-Match": '"1"'})
    answer("PUT", 200, headers=if_match('"1"'), body=kind.body(1))
    answer("PUT", 204, headers=if_match('"2"') | minimal, body=kind.body(2))
    answer("PUT", 412, headers=if_match('"1"'), body=kind.body(3))
    answer("GET", 200, query={"version": 1})
    answer("GET", 200, query={"en": created["fecha_registro"]})
    answer("GET", 200, "/historial", query={"limite": 2})
    answer("POST", 200, "/anulacion", headers=if_match('"3"'), body={"motivo": "m"})
    answer("PUT", 409, headers=if_match('"4"'), body=kind.body(4))
    answer("GET", 200)


def test_answers_about_patients_that_are_merged(api: FlaskClient) -> None:
    one, two = (KINDS[0].created(api).get_json()["cedula"] for _ in range(2))
    body = {"duplicado": two, "motivo": "m"}

    def answer(method: str, status: int, cedula: str, tail: str, **members: Any) -> None:
        case = schema[f"/api/v1/pacientes/{{cedula}}{tail}"][method].Case(
            path_parameters={"cedula": cedula}, media_type="application/json", **members
        )
        assert case.call_and_validate().status_code == status

    answer("POST", 200, one, "/fusion", headers=if_match('"1"'), body=body)
    answer("POST", 409, one, "/fusion", headers=if_match('"2"'), body=body)
    answer("POST", 412, one, "/separacion", headers=if_match('"1"'), body=body)
    answer("GET", 200, one, "/fusiones")
    answer("GET", 308, two, "/consultas")
    answer("POST", 308, two, "/consultas", body={}, headers={"Idempotency-Key": "k"})
    answer("POST", 409, two, "/separacion", headers=if_match('"2"'), body=body)
    answer("POST", 204, one, "/separacion", headers=if_match('"2"') | {"Prefer": "return=minimal"}, body=body)
    answer("POST", 422, one, "/separacion", headers=if_match('"3"'), body=body)
    answer("GET", 200, one, "/fusiones")


def test_the_committed_document_is_current(api: FlaskClient) -> None:
    assert COMMITTED.read_text() == document(api.application), (
        "run: python -m historia_clinica.openapi > docs/openapi.json"
    )
