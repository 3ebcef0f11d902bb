"""Emergency accesses over nodes: each way to them decides alike, they go with their patient, and are only added."""

from typing import Any

import psycopg2.errors
import pytest
from access import Door, World, break_glass, in_a_session, person
from audited import kept, query
from citus.breaking import elsewhere
from citus.routed import NewApi, owner_of, written_in_two_phases
from flask.testing import FlaskClient
from historia_clinica.access.people import Rol
from historia_local.nodes import Cluster
from row_contexts import as_the_api
from versioned import PACIENTES, if_match

QUEUE = "/api/v1/accesos-emergencia"
TABLES = ("accesos_emergencia", "accesos_emergencia_revisiones")


def glass(cedula: str) -> str:
    return f"{PACIENTES}/{cedula}/acceso-emergencia"


@pytest.mark.parametrize("routing", ["coordinator", "workers", "owner"])
def test_each_way_to_the_nodes_opens_marks_and_closes(
    citus_system: Cluster, new_api: NewApi, seeded: World, routing: str
) -> None:
    door, medico, auditor = Door(new_api(routing)), in_a_session(seeded.people[Rol.MEDICO]), seeded.people[Rol.AUDITOR]
    here = person(door.api).cedula
    cedulas = [here, person(door.api, elsewhere(citus_system, here)).cedula]
    before = written_in_two_phases(citus_system)
    ids = {}
    for cedula in cedulas:
        with door.of(medico) as api:
            assert api.get(f"{PACIENTES}/{cedula}").status_code == 404
            ids[cedula] = break_glass(api, cedula)["id"]
            answers = [api.get(f"{PACIENTES}/{cedula}") for _ in range(3)]
        assert [one.status_code for one in answers] == [200] * 3
        found = [kept(citus_system, one) for one in answers]
        assert [[row["proposito"] for row in rows] for rows in found] == [["BTG"]] * 3
        with door.of(in_a_session(medico)) as api:
            assert api.get(f"{PACIENTES}/{cedula}").status_code == 404
    with door.of(auditor) as api:
        for cedula, one in ids.items():
            said = api.post(f"{glass(cedula)}/{one}/revision", json={"dictamen": "justificado"})
            assert (said.status_code, said.get_json()["revisado_por"]) == (200, auditor.usuario)
            again = api.post(f"{glass(cedula)}/{one}/revision", json={"dictamen": "justificado"})
            assert again.status_code == 409
    assert written_in_two_phases(citus_system) <= before
    for cedula in cedulas:
        past = "UPDATE accesos_emergencia SET inicio = '2025-01-31T13:30:00Z', expira = '2025-01-31T14:30:00Z'"
        query(citus_system, f"{past} WHERE paciente_id = %(one)s", one=cedula)
        with door.of(medico) as api:
            assert api.get(f"{PACIENTES}/{cedula}").status_code == 404


def test_the_queue_goes_through_all_nodes_in_order(
    citus_system: Cluster, citus_api: FlaskClient, door: Door, seeded: World
) -> None:
    medico, auditor = in_a_session(seeded.people[Rol.MEDICO]), seeded.people[Rol.AUDITOR]
    cedulas = [person(citus_api).cedula for _ in range(7)]
    cedulas.insert(3, person(citus_api, elsewhere(citus_system, cedulas[0])).cedula)
    assert len({owner_of(citus_system, cedula) for cedula in cedulas}) > 1
    with door.of(medico) as api:
        ids = [break_glass(api, cedula)["id"] for cedula in cedulas]
    with door.of(auditor) as api:
        said = api.post(f"{glass(cedulas[3])}/{ids[3]}/revision", json={"dictamen": "no_justificado"})
        assert said.status_code == 200

        def queued(**asked: str) -> list[str]:
            found: list[str] = []
            cursor: dict[str, str] = {}
            while True:
                page = api.get(QUEUE, query_string=asked | cursor | {"limite": "3"}).get_json()
                found += [one["id"] for one in page["accesos_emergencia"]]
                if page["siguiente"] is None:
                    return [one for one in found if one in ids]
                cursor = {"cursor": page["siguiente"]}

        assert queued() == ids
        assert queued(pendientes="true") == ids[:3] + ids[4:]


def test_it_goes_to_the_node_where_its_patient_goes(
    citus_system: Cluster, citus_api: FlaskClient, door: Door, seeded: World
) -> None:
    medico, auditor = in_a_session(seeded.people[Rol.MEDICO]), seeded.people[Rol.AUDITOR]
    one = person(citus_api).cedula
    two = person(citus_api, elsewhere(citus_system, one)).cedula
    with door.of(medico) as api:
        opened = break_glass(api, two)["id"]
    with door.of(auditor) as api:
        verdict = api.post(f"{glass(two)}/{opened}/revision", json={"dictamen": "justificado"})
        assert verdict.status_code == 200

    def reads(*cedulas: str) -> list[int]:
        with door.of(medico) as api:
            return [int(api.get(f"{PACIENTES}/{cedula}").status_code) for cedula in cedulas]

    def listed(cedula: str) -> list[Any]:
        with door.of(auditor) as api:
            return [(row["id"], row["dictamen"]) for row in api.get(glass(cedula)).get_json()["accesos_emergencia"]]

    def change(of: str, path: str, version: int, **body: str) -> None:
        sent = body | {"motivo": "m"}
        answer = citus_api.post(f"{PACIENTES}/{of}/{path}", json=sent, headers=if_match(f'"{version}"'))
        assert answer.status_code == 200, answer.get_data(as_text=True)

    whole = [(opened, "justificado")]
    assert (reads(one, two), listed(two)) == ([404, 200], whole)
    change(one, "fusion", 1, duplicado=two)
    assert (reads(one, two), listed(one)) == ([200, 404], whole)
    change(one, "separacion", 2, duplicado=two)
    assert (reads(one, two), listed(one), listed(two)) == ([404, 200], [], whole)
    new = elsewhere(citus_system, two)
    change(two, "cambio-documento", 3, cedula=new)
    assert (reads(new, two), listed(new)) == ([200, 404], whole)


@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", TABLES)
def test_the_api_s_role_only_adds_on_every_node_and_shard(citus_system: Cluster, table: str, change: str) -> None:
    places: list[tuple[Any, str]] = [(node, table) for node in citus_system.nodes[:3]]
    shards = query(
        citus_system,
        "SELECT nodeport, min(shard_name) FROM (SELECT nodeport, shard_name(table_name, shardid) FROM citus_shards"
        f" WHERE table_name = '{table}'::regclass) AS one GROUP BY 1",
    )
    workers = {node.port: node for node in citus_system.nodes}
    places += [(workers[port], name) for port, name in shards]
    assert len(places) == 5
    for node, name in places:
        with as_the_api(citus_system, node) as cursor:
            cursor.execute("SET citus.enable_manual_changes_to_shards TO on")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(change.format(name))
