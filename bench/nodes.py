"""What measures stand on: nodes with Citus and APIs as the image starts them, all on loopback, all ended afterwards."""

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from historia_local.binaries import best, machine_binaries
from historia_local.nodes import Cluster

API = ["-c", "python:historia_clinica.gunicorn_conf", "historia_clinica.wsgi:app"]


@contextlib.contextmanager
def system(workers: int, *, more: int = 0, disposable: bool = True) -> Iterator[Cluster]:
    """A coordinator and that many workers after `historia-hooks sync`, and more nodes that nobody asks for yet."""
    binaries = best(machine_binaries(), citus=True)
    if binaries is None:
        sys.exit("hace falta un PostgreSQL con Citus")
    folder = Path(tempfile.mkdtemp(prefix="historia-bench-"))
    folder.chmod(0o755)
    cluster = Cluster(folder, binaries, "citus", free_ports(1 + workers + more), disposable=disposable)
    try:
        cluster.start()
        hooks(cluster, "sync", workers)
        yield cluster
    finally:
        cluster.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def hooks(cluster: Cluster, command: str, workers: int, **environment: str) -> str:
    """What `historia-hooks` printed; the measure ends where it fails."""
    done = subprocess.run(
        [program("historia-hooks"), command],
        env=clean(cluster.hooks_environment(workers) | environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"historia-hooks {command}: código {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def encrypt(cluster: Cluster) -> dict[str, str]:
    """From now on the nodes speak TLS with each other, with one certificate that is its own authority; the environment
    of an API that verifies it.
    """
    for node in cluster.nodes:
        certificate, owner = node.data_directory / "tls.crt", node.data_directory.stat()
        if node is cluster.coordinator:
            asked = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=node"]
            key = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate.with_name("tls.key")]
            subprocess.run(["openssl", "req", *asked, *key, "-out", certificate], check=True, capture_output=True)
        for name in ("tls.crt", "tls.key"):
            own, first = (one.data_directory / name for one in (node, cluster.coordinator))
            own.write_text(first.read_text())
            own.chmod(0o600)
            os.chown(own, owner.st_uid, owner.st_gid)
        trusted = f"sslmode=verify-full sslrootcert={certificate}"
        with contextlib.closing(cluster.connect(node)) as connection, connection.cursor() as cursor:
            for name, value in {"ssl": "on", "ssl_cert_file": "tls.crt", "ssl_key_file": "tls.key"}.items():
                cursor.execute(f"ALTER SYSTEM SET {name} TO %s", (value,))
            cursor.execute("ALTER SYSTEM SET citus.node_conninfo TO %s", (trusted,))
        cluster.restart(node)
    authority = str(cluster.coordinator.data_directory / "tls.crt")
    return {"POSTGRES_SSLMODE": "verify-full", "POSTGRES_SSLROOTCERT": authority}


@contextlib.contextmanager
def apis(cluster: Cluster, *routings: str) -> Iterator[dict[str, int]]:
    """The port of a server for each routing."""
    ports = dict(zip(routings, free_ports(len(routings)), strict=True))
    started = []
    try:
        for routing, port in ports.items():
            more = {"HISTORIA_ROUTING": routing, "HISTORIA_BIND": f"127.0.0.1:{port}", "HISTORIA_LOG_LEVEL": "ERROR"}
            environment = clean(cluster.api_environment() | more)
            started.append(subprocess.Popen([program("gunicorn"), *API], env=environment, stdout=subprocess.DEVNULL))
        for port in ports.values():
            wait_for(port)
        yield ports
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def clean(wanted: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HISTORIA_", "POSTGRES_", "PG"))}
    return kept | wanted


def program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    sys.exit(f"la API no responde en el puerto {port}")
