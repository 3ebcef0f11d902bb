"""The access matrix over nodes: each holds it, each decides alike, and a relation goes with its patient to another."""

import itertools
from typing import Any

import psycopg2.errors
import pytest
from access import SUBJECTS, Door, World, person, relate
from citus.breaking import elsewhere
from citus.hooks_state import rows
from citus.routed import NewApi, written_in_two_phases
from flask.testing import FlaskClient
from historia_clinica.access.people import Rol
from historia_clinica.permissions import FACTS, MATRIX
from historia_clinica.resources.pacientes.repository import PAGE
from historia_hooks.matrix import carried
from historia_local.nodes import Cluster
from row_contexts import as_the_api, context_of
from versioned import NOTA, PACIENTES, if_match

PATHS = ("", "/historia", "/notas", "/ordenes", "/relaciones-atencion")


def expected(rol: Rol, path: str, subject: str) -> int:
    resource = path.strip("/").replace("-", "_") or "pacientes"
    [condition, *_] = [
        one.condicion
        for one in carried().permissions
        if (one.rol, one.recurso, one.accion) == (rol.value, resource, "leer")
    ] or ["nunca"]
    allowed = {"nunca": (), "siempre": ("own", "related", "foreign"), "propio": ("own",)}.get(condition, ("related",))
    return 403 if condition == "nunca" else 200 if subject in allowed else 404


@pytest.mark.parametrize("routing", ["coordinator", "workers", "owner"])
def test_each_way_to_the_nodes_decides_as_the_table_says(new_api: NewApi, seeded: World, routing: str) -> None:
    door = Door(new_api(routing))
    for rol, path, subject in itertools.product(Rol, PATHS, SUBJECTS):
        with door.of(seeded.people[rol]) as api:
            answer = api.get(f"{PACIENTES}/{seeded.subjects[subject].cedula}{path}")
        assert answer.status_code == expected(rol, path, subject), (rol, path, subject)
    with door.of(seeded.people[Rol.MEDICO]) as api:
        listing = f"{PACIENTES}/{seeded.subjects['related'].cedula}/notas"
        note = api.post(listing, json=NOTA).get_json()
        assert note["medico_id"] == seeded.medico_id
        signed = api.post(f"{listing}/{note['id']}/firma", headers=if_match('"1"'))
        assert (signed.status_code, signed.get_json()["estado"]) == (200, "firmada")


def test_every_node_holds_the_matrix_and_the_api_changes_it_on_none(citus_system: Cluster) -> None:
    for node in citus_system.nodes[:3]:
        with as_the_api(citus_system, node) as cursor:
            cursor.execute(MATRIX.sql)
            assert len(cursor.fetchall()) == len(carried().permissions), node.name
        for refused in (
            "INSERT INTO permisos VALUES (0, 'medico', 'notas', 'leer', 'siempre')",
            "UPDATE permisos SET condicion = 'siempre'",
            "DELETE FROM versiones_matriz",
            "UPDATE roles SET descripcion = 'otra'",
            "DELETE FROM relaciones_atencion",
            "UPDATE relaciones_atencion_historial SET hasta = NULL",
        ):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                app_runs(citus_system, node, refused)


def app_runs(cluster: Cluster, node: Any, statement: str) -> None:
    with as_the_api(cluster, node) as cursor:
        cursor.execute(statement)


def test_every_node_knows_who_attends_whom(citus_system: Cluster, seeded: World) -> None:
    medico = seeded.people[Rol.MEDICO].usuario
    nothing = dict.fromkeys(
        ("after_moment", "after_id", "words", "documento", "fecha_nacimiento", "propio", "propio_uuid")
    )
    for node in citus_system.nodes[:3]:
        with as_the_api(citus_system, node) as cursor:
            for name, subject in seeded.subjects.items():
                asked = {"paciente_id": subject.cedula, "usuario": medico, "paciente_uuid": None, "sesion": None}
                said = {"contexto": context_of(citus_system, subject.cedula)}
                cursor.execute(FACTS.sql, asked | said | {"que": ["orden", "relacion", "emergencia", "propio"]})
                related = name == "related"
                nothing_else = {"propio": False, "emergencia": False, "negativas": []}
                [found] = cursor.fetchone()
                assert found == {"relacion": related, "orden": related} | nothing_else, node.name
            cursor.execute("SET LOCAL historia.contexto = %s", (context_of(citus_system, "*"),))
            cursor.execute(PAGE.sql, nothing | {"anulados": False, "rows": 100, "atendido_por": medico})
            found = {row[0] for row in cursor.fetchall()}  # and whom other tests relate
            assert found & {one.cedula for one in seeded.subjects.values()} == {seeded.subjects["related"].cedula}


def test_a_relation_goes_to_the_node_where_its_patient_goes(
    citus_system: Cluster, citus_api: FlaskClient, door: Door, seeded: World
) -> None:
    medico = seeded.people[Rol.MEDICO]
    one = person(citus_api).cedula
    two = person(citus_api, elsewhere(citus_system, one)).cedula
    relate(citus_api, two, medico.usuario)

    def reads(*cedulas: str) -> list[int]:
        with door.of(medico) as api:
            return [int(api.get(f"{PACIENTES}/{cedula}").status_code) for cedula in cedulas]

    def change(of: str, path: str, version: int, **body: str) -> None:
        sent = body | {"motivo": "m"}
        answer = citus_api.post(f"{PACIENTES}/{of}/{path}", json=sent, headers=if_match(f'"{version}"'))
        assert answer.status_code == 200, answer.get_data(as_text=True)

    assert reads(one, two) == [404, 200]
    change(one, "fusion", 1, duplicado=two)
    assert reads(one, two) == [200, 404]
    change(one, "separacion", 2, duplicado=two)
    assert reads(one, two) == [404, 200]
    new = elsewhere(citus_system, two)
    change(two, "cambio-documento", 3, cedula=new)
    assert reads(new, two) == [200, 404]


def test_to_ask_who_attends_writes_nothing_in_two_phases(citus_system: Cluster, door: Door, seeded: World) -> None:
    before = written_in_two_phases(citus_system)
    with door.of(seeded.people[Rol.MEDICO]) as api:
        for subject in seeded.subjects.values():
            api.get(f"{PACIENTES}/{subject.cedula}")
    with door.of(seeded.people[Rol.ADMISIONISTA]) as api:
        relate(api, seeded.subjects["own"].cedula, seeded.people[Rol.AUDITOR].usuario)
    assert written_in_two_phases(citus_system) <= before


def test_the_matrix_is_loaded_once_and_whole(citus_system: Cluster) -> None:
    loaded = rows(
        citus_system,
        citus_system.coordinator,
        "SELECT version, sha256, v.permisos, count(*) FROM versiones_matriz v JOIN permisos USING (version)"
        " GROUP BY 1, 2, 3",
    )
    count = len(carried().permissions)
    assert loaded == [(1, carried().sha256, count, count)]
