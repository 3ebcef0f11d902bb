"""The matrix, walked: each route as each role about one's own, a related, a foreign and no patient."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from access import Door, World
from historia_clinica.access.operations import Accion
from historia_clinica.access.people import Rol
from historia_clinica.access.reserve import RESERVADOS
from historia_hooks.matrix import carried
from historia_local.nodes import Cluster
from matrix import PERMISSIONS, ask, expected, hidden, names, routes, walk, walked_world
from versioned import RECORDS


@pytest.fixture(scope="module")
def door(api_of: Any, postgres_system: Cluster) -> Iterator[Door]:
    with api_of(postgres_system) as api:
        yield Door(api)


@pytest.fixture(scope="module")
def seeded(door: Door) -> World:
    return walked_world(door)


@pytest.mark.parametrize("rol", list(Rol))
def test_each_cell_is_as_the_table_says(rol: Rol, door: Door, seeded: World, capsys: Any) -> None:
    wrong, counted = walk(door, seeded, rol)
    assert wrong == []
    with capsys.disabled():
        print(f"\n{rol}: {counted.total()} celdas, {dict(sorted(counted.items()))}")  # noqa: T201


def test_what_is_hidden_is_absent_and_the_rest_is_there(door: Door, seeded: World) -> None:
    subject = seeded.subjects["related"]
    seen = 0
    for rol, (rule, method, operation) in itertools.product(Rol, routes(door)):
        if operation.accion is not Accion.LEER or expected(rol, rule.endpoint, method, operation, "related") != 200:
            continue
        if rule.endpoint.rpartition(".")[2] not in ("get", "history"):
            continue
        whole = ask(door, rule, method, seeded, subject if "cedula" in rule.arguments else None).get_json()
        with door.of(seeded.people[rol]):
            part = ask(door, rule, method, seeded, subject if "cedula" in rule.arguments else None).get_json()
        concealed = hidden(rol, operation.recurso, operation.accion)
        assert without(whole, concealed) == part, (rol, rule.endpoint)
        seen += bool(concealed)
    assert seen > 20


def without(body: Any, concealed: set[str]) -> Any:
    if isinstance(body, list):
        return [without(one, concealed) for one in body]
    if isinstance(body, dict):
        return {name: without(value, concealed) for name, value in body.items() if name not in concealed}
    return body


def test_a_history_shows_of_each_kind_what_its_own_routes_show(door: Door, seeded: World) -> None:
    subject = seeded.subjects["related"]
    with door.of(seeded.people[Rol.AUDITOR]) as api:
        whole = api.get(f"/api/v1/pacientes/{subject.cedula}/historia").get_json()
        for kind in RECORDS:
            path = kind.path.split("/")[2]
            [rows] = [
                value
                for name, value in api.get(f"/api/v1/pacientes/{subject.cedula}/{path}?limite=100").get_json().items()
                if name != "siguiente"
            ]
            assert whole[path.replace("-", "_")] == rows
            assert rows
    assert "nombre" not in names(whole["paciente"])
    assert "version" in names(whole["paciente"])


def test_every_role_and_every_word_of_the_matrix_is_one_of_the_api(door: Door) -> None:
    operations = {(one.recurso, one.accion.value) for _, _, one in routes(door)}
    assert {(one.recurso, one.accion) for one in PERMISSIONS} == operations | {(RESERVADOS.recurso, RESERVADOS.accion)}
    assert {one.rol for one in PERMISSIONS} == {rol for rol, _ in carried().roles} == set(Rol)
