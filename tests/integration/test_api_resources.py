"""Patients, consultations and physicians: what is written is read back, listed once, and refused twice."""

import concurrent.futures
import itertools
import time
from collections import Counter
from typing import Any

import pytest
from flask.testing import FlaskClient

PACIENTES = "/api/v1/pacientes"
MEDICOS = "/api/v1/medicos"
_numbers = itertools.count(time.time_ns() // 1000 % 10**12)


def new_cedula() -> str:
    return f"0{next(_numbers)}"


def paciente(**members: Any) -> dict[str, Any]:
    return {"cedula": new_cedula(), "nombre": "María José", "apellido": "Ñáñez"} | members


@pytest.fixture
def cedula(api: FlaskClient) -> str:
    return str(api.post(PACIENTES, json=paciente()).get_json()["cedula"])


@pytest.fixture
def medico_id(api: FlaskClient) -> int:
    body = {"nombre": "Luz", "apellido": "Gómez", "codigo_medico": f"M{next(_numbers)}"}
    return int(api.post(MEDICOS, json=body).get_json()["id"])


def pages(api: FlaskClient, address: str, member: str) -> list[dict[str, Any]]:
    """Every row of a list, by following Link as a client would; `siguiente` must say the same."""
    rows: list[dict[str, Any]] = []
    following: str | None = address
    while following:
        answer = api.get(following)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        rows += answer.get_json()[member]
        link = answer.headers.get("Link")
        assert (link is None) == (answer.get_json()["siguiente"] is None)
        following = link.split(">")[0].removeprefix("<") if link else None
    return rows


def test_a_patient_is_created_read_and_keeps_leading_zeros(api: FlaskClient) -> None:
    body = paciente(fecha_nacimiento="1984-02-29", telefono="+57 1", direccion="Calle 1 # 2", ciudad="Popayán")
    created = api.post(PACIENTES, json=body)
    assert created.status_code == 201
    read = api.get(created.headers["Location"])
    assert read.get_json() == created.get_json()
    assert {name: read.get_json()[name] for name in body} == body
    assert body["cedula"].startswith("0")
    assert read.get_json()["version"] == 1
    assert read.get_json()["fecha_registro"].endswith("Z")


def test_text_is_trimmed_and_composed(api: FlaskClient) -> None:
    created = api.post(PACIENTES, json=paciente(nombre="  Jose\u0301 ")).get_json()
    assert created["nombre"] == "José"


def test_the_same_cedula_twice_is_a_conflict(api: FlaskClient, cedula: str) -> None:
    answer = api.post(PACIENTES, json=paciente(cedula=cedula))
    assert answer.status_code == 409
    assert [error["pointer"] for error in answer.get_json()["errors"]] == ["/cedula"]
    assert cedula not in answer.get_data(as_text=True)


def test_of_twenty_at_once_one_is_created(api: FlaskClient) -> None:
    body = paciente()

    def create(_number: int) -> int:
        return int(api.application.test_client().post(PACIENTES, json=body).status_code)

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        assert Counter(pool.map(create, range(20))) == {201: 1, 409: 19}


def test_an_unknown_patient_is_not_found(api: FlaskClient) -> None:
    unknown = new_cedula()
    assert api.get(f"{PACIENTES}/{unknown}").status_code == 404
    assert api.get(f"{PACIENTES}/{unknown}/consultas").status_code == 404
    assert api.post(f"{PACIENTES}/{unknown}/consultas", json={}).status_code == 404


def test_lists_give_every_row_once_even_while_rows_arrive(api: FlaskClient) -> None:
    before = [api.post(PACIENTES, json=paciente()).get_json()["cedula"] for _ in range(5)]
    first = api.get(f"{PACIENTES}?limite=2").get_json()
    api.post(PACIENTES, json=paciente())
    rest = pages(api, f"{PACIENTES}?limite=2&cursor={first['siguiente']}", "pacientes")
    listed = Counter(row["cedula"] for row in first["pacientes"] + rest)
    assert set(listed.values()) == {1}
    assert set(before) <= set(listed)


def test_cursors_hold_no_cedula(api: FlaskClient) -> None:
    import base64  # noqa: PLC0415

    api.post(PACIENTES, json=paciente())
    api.post(PACIENTES, json=paciente())
    body = api.get(f"{PACIENTES}?limite=1").get_json()
    held = body["siguiente"].partition(".")[0]
    text = base64.urlsafe_b64decode(held + "=" * (-len(held) % 4)).decode()
    assert body["pacientes"][0]["id"] in text
    assert body["pacientes"][0]["cedula"] not in text


def test_physicians(api: FlaskClient, medico_id: int) -> None:
    read = api.get(f"{MEDICOS}/{medico_id}").get_json()
    assert read["id"] == medico_id
    again = {name: read[name] for name in ("nombre", "apellido", "codigo_medico")}
    assert api.post(MEDICOS, json=again).status_code == 409
    assert medico_id in [row["id"] for row in pages(api, f"{MEDICOS}?limite=1", "medicos")]
    assert api.get(f"{MEDICOS}/{2**63 - 1}").status_code == 404


def test_consultations_are_listed_newest_first(api: FlaskClient, cedula: str, medico_id: int) -> None:
    address = f"{PACIENTES}/{cedula}/consultas"
    days = ["2026-01-02", "2026-01-05", "2026-01-03", "2026-01-05"]
    for day in days:
        body = {"medico_id": medico_id, "fecha_consulta": f"{day}T08:30:00-05:00", "diagnostico": "línea\nlínea"}
        created = api.post(address, json=body)
        assert created.status_code == 201, created.get_data(as_text=True)
        assert api.get(created.headers["Location"]).get_json() == created.get_json()
        assert created.get_json()["fecha_consulta"] == f"{day}T13:30:00Z"
    rows = pages(api, f"{address}?limite=1", "consultas")
    assert [row["fecha_consulta"][:10] for row in rows] == sorted(days, reverse=True)
    assert {row["paciente_cedula"] for row in rows} == {cedula}
    assert len({row["id"] for row in rows}) == len(days)


def test_a_consultation_needs_nothing_but_a_patient(api: FlaskClient, cedula: str) -> None:
    created = api.post(f"{PACIENTES}/{cedula}/consultas", json={}).get_json()
    assert (created["estado"], created["medico_id"]) == ("activa", None)
    assert created["fecha_consulta"]


def test_an_unknown_physician_is_named_as_the_fault(api: FlaskClient, cedula: str) -> None:
    answer = api.post(f"{PACIENTES}/{cedula}/consultas", json={"medico_id": 2**63 - 1})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == ["/medico_id"]


def test_a_consultation_is_found_only_under_its_patient(api: FlaskClient, cedula: str) -> None:
    created = api.post(f"{PACIENTES}/{cedula}/consultas", json={}).get_json()
    other = api.post(PACIENTES, json=paciente()).get_json()["cedula"]
    assert api.get(f"{PACIENTES}/{other}/consultas/{created['id']}").status_code == 404
    assert api.get(f"{PACIENTES}/{other}/consultas").get_json() == {"consultas": [], "siguiente": None}
