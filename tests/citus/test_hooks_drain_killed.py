"""`drain` killed with SIGKILL around each statement that changes something: one more run ends as an undisturbed one."""

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from citus.hooks_state import rows, state
from citus.killing import Runner, kill
from historia_local.nodes import Cluster

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
READS = ("SELECT state::text", "SELECT task_id", "SELECT count(*)")
CHANGES = (
    "SELECT citus_set_node_property",
    "COMMIT",
    "SELECT citus_rebalance_start",
    "CALL citus_cleanup_orphaned_resources",
    "SELECT recover_prepared_transactions",
    "SELECT stop_metadata_sync_to_node",
    "SELECT citus_remove_node",
)
FEW_SHARDS = ("ALTER SYSTEM SET citus.shard_count = 4", "SELECT pg_reload_conf()")
FILL = (
    "INSERT INTO pacientes (cedula, nombre, apellido)"
    " SELECT 'P' || lpad(n::text, 9, '0'), 'Ana', 'Ejemplo' FROM generate_series(1, 100) n"
)
ROWS = "SELECT count(*), count(DISTINCT cedula) FROM pacientes"
LEFT = (
    "SELECT slot_name FROM pg_replication_slots",
    "SELECT subname FROM pg_subscription",
    "SELECT pubname FROM pg_publication",
    "SELECT gid FROM pg_prepared_xacts",
    "SELECT object_name FROM pg_dist_cleanup",
    "SELECT job_id FROM pg_dist_background_job WHERE state NOT IN ('finished', 'cancelled', 'failed')",
)


@pytest.fixture(scope="module")
def runner(citus_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    runner = Runner(citus_cluster, tmp_path_factory.mktemp("killed") / "output.log", "drain", 1)
    yield runner
    runner.close()


def two_workers(cluster: Cluster, run_hooks: Hooks) -> None:
    """Few shards, so that a whole drain takes seconds."""
    cluster.reset()
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        for statement in FEW_SHARDS:
            cursor.execute(statement)
        made = run_hooks(cluster, "sync", workers=2)
        assert made.returncode == 0, made.stdout
        cursor.execute(FILL)


def outcome(cluster: Cluster) -> dict[str, Any]:
    """The one worker that stays, what the other still believes, and whatever is left on either."""
    gone = cluster.workers[1]
    left = [found for node in cluster.nodes[:3] for query in LEFT for found in rows(cluster, node, query)]
    return state(cluster, 1) | {
        "rows": rows(cluster, cluster.coordinator, ROWS),
        "members known to the one that left": rows(cluster, gone, "SELECT count(*) FROM pg_dist_node"),
        "left": left,
    }


@pytest.mark.timeout(1200)
def test_killed_around_any_change(citus_cluster: Cluster, runner: Runner, run_hooks: Hooks) -> None:
    two_workers(citus_cluster, run_hooks)
    listed = runner.order("list")
    assert isinstance(listed, list), runner.said()
    expected = outcome(citus_cluster)
    assert expected["left"] == []
    texts = dict.fromkeys(text for text in listed if text.startswith((*CHANGES, *READS)))
    assert all(any(text.startswith(change) for text in texts) for change in CHANGES)
    moments = [f"before {text}" for text in texts]
    moments += [f"during {text}" for text in texts if text.startswith(CHANGES)]
    wrong = {}
    for moment in moments:
        two_workers(citus_cluster, run_hooks)
        kill(runner, moment)
        status = runner.order("plain")
        assert status == 0, f"{moment}: {runner.said()}"
        found = outcome(citus_cluster)
        if different := {name: found.get(name) for name in expected if found.get(name) != expected[name]}:
            wrong[moment] = different
    assert not wrong
