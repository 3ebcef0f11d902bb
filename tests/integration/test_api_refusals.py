"""Bad requests of every kind: a problem in Spanish that points at the fault, never a 5xx, a traceback or the value."""

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

PACIENTES = "/api/v1/pacientes"
CONSULTAS = "/api/v1/pacientes/CC-1/consultas"
MEDICOS = "/api/v1/medicos"
VALID: dict[str, dict[str, Any]] = {
    PACIENTES: {"cedula": "CC-1", "nombre": "Ana", "apellido": "Paz"},
    CONSULTAS: {},
    MEDICOS: {"nombre": "Ana", "apellido": "Paz", "codigo_medico": "M-1"},
}
JSON_TYPE = "application/json"
MARK = "zzq"  # in every rejected text, to see that no answer repeats it

TEXTS = [5, True, [MARK], {MARK: 1}, "", " \t", f"{MARK}\0", f"{MARK}\x1b[31m", f"{MARK}\ud800", MARK * 5000]
NAMES = [None, *TEXTS]
FAULTS: dict[tuple[str, str], list[Any]] = {
    (PACIENTES, "cedula"): [
        *NAMES,
        f"{MARK}1",
        "12",
        "1" * 21,
        "１２３４",
        "12 34",
        "123\n",
        "1'; DROP TABLE pacientes; --",
        "%(cedula)s",
        "{0}",
        "ÑÑÑ",
    ],
    (PACIENTES, "nombre"): NAMES,
    (PACIENTES, "apellido"): NAMES,
    (PACIENTES, "telefono"): [*TEXTS, "1" * 21],
    (PACIENTES, "ciudad"): [*TEXTS, "c" * 51],
    (PACIENTES, "direccion"): TEXTS,
    (PACIENTES, "fecha_nacimiento"): [
        *TEXTS,
        0,
        1e300,
        "1990-02-30",
        "1849-12-31",
        "9999-12-31",
        "1990-1-1",
        "19900101",
        "1990-01-01T00:00:00Z",
        "١٩٩٠-٠١-٠١",
    ],
    (MEDICOS, "nombre"): NAMES,
    (MEDICOS, "codigo_medico"): [*NAMES, "M" * 21, f" {'M' * 20}", "e\u0301" * 11],
    (MEDICOS, "email"): [*TEXTS, MARK, f"@{MARK}", f"{MARK}@", f"a b@{MARK}"],
    (MEDICOS, "especialidad"): TEXTS,
    (CONSULTAS, "medico_id"): ["1", True, 1.5, 0, -1, 2**63, 10**400, [1], {}],
    (CONSULTAS, "fecha_consulta"): [
        *TEXTS,
        1700000000,
        "2026-01-31",
        "2026-01-31T08:30:00",
        "2026-01-31T25:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-01-31T08:30:00+99:99",
    ],
    (CONSULTAS, "diagnostico"): TEXTS,
    (CONSULTAS, "estado"): [None, MARK, "", 1, True, [], "ACTIVA"],
}
CASES = [(path, member, value) for (path, member), values in FAULTS.items() for value in values]


def problem(answer: Any, status: int) -> dict[str, Any]:
    text = answer.get_data(as_text=True)
    assert answer.status_code == status, text
    assert answer.mimetype == "application/problem+json"
    body: dict[str, Any] = answer.get_json()
    assert (body["status"], bool(body["title"])) == (status, True)
    assert body["type"]
    assert body["instance"].endswith(answer.headers["X-Request-ID"])
    assert MARK not in text
    assert "Traceback" not in text
    return body


@pytest.mark.parametrize(("path", "member", "value"), CASES, ids=lambda value: ascii(value)[:30])
def test_a_faulty_member_is_pointed_at(api: FlaskClient, path: str, member: str, value: Any) -> None:
    body = problem(api.post(path, data=json.dumps(VALID[path] | {member: value}), content_type=JSON_TYPE), 422)
    assert {error["pointer"].split("/")[1] for error in body["errors"]} == {member}
    assert all(error["message"] for error in body["errors"])


@pytest.mark.parametrize("path", VALID)
@pytest.mark.parametrize("name", ["otro", "1012345678", "a" * 5000, "\ud800", "", "__proto__", "id", "version"])
def test_unknown_members_are_refused(api: FlaskClient, path: str, name: str) -> None:
    body = problem(api.post(path, data=json.dumps(VALID[path] | {name: MARK}), content_type=JSON_TYPE), 422)
    assert "1012345678" not in json.dumps(body)


@pytest.mark.parametrize("path", [PACIENTES, MEDICOS])
def test_missing_members_are_all_named(api: FlaskClient, path: str) -> None:
    body = problem(api.post(path, json={}), 422)
    assert {error["pointer"] for error in body["errors"]} == {f"/{name}" for name in VALID[path]}


@pytest.mark.parametrize("path", VALID)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"nombre": NaN}',
        b'{"nombre": Infinity}',
        b'{"nombre": "a", "nombre": "b"}',
        b'{"nombre": "\xff"}',
        '{"nombre": "a"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"nombre": "a"}',
        b'{"medico_id": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
    ids=lambda data: ascii(data)[:20],
)
def test_what_is_not_json_is_malformed(api: FlaskClient, path: str, data: bytes) -> None:
    problem(api.post(path, data=data, content_type=JSON_TYPE), 400)


@pytest.mark.parametrize("path", VALID)
@pytest.mark.parametrize("data", [b"null", b"[]", b'"zzq"', b"1", b"true"])
def test_json_that_is_no_object_is_refused(api: FlaskClient, path: str, data: bytes) -> None:
    body = problem(api.post(path, data=data, content_type=JSON_TYPE), 422)
    assert [error["pointer"] for error in body["errors"]] == [""]


@pytest.mark.parametrize("path", VALID)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "zzq"])
def test_other_media_types_are_refused(api: FlaskClient, path: str, kind: str) -> None:
    problem(api.post(path, data=b"{}", content_type=kind), 415)


@pytest.mark.parametrize("path", VALID)
def test_a_large_body_is_refused(api: FlaskClient, path: str) -> None:
    problem(api.post(path, data=b" " * 1_100_000, content_type=JSON_TYPE), 413)


@pytest.mark.parametrize("path", VALID)
def test_a_large_body_in_chunks_is_refused_and_not_cut(api: FlaskClient, path: str) -> None:
    body = io.BytesIO(json.dumps(VALID[path]).encode() + b" " * 1_100_000)
    chunked = {"wsgi.input_terminated": True}
    problem(api.post(path, input_stream=body, content_type=JSON_TYPE, environ_overrides=chunked), 413)


@pytest.mark.parametrize("path", [PACIENTES, MEDICOS, CONSULTAS])
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limite=0", "/limite"),
        ("limite=101", "/limite"),
        ("limite=zzq", "/limite"),
        ("limite=1.0", "/limite"),
        ("limite=%201", "/limite"),
        ("limite=1_0", "/limite"),
        ("limite=" + "9" * 400, "/limite"),
        ("limite=%D9%A1", "/limite"),
        ("cursor=", "/cursor"),
        ("cursor=zzq", "/cursor"),
        ("cursor=WyJ4IiwxXQ", "/cursor"),
        ("cursor=%00", "/cursor"),
        ("cursor=%ff%fe", "/cursor"),
        ("cursor=" + "A" * 5000, "/cursor"),
        ("otro=zzq", "/otro"),
    ],
    ids=lambda text: text[:20],
)
def test_faulty_parameters_are_pointed_at(api: FlaskClient, path: str, query: str, pointer: str) -> None:
    body = problem(api.get(f"{path}?{query}"), 422)
    assert [error["pointer"] for error in body["errors"]] == [pointer]


def test_repeated_parameters_are_refused(api: FlaskClient) -> None:
    problem(api.get(f"{PACIENTES}?limite=1&limite=2"), 422)


@pytest.mark.parametrize(
    "key", ["x", "zzq1", "1%00234", "%ED%A0%80AA", "1'--", "%2e%2e%2e", "1" * 2000, "%F0%9F%92%89"]
)
@pytest.mark.parametrize("tail", ["", "/consultas", "/consultas/7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1de"])
def test_faulty_cedulas_in_paths(api: FlaskClient, key: str, tail: str) -> None:
    problem(api.get(f"{PACIENTES}/{key}{tail}"), 422)


@pytest.mark.parametrize("key", ["zzq", "0", "-1", "1.0", str(2**63), "9" * 400, "%00"])
def test_faulty_numbers_in_paths(api: FlaskClient, key: str) -> None:
    problem(api.get(f"{MEDICOS}/{key}"), 422)


@pytest.mark.parametrize("key", ["zzq", "%00", "7f1f3a52"])
def test_faulty_identifiers_in_paths(api: FlaskClient, key: str) -> None:
    problem(api.get(f"{CONSULTAS}/{key}"), 422)


@pytest.mark.parametrize(
    "path", ["/zzq", "/api/v1", "/api/v1/zzq", "/docs/assets/../zzq", "/docs/assets/docs.html", "/api//v1/medicos"]
)
def test_unknown_paths(api: FlaskClient, path: str) -> None:
    body = problem(api.get(path), 404)
    assert body["type"] == "about:blank"


@pytest.mark.parametrize("path", ["/", "/status", "/livez", "/openapi.json", PACIENTES, MEDICOS, CONSULTAS])
@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT", "ZZQ"])
def test_unknown_methods(api: FlaskClient, path: str, method: str) -> None:
    answer = api.open(path, method=method)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    if path != "/status":
        problem(answer, 405)


def test_injected_text_is_only_text(api: FlaskClient) -> None:
    """Whatever a name holds, it is stored and returned as it came."""
    for number, name in enumerate(
        ["'; DROP TABLE consultas; --", "%s %(nombre)s %%", "\\x00 \\", "<script>", "${7*7}"]
    ):
        body = {"cedula": f"INY-{number}", "nombre": name, "apellido": "A"}
        assert api.post(PACIENTES, json=body).get_json()["nombre"] == name
    assert api.get(PACIENTES).status_code == 200
