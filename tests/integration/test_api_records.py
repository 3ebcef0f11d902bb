"""What the kinds of record of a patient have of their own: the rules of their fields and of what they refer to."""

import contextlib
import json
from typing import Any

import psycopg2.errors
import pytest
from flask.testing import FlaskClient
from historia_local.nodes import Cluster
from versioned import (
    ALERGIA,
    ANTECEDENTE,
    DIAGNOSTICO,
    ORDEN,
    PACIENTES,
    PRESCRIPCION,
    RECORDS,
    RESULTADO,
    SIGNO_VITAL,
    Kind,
    if_match,
    key,
    new_patient,
)

UNKNOWN = "7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1de"
# By which a record stands in its list: its own moment, or else that of its registration.
MOMENTS = ("fecha_consulta", "tomado_en", "emitido_en", "fecha_registro")
records = pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)


def pointers(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.get_data(as_text=True)
    return [error["pointer"] for error in answer.get_json()["errors"]]


@records
def test_a_repetition_with_the_same_key_is_done_once(api: FlaskClient, kind: Kind) -> None:
    listing = kind.created(api).headers["Location"].rpartition("/")[0]
    body = kind.first()
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


def dated(body: dict[str, Any], day: int) -> dict[str, Any]:
    """With another moment, where the record has one of its own."""
    return body | {name: f"2026-01-{day}T13:30:00Z" for name in MOMENTS if name in body}


@records
def test_lists_are_in_pages_the_newest_first(api: FlaskClient, kind: Kind) -> None:
    first = kind.created(api)
    listing = first.headers["Location"].rpartition("/")[0]
    body = kind.first()
    made = [first.get_json(), *(api.post(listing, json=dated(body, day)).get_json() for day in (30, 10))]
    [moment, *_] = [name for name in MOMENTS if name in made[0]]
    found, following = [], f"{listing}?limite=1"
    while following:
        page = api.get(following)
        (rows,) = (value for name, value in page.get_json().items() if name != "siguiente")
        found += rows
        following = page.headers.get("Link", "").split(">")[0].removeprefix("<")
    newest_first = sorted(made, key=lambda one: (one[moment], one["id"]), reverse=True)
    assert [one["id"] for one in found] == [one["id"] for one in newest_first]
    assert api.get(f"/api/v1/pacientes/NADIE-0/{listing.rpartition('/')[2]}").status_code == 404
    assert api.post(f"/api/v1/pacientes/NADIE-0/{listing.rpartition('/')[2]}", json=body).status_code == 404


@records
def test_a_cursor_is_for_one_patient_and_one_list(api: FlaskClient, kind: Kind) -> None:
    listing, elsewhere = (kind.created(api).headers["Location"].rpartition("/")[0] for _ in range(2))
    assert api.post(listing, json=kind.first()).status_code == 201
    cursor = api.get(f"{listing}?limite=1").get_json()["siguiente"]
    assert api.get(f"{listing}?anulados=false&cursor={cursor}").status_code == 200
    other_kind = "notas" if kind.name == "consulta" else "consultas"
    for query in (
        f"{elsewhere}?",
        f"{listing.rpartition('/')[0]}/{other_kind}?",
        f"{PACIENTES}?",
        f"{listing}?anulados=true&",
    ):
        refused = api.get(f"{query}cursor={cursor}")
        assert pointers(refused) == ["/cursor"]
        assert cursor not in refused.get_data(as_text=True)


@records
def test_what_is_referred_to_exists(api: FlaskClient, kind: Kind) -> None:
    created = kind.created(api)
    listing = created.headers["Location"].rpartition("/")[0]
    body = kind.first()
    for member, value in (("medico_id", 2**62), ("consulta_id", UNKNOWN), ("orden_id", UNKNOWN)):
        if member in created.get_json():
            assert pointers(api.post(listing, json=body | {member: value})) == [f"/{member}"]
            there, changed = created.headers["Location"], kind.body() | {member: value}
            assert pointers(api.put(there, json=changed, headers=if_match('"1"'))) == [f"/{member}"]


@pytest.mark.parametrize(
    ("named", "body", "member", "path", "other"),
    [
        ("consultas", {}, "consulta_id", "diagnosticos", DIAGNOSTICO),
        ("consultas", {}, "consulta_id", "prescripciones", PRESCRIPCION),
        ("ordenes", ORDEN, "orden_id", "resultados", RESULTADO),
    ],
)
def test_what_is_referred_to_is_of_the_same_patient(
    api: FlaskClient, named: str, body: dict[str, Any], member: str, path: str, other: dict[str, Any]
) -> None:
    mine, another = new_patient(api), new_patient(api)
    ids = [api.post(f"{of}/{named}", json=body).get_json()["id"] for of in (mine, another)]
    made = api.post(f"{mine}/{path}", json=other | {member: ids[0]})
    assert (made.status_code, made.get_json()[member]) == (201, ids[0])
    assert pointers(api.post(f"{mine}/{path}", json=other | {member: ids[1]})) == [f"/{member}"]


@pytest.mark.parametrize("codigo", ["", "I1", "I10.0", "i10x", "I10X\n", "I10XX", "١10", "Ｉ10X", 5, None])
def test_codes_have_their_form(api: FlaskClient, codigo: Any) -> None:
    assert pointers(api.post(f"{new_patient(api)}/diagnosticos", json=DIAGNOSTICO | {"codigo": codigo})) == ["/codigo"]


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
    assert pointers(api.post(f"{new_patient(api)}/diagnosticos", json=body)) == [f"/{member}"]


@pytest.mark.parametrize("statement", ["sin_alergias_conocidas", "sin_informacion"])
def test_a_substance_is_named_exactly_for_an_allergy(api: FlaskClient, statement: str) -> None:
    address = f"{new_patient(api)}/alergias"
    nothing = api.post(address, json={"afirmacion": statement})
    assert (nothing.status_code, nothing.get_json()["sustancia"]) == (201, None)
    untrue = {"afirmacion": statement, "sustancia": "Penicilina"}
    for faulty in ({"afirmacion": "alergia"}, ALERGIA | {"sustancia": None}, untrue):
        assert pointers(api.post(address, json=faulty)) == ["/sustancia"]
        changed = faulty | {"estado": "activa", "motivo": "m"}
        assert pointers(api.put(nothing.headers["Location"], json=changed, headers=if_match('"1"'))) == ["/sustancia"]


def test_a_relative_is_named_exactly_for_the_family(api: FlaskClient) -> None:
    address = f"{new_patient(api)}/antecedentes"
    assert api.post(address, json={"tipo": "riesgo", "texto": "Fuma"}).status_code == 201
    for faulty in (ANTECEDENTE | {"parentesco": None}, ANTECEDENTE | {"tipo": "riesgo"}):
        assert pointers(api.post(address, json=faulty)) == ["/parentesco"]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"valor": None}, ["/valor_texto", "/unidad"]),
        ({"valor_texto": "positivo"}, ["/valor_texto"]),
        ({"valor": None, "valor_texto": "positivo"}, ["/unidad"]),
        ({"unidad": None}, ["/unidad"]),
        ({"ref_min": 2, "ref_max": 1.9}, ["/ref_max"]),
        ({"valor": "1.25"}, ["/valor"]),
        ({"interpretacion": "raro"}, ["/interpretacion"]),
    ],
)
def test_faulty_results(api: FlaskClient, changes: dict[str, Any], found: list[str]) -> None:
    assert pointers(api.post(f"{new_patient(api)}/resultados", json=RESULTADO | changes)) == found


def test_a_result_in_words(api: FlaskClient) -> None:
    body = {"loinc": "5802-4", "valor_texto": "Negativo"}
    made = api.post(f"{new_patient(api)}/resultados", json=body).get_json()
    assert (made["valor"], made["valor_texto"], made["unidad"]) == (None, "Negativo", None)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("36.6", "36.6"),
        ("0.1", "0.1"),
        ("0.30", "0.3"),
        ("-0.000001", "-1e-06"),
        ("-0.0", "0"),
        ("70", "70"),
        ("70.0", "70"),
        ("1e2", "100"),
        ("123456789.123456", "123456789.123456"),
        ("-999999999.999999", "-999999999.999999"),
        ("4.35", "4.35"),
        ("2.675", "2.675"),
    ],
)
def test_a_number_travels_as_it_is(api: FlaskClient, sent: str, shown: str) -> None:
    """To and fro, in a list, in the history of the row and in the whole history; nothing rounds it on the way."""
    address = new_patient(api)
    body = json.dumps(SIGNO_VITAL | {"valor": "?"}).replace('"?"', sent)
    made = api.post(f"{address}/signos-vitales", data=body, content_type="application/json")
    assert made.status_code == 201, made.get_data(as_text=True)
    there = made.headers["Location"]
    for path in (there, f"{there}/historial", f"{address}/signos-vitales", f"{address}/historia"):
        assert f'"valor":{shown},' in api.get(path).get_data(as_text=True).replace(": ", ":")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("NaN", 400),
        ("Infinity", 400),
        ("1" * 5000, 400),
        ("1e400", 422),
        ("1e99999999999999999999", 422),
        ("1e-99999999999999999999", 422),
        ("1000000000", 422),
        ("-1e9", 422),
        ("0.0000001", 422),
        ("0.1000000000000000055", 422),
        ("1.0000000", 422),
        ("true", 422),
        ('"36.6"', 422),
        ("[36.6]", 422),
        ("null", 422),
    ],
)
def test_what_no_number_is(api: FlaskClient, sent: str, status: int) -> None:
    body = json.dumps(SIGNO_VITAL | {"valor": "?"}).replace('"?"', sent)
    answer = api.post(f"{new_patient(api)}/signos-vitales", data=body, content_type="application/json")
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert status == 400 or pointers(answer) == ["/valor"]


@pytest.mark.parametrize("member", ["dosis", "cantidad"])
@pytest.mark.parametrize("value", [0, -1, 0.0, -0.5])
def test_nothing_is_prescribed_in_no_quantity(api: FlaskClient, member: str, value: float) -> None:
    body = PRESCRIPCION | {member: value}
    assert pointers(api.post(f"{new_patient(api)}/prescripciones", json=body)) == [f"/{member}"]


@pytest.mark.parametrize(
    ("path", "body", "member", "value"),
    [
        ("signos-vitales", SIGNO_VITAL, "loinc", "8310"),
        ("signos-vitales", SIGNO_VITAL, "unidad", "mm Hg"),
        ("signos-vitales", SIGNO_VITAL, "tomado_en", "2026-01-31T08:30:00"),
        ("signos-vitales", SIGNO_VITAL, "tomado_en", "2190-01-31T08:30:00Z"),
        ("resultados", RESULTADO, "emitido_en", "2190-01-31T08:30:00Z"),
        ("alergias", {"afirmacion": "sin_alergias_conocidas"}, "tipo", "alimento"),
        ("alergias", {"afirmacion": "sin_alergias_conocidas"}, "criticidad", "alta"),
        ("alergias", {"afirmacion": "sin_informacion"}, "reaccion", "Anafilaxia"),
        ("alergias", {"afirmacion": "sin_informacion"}, "verificacion", "confirmada"),
        ("diagnosticos", DIAGNOSTICO | {"resuelto": "2020-01-01"}, "estado", "activo"),
        ("prescripciones", PRESCRIPCION, "atc", "C09"),
        ("prescripciones", PRESCRIPCION, "duracion_dias", 0),
        ("ordenes", ORDEN, "cups", "90389"),
        ("ordenes", ORDEN, "cantidad", 1.5),
        ("antecedentes", ANTECEDENTE, "tipo", "otro"),
    ],
)
def test_faulty_members(api: FlaskClient, path: str, body: dict[str, Any], member: str, value: Any) -> None:
    assert pointers(api.post(f"{new_patient(api)}/{path}", json=body | {member: value})) == [f"/{member}"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE signos_vitales SET valor = 'NaN'",
        "UPDATE signos_vitales SET valor = 'Infinity'",
        "UPDATE signos_vitales SET valor = 0.0000001",
        "UPDATE signos_vitales SET valor = 1000000000",
        "UPDATE resultados SET valor = NULL",
        "UPDATE resultados SET valor_texto = 'x'",
        "UPDATE prescripciones SET dosis = 0",
        "UPDATE alergias SET sustancia = NULL",
        "UPDATE antecedentes SET tipo = 'riesgo'",
        "UPDATE diagnosticos SET inicio = '2020-01-02', resuelto = '2020-01-01'",
    ],
)
def test_the_database_refuses_it_as_well(api: FlaskClient, postgres_system: Cluster, statement: str) -> None:
    table = statement.split()[1].replace("_", "-")
    (kind,) = (one for one in RECORDS if one.path.split("/")[2] == table)
    kind.created(api)
    with (
        contextlib.closing(postgres_system.connect()) as connection,
        connection.cursor() as cursor,
        pytest.raises(psycopg2.errors.CheckViolation),
    ):
        cursor.execute(statement)
