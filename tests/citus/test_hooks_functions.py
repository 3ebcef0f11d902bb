"""The owner's functions are on every node, also on one that comes later, and nobody but the API may call them."""

import contextlib
import itertools
import subprocess
from collections.abc import Callable

import psycopg2.errors
import pytest
from audited import query
from citus.hooks_state import done, run
from historia_local.nodes import Cluster

# what the runbook of another spread tells people to undo, for all that is spread
SPREAD = (
    "SELECT logicalrelid::text FROM pg_dist_partition WHERE partmethod = 'h'"
    " ORDER BY logicalrelid = 'pacientes'::regclass DESC"
)
BESIDE = """
SELECT o.colocationid = t.colocationid
  FROM pg_dist_partition t, pg_catalog.pg_dist_object o JOIN pg_proc p ON p.oid = o.objid
 WHERE o.classid = 'pg_proc'::regclass AND p.proname = 'anotar_auditoria' AND t.logicalrelid = 'pacientes'::regclass
"""
Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
Synced = Callable[..., Cluster]
ARGUMENTS = "('NADIE-1', 'NADIE-2', '{1}', 'api', 'm', NULL, NULL, NULL)"
SAID = "'api', NULL, 'leer', 'historia', NULL, NULL, NULL, 'exito', NULL, NULL, 'p', NULL"
# what each answers about a patient that does not exist, or before it has written anything
CALLS = {
    f"SELECT anotar_auditoria('NADIE-1', false, false, {SAID}, NULL, NULL)": None,
    f"SELECT anotar_vinculo('NADIE-3', 'NADIE-4', 'recibe', 'fusionado_en', {SAID})::text": "",
    f"SELECT cambiar_documento{ARGUMENTS}": None,
    f"SELECT obstaculo FROM fusionar_pacientes{ARGUMENTS}": "no existe",
    f"SELECT obstaculo FROM separar_pacientes{ARGUMENTS}": "no existe",
}


def test_a_node_that_comes_later_has_them(synced: Synced, run_hooks: Hooks) -> None:
    cluster = synced(1)
    done(run_hooks(cluster, "sync", workers=2))
    run(cluster, "CREATE ROLE nadie")
    for node, (call, answer) in itertools.product(cluster.nodes[:3], CALLS.items()):
        with contextlib.closing(cluster.connect(node, "app")) as connection, connection.cursor() as cursor:
            cursor.execute(call)
            assert cursor.fetchall() == [(answer,)]
        with contextlib.closing(cluster.connect(node)) as connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION AUTHORIZATION nadie")
            with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.ConnectionFailure)):
                cursor.execute(call)
    run(cluster, "DROP ROLE nadie")


def test_patients_that_were_spread_anew_have_them_beside(synced: Synced, run_hooks: Hooks) -> None:
    cluster = synced(1)
    while spread := query(cluster, SPREAD):
        table = spread[0][0]
        run(cluster, f"SELECT undistribute_table('public.{table}', cascade_via_foreign_keys => true)")
    done(run_hooks(cluster, "sync", workers=1))
    for node in cluster.nodes[:2]:
        assert query(cluster, BESIDE, node) == [(True,)]
    call = f"SELECT anotar_auditoria('P-1', false, true, {SAID}, NULL, NULL)"
    assert [query(cluster, call, node, "app") for node in cluster.nodes[:2]] == [[(1,)], [(2,)]]
