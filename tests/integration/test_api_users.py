"""What users have that the other kinds have not: two members that are unique, rows of before, the laboratory's list."""

import contextlib
from typing import Any

import pytest
from flask.testing import FlaskClient
from historia_local.nodes import Cluster
from versioned import KINDS, USUARIOS, if_match, key

USUARIO = KINDS[-1]


def taken(answer: Any) -> list[str]:
    assert answer.status_code == 409, answer.get_data(as_text=True)
    body = answer.get_json()
    assert body["type"].endswith("#conflicto")
    return [error["pointer"] for error in body["errors"]]


def listed(api: FlaskClient) -> list[dict[str, Any]]:
    return list(api.get("/usuarios").get_json()["usuarios"])


@pytest.mark.parametrize("headers", [{}, key()])
def test_what_another_user_has_is_named(api: FlaskClient, headers: dict[str, str]) -> None:
    there = USUARIO.created(api).get_json()
    _, other = USUARIO.request(api)
    before = listed(api)
    assert taken(api.post(USUARIOS, json=other | {"email": there["email"]}, headers=headers)) == ["/email"]
    same_document = other | {"documento_id": there["documento_id"]}
    assert taken(api.post(USUARIOS, json=same_document, headers=headers)) == ["/documento_id"]
    assert taken(api.post(USUARIOS, json=same_document | {"email": there["email"]})) == ["/documento_id"]
    assert listed(api) == before
    assert api.post(USUARIOS, json=other, headers=headers).status_code == 201


def test_a_correction_cannot_take_the_address_of_another(api: FlaskClient) -> None:
    there, mine = USUARIO.created(api), USUARIO.created(api)
    address = mine.headers["Location"]
    body = USUARIO.body() | {"email": there.get_json()["email"]}
    refused = api.put(address, json=body, headers=if_match('"1"'))
    assert taken(refused) == ["/email"]
    assert there.get_json()["email"] not in refused.get_data(as_text=True)
    assert api.get(address).data == mine.data
    assert len(api.get(f"{address}/historial").get_json()["versiones"]) == 1
    body = USUARIO.body() | {"email": mine.get_json()["email"]}  # its own
    assert api.put(address, json=body, headers=if_match('"1"')).status_code == 200


def test_the_list_of_the_laboratory_leaves_out_whoever_was_annulled(api: FlaskClient) -> None:
    created = USUARIO.created(api)
    shown = {name: created.get_json()[name] for name in ("id", "nombre", "email", "fecha_creacion")}
    assert shown in listed(api)
    address = created.headers["Location"]
    assert api.post(f"{address}/anulacion", json={"motivo": "m"}, headers=if_match('"1"')).status_code == 200
    assert shown not in listed(api)


def test_a_user_whom_the_laboratorys_statement_made(api: FlaskClient, postgres_system: Cluster) -> None:
    """Without a document: the database gave it a UUID."""
    email = USUARIO.request(api)[1]["email"]
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO usuario (nombre, email) VALUES ('Inés', %s) RETURNING documento_id, id", (email,))
        document, number = cursor.fetchone() or (None, None)
    read = api.get(f"{USUARIOS}/{document}").get_json()
    assert (read["documento_id"], read["id"], read["version"], read["estado"]) == (document, number, 1, "activo")
    assert read["fecha_creacion"] == read["actualizado_en"]
    changed = api.put(f"{USUARIOS}/{document}", json=USUARIO.body(), headers=if_match('"1"'))
    assert (changed.status_code, changed.get_json()["id"]) == (200, number)
    (former,) = api.get(f"{USUARIOS}/{document}/historial").get_json()["versiones"][1:]
    assert (former["usuario"], former["cambiado_por"]) == (read, None)


@pytest.mark.parametrize("document", ["x", "A_1", "A" * 37, "%20", "ñañ"])
def test_what_no_document_is(api: FlaskClient, document: str) -> None:
    answer = api.get(f"{USUARIOS}/{document}")
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == ["/documento_id"]


@pytest.mark.parametrize(
    ("member", "value"),
    [("documento_id", "abc"), ("documento_id", None), ("email", "x"), ("email", None), ("nombre", " "), ("clave", "x")],
)
def test_faulty_members(api: FlaskClient, member: str, value: Any) -> None:
    address, body = USUARIO.request(api)
    answer = api.post(address, json=body | {member: value})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [f"/{member}"]
