"""gunicorn's settings, from the same environment: `gunicorn -c python:historia_clinica.gunicorn_conf …`.

Requests are bounded by their deadline and the database's timeouts, not by `timeout`, which does not stop a thread.
Scale by replicas.
"""

from pathlib import Path

import structlog

from historia_clinica.http.worker import Worker
from historia_clinica.settings import read_settings
from historia_clinica.version import __version__

MEMORY = Path("/dev/shm")  # noqa: S108
_settings = read_settings()

bind = [_settings.historia_bind]
if _settings.historia_metrics_port:
    bind.append(_settings.metrics_bind)
worker_class = Worker
Worker.seconds = _settings.historia_deadline
Worker.queue = _settings.historia_queue_size
workers = _settings.historia_server_workers
threads = _settings.historia_server_threads
timeout = 60
graceful_timeout = _settings.historia_graceful_timeout
keepalive = 15
# Heartbeats on a disk can block a worker, and this memory is writable where the root file system is not.
worker_tmp_dir = str(MEMORY) if MEMORY.is_dir() else None
control_socket_disable = True
accesslog = None  # ours names the route's template instead of the path
errorlog = "-"
loglevel = "error"  # its warnings quote request lines, which hold cédulas


def post_worker_init(_worker: Worker) -> None:
    """So that the log of a new pod is not empty until somebody asks for something."""
    structlog.get_logger(__name__).info("la API atiende", version=__version__)
