"""More workers get their share of the shards, fewer give theirs away first, and clients notice nothing."""

import contextlib
import subprocess
import time
from collections.abc import Callable

import pytest
from citus.hooks_state import SHARDS, done, leftovers, rows, run, state
from historia_local.nodes import Cluster
from nodes import apis
from traffic import Traffic

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
PATIENTS = 3000
CEDULAS = [f"P{number:09}" for number in range(1, PATIENTS + 1)]
FILL = (
    "INSERT INTO pacientes (cedula, nombre, apellido)"
    f" SELECT 'P' || lpad(n::text, 9, '0'), 'Ana', 'Ejemplo ' || n FROM generate_series(1, {PATIENTS}) n",
    "INSERT INTO consultas (paciente_id, diagnostico) SELECT cedula, 'Control ' || n FROM pacientes,"
    " generate_series(1, 3) n",
)
CHECKSUM = (
    "SELECT 'p', count(*), sum(hashtextextended(p::text, 0)::numeric) FROM pacientes p WHERE cedula LIKE 'P%'"
    " UNION ALL SELECT 'c', count(*), sum(hashtextextended(c::text, 0)::numeric) FROM consultas c"
    " WHERE paciente_id LIKE 'P%' ORDER BY 1"
)
SHARES = (
    "SELECT n.nodeport, count(p.shardid) FROM pg_dist_node n LEFT JOIN pg_dist_placement p ON p.groupid = n.groupid"
    " AND p.shardid IN (SELECT shardid FROM pg_dist_shard WHERE shardminvalue IS NOT NULL)"
    " WHERE n.groupid > 0 GROUP BY 1"
)
RUNNING = "SELECT count(*) FROM pg_dist_background_job WHERE state NOT IN ('finished', 'cancelled', 'failed')"


def shares(cluster: Cluster) -> dict[int, int]:
    return dict(rows(cluster, cluster.coordinator, SHARES))


def check(cluster: Cluster, traffic: Traffic) -> None:
    """No request failed, and what was acknowledged is there."""
    seen = traffic.lap()
    print({kind: (one.requests, one.slowest) for kind, one in seen.items()})  # noqa: T201
    assert all(one.requests and not one.failed for one in seen.values()), seen
    stored = rows(cluster, cluster.coordinator, "SELECT paciente_id, id::text FROM consultas")
    assert traffic.acknowledged
    assert set(traffic.acknowledged) <= set(stored)


@pytest.fixture
def filled(fresh_citus: Cluster) -> Cluster:
    """Two workers with patients."""
    run(fresh_citus, *FILL)
    return fresh_citus


def test_out_to_three_and_in_to_one_under_load(filled: Cluster, run_hooks: Hooks) -> None:
    """The API asks the workers themselves: those that join, those whose shards move, those that leave."""
    before = rows(filled, filled.coordinator, CHECKSUM)
    with apis(filled, "owner") as ports, Traffic(f"http://127.0.0.1:{ports['owner']}", CEDULAS) as traffic:
        out = run_hooks(filled, "sync", workers=3, HISTORIA_REBALANCE="wait")
        spread = shares(filled)
        inwards = run_hooks(filled, "drain", workers=1)
    assert "nada que hacer" not in done(out)["event"]
    assert "moviendo fragmentos" in out.stdout
    mean = sum(spread.values()) / 3
    assert len(spread) == 3
    assert all(abs(share - mean) <= 0.2 * mean for share in spread.values()), spread
    done(inwards)
    check(filled, traffic)
    assert shares(filled) == {filled.workers[0].port: SHARDS}
    assert rows(filled, filled.coordinator, CHECKSUM) == before
    assert leftovers(filled) == {}
    assert "nada que hacer" in done(run_hooks(filled, "drain", workers=1))["event"]
    assert "nada que hacer" in done(run_hooks(filled, "sync", workers=1, HISTORIA_REBALANCE="wait"))["event"]


def test_moves_that_were_started_are_adopted(filled: Cluster, run_hooks: Hooks) -> None:
    with contextlib.closing(filled.connect()) as reader, reader.cursor() as cursor:
        reader.autocommit = False
        cursor.execute("SELECT count(*) FROM pacientes")  # it holds the first move at its last step
        started = run_hooks(filled, "sync", workers=3)
        assert "los fragmentos se mueven mientras el sistema atiende" in started.stdout
        assert done(started)["event"] == "el sistema está listo"
        late = done(run_hooks(filled, "rebalance", workers=3, HISTORIA_REBALANCE="wait", HISTORIA_TIMEOUT="3"), 75)
        assert "todavía mueve fragmentos" in late["event"]
        assert rows(filled, filled.coordinator, RUNNING) == [(1,)]
        assert "nada que hacer" in done(run_hooks(filled, "sync", workers=3))["event"]
        reader.rollback()
    drained = run_hooks(filled, "drain", workers=2)  # stops them: they go to a worker that leaves
    done(drained)
    assert "detener el trabajo" in drained.stdout
    assert len(shares(filled)) == 2
    assert leftovers(filled) == {}


def test_without_logical_wal_nothing_is_started(filled: Cluster, run_hooks: Hooks) -> None:
    second = filled.workers[1]
    run(filled, "ALTER SYSTEM SET wal_level = replica", node=second)
    filled.restart(second)
    begun = time.monotonic()
    out = done(run_hooks(filled, "sync", workers=3), 78)["event"]
    inwards = done(run_hooks(filled, "drain", workers=1), 78)["event"]
    assert time.monotonic() - begun < 60
    for said in (out, inwards):
        assert f"{second.address} (replica)" in said
        assert "postgresql.parameters.wal_level" in said
    assert rows(filled, filled.coordinator, "SELECT count(*) FROM pg_dist_background_job") == [(0,)]
    done(run_hooks(filled, "sync", workers=3, HISTORIA_REBALANCE="never"))


def test_moves_that_fail_for_good_are_stopped(filled: Cluster, run_hooks: Hooks) -> None:
    """The workers that have shards can send none."""
    done(run_hooks(filled, "sync", workers=3, HISTORIA_REBALANCE="never"))
    for node in filled.workers[:2]:
        run(filled, "ALTER SYSTEM SET max_replication_slots = 0", node=node)
        filled.restart(node)
    begun = time.monotonic()
    said = done(run_hooks(filled, "rebalance", workers=3, HISTORIA_REBALANCE="wait"), 78)["event"]
    assert time.monotonic() - begun < 120
    assert "falla una y otra vez" in said
    assert "Cura: suba max_replication_slots" in said
    assert rows(filled, filled.coordinator, RUNNING) == [(0,)]
    assert shares(filled)[filled.workers[2].port] == 0


def test_a_drain_that_is_not_safe_changes_nothing(filled: Cluster, run_hooks: Hooks) -> None:
    done(run_hooks(filled, "sync", workers=3, HISTORIA_REBALANCE="never"))
    before = state(filled, 1)
    refused = done(run_hooks(filled, "drain", workers=1, HISTORIA_DRAIN="false"), 78)["event"]
    assert "drain.enabled: true" in refused
    nobody = done(run_hooks(filled, "drain", workers=0), 78)["event"]
    assert "No quedaría ningún worker" in nobody
    for down, wanted in ((filled.workers[2], 1), (filled.workers[1], 1), (filled.workers[0], 1)):
        filled.kill(down)
        begun = time.monotonic()
        assert down.address in done(run_hooks(filled, "drain", workers=wanted), 75)["event"]
        assert time.monotonic() - begun < 30
        filled.restart(down)
        assert state(filled, 1) == before
    assert rows(filled, filled.coordinator, "SELECT count(*) FROM pg_dist_background_job") == [(0,)]


def test_a_drain_that_ran_out_of_time_is_resumed_or_taken_back(filled: Cluster, run_hooks: Hooks) -> None:
    before = rows(filled, filled.coordinator, CHECKSUM)
    late = done(run_hooks(filled, "drain", workers=1, HISTORIA_TIMEOUT="3"), 75)["event"]
    assert "repita la orden" in late
    assert rows(filled, filled.coordinator, RUNNING) == [(1,)]
    back = run_hooks(filled, "sync", workers=2, HISTORIA_REBALANCE="never")
    done(back)
    assert "detener el trabajo" in back.stdout
    closed = "SELECT count(*) FROM pg_dist_node WHERE groupid > 0 AND NOT shouldhaveshards"
    assert rows(filled, filled.coordinator, closed) == [(0,)]
    done(run_hooks(filled, "drain", workers=1, HISTORIA_TIMEOUT="3"), 75)
    done(run_hooks(filled, "drain", workers=1))
    assert rows(filled, filled.coordinator, CHECKSUM) == before
    assert leftovers(filled) == {}
