"""What `historia-hooks status` and the API tell of nodes that are well, away, silent, wiped or getting data."""

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from citus.hooks_state import copy_volume, done, rows, run
from citus.routed import AT_ONCE, frozen
from flask.testing import FlaskClient
from historia_local.nodes import Cluster

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
CLUSTER = "/api/v1/cluster"
STATUS_SECONDS = 25  # two logins of five seconds at the most, and a program that starts on a busy machine
FILL = (
    "INSERT INTO pacientes (cedula, nombre, apellido)"
    " SELECT 'P' || lpad(n::text, 9, '0'), 'Ana', 'Ejemplo' FROM generate_series(1, 2000) n"
)


@pytest.fixture
def system(fresh_citus: Cluster) -> Cluster:
    """Two workers with patients."""
    run(fresh_citus, FILL)
    return fresh_citus


@pytest.fixture
def api(system: Cluster, api_of: Callable[[Cluster], contextlib.AbstractContextManager[Any]]) -> Iterator[FlaskClient]:
    with api_of(system) as client:
        yield client


def status(run_hooks: Hooks, cluster: Cluster, code: int, **options: Any) -> tuple[dict[str, Any], str]:
    """As values and as a table; both end with the code, in time."""
    begun = time.monotonic()
    values = run_hooks(cluster, "status", "--json", **options)
    assert time.monotonic() - begun < STATUS_SECONDS
    table = run_hooks(cluster, "status", **options)
    assert (values.returncode, table.returncode) == (code, code), values.stdout + values.stderr
    found: dict[str, Any] = json.loads(values.stdout)
    assert table.stdout.splitlines()[-1].startswith("Veredicto ")
    return found, table.stdout


def node_of(found: dict[str, Any], node: Any) -> dict[str, Any]:
    return next(one for one in found["nodes"] if one["port"] == node.port)


def asked(api: FlaskClient, path: str) -> dict[str, Any]:
    begun = time.monotonic()
    answer = api.get(path)
    took = time.monotonic() - begun
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert took < AT_ONCE, took
    body: dict[str, Any] = answer.get_json()
    return body


def test_all_is_well(system: Cluster, api: FlaskClient, run_hooks: Hooks) -> None:
    found, table = status(run_hooks, system, 0)
    assert (found["engine"], found["state"], found["verdict"]) == ("citus", "ok", "todo en orden")
    assert [node["identity"] for node in found["nodes"]] == ["ok"] * 3
    workers = found["nodes"][1:]
    assert sum(node["patients"] for node in workers) == 2000
    assert sum(node["share"] for node in workers) == pytest.approx(100, abs=0.2)
    assert 1 <= found["skew"] < 1.2
    assert "todo en orden" in table
    for shown in (found, asked(api, CLUSTER)):
        for worker in system.workers[:2]:
            node = node_of(shown, worker)
            counts = rows(
                system,
                system.coordinator,
                "SELECT count(*) FROM pg_dist_shard_placement p JOIN pg_dist_shard s USING (shardid)"
                f" WHERE s.shardminvalue IS NOT NULL AND p.nodeport = {worker.port}",
            )
            assert [(node["shards"],)] == counts
            [(size,)] = rows(system, worker, "SELECT pg_database_size(current_database())")
            assert node["bytes"] == pytest.approx(size, rel=0.1)
    body = asked(api, CLUSTER)
    assert (body["state"], body["verdict"], body["moves"]) == ("ok", "todo en orden", None)
    assert {node["identity"] for node in body["nodes"]} == {"ok"}
    assert [node_of(body, one)["patients"] for one in system.nodes[:3]] == [node["patients"] for node in found["nodes"]]
    assert asked(api, "/status")["problems"] == []
    assert [worker["state"] for worker in asked(api, "/citus/workers")["detail"]] == ["ok", "ok"]


def test_a_worker_that_waits_to_join(system: Cluster, run_hooks: Hooks) -> None:
    found, table = status(run_hooks, system, 75, workers=3)
    third = system.workers[2]
    assert found["verdict"] == f"falta: registrar {third.address} (ejecute historia-hooks sync)"
    assert (node_of(found, third)["registered"], node_of(found, third)["wanted"]) == (False, True)
    assert "sin registrar" in table


def test_a_worker_that_is_down(system: Cluster, api: FlaskClient, run_hooks: Hooks) -> None:
    down = system.workers[0]
    before = node_of(status(run_hooks, system, 0)[0], down)
    done(run_hooks(system, "sync"))  # counts the patients
    system.kill(down)
    found, table = status(run_hooks, system, 75)
    assert f"no responde {down.address}" in found["verdict"]
    assert (node_of(found, down)["identity"], node_of(found, down)["bytes"]) == ("unreachable", None)
    assert node_of(found, down)["patients"] == before["patients"]
    assert found["patients_counted"] == "ledger"
    assert "NO RESPONDE" in table
    told(api, down, "unreachable")
    body = asked(api, CLUSTER)
    assert (body["state"], body["balance"]["patients_counted"]) == ("unreachable", "ledger")
    assert node_of(body, down)["patients"] == before["patients"]


def told(api: FlaskClient, node: Any, state: str) -> None:
    """By the three paths, in time, and about that worker alone."""
    [problem] = asked(api, "/status")["problems"]
    assert (problem["node"], problem["port"], problem["state"]) == (node.host, node.port, state)
    workers = asked(api, "/citus/workers")
    assert len(workers["workers"]) == 2
    states = {worker["port"]: worker["state"] for worker in workers["detail"]}
    assert states[node.port] == state
    assert sorted(states.values()) == sorted(["ok", state])
    assert node_of(asked(api, CLUSTER), node)["identity"] == state


def test_a_worker_that_is_silent(system: Cluster, api: FlaskClient, run_hooks: Hooks) -> None:
    """It takes connections and never answers; Citus itself would wait for it without end."""
    silent = system.workers[1]
    asked(api, "/status")  # the pool has its connection
    time.sleep(3.5)  # what was found is not kept longer
    with frozen(silent):
        told(api, silent, "unreachable")
        found, _ = status(run_hooks, system, 75)
        assert node_of(found, silent)["identity"] == "unreachable"


def test_a_worker_that_was_wiped(system: Cluster, api: FlaskClient, run_hooks: Hooks) -> None:
    wiped = system.workers[1]
    done(run_hooks(system, "sync"))
    held = node_of(status(run_hooks, system, 0)[0], wiped)
    system.blank(wiped)
    found, table = status(run_hooks, system, 78)
    assert found["state"] == "lost"
    assert f"worker {wiped.address} cambió de identidad: guarda {held['shards']} fragmentos" in found["verdict"]
    assert f"{held['patients']} pacientes" in found["verdict"]
    assert node_of(found, wiped)["identity"] == "changed"
    assert "CAMBIÓ" in table
    told(api, wiped, "changed")
    assert asked(api, CLUSTER)["state"] == "lost"
    tables = rows(system, wiped, "SELECT count(*) FROM pg_class WHERE relname ~ '^(pacientes|consultas)'")
    assert tables == [(0,)], "asking changes nothing"


def test_a_worker_whose_volume_was_swapped_lets_the_api_in(system: Cluster, api: FlaskClient, run_hooks: Hooks) -> None:
    """It knows the role and the password, and it is not who joined: only the identity tells."""
    swapped = system.workers[1]
    system.blank(swapped)
    [(verifier,)] = rows(system, system.coordinator, "SELECT rolpassword FROM pg_authid WHERE rolname = 'historia_app'")
    run(
        system,
        f"SET citus.enable_ddl_propagation TO off; CREATE ROLE historia_app LOGIN PASSWORD '{verifier}'",
        node=swapped,
    )
    told(api, swapped, "changed")
    assert status(run_hooks, system, 78)[0]["state"] == "lost"


def test_a_cloned_volume(system: Cluster, run_hooks: Hooks) -> None:
    first, second = system.workers[:2]
    copy_volume(system, first, second)
    found, _ = status(run_hooks, system, 78)
    assert "son el mismo servidor" in found["verdict"]


def test_moves_are_shown_while_they_run(system: Cluster, api: FlaskClient, run_hooks: Hooks) -> None:
    """A reader holds the first move at its last step, so that it is still running when it is looked at."""
    with contextlib.closing(system.connect()) as reader, reader.cursor() as cursor:
        reader.autocommit = False
        cursor.execute("SELECT count(*) FROM pacientes")
        done(run_hooks(system, "sync", workers=3))
        found, table = status(run_hooks, system, 0, workers=3)
        body = asked(api, CLUSTER)
        reader.rollback()
    assert found["state"] == body["state"] == "moving"
    for moves in (found["moves"], body["moves"]):
        assert 0 <= moves["done"] < moves["total"]
        assert moves["state"] in ("scheduled", "running")
    assert found["verdict"] == f"se mueven fragmentos: {found['moves']['done']}/{found['moves']['total']}"
    assert "Traslado  trabajo" in table
    run(system, "SELECT citus_rebalance_stop()")


def test_the_coordinator_away_is_a_503(system: Cluster, api: FlaskClient, run_hooks: Hooks) -> None:
    system.kill(system.coordinator)
    for path in ("/status", "/citus/workers", CLUSTER, f"{CLUSTER}/ubicacion/1012345678"):
        begun = time.monotonic()
        answer = api.get(path)
        assert time.monotonic() - begun < AT_ONCE
        assert answer.status_code == 503
    found, _ = status(run_hooks, system, 75)
    assert "el coordinador no responde" in found["verdict"]
    assert {node["identity"] for node in found["nodes"] if node["role"] == "coordinator"} == {"unreachable"}
