"""Clinical notes: drafts are corrected, a signature makes them what they are, and an addendum says the rest."""

import concurrent.futures
import hashlib
from collections import Counter
from typing import Any

import psycopg2.errors
import pytest
from flask.testing import FlaskClient
from historia_local.nodes import Cluster
from row_contexts import as_the_api
from versioned import KINDS, NOTA, if_match, key, new_patient


def draft(api: FlaskClient, address: str, **members: Any) -> str:
    medico = KINDS[1].created(api).get_json()["id"]
    made = api.post(f"{address}/notas", json=NOTA | {"medico_id": medico} | members)
    assert made.status_code == 201, made.get_data(as_text=True)
    assert (made.get_json()["estado"], made.get_json()["firmado_en"], made.get_json()["sha256"]) == (
        "borrador",
        None,
        None,
    )
    return str(made.headers["Location"])


def signed(api: FlaskClient, address: str, version: int = 1) -> Any:
    answer = api.post(f"{address}/firma", headers=if_match(f'"{version}"'))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer


def problem(answer: Any, status: int, slug: str) -> Any:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.get_json()["type"].endswith(f"#{slug}")
    return answer.get_json()


def correction(api: FlaskClient, address: str) -> dict[str, Any]:
    held = api.get(address).get_json()
    members = {name: held[name] for name in ("tipo", "medico_id", "consulta_id", "adenda_de")}
    return {**members, "texto": "Otra cosa", "motivo": "m"}


def test_a_signature_fixes_text_author_and_moment(api: FlaskClient) -> None:
    address = draft(api, new_patient(api))
    before = api.get(address).get_json()
    answer = signed(api, address)
    after = answer.get_json()
    assert answer.headers["ETag"] == '"2"'
    assert {name for name in after if after[name] != before[name]} == {
        "estado",
        "firmado_en",
        "sha256",
        "version",
        "actualizado_en",
    }
    assert after["sha256"] == hashlib.sha256(before["texto"].encode()).hexdigest()
    assert after["firmado_en"] == after["actualizado_en"]
    assert api.get(address).data == answer.data
    versions = api.get(f"{address}/historial").get_json()["versiones"]
    assert [one["nota"]["estado"] for one in versions] == ["firmada", "borrador"]


def test_a_signed_note_is_not_changed(api: FlaskClient) -> None:
    address = draft(api, new_patient(api))
    held = signed(api, address).data
    changed, annulment = correction(api, address), {"motivo": "m"}
    for answer in (
        api.put(address, json=changed, headers=if_match('"2"')),
        api.post(f"{address}/anulacion", json=annulment, headers=if_match('"2"')),
        api.post(f"{address}/firma", headers=if_match('"2"')),
    ):
        assert "adenda" in problem(answer, 409, "nota-firmada")["detail"]
    for answer in (
        api.put(address, json=changed, headers=if_match('"1"')),
        api.post(f"{address}/anulacion", json=annulment, headers=if_match('"1"')),
        api.post(f"{address}/firma", headers=if_match('"3"')),
    ):
        problem(answer, 412, "version-distinta")
        assert answer.headers["ETag"] == '"2"'
    problem(api.post(f"{address}/firma"), 428, "falta-version")
    assert api.get(address).data == held


def test_an_annulled_draft_is_not_signed(api: FlaskClient) -> None:
    address = draft(api, new_patient(api))
    assert api.post(f"{address}/anulacion", json={"motivo": "m"}, headers=if_match('"1"')).status_code == 200
    problem(api.post(f"{address}/firma", headers=if_match('"2"')), 409, "anulado")
    problem(api.put(address, json=correction(api, address), headers=if_match('"2"')), 409, "anulado")
    problem(api.post(f"{address}/firma", headers=if_match('"1"')), 412, "version-distinta")


def test_a_note_that_is_not_there_is_not_signed(api: FlaskClient) -> None:
    address = f"{new_patient(api)}/notas/7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1de"
    problem(api.post(f"{address}/firma", headers=if_match('"1"')), 404, "no-encontrado")


def test_a_note_without_author_is_not_signed(api: FlaskClient) -> None:
    address = draft(api, new_patient(api), medico_id=None)
    found = problem(api.post(f"{address}/firma", headers=if_match('"1"')), 422, "datos-no-validos")
    assert [error["pointer"] for error in found["errors"]] == ["/medico_id"]
    assert len(api.get(f"{address}/historial").get_json()["versiones"]) == 1


def test_a_signature_has_no_body_or_an_empty_one(api: FlaskClient) -> None:
    address = draft(api, new_patient(api))
    problem(api.post(f"{address}/firma", json={"a": 1}, headers=if_match('"1"')), 422, "datos-no-validos")
    problem(api.post(f"{address}/firma", data="{}", headers=if_match('"1"')), 415, "tipo-no-admitido")
    assert api.post(f"{address}/firma", json={}, headers=if_match('"1"')).status_code == 200


def test_a_signature_that_is_sent_again_is_done_once(api: FlaskClient) -> None:
    address = draft(api, new_patient(api))
    headers = key() | if_match('"1"')
    answers = [api.post(f"{address}/firma", headers=headers) for _ in range(3)]
    assert {(one.status_code, one.data) for one in answers} == {(200, answers[0].data)}
    problem(api.post(f"{address}/firma", headers=headers | if_match('"2"')), 422, "clave-reutilizada")
    minimal = api.post(f"{address}/firma", headers=headers | {"Prefer": "return=minimal"})
    assert (minimal.status_code, minimal.data) == (204, b"")


def test_a_correction_that_is_sent_again_after_the_signature(api: FlaskClient) -> None:
    address = draft(api, new_patient(api))
    body, headers = correction(api, address), key() | if_match('"1"')
    first = api.put(address, json=body, headers=headers)
    signed(api, address, 2)
    again = api.put(address, json=body, headers=headers)
    assert (again.status_code, again.data) == (200, first.data)


def test_a_draft_that_is_sent_again_after_its_signature(api: FlaskClient) -> None:
    address, body, headers = (
        f"{new_patient(api)}/notas",
        NOTA | {"medico_id": KINDS[1].created(api).get_json()["id"]},
        key(),
    )
    first = api.post(address, json=body, headers=headers)
    signed(api, first.headers["Location"])
    again = api.post(address, json=body, headers=headers)
    assert (again.status_code, again.data) == (201, first.data)


def test_an_addendum_is_of_a_signed_note_of_the_same_patient(api: FlaskClient) -> None:
    mine, other = new_patient(api), new_patient(api)
    notes = [draft(api, of) for of in (mine, mine, other)]
    for note in (notes[0], notes[2]):
        signed(api, note)
    target, unsigned, foreign = (note.rpartition("/")[2] for note in notes)
    addendum = {"tipo": "adenda", "texto": "Además, fiebre."}
    for named in (unsigned, foreign, "7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1de", None):
        answer = api.post(f"{mine}/notas", json=addendum | {"adenda_de": named})
        assert [one["pointer"] for one in problem(answer, 422, "datos-no-validos")["errors"]] == ["/adenda_de"]
    answer = api.post(f"{mine}/notas", json=NOTA | {"adenda_de": target})
    assert [one["pointer"] for one in problem(answer, 422, "datos-no-validos")["errors"]] == ["/adenda_de"]
    made = draft(api, mine, **addendum, adenda_de=target)
    answer = api.put(made, json=correction(api, made) | {"adenda_de": unsigned}, headers=if_match('"1"'))
    assert [one["pointer"] for one in problem(answer, 422, "datos-no-validos")["errors"]] == ["/adenda_de"]
    assert signed(api, made).get_json()["adenda_de"] == target


def test_of_corrections_and_signatures_at_once_one_is_made(api: FlaskClient) -> None:
    address = draft(api, new_patient(api))
    body = correction(api, address)

    def change(number: int) -> int:
        client = api.application.test_client()
        if number % 2:
            return int(client.put(address, json=body, headers=if_match('"1"')).status_code)
        return int(client.post(f"{address}/firma", headers=if_match('"1"')).status_code)

    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        assert Counter(pool.map(change, range(30))) == {200: 1, 412: 29}
    held = api.get(address).get_json()
    assert held["version"] == 2
    assert held["estado"] == "borrador" or held["texto"] == NOTA["texto"]


def test_whoever_writes_for_the_api_cannot_change_a_signed_note(api: FlaskClient, postgres_system: Cluster) -> None:
    address = draft(api, new_patient(api))
    signed(api, address)
    note = address.rpartition("/")[2]
    with as_the_api(postgres_system) as cursor:
        cursor.execute("UPDATE notas SET texto = 'otro' WHERE id = %s", (note,))
        assert cursor.rowcount == 0
        cursor.execute("SELECT id FROM notas WHERE id = %s", (note,))
        assert cursor.rowcount == 1
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(
                "INSERT INTO notas (paciente_id, id, tipo, texto, medico_id, estado, firmado_en, sha256)"
                " SELECT paciente_id, gen_random_uuid(), tipo, texto, medico_id, estado, firmado_en, sha256"
                " FROM notas WHERE id = %s",
                (note,),
            )
