"""`historia-hooks` on real nodes: what it makes of blank ones, of some that grow, and what it refuses."""

import contextlib
import dataclasses
import json
import pathlib
import re
import subprocess
from collections.abc import Callable

import pytest
from citus.hooks_state import SHARDS, done, rows, run, state
from historia_local.nodes import Cluster
from row_contexts import as_the_api

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
Synced = Callable[..., Cluster]
RUNBOOK = pathlib.Path(__file__).parents[2] / "docs/runbooks/reparto-distinto.md"
NOTHING = "nada que hacer"
FILLED = (
    "INSERT INTO medicos (nombre, apellido, codigo_medico) VALUES ('Clara', 'Ejemplo', 'MED001')",
    "INSERT INTO usuario (nombre, email) VALUES ('Usuario Ficticio', 'ficticio@hospital.com')",
    "INSERT INTO pacientes (nombre, apellido, cedula, ciudad) VALUES ('Ana', 'Ejemplo', '0102030405', 'Quito')",
    "INSERT INTO consultas (paciente_id, medico_id, diagnostico) SELECT '0102030405', id, 'Control' FROM medicos",
)
COUNTS = (
    "SELECT (SELECT count(*) FROM pacientes), (SELECT count(*) FROM consultas), (SELECT count(*) FROM medicos),"
    " (SELECT count(*) FROM usuario)"
)
KEPT = "SELECT cedula, paciente_cedula, diagnostico FROM pacientes JOIN consultas ON paciente_id = cedula"


def test_a_second_sync_has_nothing_to_do(blank_citus: Cluster, run_hooks: Hooks) -> None:
    first = run_hooks(blank_citus, "sync")
    assert NOTHING not in done(first)["event"]
    before = state(blank_citus, 2)
    assert NOTHING in done(run_hooks(blank_citus, "sync"))["event"]
    assert state(blank_citus, 2) == before
    for node in (blank_citus.coordinator, *blank_citus.workers[:2]):
        [(plugins,)] = rows(blank_citus, node, "SELECT current_setting('output_plugin_libraries', true)")
        assert plugins is None or plugins.split(", ") == ["pgoutput", "test_decoding", "citus"]
    assert done(run_hooks(blank_citus, "verify"))["event"] == "verificado"
    for secret in (blank_citus.passwords.owner, blank_citus.passwords.app):
        assert secret not in first.stdout + first.stderr


def test_a_third_worker_is_registered_and_the_reference_tables_reach_it(fresh_citus: Cluster, run_hooks: Hooks) -> None:
    run(fresh_citus, *FILLED)
    done(run_hooks(fresh_citus, "sync", workers=3))
    assert NOTHING in done(run_hooks(fresh_citus, "sync", workers=3))["event"]
    third = fresh_citus.workers[2]
    assert rows(fresh_citus, third, COUNTS) == [(1, 1, 1, 1)]
    with as_the_api(fresh_citus, third) as cursor:
        cursor.execute(KEPT)
        assert cursor.fetchall() == [("0102030405", "0102030405", "Control")]


def test_a_worker_that_is_no_longer_wanted_goes_on_serving(fresh_citus: Cluster, run_hooks: Hooks) -> None:
    lowered = run_hooks(fresh_citus, "sync", workers=1)
    assert NOTHING in done(lowered)["event"]
    leaving = fresh_citus.workers[1]
    [warning] = [line for line in map(json.loads, lowered.stdout.splitlines()) if line["level"] == "warning"]
    assert (warning["nodo"], warning["fragmentos"]) == (leaving.address, SHARDS // 2)
    assert "no se retira" in warning["event"]
    assert rows(fresh_citus, fresh_citus.coordinator, "SELECT count(*) FROM citus_get_active_worker_nodes()") == [(2,)]


@pytest.mark.parametrize("usuario", ["reference", "documento_id"])
def test_a_single_node_that_gets_workers_keeps_its_rows(synced: Synced, run_hooks: Hooks, usuario: str) -> None:
    cluster = synced(0)
    run(cluster, *FILLED)
    before = rows(cluster, cluster.coordinator, KEPT)
    done(run_hooks(cluster, "sync", HISTORIA_USUARIO=usuario))
    assert NOTHING in done(run_hooks(cluster, "sync", HISTORIA_USUARIO=usuario))["event"]
    assert rows(cluster, cluster.coordinator, COUNTS) == [(1, 1, 1, 1)]
    assert rows(cluster, cluster.coordinator, KEPT) == before
    leftovers = "SELECT relname FROM pg_class WHERE oid IN (SELECT logicalrelid FROM pg_dist_partition)"
    assert rows(cluster, cluster.coordinator, f"{leftovers} AND pg_relation_size(oid) > 0") == []


@pytest.mark.parametrize("usuario", ["reference", "documento_id"])
def test_the_statements_of_the_laboratory(synced: Synced, usuario: str) -> None:
    cluster = synced(usuario=usuario)
    run(cluster, *FILLED)
    assert rows(cluster, cluster.coordinator, KEPT) == [("0102030405", "0102030405", "Control")]
    workers = sorted((node.host, node.port) for node in cluster.workers[:2])
    for name in ("master_get_active_worker_nodes", "citus_get_active_worker_nodes"):
        statement = f"SELECT node_name, node_port FROM {name}() ORDER BY 1, 2"
        assert rows(cluster, cluster.coordinator, statement) == workers
    method = rows(
        cluster,
        cluster.coordinator,
        "SELECT partmethod, column_to_column_name(logicalrelid, partkey) FROM pg_dist_partition"
        " WHERE logicalrelid = 'usuario'::regclass",
    )
    assert method == [("n", None)] if usuario == "reference" else [("h", "documento_id")]


def test_the_sample_rows_are_loaded_once(fresh_citus: Cluster, run_hooks: Hooks) -> None:
    assert done(run_hooks(fresh_citus, "load-sample"))["filas"] == 30
    assert NOTHING in done(run_hooks(fresh_citus, "load-sample"))["event"]
    assert rows(fresh_citus, fresh_citus.coordinator, COUNTS) == [(10, 10, 5, 5)]


def test_a_new_password_reaches_every_node(fresh_citus: Cluster, run_hooks: Hooks) -> None:
    awkward = "cláve 'con' \\ espacios\ty más"
    done(run_hooks(fresh_citus, "sync", HISTORIA_APP_PASSWORD=awkward))
    assert NOTHING in done(run_hooks(fresh_citus, "sync", HISTORIA_APP_PASSWORD=awkward))["event"]


def test_the_owners_password_is_changed_as_the_operators_page_says(fresh_citus: Cluster, run_hooks: Hooks) -> None:
    new = "otra-clave"
    run(fresh_citus, f"ALTER ROLE admin PASSWORD '{new}'")
    assert NOTHING not in done(run_hooks(fresh_citus, "sync", POSTGRES_PASSWORD=new))["event"]
    assert NOTHING in done(run_hooks(fresh_citus, "sync", POSTGRES_PASSWORD=new))["event"]


def test_a_value_of_usuario_that_changes_is_refused(fresh_citus: Cluster, run_hooks: Hooks) -> None:
    before = state(fresh_citus, 2)
    refused = done(run_hooks(fresh_citus, "sync", workers=3, HISTORIA_USUARIO="documento_id"), 78)
    assert "la tabla usuario es de referencia y se pide que sea repartida por documento_id" in refused["event"]
    assert state(fresh_citus, 2) == before


@pytest.mark.parametrize(("first", "then"), [("reference", "documento_id"), ("documento_id", "reference")])
def test_users_are_spread_anew_as_the_runbook_says(synced: Synced, run_hooks: Hooks, first: str, then: str) -> None:
    wanted = state(synced(usuario=then), 2)["coordinator tables"]
    cluster = synced(usuario=first)
    run(
        cluster,
        *FILLED,
        "INSERT INTO usuario_historial"
        " (documento_id, version, id, nombre, email, estado, fecha_creacion, vigente_desde, vigente_hasta)"
        " SELECT documento_id, 1, id, 'Antes', email, estado, fecha_creacion, now(), now() FROM usuario",
    )
    run(cluster, *re.findall(r"SELECT undistribute_table.*?;", RUNBOOK.read_text()))
    done(run_hooks(cluster, "sync", HISTORIA_USUARIO=then))
    assert state(cluster, 2)["coordinator tables"] == wanted
    both = "SELECT u.nombre, h.nombre FROM usuario u JOIN usuario_historial h USING (documento_id)"
    assert rows(cluster, cluster.coordinator, both) == [("Usuario Ficticio", "Antes")]


def test_a_worker_with_tables_is_refused(blank_citus: Cluster, run_hooks: Hooks) -> None:
    run(blank_citus, "CREATE TABLE pacientes (cedula text)", node=blank_citus.workers[1])
    refused = done(run_hooks(blank_citus, "sync"), 78)
    assert f"{blank_citus.workers[1].address} no está vacía" in refused["event"]
    assert rows(blank_citus, blank_citus.workers[1], "SELECT count(*) FROM pacientes") == [(0,)]
    assert rows(blank_citus, blank_citus.coordinator, "SELECT count(*) FROM pg_dist_node") == [(0,)]


def test_one_server_under_two_names_is_refused(blank_citus: Cluster, synced: Synced, run_hooks: Hooks) -> None:
    first = blank_citus.workers[0]
    alias = dataclasses.replace(first, host="localhost")
    names = f"{first.address},{alias.address}"
    assert "son el mismo servidor" in done(run_hooks(blank_citus, "sync", HISTORIA_WORKERS=names), 78)["event"]
    synced(1)
    assert "son el mismo servidor" in done(run_hooks(blank_citus, "sync", HISTORIA_WORKERS=names), 78)["event"]


def test_a_cloned_volume_is_refused(fresh_citus: Cluster, run_hooks: Hooks) -> None:
    [(identity,)] = rows(fresh_citus, fresh_citus.workers[0], "SELECT metadata FROM pg_dist_node_metadata")
    run(
        fresh_citus,
        f"UPDATE pg_dist_node_metadata SET metadata = '{json.dumps(identity)}'",
        node=fresh_citus.workers[2],
    )
    assert "un volumen clonado" in done(run_hooks(fresh_citus, "sync", workers=3), 78)["event"]


def test_a_registered_worker_that_comes_back_blank_is_refused(fresh_citus: Cluster, run_hooks: Hooks) -> None:
    fresh_citus.blank(fresh_citus.workers[1])
    assert "su volumen se perdió" in done(run_hooks(fresh_citus, "sync"), 78)["event"]


def test_a_wrong_password_of_the_owner_stops_at_once(blank_citus: Cluster, run_hooks: Hooks) -> None:
    refused = run_hooks(blank_citus, "sync", POSTGRES_PASSWORD="equivocada")
    said = done(refused, 78)["event"]
    assert "Secret" in said
    assert "POSTGRES_PASSWORD solo se aplica al crear los datos" in said
    assert refused.stdout.count("esperando") == 2
    assert "equivocada" not in refused.stdout


def test_a_node_that_does_not_answer_is_named_and_can_be_tried_again(blank_citus: Cluster, run_hooks: Hooks) -> None:
    down = blank_citus.workers[1]
    blank_citus.kill(down)
    late = run_hooks(blank_citus, "sync", HISTORIA_TIMEOUT="1")
    assert f"{down.address} no está listo: nadie responde" in done(late, 75)["event"]
    blank_citus.restart(down)
    done(run_hooks(blank_citus, "sync"))


def test_an_interrupted_run_says_where_it_stopped(blank_citus: Cluster, run_hooks: Hooks) -> None:
    with contextlib.closing(blank_citus.connect()) as holder, holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(4842190552017)")
        late = run_hooks(blank_citus, "sync", HISTORIA_TIMEOUT="1")
    assert "otra orden de historia-hooks" in done(late, 75)["event"]


def test_vocabularies_without_their_tables_tell_the_cure(blank_citus: Cluster, run_hooks: Hooks) -> None:
    assert "Ejecute antes historia-hooks sync" in done(run_hooks(blank_citus, "vocabularies"), 78)["event"]
