"""The whole record of a patient under another number, and the number that the patient had before."""

import itertools
import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from versioned import RECORDS, Kind, key

PACIENTES = "/api/v1/pacientes"
_numbers = itertools.count(time.time_ns() // 1000 % 10**12)
OLD = {"fecha_consulta": "2026-01-31T08:30:00-05:00", "estado": "cerrada", "motivo": "m"}


def number() -> str:
    return f"D-{next(_numbers)}"


def patient(api: FlaskClient, consultas: int = 3) -> str:
    """The number of one with a corrected patient row, consultas, a corrected and an annulled one."""
    cedula = number()
    person = {"cedula": cedula, "nombre": "Ana", "apellido": "Peña"}
    assert api.post(PACIENTES, json=person).status_code == 201
    made = [
        api.post(f"{PACIENTES}/{cedula}/consultas", json={"diagnostico": f"d{n}"}).headers["Location"]
        for n in range(consultas)
    ]
    person = {"nombre": "Ana María", "apellido": "Peña", "motivo": "m"}
    assert api.put(f"{PACIENTES}/{cedula}", json=person, headers={"If-Match": '"1"'}).status_code == 200
    assert api.put(made[0], json={"diagnostico": "otro", **OLD}, headers={"If-Match": '"1"'}).status_code == 200
    assert api.post(f"{made[1]}/anulacion", json={"motivo": "m"}, headers={"If-Match": '"1"'}).status_code == 200
    return cedula


def change(api: FlaskClient, cedula: str, nueva: str, version: int = 2, **headers: str) -> Any:
    body = {"cedula": nueva, "motivo": "De tarjeta de identidad a cédula"}
    sent = {"If-Match": f'"{version}"'} | headers
    return api.post(f"{PACIENTES}/{cedula}/cambio-documento", json=body, headers=sent)


def record(api: FlaskClient, cedula: str) -> Any:
    """All that the API tells of the patient's consultas, each with its versions."""
    found = api.get(f"{PACIENTES}/{cedula}/consultas?anulados=true&limite=100").get_json()["consultas"]
    return [(one, api.get(f"{PACIENTES}/{cedula}/consultas/{one['id']}/historial").get_json()) for one in found]


def under(nueva: str, told: Any, cedula: str) -> Any:
    """The same, as it is told under the other number."""
    if isinstance(told, dict):
        return {name: under(nueva, value, cedula) for name, value in told.items()}
    if isinstance(told, list | tuple):
        return type(told)(under(nueva, value, cedula) for value in told)
    return nueva if told == cedula else told


def test_the_record_with_all_its_versions_has_the_other_number(api: FlaskClient) -> None:
    cedula, nueva = patient(api), number()
    before, versions = record(api, cedula), api.get(f"{PACIENTES}/{cedula}/historial").get_json()["versiones"]
    person = api.get(f"{PACIENTES}/{cedula}").get_json()
    moved = change(api, cedula, nueva)
    assert (moved.status_code, moved.headers["ETag"]) == (200, '"3"')
    changes = {"cedula": nueva, "version": 3, "actualizado_en": moved.get_json()["actualizado_en"]}
    assert moved.get_json() == person | changes
    assert api.get(f"{PACIENTES}/{nueva}").data == moved.data
    assert record(api, nueva) == under(nueva, before, cedula)
    found = api.get(f"{PACIENTES}/{nueva}/historial").get_json()["versiones"]
    assert [one["version"] for one in found] == [3, 2, 1]
    assert found[0]["motivo"] == "De tarjeta de identidad a cédula"
    closed = under(nueva, versions, cedula)
    closed[0]["vigente_hasta"] = found[0]["vigente_desde"]
    assert found[1:] == closed


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
def test_records_of_every_kind_go_along(api: FlaskClient, kind: Kind) -> None:
    created = kind.created(api)
    cedula, nueva, there = created.get_json()["paciente_id"], number(), created.headers["Location"]
    assert api.put(there, json=kind.body(), headers={"If-Match": created.headers["ETag"]}).status_code == 200
    before = [api.get(there).get_json(), api.get(f"{there}/historial").get_json()]
    whole = api.get(f"{PACIENTES}/{cedula}/historia").get_json()
    assert change(api, cedula, nueva, version=1).status_code == 200
    there = there.replace(cedula, nueva)
    assert [api.get(there).get_json(), api.get(f"{there}/historial").get_json()] == under(nueva, before, cedula)
    moved = api.get(f"{PACIENTES}/{nueva}/historia").get_json()
    person = {"paciente": moved["paciente"]}
    assert moved | {"en": None} == under(nueva, whole, cedula) | {"en": None} | person


@pytest.mark.parametrize("tail", ["", "/consultas?limite=5&anulados=true", "/historial", "?version=1"])
def test_the_former_number_leads_to_the_other(api: FlaskClient, tail: str) -> None:
    cedula, nueva = patient(api), number()
    assert change(api, cedula, nueva).status_code == 200
    answer = api.get(f"{PACIENTES}/{cedula}{tail}")
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{PACIENTES}/{nueva}{tail}")
    assert answer.data == b""
    assert api.get(f"{PACIENTES}/{cedula}{tail}", follow_redirects=True).status_code == 200


def test_a_list_that_was_under_way_begins_again(api: FlaskClient) -> None:
    """Cursors are of one number: what the former one gave out leads on, and is refused there."""
    cedula, nueva = patient(api), number()
    cursor = api.get(f"{PACIENTES}/{cedula}/consultas?limite=1").get_json()["siguiente"]
    assert change(api, cedula, nueva).status_code == 200
    led = api.get(f"{PACIENTES}/{cedula}/consultas?limite=1&cursor={cursor}")
    assert led.status_code == 308
    refused = api.get(led.headers["Location"])
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/cursor")


def test_writes_are_led_there_too(api: FlaskClient) -> None:
    cedula, nueva = patient(api), number()
    assert change(api, cedula, nueva).status_code == 200
    led = api.post(f"{PACIENTES}/{cedula}/consultas", json={"diagnostico": "nueva"})
    assert (led.status_code, led.headers["Location"]) == (308, f"{PACIENTES}/{nueva}/consultas")
    made = api.post(led.headers["Location"], json={"diagnostico": "nueva"})
    assert (made.status_code, made.get_json()["paciente_id"]) == (201, nueva)
    body = {"nombre": "A", "apellido": "B", "motivo": "m"}
    led = api.put(f"{PACIENTES}/{cedula}", json=body, headers={"If-Match": '"3"'})
    assert (led.status_code, led.headers["Location"]) == (308, f"{PACIENTES}/{nueva}")
    assert len(record(api, nueva)) == 4


def test_from_number_to_number_and_back(api: FlaskClient) -> None:
    first, second, third = patient(api), number(), number()
    for version, (cedula, nueva) in enumerate([(first, second), (second, third), (third, first)], 2):
        assert change(api, cedula, nueva, version).status_code == 200
    assert api.get(f"{PACIENTES}/{first}").get_json()["version"] == 5
    for former in (second, third):
        assert api.get(f"{PACIENTES}/{former}", follow_redirects=True).get_json()["cedula"] == first
    assert len(record(api, first)) == 3


def test_a_former_number_can_be_given_to_another_patient(api: FlaskClient) -> None:
    cedula, nueva = patient(api), number()
    assert change(api, cedula, nueva).status_code == 200
    assert api.post(PACIENTES, json={"cedula": cedula, "nombre": "Otra", "apellido": "B"}).status_code == 201
    assert api.get(f"{PACIENTES}/{cedula}").get_json()["nombre"] == "Otra"
    missing = api.get(f"{PACIENTES}/{cedula}/consultas/7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1de")
    assert missing.status_code == 404


def test_the_number_of_another_patient_is_refused_and_nothing_changes(api: FlaskClient) -> None:
    cedula, other = patient(api), patient(api)
    before = record(api, cedula), record(api, other)
    refused = change(api, cedula, other)
    assert (refused.status_code, refused.get_json()["detail"]) == (409, "Ese número ya es de otro paciente.")
    assert (record(api, cedula), record(api, other)) == before
    assert api.get(f"{PACIENTES}/{cedula}").get_json()["version"] == 2


def test_a_repetition_is_answered_as_the_first_time(api: FlaskClient) -> None:
    cedula, nueva, headers = patient(api), number(), key()
    first = change(api, cedula, nueva, **headers)
    assert first.status_code == 200
    person = {"nombre": "Otra vez", "apellido": "Peña", "motivo": "m"}
    assert api.put(f"{PACIENTES}/{nueva}", json=person, headers={"If-Match": '"3"'}).status_code == 200
    again = change(api, cedula, nueva, **headers)
    assert (again.status_code, again.headers["ETag"], again.data) == (200, '"3"', first.data)
    other = change(api, cedula, number(), **headers)
    assert (other.status_code, other.get_json()["type"]) == (422, "/docs/problemas#clave-reutilizada")
    assert change(api, cedula, nueva).status_code == 308


def test_what_is_demanded(api: FlaskClient) -> None:
    cedula = patient(api)
    address = f"{PACIENTES}/{cedula}/cambio-documento"
    body = {"cedula": number(), "motivo": "m"}
    assert api.post(address, json=body).status_code == 428
    assert change(api, cedula, number(), version=1).status_code == 412
    assert change(api, number(), number()).status_code == 404
    for faulty, pointer in (
        (body | {"cedula": cedula}, "/cedula"),
        (body | {"cedula": "a"}, "/cedula"),
        ({}, "/cedula"),
    ):
        refused = api.post(address, json=faulty, headers={"If-Match": '"2"'})
        assert refused.status_code == 422
        assert refused.get_json()["errors"][0]["pointer"] == pointer
    api.post(f"{PACIENTES}/{cedula}/anulacion", json={"motivo": "m"}, headers={"If-Match": '"2"'})
    assert change(api, cedula, number(), version=3).status_code == 409
