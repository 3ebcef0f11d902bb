"""What historia_app comes by with SQL of its own, on the coordinator, on a worker and on a shard, whatever moves."""

import time
from typing import Any

import psycopg2.errorcodes
import pytest
from access import made, physician
from audited import query
from citus.routed import NewApi, patients
from conftest import Hooks
from historia_clinica.row_context import RESERVED, signer
from historia_hooks.schema import BY_CEDULA, POLICIES
from row_contexts import NOT_TRUSTED, as_the_api, context_of, distrusted, found, refusal
from versioned import PACIENTES, if_match

NO_PRIVILEGE = psycopg2.errorcodes.INSUFFICIENT_PRIVILEGE  # also of a row that the policy does not let in
SHARDS_HERE = """
SELECT shard_name(s.logicalrelid, s.shardid) FROM pg_dist_shard s JOIN pg_dist_placement p USING (shardid)
 WHERE s.logicalrelid = %(table)s::regclass AND p.groupid = (SELECT groupid FROM pg_dist_local_group) ORDER BY 1
"""


def shards_on(cluster: Any, node: Any, table: str) -> list[str]:
    return [name for (name,) in query(cluster, SHARDS_HERE, node, table=f"public.{table}")]


def members(cluster: Any) -> list[Any]:
    """All nodes that have shards or the map of them: another test may have given the third worker its share."""
    ports = {port for (port,) in query(cluster, "SELECT nodeport FROM pg_dist_node")}
    return [node for node in cluster.nodes if node.port in ports]


def check_everywhere(cluster: Any, nodes: Any, one: str, other: str) -> None:
    mine, everybody = context_of(cluster, one), context_of(cluster, "*")
    held: list[str] = []
    for node in nodes:
        for table in {policy.table for policy in POLICIES}:
            assert refusal(cluster, node, None, f"SELECT 1 FROM {table}") == NOT_TRUSTED, table
            key = "cedula" if table in BY_CEDULA else "paciente_id"
            assert found(cluster, node, mine, f"SELECT {key} FROM {table} WHERE {key} <> '{one}'") == [], table
        for number in (one, other):
            assert found(cluster, node, everybody, f"SELECT cedula FROM pacientes WHERE cedula = '{number}'") == [
                number
            ]
        assert found(cluster, node, mine, "SELECT cedula FROM pacientes") == [one]
        for shard in shards_on(cluster, node, "pacientes"):
            assert refusal(cluster, node, None, f"SELECT 1 FROM {shard}") == NOT_TRUSTED
            held += found(cluster, node, mine, f"SELECT cedula FROM {shard}")
    assert held == [one]  # on one shard of all, and nobody else on any


def test_nobody_is_read_without_a_context_nor_anybody_else_with_one(
    citus_system: Any, new_api: NewApi, run_hooks: Hooks
) -> None:
    """On 1+2 nodes, and once a third has taken its share, whose shards were made anew."""
    one, other = patients(new_api("coordinator"), 2)
    check_everywhere(citus_system, citus_system.nodes[:3], one, other)
    assert run_hooks(citus_system, "sync", workers=3, HISTORIA_REBALANCE="wait").returncode == 0
    assert shards_on(citus_system, citus_system.workers[2], "pacientes")
    check_everywhere(citus_system, citus_system.nodes, one, other)


@pytest.mark.parametrize("place", [0, 1])
def test_a_context_that_the_api_did_not_sign_just_now_is_an_error(
    citus_system: Any, new_api: NewApi, place: int
) -> None:
    """And no answer without rows, which would say that there is no such patient."""
    [one] = patients(new_api("coordinator"), 1)
    node, asked = citus_system.nodes[place], f"SELECT 1 FROM pacientes WHERE cedula = '{one}'"
    refused = {
        what: refusal(citus_system, node, said, asked)
        for what, said in distrusted(citus_system, one, time.time()).items()
    }
    assert set(refused.values()) == {NOT_TRUSTED}, refused
    assert refusal(citus_system, node, context_of(citus_system, one), asked) is None


def test_where_citus_tells_the_other_nodes_nothing_the_answer_is_an_error_and_no_part(
    citus_system: Any, new_api: NewApi
) -> None:
    patients(new_api("coordinator"), 12)
    for node in citus_system.nodes[:3]:
        with as_the_api(citus_system, node) as cursor:
            cursor.execute("SELECT count(*) FROM pacientes")
            cursor.connection.rollback()
            cursor.execute("SET LOCAL citus.propagate_set_commands TO 'none'")
            cursor.execute("SET LOCAL historia.contexto = %s", (context_of(citus_system, "*"),))
            with pytest.raises(psycopg2.Error) as refused:
                cursor.execute("SELECT count(*) FROM pacientes")
        assert refused.value.pgcode == NOT_TRUSTED


def test_nothing_is_written_about_anybody_else(citus_system: Any, new_api: NewApi) -> None:
    one, other = patients(new_api("coordinator"), 2)
    mine = context_of(citus_system, one)
    forbidden = (
        "INSERT INTO pacientes (cedula, nombre, apellido) VALUES ('R-AJENO', 'a', 'b')",
        f"INSERT INTO relaciones_atencion (paciente_id, id, usuario_id) VALUES ('{other}', gen_random_uuid(), 'U')",
    )
    for node in citus_system.nodes[:3]:
        for statement in forbidden:
            assert refusal(citus_system, node, mine, statement) == NO_PRIVILEGE, statement
        assert (
            found(citus_system, node, mine, f"UPDATE pacientes SET nombre = 'x' WHERE cedula = '{other}' RETURNING 1")
            == []
        )
        assert found(
            citus_system, node, mine, f"UPDATE pacientes SET nombre = 'x' WHERE cedula = '{one}' RETURNING 1"
        ) == [1]


def test_what_is_known_of_a_patient_is_told_under_that_ones_context_alone(citus_system: Any, new_api: NewApi) -> None:
    """By a function of the owner, for whom no policy holds; also once it was told to somebody on that connection."""
    one, other = patients(new_api("coordinator"), 2)
    for node in citus_system.nodes[:3]:
        asked = f"SELECT hechos_de_acceso('{one}', 'U', NULL, NULL, '{{orden}}')"
        for said in (None, context_of(citus_system, other), context_of(citus_system, "*")):
            assert refusal(citus_system, node, said, asked) == NOT_TRUSTED
            told = asked.replace("'{orden}'", f"'{{orden}}', '{said or ''}'")
            assert refusal(citus_system, node, None, told) == NOT_TRUSTED
        with as_the_api(citus_system, node, one) as cursor:
            cursor.execute(asked)
            cursor.execute("SET LOCAL historia.contexto = %s", (context_of(citus_system, other),))
            with pytest.raises(psycopg2.Error) as refused:
                cursor.execute(asked)
            assert refused.value.pgcode == NOT_TRUSTED
            cursor.connection.rollback()


def test_what_is_reserved_is_on_no_node_and_no_shard_but_for_whom_it_is(citus_system: Any, new_api: NewApi) -> None:
    api = new_api("coordinator")
    [one] = patients(api, 1)
    medico = physician(api)
    body = {"diagnostico": "Asma", "medico_id": medico, "reserva": "vih", "fecha_consulta": "2026-01-31T13:30:00Z"}
    row = made(api, f"{PACIENTES}/{one}/consultas", body)
    change = body | {"estado": "cerrada", "motivo": "m"}
    assert api.put(f"{PACIENTES}/{one}/consultas/{row['id']}", json=change, headers=if_match('"1"')).status_code == 200
    mine, sign = context_of(citus_system, one), signer(citus_system.api_environment()["HISTORIA_SIGNING_KEY"])
    whose = {None: 0, sign(str(medico), RESERVED): 1, sign(str(medico + 1), RESERVED): 0, sign("*", RESERVED): 1}
    for said, rows in whose.items():
        on_shards = 0
        for node in members(citus_system):
            for table in ("consultas", "consultas_historial"):
                asked = f"SELECT reserva FROM {table} WHERE paciente_id = '{one}'"
                assert found(citus_system, node, mine, asked, said) == ["vih"] * rows, (node.name, table)
                for shard in shards_on(citus_system, node, table):
                    on_shards += len(found(citus_system, node, mine, f"SELECT 1 FROM {shard}", said))
        assert on_shards == 2 * rows
    for node in members(citus_system):
        asked = f"SELECT 1 FROM consultas WHERE paciente_id = '{one}'"
        assert refusal(citus_system, node, mine, asked, sign(str(medico))) == NOT_TRUSTED
        taken = f"UPDATE consultas SET reserva = NULL WHERE paciente_id = '{one}' RETURNING 1"
        assert found(citus_system, node, mine, taken) == []


def test_nobody_reads_the_keys(citus_system: Any) -> None:
    for node in citus_system.nodes[:3]:
        assert refusal(citus_system, node, None, "SELECT rolpassword FROM pg_authid") == NO_PRIVILEGE
        assert refusal(citus_system, node, None, "SET LOCAL ROLE historia_contexto") == NO_PRIVILEGE
