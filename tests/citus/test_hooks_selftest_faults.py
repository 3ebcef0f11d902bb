"""`historia-hooks selftest` where the patients do not live as they should: it must say so."""

import contextlib
import subprocess
from collections.abc import Callable
from typing import Any

from citus.hooks_state import rows
from historia_local.nodes import Cluster
from serving import served

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
LEFT = "SELECT count(*) FROM pacientes"

MOVE = """
SELECT citus_move_shard_placement(s.shardid, s.nodename, s.nodeport, '127.0.0.1', {port}, 'block_writes')
  FROM citus_shards s WHERE s.table_name = 'pacientes'::regclass AND s.nodeport <> {port}
"""


def test_patients_that_all_live_on_one_worker_fail(fresh_citus: Cluster, run_hooks: Hooks, api_of: Any) -> None:
    with contextlib.closing(fresh_citus.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(MOVE.format(port=fresh_citus.workers[0].port))
    with api_of(fresh_citus) as client, served(client.application) as address:
        tried = run_hooks(fresh_citus, "selftest", "--url", address)
    assert tried.returncode == 1
    assert "falla: todos los pacientes están en un solo nodo" in tried.stdout
    assert rows(fresh_citus, fresh_citus.coordinator, LEFT) == [(0,)]


def test_workers_without_a_distributed_table_fail(fresh_citus: Cluster, run_hooks: Hooks, api_of: Any) -> None:
    with contextlib.closing(fresh_citus.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT undistribute_table('pacientes', cascade_via_foreign_keys => true)")
    with api_of(fresh_citus) as client, served(client.application) as address:
        tried = run_hooks(fresh_citus, "selftest", "--url", address)
    assert tried.returncode == 1
    assert "falla: se piden workers, pero la tabla pacientes no está repartida" in tried.stdout
