"""What the kinds of record of a patient have of their own: the rules of their fields and of what they refer to."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from keyed import key
from versioned import ALERGIA, DIAGNOSTICO, KINDS, RECORDS, Kind, if_match

UNKNOWN = "7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1de"
records = pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)


def pointers(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.get_data(as_text=True)
    return [error["pointer"] for error in answer.get_json()["errors"]]


def patient(api: FlaskClient) -> str:
    return str(KINDS[0].created(api).headers["Location"])


@records
def test_a_repetition_with_the_same_key_is_done_once(api: FlaskClient, kind: Kind) -> None:
    listing = kind.created(api).headers["Location"].rpartition("/")[0]
    body = {name: value for name, value in kind.body().items() if name != "motivo"}
    there, headers = "", key()
    for _ in range(2):
        made = api.post(listing, json=body, headers=headers)
        assert made.status_code == 201
        assert there in ("", made.headers["Location"])
        there = made.headers["Location"]
    for path, sent, tag in (("", kind.body(2), '"1"'), ("/anulacion", {"motivo": "m"}, '"2"')):
        changes = [
            api.open(there + path, method="POST" if path else "PUT", json=sent, headers=headers | if_match(tag))
            for _ in range(2)
        ]
        assert [(one.status_code, one.data) for one in changes] == [(200, changes[0].data)] * 2
    assert len(api.get(f"{there}/historial").get_json()["versiones"]) == 3


@records
def test_lists_are_in_pages_the_newest_first(api: FlaskClient, kind: Kind) -> None:
    first = kind.created(api)
    listing = first.headers["Location"].rpartition("/")[0]
    body = {name: value for name, value in first.get_json().items() if name in kind.body()}
    made = [first.get_json(), *(api.post(listing, json=body).get_json() for _ in range(2))]
    found, following = [], f"{listing}?limite=1"
    while following:
        page = api.get(following)
        (rows,) = (value for name, value in page.get_json().items() if name != "siguiente")
        found += rows
        following = page.headers.get("Link", "").split(">")[0].removeprefix("<")
    assert sorted(one["id"] for one in found) == sorted(one["id"] for one in made)
    assert len(found) == 3
    assert api.get(f"/api/v1/pacientes/NADIE-0/{listing.rpartition('/')[2]}").status_code == 404
    assert api.post(f"/api/v1/pacientes/NADIE-0/{listing.rpartition('/')[2]}", json=body).status_code == 404


@records
def test_what_is_referred_to_exists(api: FlaskClient, kind: Kind) -> None:
    created = kind.created(api)
    listing = created.headers["Location"].rpartition("/")[0]
    body = {name: value for name, value in kind.body().items() if name != "motivo"}
    for member, value in (("medico_id", 2**62), ("consulta_id", UNKNOWN)):
        if member in created.get_json():
            assert pointers(api.post(listing, json=body | {member: value})) == [f"/{member}"]
            there, changed = created.headers["Location"], kind.body() | {member: value}
            assert pointers(api.put(there, json=changed, headers=if_match('"1"'))) == [f"/{member}"]


def test_a_consulta_that_is_referred_to_is_of_the_same_patient(api: FlaskClient) -> None:
    mine, other = patient(api), patient(api)
    consultas = [api.post(f"{of}/consultas", json={}).get_json()["id"] for of in (mine, other)]
    address = f"{mine}/diagnosticos"
    made = api.post(address, json=DIAGNOSTICO | {"consulta_id": consultas[0]})
    assert (made.status_code, made.get_json()["consulta_id"]) == (201, consultas[0])
    assert pointers(api.post(address, json=DIAGNOSTICO | {"consulta_id": consultas[1]})) == ["/consulta_id"]


@pytest.mark.parametrize("codigo", ["", "I1", "I10.0", "i10x", "I10X\n", "I10XX", "١10", "Ｉ10X", 5, None])
def test_codes_have_their_form(api: FlaskClient, codigo: Any) -> None:
    assert pointers(api.post(f"{patient(api)}/diagnosticos", json=DIAGNOSTICO | {"codigo": codigo})) == ["/codigo"]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("inicio", "2026-02-30"),
        ("inicio", "2190-01-01"),
        ("resuelto", "2019-12-31"),
        ("rol", "otro"),
        ("estado", "anulado"),
        ("consulta_id", "x"),
    ],
)
def test_faulty_diagnoses(api: FlaskClient, member: str, value: str) -> None:
    body = DIAGNOSTICO | {"inicio": "2020-01-01"} | {member: value}
    assert pointers(api.post(f"{patient(api)}/diagnosticos", json=body)) == [f"/{member}"]


@pytest.mark.parametrize("statement", ["sin_alergias_conocidas", "sin_informacion"])
def test_a_substance_is_named_exactly_for_an_allergy(api: FlaskClient, statement: str) -> None:
    address = f"{patient(api)}/alergias"
    nothing = api.post(address, json={"afirmacion": statement})
    assert (nothing.status_code, nothing.get_json()["sustancia"]) == (201, None)
    for faulty in ({"afirmacion": "alergia"}, ALERGIA | {"sustancia": None}, ALERGIA | {"afirmacion": statement}):
        assert pointers(api.post(address, json=faulty)) == ["/sustancia"]
        changed = faulty | {"estado": "activa", "motivo": "m"}
        assert pointers(api.put(nothing.headers["Location"], json=changed, headers=if_match('"1"'))) == ["/sustancia"]
