"""A request that is sent again with its Idempotency-Key is done once, and answered as the first time."""

import concurrent.futures
from collections import Counter
from typing import Any

import pytest
from flask.testing import FlaskClient
from versioned import KEYED, RECORDS, Kind, key

every = pytest.mark.parametrize("kind", KEYED, ids=lambda kind: kind.name)


def same(first: Any, second: Any) -> None:
    assert second.status_code == first.status_code, second.get_data(as_text=True)
    assert second.data == first.data
    for header in ("Location", "ETag"):
        assert second.headers.get(header) == first.headers.get(header)


@every
def test_a_repetition_is_answered_as_the_first_time(api: FlaskClient, kind: Kind) -> None:
    address, body = kind.request(api)
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
def test_also_after_the_record_has_changed_and_was_annulled(api: FlaskClient, kind: Kind) -> None:
    address, body = kind.request(api)
    headers = key()
    first = api.post(address, json=body, headers=headers)
    there = first.headers["Location"]
    replaced = api.put(there, json=kind.body(), headers=key() | {"If-Match": '"1"'})
    assert replaced.status_code == 200
    same(first, api.post(address, json=body, headers=headers))
    assert api.post(f"{there}/anulacion", json={"motivo": "m"}, headers={"If-Match": '"2"'}).status_code == 200
    same(first, api.post(address, json=body, headers=headers))
    assert api.get(there).get_json()["version"] == 3


@every
def test_a_change_is_made_once(api: FlaskClient, kind: Kind) -> None:
    address, body = kind.request(api)
    there = api.post(address, json=body).headers["Location"]
    put = {"json": kind.body(), "headers": key() | {"If-Match": '"1"'}}
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
def test_a_key_is_for_one_request(api: FlaskClient, kind: Kind) -> None:
    address, body = kind.request(api)
    headers = key()
    first = api.post(address, json=body, headers=headers)
    other = body | ({"diagnostico": "Gripa"} if "diagnostico" in body else {"nombre": "Otra"})
    refused = api.post(address, json=other, headers=headers)
    assert (refused.status_code, refused.get_json()["type"]) == (422, "/docs/problemas#clave-reutilizada")
    assert api.get(first.headers["Location"]).data == first.data


@pytest.mark.parametrize("kind", [kind for kind in KEYED if kind not in RECORDS], ids=lambda kind: kind.name)
def test_another_key_or_none_makes_no_second_record(api: FlaskClient, kind: Kind) -> None:
    address, body = kind.request(api)
    assert api.post(address, json=body, headers=key()).status_code == 201
    for headers in (key(), {}):
        assert api.post(address, json=body, headers=headers).status_code == 409


def test_the_same_key_for_two_patients_is_two_consultas(api: FlaskClient) -> None:
    headers = key()
    made = [
        api.post(address, json=body, headers=headers)
        for address, body in (RECORDS[0].request(api), RECORDS[0].request(api))
    ]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].get_json()["id"] != made[1].get_json()["id"]


@pytest.mark.parametrize("value", ["", '""x y', "a b", "ñ", "x" * 129, "a\tb"])
@every
def test_malformed_keys(api: FlaskClient, kind: Kind, value: str) -> None:
    address, body = kind.request(api)
    refused = api.post(address, json=body, headers={"Idempotency-Key": value.encode().decode("latin-1")})
    assert (refused.status_code, refused.get_json()["type"]) == (400, "/docs/problemas#peticion-malformada")


@every
@pytest.mark.parametrize("keyed", [True, False])
def test_fifty_at_once(api: FlaskClient, kind: Kind, keyed: bool) -> None:
    address, body = kind.request(api)
    headers = key() if keyed else {}

    def create(_number: int) -> tuple[int, str | None]:
        answer = api.application.test_client().post(address, json=body, headers=headers)
        return answer.status_code, answer.headers.get("Location")

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = Counter(pool.map(create, range(50)))
    if keyed:
        assert [status for status, _location in answers] == [201]  # one Location
    elif kind not in RECORDS:
        assert Counter({status: count for (status, _), count in answers.items()}) == {201: 1, 409: 49}
