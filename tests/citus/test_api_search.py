"""The search of patients over shards: every node finds the same, and each condition has its index."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from historia_clinica.resources.pacientes.repository import PAGE
from historia_clinica.words import as_query
from row_contexts import as_the_api

PACIENTES = "/api/v1/pacientes"
FIRST = ("María José", "Ana", "Luz")
# What is searched, which of the people it finds, the index that serves it: where texts are compared byte by byte, that
# may be the primary key for the beginning of a cédula.
SEARCHES = [
    ({"nombre": "pena jose"}, [3, 9, 15, 21], "pacientes_nombre"),
    ({"documento": "BUSCA-1"}, [1, *range(10, 20)], "pacientes_(cedula_comienzo|pkey)"),
    ({"fecha_nacimiento": "1984-02-03"}, [2, 6, 10, 14, 18, 22], "pacientes_fecha_nacimiento"),
]
ALL_AT_ONCE = ({"nombre": "pena", "documento": "BUSCA-1", "fecha_nacimiento": "1984-02-04"}, [11, 15, 19])


@pytest.fixture(scope="module")
def _people(citus_api: FlaskClient) -> None:
    for number in range(24):
        body = {
            "cedula": f"BUSCA-{number}",
            "nombre": FIRST[number % 3],
            "apellido": "Peña Ñáñez" if number % 2 else "Paz",
            "fecha_nacimiento": f"1984-02-0{1 + number % 4}",
        }
        assert citus_api.post(PACIENTES, json=body).status_code == 201


def parameters(terms: dict[str, str]) -> dict[str, Any]:
    return {
        "after_moment": None,
        "after_id": None,
        "anulados": False,
        "words": as_query(terms["nombre"]) if "nombre" in terms else None,
        "documento": terms.get("documento"),
        "fecha_nacimiento": terms.get("fecha_nacimiento"),
        "atendido_por": None,
        "propio": None,
        "propio_uuid": None,
        "rows": 101,
    }


@pytest.mark.usefixtures("_people")
@pytest.mark.parametrize(("terms", "numbers"), [*(search[:2] for search in SEARCHES), ALL_AT_ONCE])
def test_every_node_finds_the_same(
    citus_api: FlaskClient, citus_system: Any, terms: dict[str, str], numbers: list[int]
) -> None:
    wanted = [f"BUSCA-{number}" for number in numbers]
    found: list[str] = []
    more: dict[str, str] = {}
    while True:
        body = citus_api.get(f"{PACIENTES}?{urlencode({'limite': 2} | terms | more)}").get_json()
        found += [row["cedula"] for row in body["pacientes"]]
        if body["siguiente"] is None:
            break
        more = {"cursor": body["siguiente"]}
    assert found == wanted
    for node in citus_system.nodes[:3]:
        with as_the_api(citus_system, node) as cursor:
            cursor.execute(PAGE.sql, parameters(terms))
            assert [row[0] for row in cursor.fetchall()] == wanted, node.name


@pytest.mark.usefixtures("_people")
@pytest.mark.parametrize(("terms", "index"), [(search[0], search[2]) for search in SEARCHES])
def test_each_condition_has_its_index_on_a_shard(citus_system: Any, terms: dict[str, str], index: str) -> None:
    """Few rows are read faster without; where neither all rows nor their order may be walked, the condition is left."""
    with as_the_api(citus_system) as cursor:
        for setting in ("enable_seqscan", "enable_indexscan"):
            cursor.execute(f"SET LOCAL {setting} TO off")  # on the workers too: citus.propagate_set_commands
        cursor.execute(f"EXPLAIN (COSTS OFF) {PAGE.sql}", parameters(terms))
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert re.search(rf"Bitmap Index Scan on {index}_\d+", plan), plan
    assert "IS NULL" not in plan, plan
