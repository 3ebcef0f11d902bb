"""Workers that are not wanted any more: who may go, who may not, and the way back."""

import contextlib
import subprocess
from collections.abc import Callable

import pytest
from citus.hooks_state import SHARDS, done, rows, state
from historia_local.nodes import Cluster

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
Prepared = Callable[[str, Callable[[], object]], Cluster]
Synced = Callable[..., Cluster]
NOTHING = "nada que hacer"
DOCTOR = "INSERT INTO medicos (nombre, apellido, codigo_medico) VALUES ('Clara', 'Ejemplo', '{}')"
ACTIVE = "SELECT count(*) FROM citus_get_active_worker_nodes()"


def write_doctor(cluster: Cluster, code: str) -> None:
    """A reference table: the write reaches every registered node, or fails."""
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(DOCTOR.format(code))


@pytest.fixture
def three_workers(prepared: Prepared, synced: Synced, run_hooks: Hooks) -> Cluster:
    """Two workers that hold the shards, and a third that joined later and holds none."""

    def make() -> None:
        cluster = synced()
        write_doctor(cluster, "MED001")
        done(run_hooks(cluster, "sync", workers=3, HISTORIA_REBALANCE="never"))

    return prepared("three workers", make)


def test_nothing_to_do_while_nobody_leaves(three_workers: Cluster, run_hooks: Hooks) -> None:
    assert NOTHING in done(run_hooks(three_workers, "drain", workers=3))["event"]


def test_nothing_to_do_with_the_database_down_when_no_pod_would_stop(blank_citus: Cluster, run_hooks: Hooks) -> None:
    """The name of a pod that does not exist is all that says so: an upgrade may be the cure for the database."""
    nowhere = {"HISTORIA_FIRST_LEAVING": "hc-worker-2.invalid", "POSTGRES_PORT": "1"}
    assert NOTHING in done(run_hooks(blank_citus, "drain", **nowhere))["event"]


def test_a_worker_with_patients_stays_where_moving_is_not_allowed(three_workers: Cluster, run_hooks: Hooks) -> None:
    before = state(three_workers, 3)
    refused = done(run_hooks(three_workers, "drain", workers=1, HISTORIA_DRAIN="false"), 78)["event"]
    assert f"{three_workers.workers[1].address} ({SHARDS // 2} fragmentos)" in refused
    assert three_workers.workers[2].address not in refused
    assert "Pida al menos 3 workers" in refused
    assert state(three_workers, 3) == before


def test_a_pod_without_an_address_does_not_hide_the_patients_it_holds(three_workers: Cluster, run_hooks: Hooks) -> None:
    hidden = {"HISTORIA_FIRST_LEAVING": "hc-worker-1.invalid", "HISTORIA_DRAIN": "false"}
    refused = done(run_hooks(three_workers, "drain", workers=1, **hidden), 78)
    assert "no se puede prescindir" in refused["event"]


def test_a_worker_without_patients_goes_and_may_come_back(three_workers: Cluster, run_hooks: Hooks) -> None:
    done(run_hooks(three_workers, "drain", workers=2))
    third = three_workers.workers[2]
    assert rows(three_workers, three_workers.coordinator, ACTIVE) == [(2,)]
    assert rows(three_workers, third, "SELECT count(*) FROM pg_dist_node") == [(0,)]
    three_workers.kill(third)
    write_doctor(three_workers, "MED002")
    assert NOTHING in done(run_hooks(three_workers, "sync"))["event"]
    three_workers.restart(third)
    done(run_hooks(three_workers, "sync", workers=3, HISTORIA_REBALANCE="never"))
    assert NOTHING in done(run_hooks(three_workers, "sync", workers=3, HISTORIA_REBALANCE="never"))["event"]
    assert rows(three_workers, third, "SELECT count(*) FROM medicos") == [(2,)]


def test_a_dead_worker_without_patients_is_taken_out(three_workers: Cluster, run_hooks: Hooks) -> None:
    """Stopped by something that asked nobody; until it is out, nobody can write a médico."""
    third = three_workers.workers[2]
    three_workers.kill(third)
    done(run_hooks(three_workers, "sync"))
    assert rows(three_workers, three_workers.coordinator, ACTIVE) == [(2,)]
    write_doctor(three_workers, "MED002")


def test_a_dead_worker_with_patients_is_asked_back(three_workers: Cluster, run_hooks: Hooks) -> None:
    second = three_workers.workers[1]
    three_workers.kill(second)
    refused = done(run_hooks(three_workers, "sync", workers=1), 78)["event"]
    assert f"{second.address} ya no se pide y no responde" in refused
    assert "Pídalo de nuevo" in refused
    three_workers.restart(second)
    done(run_hooks(three_workers, "sync", workers=3, HISTORIA_REBALANCE="never"))
