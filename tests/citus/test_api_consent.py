"""Consents over nodes: each way decides alike, they go with their patient, and a revocation is final on every node."""

from typing import Any

import psycopg2.errors
import pytest
from access import Door, World, made, person, relate
from audited import query
from citus.breaking import elsewhere
from citus.routed import NewApi, owner_of, written_in_two_phases
from flask.testing import FlaskClient
from historia_clinica.access.people import Rol
from historia_local.nodes import Cluster
from row_contexts import as_the_api
from versioned import PACIENTES, if_match

DENIAL = {"tipo": "compartir_terceros", "decision": "niega", "categorias": ["notas"]}
SHARD = (
    "SELECT shard_name('consentimientos', shardid) FROM pg_dist_shard"
    " WHERE shardid = get_shard_id_for_distribution_column('consentimientos', %(one)s)"
)


def consents(cedula: str) -> str:
    return f"{PACIENTES}/{cedula}/consentimientos"


def revoke(api: FlaskClient, cedula: str, row: Any) -> Any:
    address = f"{consents(cedula)}/{row['id']}/revocacion"
    answer = api.post(address, json={"motivo": "m"}, headers=if_match(f'"{row["version"]}"'))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


@pytest.mark.parametrize("routing", ["coordinator", "workers", "owner"])
def test_each_way_to_the_nodes_denies_and_lets_in_again(
    citus_system: Cluster, new_api: NewApi, seeded: World, routing: str
) -> None:
    door, medico = Door(new_api(routing)), seeded.people[Rol.MEDICO]
    here = person(door.api).cedula
    cedulas = [here, person(door.api, elsewhere(citus_system, here)).cedula]
    for cedula in cedulas:
        relate(door.api, cedula, medico.usuario)
    before = written_in_two_phases(citus_system)
    for cedula in cedulas:

        def asked(cedula: str = cedula) -> list[int]:
            with door.of(medico) as api:
                return [
                    api.get(f"{PACIENTES}/{cedula}/{path}").status_code
                    for path in 3 * ("notas", "alergias", "historia")
                ]

        assert asked() == 3 * [200, 200, 200]
        row = made(door.api, consents(cedula), DENIAL)
        assert asked() == 3 * [403, 200, 200]
        with door.of(medico) as api:
            assert api.get(f"{PACIENTES}/{cedula}/historia").get_json()["negados"] == ["notas"]
        revoke(door.api, cedula, row)
        assert asked() == 3 * [200, 200, 200]
    assert written_in_two_phases(citus_system) <= before


def test_it_goes_to_the_node_where_its_patient_goes(
    citus_system: Cluster, citus_api: FlaskClient, door: Door, seeded: World
) -> None:
    medico = seeded.people[Rol.MEDICO]
    one = person(citus_api).cedula
    two = person(citus_api, elsewhere(citus_system, one)).cedula
    for cedula in (one, two):
        relate(citus_api, cedula, medico.usuario)
    gone = made(citus_api, consents(two), DENIAL | {"categorias": ["alergias"]})
    revoke(citus_api, two, gone)
    row = made(citus_api, consents(two), DENIAL)

    def notes(*cedulas: str) -> list[int]:
        with door.of(medico) as api:
            return [int(api.get(f"{PACIENTES}/{cedula}/notas").status_code) for cedula in cedulas]

    def listed(cedula: str) -> list[tuple[str, str]]:
        found = citus_api.get(consents(cedula)).get_json()["consentimientos"]
        return [(one["id"], one["estado"]) for one in found]

    def change(of: str, path: str, version: int, **body: str) -> None:
        sent = body | {"motivo": "m"}
        answer = citus_api.post(f"{PACIENTES}/{of}/{path}", json=sent, headers=if_match(f'"{version}"'))
        assert answer.status_code == 200, answer.get_data(as_text=True)

    whole = [(row["id"], "activo"), (gone["id"], "revocado")]
    assert (notes(one, two), listed(two)) == ([200, 403], whole)
    change(one, "fusion", 1, duplicado=two)
    assert (notes(one, two), listed(one)) == ([403, 404], whole)
    change(one, "separacion", 2, duplicado=two)
    assert (notes(one, two), listed(one), listed(two)) == ([200, 403], [], whole)
    new = elsewhere(citus_system, two)
    change(two, "cambio-documento", 3, cedula=new)
    assert (notes(new, two), listed(new)) == ([403, 404], whole)
    history = citus_api.get(f"{consents(new)}/{gone['id']}/historial").get_json()["versiones"]
    assert [one["consentimiento"]["estado"] for one in history] == ["revocado", "activo"]


def test_what_was_revoked_stays_so_on_every_node_and_on_the_shard(
    citus_system: Cluster, citus_api: FlaskClient
) -> None:
    cedula = person(citus_api).cedula
    rows = [made(citus_api, consents(cedula), DENIAL) for _ in range(2)]
    revoke(citus_api, cedula, rows[0])
    where = owner_of(citus_system, cedula)
    (owner,) = (node for node in citus_system.nodes if node.port == where.port)
    [(shard,)] = query(citus_system, SHARD, one=cedula)
    places = [(node, "consentimientos") for node in citus_system.nodes[:3]]
    for node, table in [*places, (owner, shard)]:
        with as_the_api(citus_system, node, cedula) as cursor:
            cursor.execute("SET citus.enable_manual_changes_to_shards TO on")

            def changed(row: Any, cursor: Any = cursor, table: str = table) -> int:
                undone = f"UPDATE {table} SET estado = 'activo', revocado_en = NULL WHERE paciente_id = %s AND id = %s"
                cursor.execute(undone, (cedula, row["id"]))
                return int(cursor.rowcount)

            assert [changed(row) for row in rows] == [0, 1], (node.name, table)
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"DELETE FROM {table} WHERE paciente_id = %s", (cedula,))
