"""Which server answers under a node's name: the ledger, a volume lost, swapped or copied, and what is healed."""

import contextlib
import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from citus.hooks_state import SHARDS, SHARDS_EACH, SPREAD, copy_volume, done, rows, run, state
from historia_local.nodes import Cluster

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
Prepared = Callable[[str, Callable[[], object]], Cluster]
Synced = Callable[..., Cluster]
NOTHING = "nada que hacer"
COMMANDS = ("sync", "register", "migrate", "distribute", "rebalance", "verify", "load-sample")
FILL = (
    "INSERT INTO pacientes (cedula, nombre, apellido)"
    " SELECT 'P' || lpad(n::text, 9, '0'), 'Ana', 'Ejemplo' FROM generate_series(1, 500) n"
)
LEDGER = "SELECT * FROM historia_cluster.nodes ORDER BY name, port"
IDENTITIES = "SELECT port, ordinal, state, server_id FROM historia_cluster.nodes ORDER BY ordinal NULLS FIRST"
COUNTED = "SELECT count(*), sum(patients)::int FROM historia_cluster.shard_counts"
OF_A_NODE = (
    "SELECT sum(result::int)::int FROM run_command_on_placements('pacientes', 'SELECT count(*) FROM %s')"
    " WHERE nodeport = {}"
)
SERVER_ID = "SELECT metadata ->> 'server_id' FROM pg_dist_node_metadata"
OBJECTS = (
    "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace),"
    " (SELECT count(*) FROM pg_roles), (SELECT count(*) FROM pg_dist_node)"
)


@pytest.fixture
def filled(prepared: Prepared, synced: Synced, run_hooks: Hooks) -> Cluster:
    """Two workers with 500 patients, counted."""

    def make() -> None:
        cluster = synced()
        run(cluster, FILL)
        assert NOTHING in done(run_hooks(cluster, "sync"))["event"]

    return prepared("500 patients", make)


def on_the_coordinator(cluster: Cluster) -> dict[str, Any]:
    return state(cluster, 0) | {"notes": rows(cluster, cluster.coordinator, LEDGER)}


def test_the_ledger_says_who_joined_and_how_many_patients_each_shard_holds(filled: Cluster, run_hooks: Hooks) -> None:
    nodes = filled.nodes[:3]
    ids = [rows(filled, node, SERVER_ID)[0][0] for node in nodes]
    wanted = [(node.port, ordinal, "active", one) for node, ordinal, one in zip(nodes, (None, 0, 1), ids, strict=True)]
    assert rows(filled, filled.coordinator, IDENTITIES) == wanted
    assert rows(filled, filled.coordinator, COUNTED) == [(SHARDS_EACH, 500)]
    for node in filled.workers[:2]:
        assert rows(filled, node, "SELECT to_regnamespace('historia_cluster')") == [(None,)]
    with contextlib.closing(filled.connect(role="app")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM historia_cluster.nodes, historia_cluster.shard_counts")
        assert cursor.fetchone() == (3 * SHARDS_EACH,)
        cursor.execute("SELECT has_table_privilege('historia_cluster.nodes', 'INSERT, UPDATE, DELETE')")
        assert cursor.fetchone() == (False,)


def test_a_cluster_without_a_ledger_is_adopted(filled: Cluster, run_hooks: Hooks) -> None:
    before = rows(filled, filled.coordinator, IDENTITIES)
    run(filled, "DROP SCHEMA historia_cluster CASCADE")
    assert NOTHING not in done(run_hooks(filled, "sync"))["event"]
    assert rows(filled, filled.coordinator, IDENTITIES) == before
    assert NOTHING in done(run_hooks(filled, "sync"))["event"]


def test_a_lost_volume_with_patients_stops_every_command(filled: Cluster, run_hooks: Hooks) -> None:
    lost = filled.workers[1]
    [(patients,)] = rows(filled, filled.coordinator, OF_A_NODE.format(lost.port))
    filled.blank(lost)
    before, untouched = on_the_coordinator(filled), rows(filled, lost, OBJECTS)
    tried = {command: run_hooks(filled, command) for command in COMMANDS}
    tried["selftest"] = run_hooks(filled, "selftest", "--url", "http://127.0.0.1:1")
    tried["drain"] = run_hooks(filled, "drain", workers=1)
    for completed in tried.values():
        refused = done(completed, 78)["event"]
        assert f"en lugar del worker {lost.address} responde otro servidor" in refused
        assert f"{SHARDS // 2} fragmentos de las tablas {', '.join(SPREAD)}, con {patients} pacientes" in refused
        assert "docs/runbooks/worker-perdido.md" in refused
    assert on_the_coordinator(filled) == before
    assert rows(filled, lost, OBJECTS) == untouched
    assert NOTHING in done(run_hooks(filled, "drain"))["event"]


def test_a_lost_volume_without_patients_is_healed(filled: Cluster, run_hooks: Hooks) -> None:
    third = filled.workers[2]
    done(run_hooks(filled, "sync", workers=3, HISTORIA_REBALANCE="never"))
    filled.blank(third)
    run(filled, "DROP EXTENSION citus", node=third)
    healed = run_hooks(filled, "sync", workers=3, HISTORIA_REBALANCE="never")
    assert NOTHING not in done(healed)["event"]
    warnings = [line for line in map(json.loads, healed.stdout.splitlines()) if line["level"] == "warning"]
    assert any("no guardaba pacientes: se registra de nuevo" in line["event"] for line in warnings)
    assert NOTHING in done(run_hooks(filled, "sync", workers=3, HISTORIA_REBALANCE="never"))["event"]
    [(port, ordinal, now, server_id)] = rows(filled, filled.coordinator, IDENTITIES)[-1:]
    assert (port, ordinal, now, server_id) == (third.port, 2, "active", rows(filled, third, SERVER_ID)[0][0])
    done(run_hooks(filled, "sync", workers=3, HISTORIA_REBALANCE="wait"))
    assert rows(filled, filled.coordinator, "SELECT count(*) FROM pacientes") == [(500,)]


def test_a_copied_volume_is_refused(filled: Cluster, run_hooks: Hooks) -> None:
    first, third = filled.workers[0], filled.workers[2]
    copy_volume(filled, first, third)
    before = on_the_coordinator(filled)
    refused = done(run_hooks(filled, "sync", workers=3), 78)["event"]
    assert "son el mismo servidor" in refused
    assert "docs/runbooks/volumen-clonado.md" in refused
    assert on_the_coordinator(filled) == before


def test_a_worker_that_left_is_retired_and_may_come_back(filled: Cluster, run_hooks: Hooks) -> None:
    second = filled.workers[1]
    done(run_hooks(filled, "drain", workers=1))
    assert NOTHING in done(run_hooks(filled, "sync", workers=1))["event"]
    assert rows(filled, filled.coordinator, IDENTITIES)[-1][:3] == (second.port, 1, "retired")
    done(run_hooks(filled, "sync", HISTORIA_REBALANCE="wait"))
    assert rows(filled, filled.coordinator, IDENTITIES)[-1][:3] == (second.port, 1, "active")
    assert rows(filled, filled.coordinator, "SELECT count(*) FROM pacientes") == [(500,)]
    assert rows(filled, filled.coordinator, COUNTED) == [(SHARDS_EACH, 500)]
