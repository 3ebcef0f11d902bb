"""Small documents: what they may be, that they come back byte for byte, and that nothing replaces them."""

import base64
import hashlib
from typing import Any

import psycopg2.errors
import pytest
from flask.testing import FlaskClient
from historia_local.nodes import Cluster
from row_contexts import as_the_api
from versioned import DOCUMENTO, KINDS, if_match, key

PNG, JPEG = b"\x89PNG\r\n\x1a\n\0\xff", b"\xff\xd8\xff\xe0\0"
LARGEST = 524288


def listing(api: FlaskClient) -> str:
    return f"{KINDS[0].created(api).headers['Location']}/documentos"


def document(content: bytes, mime: str, **members: Any) -> dict[str, Any]:
    return DOCUMENTO | {"mime": mime, "contenido": base64.b64encode(content).decode()} | members


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (b"%PDF-1.7\n\xe2\xe3", "application/pdf"),
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        ("Ñandú\r\n<script>".encode(), "text/plain"),
        (b"x" * 380_000, "text/plain"),
    ],
)
def test_a_document_comes_back_byte_for_byte(api: FlaskClient, content: bytes, mime: str) -> None:
    made = api.post(listing(api), json=document(content, mime, nombre="informe «1».bin"))
    assert made.status_code == 201, made.get_data(as_text=True)
    held = made.get_json()
    assert (held["bytes"], held["sha256"], held["mime"]) == (len(content), hashlib.sha256(content).hexdigest(), mime)
    assert "contenido" not in held
    found = api.get(f"{made.headers['Location']}/contenido")
    assert (found.status_code, found.data, found.mimetype) == (200, content, mime)
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.headers["Cache-Control"] == "no-store"
    disposition = found.headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert "filename*=UTF-8''informe%20%C2%AB1%C2%BB.bin" in disposition


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"mime": "application/pdf"}, "/contenido"),
        ({"mime": "image/png"}, "/contenido"),
        ({"mime": "image/jpeg"}, "/contenido"),
        ({"mime": "text/html"}, "/mime"),
        ({"mime": "image/svg+xml"}, "/mime"),
        ({"contenido": base64.b64encode(b"a\0b").decode()}, "/contenido"),
        ({"contenido": base64.b64encode(b"\xff\xfe").decode()}, "/contenido"),
        ({"contenido": ""}, "/contenido"),
        ({"contenido": "SG9sYQ"}, "/contenido"),
        ({"contenido": "SG9s YQ=="}, "/contenido"),
        ({"contenido": "Ñ"}, "/contenido"),
        ({"contenido": 5}, "/contenido"),
        ({"contenido": None}, "/contenido"),
        ({"nombre": "../etc/passwd"}, "/nombre"),
        ({"nombre": "a\\b"}, "/nombre"),
        ({"nombre": "a\r\nSet-Cookie: x"}, "/nombre"),
        ({"tipo": "raro"}, "/tipo"),
        ({"bytes": 4}, "/bytes"),
        ({"estado": "activo"}, "/estado"),
    ],
)
def test_faulty_documents(api: FlaskClient, changes: dict[str, Any], pointer: str) -> None:
    answer = api.post(listing(api), json=DOCUMENTO | changes)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [pointer]


def test_a_document_that_is_too_large(api: FlaskClient) -> None:
    """The largest that is taken fits into the largest body."""
    address = listing(api)
    assert api.post(address, json=document(b"x" * LARGEST, "text/plain")).status_code == 201
    assert api.post(address, json=document(b"x" * (LARGEST + 1), "text/plain")).status_code == 422
    assert api.post(address, json=document(b"x" * 2 * LARGEST, "text/plain")).status_code == 413


def test_a_correction_leaves_the_content(api: FlaskClient) -> None:
    address = api.post(listing(api), json=DOCUMENTO).headers["Location"]
    body = {"nombre": "otro.txt", "tipo": "epicrisis", "motivo": "m"}
    for member in ("contenido", "mime"):
        answer = api.put(address, json=body | {member: DOCUMENTO[member]}, headers=if_match('"1"'))
        assert [error["pointer"] for error in answer.get_json()["errors"]] == [f"/{member}"]
    assert api.put(address, json=body, headers=if_match('"1"')).status_code == 200
    assert api.post(f"{address}/anulacion", json={"motivo": "m"}, headers=if_match('"2"')).status_code == 200
    found = api.get(f"{address}/contenido")
    assert (found.status_code, found.data) == (200, b"Hola")
    assert "otro.txt" in found.headers["Content-Disposition"]


def test_a_document_that_is_sent_again_is_kept_once(api: FlaskClient) -> None:
    address, headers = listing(api), key()
    answers = [api.post(address, json=DOCUMENTO, headers=headers) for _ in range(2)]
    assert {(one.status_code, one.data) for one in answers} == {(201, answers[0].data)}
    other = api.post(address, json=document(b"Adios", "text/plain"), headers=headers)
    assert (other.status_code, other.get_json()["type"]) == (422, "/docs/problemas#clave-reutilizada")
    assert api.get(f"{answers[0].headers['Location']}/contenido").data == b"Hola"


def test_a_document_of_another_patient_is_not_found(api: FlaskClient) -> None:
    mine = api.post(listing(api), json=DOCUMENTO).headers["Location"]
    stranger = f"{listing(api)}/{mine.rpartition('/')[2]}/contenido"
    assert api.get(stranger).status_code == 404
    assert api.get(f"{mine.rpartition('/')[0]}/7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1de/contenido").status_code == 404


@pytest.mark.parametrize(
    "change", ["UPDATE documentos_contenido SET contenido = 'x'", "DELETE FROM documentos_contenido"]
)
def test_nobody_replaces_a_content(api: FlaskClient, postgres_system: Cluster, change: str) -> None:
    assert api.post(listing(api), json=DOCUMENTO).status_code == 201
    with (
        as_the_api(postgres_system) as cursor,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
    ):
        cursor.execute(change)
