"""One PostgreSQL server process on loopback: made, started, stopped. It knows nothing of clusters."""

import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from historia_local.account import Account
from historia_local.binaries import Binaries
from historia_local.errors import LocalError
from historia_local.processes import end, port_is_free, recorded

OWNER = "admin"
DATABASE = "historia_clinica"
START_SECONDS = 60
STOP_SECONDS = 60
LOG_LINES = 12

SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",  # TCP only: no path that could be too long, no name that could be taken
    "shared_buffers": "32MB",
    "max_connections": "100",
    "max_worker_processes": "32",
    "wal_level": "logical",
    "max_wal_senders": "20",
    "max_replication_slots": "20",
    "max_logical_replication_workers": "8",
    "wal_retrieve_retry_interval": "500",  # up to PostgreSQL 15 each move of a shard waits for its turn
    "password_encryption": "'scram-sha-256'",
    "log_line_prefix": "'%m [%p] %u@%d '",
    # no data of patients: not the statements that failed, not what stood in the rows
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_lock_waits": "on",
}
CITUS_SETTINGS = {
    "shared_preload_libraries": "'citus'",
    "citus.local_hostname": "'127.0.0.1'",
    "citus.node_conninfo": "'sslmode=disable'",
    "citus.node_connection_timeout": "'5s'",
    "citus.propagate_set_commands": "'local'",
    "citus.enable_statistics_collection": "off",
}
FAST_AND_UNSAFE = {"fsync": "off", "full_page_writes": "off"}  # a crash of the machine may eat the data: tests only
FEW_SHARDS = {"citus.shard_count": "6"}  # nodes that are made again and again are ready sooner


@dataclass(frozen=True)
class Node:
    name: str
    host: str
    port: int
    data_directory: Path

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def log(self) -> Path:
        return self.data_directory.parent.parent / "logs" / f"{self.name}.log"


@dataclass(frozen=True)
class Server:
    node: Node
    binaries: Binaries
    account: Account
    password: str
    citus: bool
    durable: bool = True

    @property
    def running(self) -> bool:
        return _postmaster(self.node.data_directory) is not None

    def create(self) -> None:
        """Make the data directory; a half-made one from an interrupted run is replaced."""
        data = self.node.data_directory
        if (data / "PG_VERSION").is_file():
            return
        shutil.rmtree(data, ignore_errors=True)
        partial = data.with_name(f"{data.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700, parents=True)
        self.account.give(partial)
        self._initdb(partial)
        with (partial / "postgresql.conf").open("a") as configuration:
            configuration.write("\ninclude_if_exists = 'historia.conf'\n")
        partial.rename(data)

    def start(self) -> None:
        """Start and wait until it takes connections; a server that runs already is left alone."""
        if self.running:
            return
        node = self.node
        (node.data_directory / "postmaster.pid").unlink(missing_ok=True)  # stale: nothing of ours runs there
        if not port_is_free(node.port, node.host):
            raise LocalError(f"El puerto {node.port} que necesita el nodo {node.name} está ocupado.")
        self._configure()
        node.log.parent.mkdir(parents=True, exist_ok=True)
        node.log.touch(mode=0o640)
        self.account.give(node.log)
        self._pg_ctl("start", "-l", str(node.log), "-w", "-t", str(START_SECONDS))

    def stop(self, *, immediate: bool = False) -> None:
        """Stop by a fast shutdown, or as a crash would."""
        stop_server(self.node.data_directory, immediate=immediate)

    def _initdb(self, folder: Path) -> None:
        with tempfile.NamedTemporaryFile("w", prefix="historia-") as secret:
            secret.write(f"{self.password}\n")
            secret.flush()
            self.account.give(Path(secret.name))
            options = ["--username", OWNER, "--pwfile", secret.name, "--encoding", "UTF8", "--locale", "C"]
            options += ["--auth-local", "scram-sha-256", "--auth-host", "scram-sha-256"]
            options += [] if self.durable else ["--no-sync", "--wal-segsize", "1"]
            self._run([self.binaries.program("initdb"), "-D", str(folder), *options])

    def _configure(self) -> None:
        """Written before each start: the port and our settings may have changed since the last one."""
        settings = SETTINGS | {"port": str(self.node.port)}
        settings |= CITUS_SETTINGS if self.citus else {}
        settings |= {} if self.durable else FAST_AND_UNSAFE
        settings |= FEW_SHARDS if self.citus and not self.durable else {}
        target = self.node.data_directory / "historia.conf"
        target.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        self.account.give(target)

    def _pg_ctl(self, *arguments: str) -> None:
        self._run([self.binaries.program("pg_ctl"), "-D", str(self.node.data_directory), *arguments])

    def _run(self, argv: list[str]) -> None:
        # No PGPASSWORD: nodes log in to each other by pg_dist_authinfo, as in the chart.
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        command = f"{Path(argv[0]).name} ({self.node.name})"
        try:
            done = self.account.run(argv, environment, START_SECONDS + 30)
        except subprocess.TimeoutExpired as error:
            raise LocalError(f"{command} no terminó a tiempo.\n{self._log_tail()}") from error
        if done.returncode:
            raise LocalError(
                f"{command} falló con código {done.returncode}:\n{done.stdout.strip()}\n{self._log_tail()}"
            )

    def _log_tail(self) -> str:
        try:
            lines = self.node.log.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join([f"Últimas líneas de {self.node.log}:", *lines[-LOG_LINES:]])


def stop_server(data: Path, *, immediate: bool = False) -> None:
    """End the server of a data directory by pg_ctl's signals: the programs may have gone since it was started."""
    pid = _postmaster(data)
    if pid is None:
        return
    ways = (signal.SIGQUIT, signal.SIGKILL) if immediate else (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
    if not any(end(pid, str(data), STOP_SECONDS, how) for how in ways):
        raise LocalError(f"El servidor de {data} (proceso {pid}) no termina.")


def _postmaster(data: Path) -> int | None:
    return recorded(data / "postmaster.pid", str(data))
