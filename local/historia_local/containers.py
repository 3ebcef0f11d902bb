"""A coordinator and workers as Docker containers of any image with PostgreSQL, Citus and the official entrypoint.

The workers share the coordinator's network namespace and every node has a port of its own, published on 127.0.0.1 under
the same number. So one name, 127.0.0.1:PORT, leads to the same node from inside and from this machine: the hooks can
register the nodes by the addresses under which they reach them. Containers are thrown away and made again at will;
the data is in named volumes.
"""

import contextlib
import hashlib
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg2

from historia_local.docker import docker
from historia_local.endpoints import Nodes, Passwords
from historia_local.errors import ConfigurationError, LocalError
from historia_local.server import CITUS_SETTINGS, DATABASE, OWNER, SETTINGS, Node

LOOPBACK = "127.0.0.1"
USUAL_DATA = "/var/lib/postgresql/data"
LABEL = "historia-clinica.configuration"
READY_SECONDS = 180
LOG_LINES = "15"
OF_THE_IMAGE = {"listen_addresses", "unix_socket_directories"}


class Containers(Nodes):
    def __init__(self, folder: Path, image: str, ports: list[int]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        prefix = prefix_of(folder)
        names = ["coordinator", *(f"worker-{number}" for number in range(len(ports) - 1))]
        nodes = [Node(f"{prefix}{name}", LOOPBACK, port, folder) for name, port in zip(names, ports, strict=True)]
        super().__init__("citus", nodes[0], tuple(nodes[1:]), Passwords.kept_in(folder))
        self.folder = folder
        self.image = image

    def start(self) -> None:
        """Leave what runs as wanted; otherwise make all containers anew, the coordinator's network first."""
        if not all(self.running(node) for node in self.nodes):
            remove_containers(self.folder)
            self._initialise()
            for node in self.nodes:
                self._run(node)
        for node in self.nodes:
            self._until(node, partial(self._ready, node))

    def stop(self, node: Node) -> None:
        docker("stop", "--time", "30", node.name)
        docker("rm", "--force", node.name)

    def running(self, node: Node) -> bool:
        """Whether it runs and was made from the same image, ports and passwords."""
        try:
            shown = docker(
                "inspect", "--format", f'{{{{.State.Running}}}} {{{{index .Config.Labels "{LABEL}"}}}}', node.name
            )
        except LocalError:
            return False
        return shown == f"true {self._configuration()}"

    def _configuration(self) -> str:
        parts = [self.image, *(node.address for node in self.nodes), self.passwords.owner, str(_settings())]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def _initialise(self) -> None:
        """First start, alone and on the usual port: not every entrypoint initialises a server on another one."""
        volumes = docker("volume", "ls", "--quiet").splitlines()
        new = [node for node in self.nodes if node.name not in volumes]
        for node in new:
            docker(*self._common_arguments(node), self.image, "postgres", *_flags(_settings()))
        for node in new:
            try:
                self._until(node, partial(_answers_inside, node))
            except LocalError:
                docker("rm", "--force", node.name)
                docker("volume", "rm", node.name)
                raise
            docker("stop", "--time", "60", node.name)
            docker("rm", node.name)

    def _run(self, node: Node) -> None:
        if node is self.coordinator:
            network = [f"--publish={LOOPBACK}:{other.port}:{other.port}" for other in self.nodes]
        else:
            network = ["--network", f"container:{self.coordinator.name}"]
        settings = _settings() | {"port": str(node.port), "listen_addresses": "*"}
        docker(*self._common_arguments(node), *network, self.image, "postgres", *_flags(settings))

    def _common_arguments(self, node: Node) -> list[str]:
        arguments = ["run", "--detach", "--name", node.name, "--label", f"{LABEL}={self._configuration()}"]
        arguments += ["--volume", f"{node.name}:{self._data_folder()}", "--shm-size", "128m"]
        return [*arguments, "--env-file", str(self._env_file())]

    def _data_folder(self) -> str:
        """Where the image keeps its data: a new volume there gets the owner the image wants."""
        variables = docker("image", "inspect", "--format", '{{join .Config.Env "\\n"}}', self.image).splitlines()
        return next((line.removeprefix("PGDATA=") for line in variables if line.startswith("PGDATA=")), USUAL_DATA)

    def _env_file(self) -> Path:
        """Passwords reach the containers by a file that only we can read, never by a command line."""
        variables = {
            "POSTGRES_USER": OWNER,
            "POSTGRES_DB": DATABASE,
            "POSTGRES_PASSWORD": self.passwords.owner,
            "POSTGRES_INITDB_ARGS": "--auth-host=scram-sha-256",
        }
        path = _env_file_of(self.folder)
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
        return path

    def _until(self, node: Node, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            if time.monotonic() > deadline or not self.running(node):
                shown = docker("logs", "--tail", LOG_LINES, node.name)
                raise LocalError(f"El contenedor {node.name} no llegó a aceptar conexiones.\n{shown}")
            time.sleep(0.3)

    def _ready(self, node: Node) -> bool:
        try:
            with contextlib.closing(self.connect(node)) as connection, connection.cursor() as cursor:
                cursor.execute("CREATE EXTENSION IF NOT EXISTS citus")
        except psycopg2.OperationalError:
            return False
        except psycopg2.Error as error:
            raise ConfigurationError(f"La imagen {self.image} no tiene Citus; diga otra con CITUS_IMAGE.") from error
        return True


def prefix_of(folder: Path) -> str:
    """How the names of all containers and volumes of a state folder begin."""
    return f"historia-{hashlib.sha256(str(folder).encode()).hexdigest()[:6]}-"


def remove_containers(folder: Path) -> None:
    """All of the folder's, the coordinator first; the data stays in the volumes."""
    for name in _ours(folder, "ps", "--all", "--format", "{{.Names}}"):
        docker("stop", "--time", "30", name)
        docker("rm", "--force", name)


def remove_volumes(folder: Path) -> None:
    for name in _ours(folder, "volume", "ls", "--quiet"):
        docker("volume", "rm", name)


def had_containers(folder: Path) -> bool:
    """Whether some were ever made: no container without the file of its variables."""
    return _env_file_of(folder).exists()


def _ours(folder: Path, *listing: str) -> list[str]:
    return sorted(name for name in docker(*listing).splitlines() if name.startswith(prefix_of(folder)))


def _env_file_of(folder: Path) -> Path:
    return folder / "container.env"


def _answers_inside(node: Node) -> bool:
    """While it initialises it listens on its socket only, so TCP tells when it has ended."""
    try:
        docker("exec", node.name, "pg_isready", "--quiet", "--host", LOOPBACK)
    except LocalError:
        return False
    return True


def _settings() -> dict[str, str]:
    """Those of local servers that have no blank inside: some entrypoints split words."""
    wanted = {name: value.strip("'") for name, value in (SETTINGS | CITUS_SETTINGS).items() if " " not in value}
    return {name: value for name, value in wanted.items() if name not in OF_THE_IMAGE}


def _flags(settings: dict[str, str]) -> list[str]:
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
