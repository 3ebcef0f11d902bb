"""Vocabularies on plain PostgreSQL: loaded by the hooks, an operator's own beside them, read through the API."""

import contextlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg2.errors
import pytest
from flask.testing import FlaskClient
from historia_clinica.words import as_query
from historia_hooks.vocabularies import carried
from historia_local.nodes import Cluster

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
LIST = "/api/v1/vocabularios"
MANY = 230


def query(cluster: Cluster, statement: str, *values: Any, role: Any = "owner") -> list[tuple[Any, ...]]:
    with contextlib.closing(cluster.connect(role=role)) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


def load(
    cluster: Cluster, run_hooks: Hooks, file: Path, version: str, *more: str, **environment: str
) -> tuple[int, dict[str, Any]]:
    heading = ["--nombre=prueba", f"--version={version}", "--titulo=Prueba", "--fuente=Inventado", "--licencia=MIT"]
    done = run_hooks(cluster, "load-vocabulary", str(file), *heading, *more, workers=0, **environment)
    return done.returncode, dict(json.loads(done.stdout.splitlines()[-1])) if done.stdout else {"event": done.stderr}


@pytest.fixture(scope="module")
def own(postgres_system: Cluster, run_hooks: Hooks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vocabulary of ours with an older version, and one that is not in force yet."""
    file = tmp_path_factory.mktemp("own") / "prueba.csv"
    rows = [f"{number:03},Concepto ÑANDÚ {number},,,," for number in range(MANY)]
    rows.append('A.1+,Retirado,,,2020-12-31,"{""uso"": ""prueba""}"')
    file.write_text("\n".join(["codigo,descripcion,padre,vigente_desde,vigente_hasta,atributos", *rows, ""]))
    older = file.with_name("older.csv")
    older.write_text("Codigo;Nombre\n001;Como antes\n")
    columns = ["--separador=;", "--columna=codigo=Codigo", "--columna=descripcion=Nombre", "--parcial"]
    assert load(postgres_system, run_hooks, older, "1", "--desde=2020-01-01", *columns)[0] == 0
    assert load(postgres_system, run_hooks, older, "3", "--desde=2190-01-01", *columns)[0] == 0
    code, said = load(postgres_system, run_hooks, file, "2", "--aviso=Léase")
    assert code == 0, said
    return file


def concepts(api: FlaskClient, nombre: str, **parameters: Any) -> list[dict[str, Any]]:
    """Every page, by following Link."""
    found: list[dict[str, Any]] = []
    following: str | None = f"{LIST}/{nombre}/conceptos?{urlencode(parameters)}"
    while following:
        answer = api.get(following)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found += answer.get_json()["conceptos"]
        link = answer.headers.get("Link")
        assert (link is None) == (answer.get_json()["siguiente"] is None)
        following = link.split(">")[0].removeprefix("<") if link else None
    return found


def test_what_the_hooks_carry_is_listed_with_its_source_and_licence(api: FlaskClient) -> None:
    listed = {(one["nombre"], one["version"]): one for one in api.get(LIST).get_json()["vocabularios"]}
    for one in carried():
        shown = listed[one.key]
        told = ("titulo", "fuente", "licencia", "aviso", "completo")
        assert {name: shown[name] for name in told} == {name: getattr(one.heading, name) for name in told}
        assert (shown["sha256"], shown["conceptos"], shown["actual"]) == (one.sha256, len(one.concepts), True)


def test_every_concept_is_read_as_the_file_has_it(api: FlaskClient) -> None:
    for one in carried():
        shown = concepts(api, one.heading.nombre, limite=100)
        members = ("codigo", "descripcion", "padre", "vigente_desde", "vigente_hasta")
        assert [tuple(concept[name] or "" for name in members) for concept in shown] == [
            concept[:5] for concept in one.concepts
        ]
        texts = [concept[5] for concept in one.concepts]
        assert [concept["atributos"] for concept in shown] == [json.loads(text) if text else None for text in texts]


def test_a_second_load_has_nothing_to_do_and_other_content_is_refused(
    postgres_system: Cluster, run_hooks: Hooks, own: Path
) -> None:
    before = query(postgres_system, "SELECT count(*) FROM conceptos")
    assert load(postgres_system, run_hooks, own, "2")[1]["event"] == "nada que hacer"
    other = own.with_name("other.csv")
    other.write_text("codigo,descripcion\n001,Otro\n")
    code, said = load(postgres_system, run_hooks, other, "2")
    assert (code, "Cárguelo con otra versión" in said["event"]) == (78, True)
    assert query(postgres_system, "SELECT count(*) FROM conceptos") == before


def test_a_faulty_file_is_refused_before_anything_is_asked(
    postgres_system: Cluster, run_hooks: Hooks, own: Path
) -> None:
    faulty = own.with_name("faulty.csv")
    faulty.write_text("codigo,descripcion\nA,B\nA,C\n")
    code, said = load(postgres_system, run_hooks, faulty, "9", POSTGRES_PORT="1")
    assert (code, said["event"]) == (78, "línea 3: el código está repetido")
    for wrong in (["--columna=nombre=X"], ["--separador=x"], ["--desde=mañana"]):
        assert load(postgres_system, run_hooks, own, "9", *wrong)[0] == 2


def test_versions_stand_side_by_side(api: FlaskClient, own: Path) -> None:
    shown = [one for one in api.get(LIST).get_json()["vocabularios"] if one["nombre"] == "prueba"]
    assert [(one["version"], one["actual"], one["completo"]) for one in shown] == [
        ("3", False, False),
        ("2", True, True),
        ("1", False, False),
    ]
    read = {version: api.get(f"{LIST}/prueba/conceptos/001?version={version}").get_json() for version in "123"}
    assert [one["descripcion"] for one in read.values()] == ["Como antes", "Concepto ÑANDÚ 1", "Como antes"]
    assert api.get(f"{LIST}/prueba/conceptos/001").get_json() == read["2"]


def test_a_retired_concept_is_still_read(api: FlaskClient, own: Path) -> None:
    found = api.get(f"{LIST}/prueba/conceptos/A.1+").get_json()
    assert (found["vigente_hasta"], found["atributos"]) == ("2020-12-31", {"uso": "prueba"})


@pytest.mark.parametrize(
    ("nombre", "parameters", "codes"),
    [
        ("divipola", {"buscar": "medellin"}, ["05001"]),
        ("divipola", {"buscar": "MEDELLÍN"}, ["05001"]),
        ("divipola", {"buscar": "narin"}, ["05483", "25483", "52", "52480", "91540"]),
        ("divipola", {"buscar": "Puerto  nar"}, ["05585", "91540"]),
        ("divipola", {"buscar": "buga"}, ["76111", "76113"]),
        ("divipola", {"codigo": "0500"}, ["05001", "05002", "05004"]),
        ("divipola", {"codigo": "05", "buscar": "medell"}, ["05001"]),
        ("divipola", {"buscar": "zzq"}, []),
        ("loinc", {"buscar": "blood pressure systolic"}, ["8480-6"]),
        ("loinc", {"buscar": "8480-6"}, ["8480-6"]),
        ("cie10", {"buscar": "hipertension esencial"}, ["I10", "I10X", "O100"]),
        ("cie10", {"codigo": "J45"}, ["J45", "J450", "J451", "J458", "J459"]),
        ("cie10", {"buscar": "inmunologicas", "codigo": "B23"}, ["B232"]),  # its text has a hyphen inside a word
        ("cups", {"buscar": "creatinina"}, ["903895"]),
        ("cups", {"buscar": "radiografia torax"}, ["871121"]),
    ],
)
def test_words_are_found_without_accents_and_case(
    api: FlaskClient, nombre: str, parameters: dict[str, str], codes: list[str]
) -> None:
    assert [concept["codigo"] for concept in concepts(api, nombre, **parameters)] == codes


def test_an_official_table_is_read_instead_of_ours_even_if_it_is_of_an_earlier_year(
    postgres_system: Cluster, run_hooks: Hooks, api: FlaskClient, tmp_path: Path
) -> None:
    file = tmp_path / "official.csv"
    file.write_text("codigo,descripcion\nA970,Dengue sin signos de alarma\n")
    try:
        for nombre in ("cie10", "cups"):
            said = load(postgres_system, run_hooks, file, "2018", f"--nombre={nombre}", "--desde=2018-01-01")
            assert said[0] == 0, said
            assert [one["codigo"] for one in concepts(api, nombre)] == ["A970"]
    finally:
        query(postgres_system, "DELETE FROM conceptos WHERE version = '2018'")
        query(postgres_system, "DELETE FROM vocabularios WHERE version = '2018'")


def test_pages_keep_what_was_asked_and_their_version(api: FlaskClient, own: Path) -> None:
    found = concepts(api, "prueba", buscar="nandu", limite=7)
    assert [concept["codigo"] for concept in found] == [f"{number:03}" for number in range(MANY)]
    assert {concept["version"] for concept in concepts(api, "prueba", version="1", limite=1)} == {"1"}


@pytest.mark.parametrize(
    "other", ["loinc/conceptos?", "divipola/conceptos?codigo=05&", "divipola/conceptos?buscar=la&"]
)
def test_a_cursor_is_for_one_vocabulary_and_one_search(api: FlaskClient, other: str) -> None:
    cursor = api.get(f"{LIST}/divipola/conceptos").get_json()["siguiente"]
    assert api.get(f"{LIST}/divipola/conceptos?cursor={cursor}").status_code == 200
    refused = api.get(f"{LIST}/{other}cursor={cursor}")
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.get_json()["errors"]] == ["/cursor"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nadie/conceptos", 404),
        ("divipola/conceptos?version=1", 404),
        ("divipola/conceptos/nadie", 404),
        ("nadie/conceptos/05001", 404),
        ("Nadie/conceptos", 422),
        ("divipola/conceptos/%00", 422),
        ("divipola/conceptos/a%20b", 422),
        ("divipola/conceptos?buscar=%C2%BF", 422),
        ("divipola/conceptos?buscar=" + "a" * 101, 422),
        ("divipola/conceptos?codigo=%25", 422),
        ("divipola/conceptos?cursor=x", 422),
        ("divipola/conceptos?limite=101", 422),
    ],
)
def test_what_is_not_there_or_makes_no_sense(api: FlaskClient, path: str, status: int) -> None:
    answer = api.get(f"{LIST}/{path}")
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"


def test_the_search_column_and_the_searched_words_are_made_alike(postgres_system: Cluster) -> None:
    """Each description is found by itself; the letters beyond ASCII are those of Spanish and some that are not."""
    for text in (
        "Ñandú CIGÜEÑA pingüino ÁÉÍÓÚ",
        "Müller-Straße",
        "œdema ﬁbra",
        "x\u0301 descompuesta",
        "µg/dL 10⁹/L",
        "A'B",
    ):
        [(found,)] = query(
            postgres_system,
            "SELECT array_to_tsvector(string_to_array(btrim(regexp_replace(lower(regexp_replace(normalize(%s, NFKD),"
            " '[\u0300-\u036f]', '', 'g')), '[^a-z0-9]+', ' ', 'g')), ' ')) @@ %s::tsquery",
            text,
            as_query(text),
        )
        assert found, text
    descriptions = sorted({concept[1] for one in carried() for concept in one.concepts})
    missed = query(
        postgres_system,
        "SELECT count(*), coalesce(array_agg(descripcion) FILTER (WHERE NOT busqueda @@ words::tsquery), '{}')"
        " FROM conceptos JOIN unnest(%s, %s) AS wanted (text, words) ON descripcion = text",
        descriptions,
        [as_query(text) for text in descriptions],
    )
    assert missed == [(sum(one.size for one in carried()), [])]


def test_the_api_reads_and_does_not_write(postgres_system: Cluster) -> None:
    for refused in ("DELETE FROM conceptos", "UPDATE vocabularios SET licencia = 'otra'", "TRUNCATE conceptos"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            query(postgres_system, refused, role="app")
