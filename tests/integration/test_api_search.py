"""Patients searched by words of the name, beginning of the cédula and date of birth."""

import base64
import json
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs

PACIENTES = "/api/v1/pacientes"
BASE = f"Q{time.time_ns() // 1000 % 10**12}-"
PEOPLE = {
    "A": ("María José", "Peña Ñáñez", "1984-02-29"),
    "B": ("Jose", "Pena", "1984-02-29"),
    "C": ("JOSÉ ANTONIO", "Muñoz O'Higgins", "1990-01-01"),
    "D": ("Li-Wei", "Gómez_de 100%", None),
    "E": ("李", "王", None),
    "F": ("Josefa", "Peñaloza", "2001-12-31"),
}
ANNULLED = "F"
PAGED = 23


@pytest.fixture(scope="module")
def people(api: FlaskClient) -> dict[str, str]:
    """The letter of each by its cédula; the last one is annulled."""
    for letter, (nombre, apellido, born) in PEOPLE.items():
        body = {"cedula": BASE + letter, "nombre": nombre, "apellido": apellido, "fecha_nacimiento": born}
        assert api.post(PACIENTES, json=body).status_code == 201
    done = api.post(
        f"{PACIENTES}/{BASE}{ANNULLED}/anulacion", json={"motivo": "Registrada dos veces"}, headers={"If-Match": '"1"'}
    )
    assert done.status_code == 200
    return {BASE + letter: letter for letter in PEOPLE}


@pytest.fixture(scope="module")
def paged(api: FlaskClient) -> list[str]:
    """Many with one surname, in the order in which they were registered."""
    made = [f"{BASE}P{number}" for number in range(PAGED)]
    for cedula in made:
        body = {"cedula": cedula, "nombre": "Ana", "apellido": "Zqpáginas"}
        assert api.post(PACIENTES, json=body).status_code == 201
    return made


def search(api: FlaskClient, **terms: Any) -> list[str]:
    """The cédulas found, over every page."""
    found: list[str] = []
    following: str | None = f"{PACIENTES}?{urlencode({'limite': 100} | terms)}"
    while following:
        answer = api.get(following)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found += [row["cedula"] for row in answer.get_json()["pacientes"]]
        link = answer.headers.get("Link")
        assert (link is None) == (answer.get_json()["siguiente"] is None)
        following = link.split(">")[0].removeprefix("<") if link else None
    return found


def letters(api: FlaskClient, people: dict[str, str], **terms: Any) -> str:
    """Which of our people were found; other tests have theirs in the same table."""
    return "".join(people[cedula] for cedula in search(api, **terms) if cedula in people)


@pytest.mark.parametrize(
    ("nombre", "found"),
    [
        ("pena jose", "AB"),
        ("José Peña", "AB"),
        ("PEÑA", "AB"),
        ("pen\u0303a", "AB"),
        ("nanez", "A"),
        ("Ñ", "A"),
        ("ñañ mar", "A"),
        ("jos", "ABC"),
        ("ose", ""),
        ("muñoz antonio jose", "C"),
        ("o'higgins", "C"),
        ("higgins", "C"),
        ("  li   WEI ", "D"),
        ("wei, li", "D"),
        ("100", "D"),
        ("gomez de", "D"),
        ("pena zzq", ""),
        ("李 jose", "ABC"),
        # what LIKE, SQL or tsquery would read as something else
        ("100%", "D"),
        ("p%a", ""),
        ("pe_a", ""),
        ("pena & jose", "AB"),
        ("jose & !pena", "AB"),
        ("pena | antonio", ""),
        ("pena <-> nanez", "A"),
        ("(jose:*", "ABC"),
        ("pena:D", ""),
        ("jose' OR '1'='1", ""),
        ("'jose", "ABC"),
        ("jose\\", "ABC"),
        ("jose %(rows)s", ""),
        ("%s jose", ""),
    ],
)
def test_words_in_any_order_without_accents_and_case(
    api: FlaskClient, people: dict[str, str], nombre: str, found: str
) -> None:
    assert letters(api, people, nombre=nombre) == found


def test_beginning_of_the_cedula(api: FlaskClient, people: dict[str, str]) -> None:
    assert letters(api, people, documento=BASE) == "ABCDE"
    assert letters(api, people, documento=BASE[:-4]) == "ABCDE"
    assert search(api, documento=f"{BASE}A") == [f"{BASE}A"]
    assert search(api, documento=f"{BASE}Z") == []
    assert search(api, documento=BASE[1:]) == []


def test_date_of_birth(api: FlaskClient, people: dict[str, str]) -> None:
    assert letters(api, people, fecha_nacimiento="1984-02-29") == "AB"
    assert letters(api, people, fecha_nacimiento="1984-03-01") == ""


def test_all_that_is_asked_must_hold(api: FlaskClient, people: dict[str, str]) -> None:
    assert letters(api, people, nombre="jose", fecha_nacimiento="1990-01-01") == "C"
    assert letters(api, people, nombre="jose", documento=BASE, fecha_nacimiento="1984-02-29") == "AB"
    assert search(api, nombre="nanez", documento=f"{BASE}A", fecha_nacimiento="1984-02-29") == [f"{BASE}A"]
    assert search(api, nombre="nanez", documento=f"{BASE}B") == []


def test_the_annulled_are_found_when_they_are_asked_for(api: FlaskClient, people: dict[str, str]) -> None:
    assert letters(api, people, nombre="penaloza") == ""
    assert letters(api, people, nombre="penaloza", anulados="true") == ANNULLED
    assert letters(api, people, nombre="pena", anulados="true") == "ABF"
    assert letters(api, people, documento=BASE, anulados="true", fecha_nacimiento="2001-12-31") == ANNULLED


def test_pages_keep_what_is_searched(api: FlaskClient, paged: list[str]) -> None:
    assert search(api, nombre="zqpaginas ana", limite=4) == paged
    answer = api.get(f"{PACIENTES}?{urlencode({'nombre': 'zqpáginas & ana', 'documento': BASE, 'limite': 4})}")
    query = parse_qs(urlsplit(answer.headers["Link"].split(">")[0].removeprefix("<")).query)
    assert query == {
        "nombre": ["zqpáginas & ana"],
        "documento": [BASE],
        "limite": ["4"],
        "cursor": [answer.get_json()["siguiente"]],
    }


def test_a_correction_is_searched_by_its_new_name(api: FlaskClient) -> None:
    cedula = f"{BASE}K"
    api.post(PACIENTES, json={"cedula": cedula, "nombre": "Zqantes", "apellido": "Paz"})
    body = {"nombre": "Zqdespués", "apellido": "Paz", "motivo": "Otro nombre"}
    assert api.put(f"{PACIENTES}/{cedula}", json=body, headers={"If-Match": '"1"'}).status_code == 200
    assert (search(api, nombre="zqantes"), search(api, nombre="zqdespues")) == ([], [cedula])


def test_a_cursor_says_where_to_go_on_and_nothing_else(api: FlaskClient, paged: list[str]) -> None:
    terms = {"nombre": "zqpaginas", "documento": BASE}
    body = api.get(f"{PACIENTES}?{urlencode(terms | {'limite': 4})}").get_json()
    cursor = body["siguiente"]
    last = body["pacientes"][-1]
    held = cursor.partition(".")[0]
    moment, identifier = json.loads(base64.urlsafe_b64decode(held + "=" * (-len(held) % 4)))
    assert moment.startswith(last["fecha_registro"][:19])
    assert identifier == last["id"]
    assert search(api, **terms, cursor=cursor) == paged[4:]


def test_a_cursor_is_for_the_search_that_gave_it(api: FlaskClient, paged: list[str]) -> None:
    """Said in whatever way; a word with another accent is another search."""
    terms = {"nombre": "zqpaginas", "documento": BASE}
    cursor = api.get(f"{PACIENTES}?{urlencode(terms | {'limite': 4})}").get_json()["siguiente"]
    said_otherwise = {"nombre": " zqpaginas", "anulados": "false", "limite": 7}
    assert search(api, **terms | said_otherwise, cursor=cursor) == paged[4:]
    others: list[dict[str, Any]] = [
        {"nombre": "zqpáginas"},
        {"documento": f"{BASE}P1"},
        {"fecha_nacimiento": "1984-02-29"},
        {"anulados": "true"},
    ]
    for query in (*(terms | other for other in others), {"nombre": "zqpaginas"}, {}):
        answer = api.get(f"{PACIENTES}?{urlencode(query | {'cursor': cursor})}")
        assert answer.status_code == 422, query
        assert [error["pointer"] for error in answer.get_json()["errors"]] == ["/cursor"]
        assert cursor not in answer.get_data(as_text=True)


LETTERS = "Debe llevar alguna letra del español o un dígito."
CEDULA = "La cédula lleva de 3 a 20 dígitos, letras mayúsculas sin tilde o guiones."
DATE = "Debe ser una fecha real con la forma AAAA-MM-DD."


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("nombre", "", LETTERS),
        ("nombre", "  ", LETTERS),
        ("nombre", "%", LETTERS),
        ("nombre", "_", LETTERS),
        ("nombre", "'", LETTERS),
        ("nombre", "¿<->! & |:*", LETTERS),
        ("nombre", "李王", LETTERS),
        ("nombre", "Zqsecreto\0", "Contiene caracteres de control o no válidos."),
        ("nombre", "Zqsecreto" * 12, "Debe tener como máximo 100 caracteres."),
        ("documento", "", CEDULA),
        ("documento", "12", CEDULA),
        ("documento", "%%%", CEDULA),
        ("documento", "1_3", CEDULA),
        ("documento", "Zqsecreto", CEDULA),
        ("documento", "1" * 21, CEDULA),
        ("fecha_nacimiento", "", DATE),
        ("fecha_nacimiento", "1984", DATE),
        ("fecha_nacimiento", "1983-02-29", DATE),
        ("fecha_nacimiento", "Zqsecreto", DATE),
        ("fecha_nacimiento", "1849-12-31", "Debe estar entre 1850-01-01 y hoy."),
        ("fecha_nacimiento", "2199-01-01", "Debe estar entre 1850-01-01 y hoy."),
        ("apellido", "Zqsecreto", "Este campo no existe; revise su nombre."),
    ],
)
def test_faulty_terms_are_named_and_not_repeated(api: FlaskClient, name: str, value: str, message: str) -> None:
    answer = api.get(f"{PACIENTES}?{urlencode({name: value})}")
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["errors"] == [{"pointer": f"/{name}", "message": message}]
    assert "Zqsecreto" not in answer.get_data(as_text=True) + str(answer.headers)


def test_what_is_searched_is_not_logged(api: FlaskClient) -> None:
    terms = {"nombre": "Zqsecreto", "documento": "SECRETO-1", "fecha_nacimiento": "1931-07-13"}
    with capture_logs() as lines:
        assert api.get(f"{PACIENTES}?{urlencode(terms)}").status_code == 200
        assert api.get(f"{PACIENTES}?{urlencode(terms | {'limite': 0})}").status_code == 422
        assert api.get(f"{PACIENTES}?{urlencode(terms | {'cursor': 'Zqsecreto'})}").status_code == 422
    assert [(line["ruta"], line["estado"]) for line in lines] == [(PACIENTES, 200), (PACIENTES, 422), (PACIENTES, 422)]
    written = json.dumps(lines)
    assert [term for term in terms.values() if term in written] == []
