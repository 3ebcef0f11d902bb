"""`historia-hooks selftest` on one node of plain PostgreSQL."""

import subprocess
from collections.abc import Callable
from typing import Any

from historia_local.nodes import Cluster
from serving import served

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_system_without_workers_passes(postgres_system: Cluster, run_hooks: Hooks, api: Any) -> None:
    with served(api.application) as url:
        tried = run_hooks(postgres_system, "selftest", "--url", url, workers=0)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "bien: 12 pacientes con una consulta cada uno" in tried.stdout
