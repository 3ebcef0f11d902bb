"""A request that is sent again with its Idempotency-Key is done once, and answered as the first time."""

import concurrent.futures
from collections import Counter
from typing import Any

import pytest
from flask.testing import FlaskClient
from keyed import NEW, New, consulta, key, medico, paciente

every = pytest.mark.parametrize("new", NEW)


def same(first: Any, second: Any) -> None:
    assert second.status_code == first.status_code, second.get_data(as_text=True)
    assert second.data == first.data
    for header in ("Location", "ETag"):
        assert second.headers.get(header) == first.headers.get(header)


def correction(body: dict[str, Any]) -> dict[str, Any]:
    """What replaces such a row."""
    if "diagnostico" in body:
        return body | {"fecha_consulta": "2026-01-31T08:30:00-05:00", "estado": "cerrada", "motivo": "m"}
    return {name: body[name] for name in body if name != "cedula"} | {"telefono": "300", "motivo": "m"}


@every
def test_a_repetition_is_answered_as_the_first_time(api: FlaskClient, new: New) -> None:
    address, body = new(api)
    headers = key()
    first = api.post(address, json=body, headers=headers)
    assert first.status_code == 201
    same(first, api.post(address, json=body, headers=headers))
    turned = dict(reversed(body.items()))
    same(first, api.post(address, json=turned, headers={"Idempotency-Key": f'"{headers["Idempotency-Key"]}"'}))
    assert len(api.get(f"{first.headers['Location']}/historial").get_json()["versiones"]) == 1
    minimal = api.post(address, json=body, headers=headers | {"Prefer": "return=minimal"})
    assert (minimal.status_code, minimal.data) == (201, b"")


@every
def test_also_after_the_record_has_changed_and_was_annulled(api: FlaskClient, new: New) -> None:
    address, body = new(api)
    headers = key()
    first = api.post(address, json=body, headers=headers)
    there = first.headers["Location"]
    changed = correction(body)
    if "codigo_medico" in changed:
        changed["codigo_medico"] += "-B"
    replaced = api.put(there, json=changed, headers=key() | {"If-Match": '"1"'})
    assert replaced.status_code == 200
    same(first, api.post(address, json=body, headers=headers))
    assert api.post(f"{there}/anulacion", json={"motivo": "m"}, headers={"If-Match": '"2"'}).status_code == 200
    same(first, api.post(address, json=body, headers=headers))
    assert api.get(there).get_json()["version"] == 3


@every
def test_a_change_is_made_once(api: FlaskClient, new: New) -> None:
    address, body = new(api)
    there = api.post(address, json=body).headers["Location"]
    put = {"json": correction(body), "headers": key() | {"If-Match": '"1"'}}
    annul = {"json": {"motivo": "m"}, "headers": key() | {"If-Match": '"2"'}}
    replaced = api.put(there, **put)
    assert (replaced.status_code, replaced.headers["ETag"]) == (200, '"2"')
    same(replaced, api.put(there, **put))
    annulled = api.post(f"{there}/anulacion", **annul)
    assert (annulled.status_code, annulled.headers["ETag"]) == (200, '"3"')
    same(annulled, api.post(f"{there}/anulacion", **annul))
    same(replaced, api.put(there, **put))
    assert [one["version"] for one in api.get(f"{there}/historial").get_json()["versiones"]] == [3, 2, 1]
    other = api.put(there, json=put["json"], headers=put["headers"] | {"If-Match": '"2"'})
    assert (other.status_code, other.get_json()["type"]) == (422, "/docs/problemas#clave-reutilizada")


@every
def test_a_key_is_for_one_request(api: FlaskClient, new: New) -> None:
    address, body = new(api)
    headers = key()
    first = api.post(address, json=body, headers=headers)
    other = body | ({"diagnostico": "Gripa"} if "diagnostico" in body else {"nombre": "Otra"})
    refused = api.post(address, json=other, headers=headers)
    assert (refused.status_code, refused.get_json()["type"]) == (422, "/docs/problemas#clave-reutilizada")
    assert api.get(first.headers["Location"]).data == first.data


@pytest.mark.parametrize("new", [paciente, medico])
def test_another_key_or_none_makes_no_second_record(api: FlaskClient, new: New) -> None:
    address, body = new(api)
    assert api.post(address, json=body, headers=key()).status_code == 201
    for headers in (key(), {}):
        assert api.post(address, json=body, headers=headers).status_code == 409


def test_the_same_key_for_two_patients_is_two_consultas(api: FlaskClient) -> None:
    headers = key()
    made = [api.post(address, json=body, headers=headers) for address, body in (consulta(api), consulta(api))]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].get_json()["id"] != made[1].get_json()["id"]


@pytest.mark.parametrize("value", ["", '""x y', "a b", "ñ", "x" * 129, "a\tb"])
@every
def test_malformed_keys(api: FlaskClient, new: New, value: str) -> None:
    address, body = new(api)
    refused = api.post(address, json=body, headers={"Idempotency-Key": value.encode().decode("latin-1")})
    assert (refused.status_code, refused.get_json()["type"]) == (400, "/docs/problemas#peticion-malformada")


@every
@pytest.mark.parametrize("keyed", [True, False])
def test_fifty_at_once(api: FlaskClient, new: New, keyed: bool) -> None:
    address, body = new(api)
    headers = key() if keyed else {}

    def create(_number: int) -> tuple[int, str | None]:
        answer = api.application.test_client().post(address, json=body, headers=headers)
        return answer.status_code, answer.headers.get("Location")

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = Counter(pool.map(create, range(50)))
    if keyed:
        assert [status for status, _location in answers] == [201]  # one Location
    elif new is not consulta:
        assert Counter({status: count for (status, _), count in answers.items()}) == {201: 1, 409: 49}
