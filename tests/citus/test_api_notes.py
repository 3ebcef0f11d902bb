"""A signed note is out of reach of the API's own role: on every node, on the shard itself, before and after a move."""

import contextlib
from typing import Any

import psycopg2.errors
import pytest
from citus.routed import NewApi, medico, move, owner_of, patients
from row_contexts import as_the_api
from versioned import NOTA, if_match

SHARD = (
    "SELECT shard_name(logicalrelid, shardid) FROM pg_dist_shard"
    " WHERE shardid = get_shard_id_for_distribution_column('notas', %s)"
)
POLICIES = (
    "SELECT relrowsecurity, (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid) FROM pg_class c WHERE relname = %s"
)
FORGED = (
    "INSERT INTO {} (paciente_id, id, tipo, texto, medico_id, estado, firmado_en, sha256)"
    " VALUES (%s, gen_random_uuid(), 'evolucion', 't', %s, 'firmada', now(), repeat('0', 64))"
)


def done_by_the_api(cluster: Any, node: Any, table: str, statement: str, values: tuple[Any, ...]) -> int:
    with as_the_api(cluster, node) as cursor:
        cursor.execute("SET citus.enable_manual_changes_to_shards TO on")
        cursor.execute(statement.format(table), values)
        return int(cursor.rowcount)


def held(cluster: Any, cedula: str, signed: str, draft: str, author: int) -> None:
    """What the policies say, of the table from each node, and of the shard where it lies."""
    where = owner_of(cluster, cedula)
    (node,) = (one for one in cluster.nodes if one.port == where.port)
    with contextlib.closing(cluster.connect(node)) as connection, connection.cursor() as cursor:
        cursor.execute(SHARD, (cedula,))
        [(shard,)] = cursor.fetchall()
        cursor.execute("SET citus.override_table_visibility TO off")
        cursor.execute(POLICIES, (shard,))
        assert cursor.fetchall() == [(True, 3)]
    change = "UPDATE {} SET texto = 'otro' WHERE paciente_id = %s AND id = %s"
    lock = "SELECT id FROM {} WHERE paciente_id = %s AND id = %s FOR NO KEY UPDATE"
    read = "SELECT id FROM {} WHERE paciente_id = %s AND id = %s"
    for asked, table in (
        (cluster.coordinator, "notas"),
        *((one, "notas") for one in cluster.workers[:2]),
        (node, shard),
    ):
        found = [
            done_by_the_api(cluster, asked, table, statement, (cedula, note))
            for note in (signed, draft)
            for statement in (read, lock, change)
        ]
        assert found == [1, 0, 0, 1, 1, 1], (asked.name, table)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            done_by_the_api(cluster, asked, table, FORGED, (cedula, author))


@pytest.mark.parametrize("routing", ["coordinator", "workers", "owner"])
def test_a_signed_note_is_out_of_reach(citus_system: Any, new_api: NewApi, routing: str) -> None:
    api = new_api(routing)
    (cedula,), author = patients(api, 1), medico(api)
    listing = f"/api/v1/pacientes/{cedula}/notas"
    signed, draft = (api.post(listing, json=NOTA | {"medico_id": author}).headers["Location"] for _ in range(2))
    assert api.post(f"{signed}/firma", headers=if_match('"1"')).status_code == 200
    notes = [address.rpartition("/")[2] for address in (signed, draft)]
    held(citus_system, cedula, *notes, author)
    origin = owner_of(citus_system, cedula)
    (target,) = (one for one in citus_system.workers[:2] if one.port != origin.port)
    move(citus_system, cedula, origin, type(origin)("127.0.0.1", target.port))
    assert owner_of(citus_system, cedula) != origin
    held(citus_system, cedula, *notes, author)
    body = NOTA | {"medico_id": author, "motivo": "m"}
    for answer in (
        api.put(signed, json=body, headers=if_match('"2"')),
        api.post(f"{signed}/anulacion", json={"motivo": "m"}, headers=if_match('"2"')),
    ):
        assert (answer.status_code, answer.get_json()["type"]) == (409, "/docs/problemas#nota-firmada")
    assert api.put(draft, json=body, headers=if_match('"1"')).status_code == 200
