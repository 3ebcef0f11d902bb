"""The API against its own OpenAPI document: the committed copy is current, and answers are only what it says.

The cases are the same in each run. HISTORIA_CONTRACT_EXAMPLES=N draws N others of each operation, new in each run.
"""

import contextlib
import datetime
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import versioned
from flask.testing import FlaskClient
from historia_clinica.openapi import document
from historia_hooks.schema import MATRIX, declared
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from versioned import KINDS, Kind, if_match, key_of

COMMITTED = pathlib.Path(__file__).parents[2] / "docs" / "openapi.json"
FILLED = [
    table.name for table in declared("reference").tables if table.name not in {"vocabularios", "conceptos", *MATRIX}
]
EXPLORED = int(os.environ.get("HISTORIA_CONTRACT_EXAMPLES", "0"))
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


def loaded() -> Any:
    schema = schemathesis.openapi.from_dict(json.loads(COMMITTED.read_text()))
    schema.app = application
    # The header that an operation demands is If-Match, and RFC 6585 has a status of its own for that; who asks, where
    # that is demanded too, is looked at first.
    schema.config.checks.missing_required_header.expected_statuses = ["401", "428"]
    return schema


schema = loaded()


def cases(number: int, **more: int) -> settings:
    repeated = {"derandomize": not EXPLORED, "database": None}
    return settings(
        max_examples=EXPLORED or number, deadline=None, suppress_health_check=list(HealthCheck), **repeated, **more
    )


@pytest.fixture(autouse=True)
def _target(api: FlaskClient) -> None:
    application.target = api.application


@schema.exclude(**MADE_ALIKE).parametrize()
@cases(150)
def test_answers_are_what_the_document_says(case: Any) -> None:
    validate(case)


@schema.include(**MADE_ALIKE).parametrize()
@cases(15)
def test_answers_about_records_are_what_the_document_says(case: Any) -> None:
    validate(case)


@pytest.fixture
def walked(postgres_system: Any, run_hooks: Any, api_of: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The application has a database of its own, empty when a walk begins: what is drawn depends on the answers."""
    own = {"POSTGRES_DB": "recorrido"}
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE recorrido")
        assert run_hooks(postgres_system, "sync", workers=0, **own).returncode == 0
        monkeypatch.setattr(Following, "setup", lambda _: forget(postgres_system))
        with api_of(postgres_system, **own) as client:
            application.target = client.application
            yield
        cursor.execute("DROP DATABASE recorrido WITH (FORCE)")


def forget(system: Any) -> None:
    with contextlib.closing(system.connect(database="recorrido")) as connection, connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {','.join(FILLED)} RESTART IDENTITY")


@pytest.mark.usefixtures("walked")
def test_one_answer_leads_to_the_next() -> None:
    """Along the document's links: made, read, corrected, annulled, page by page."""
    run_state_machine_as_test(Following, settings=cases(20, stateful_step_count=20))


# Valid requests only, or a walk ends before it has begun; of the records that are made alike, consultas stand for all.
followed = loaded().include(
    path_regex=r"^/api/v1/(medicos|usuarios|pacientes)(/\{\w+}(/(anulacion|hist|consultas|notas).*)?)?$"
)
followed.config.generation.update(modes=["positive"])


class Following(followed.as_state_machine()):  # type: ignore[misc]
    def validate_response(self, response: Any, case: Any, *_: Any, **__: Any) -> None:
        case.validate_response(response, excluded_checks=excluded(case), recorder=self.recorder)


def validate(case: Any) -> None:
    case.call_and_validate(excluded_checks=excluded(case))


def excluded(case: Any) -> list[Any]:
    return [schemathesis.checks.CHECKS.get_one("positive_data_acceptance")] if depends_on_rows(case) else []


REFERENCES = {"usuario_id", "destinatarios", "medico_id", "consulta_id", "orden_id", "adenda_de", "reserva"}
RULES = {"afirmacion", "contenido", "resuelto", "hasta", "parentesco", "texto", "loinc", "unidad", "dosis", "cantidad"}
RULES |= {"justificacion", "calidad", "otorgado_por"}


def depends_on_rows(case: Any) -> bool:
    """Valid, and refused: cursors are made by the list itself, physicians and versions are those that exist, a key is
    for one request, and who may consent hangs on when the patient was born.

    JSON Schema of single parameters cannot say either that a version and an instant are not asked for together, nor of
    single members that one is demanded where another has a certain value, how many decimals a number may have, or what
    is left of a text without the blanks around it.
    """
    body, query = case.body if isinstance(case.body, dict) else {}, case.query or {}
    return (
        RULES & body.keys() != set()
        or case.operation.path.endswith("/consentimientos")
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
    key = {name: value for name, value in key_of(created).items() if f"{{{name}}}" in template}

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
    answer("GET", 200, query={"en": created[kind.registered]})
    answer("GET", 200, "/historial", query={"limite": 2})
    answer("POST", 200, "/anulacion", headers=if_match('"3"'), body={"motivo": "m"})
    answer("PUT", 409, headers=if_match('"4"'), body=kind.body(4))
    answer("GET", 200)


@pytest.mark.parametrize("tail", ["", "/{codigo}"])
def test_versions_of_a_vocabulary_are_not_those_of_a_row(tail: str) -> None:
    described = schema.raw_schema["paths"]["/api/v1/vocabularios/{nombre}/conceptos" + tail]["get"]
    assert not any("If-None-Match" in str(one) or "IfNoneMatch" in str(one) for one in described["parameters"])
    assert "headers" not in described["responses"]["200"]


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
