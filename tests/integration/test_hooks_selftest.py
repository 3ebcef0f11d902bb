"""`historia-hooks selftest` on one node of plain PostgreSQL."""

import subprocess
import threading
from collections.abc import Callable
from typing import Any

from historia_local.nodes import Cluster
from werkzeug.serving import make_server

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_system_without_workers_passes(postgres_system: Cluster, run_hooks: Hooks, api: Any) -> None:
    server = make_server("127.0.0.1", 0, api.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        tried = run_hooks(postgres_system, "selftest", "--url", f"http://127.0.0.1:{server.server_port}", workers=0)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "bien: 12 pacientes con una consulta cada uno" in tried.stdout
