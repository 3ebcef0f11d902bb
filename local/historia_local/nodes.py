"""A coordinator and workers as PostgreSQL processes of this machine: the nodes of `make up` and of the tests."""

import contextlib
import shutil
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from historia_local.account import Account, server_account
from historia_local.binaries import Binaries
from historia_local.copies import keep, put_back
from historia_local.endpoints import Engine, Nodes, Passwords
from historia_local.errors import ConfigurationError
from historia_local.server import DATABASE, Node, Server

__all__ = ["Cluster", "Node"]

LOOPBACK = "127.0.0.1"
BLANK = "blank"
FOLDERS = ("nodes", "logs")
KEPT = "kept"  # made where something is kept
NEW_IDENTITY = (
    "UPDATE pg_dist_node_metadata SET metadata = jsonb_set(metadata, '{server_id}', to_jsonb(%(server_id)s::text))"
)


class Cluster(Nodes):
    """Nodes below one folder; the first port is the coordinator's.

    Names of nodes are addresses: 127.0.0.1 and a port of its own for each, which works on every system (Citus refuses
    `localhost` for a coordinator with workers, and only Linux has more than one loopback address).
    With `disposable`, speed counts more than the data's safety, and reset() puts copies of the blank nodes back; keep()
    and put_back() do the same for any other state.
    """

    def __init__(
        self, folder: Path, binaries: Binaries, engine: Engine, ports: list[int], *, disposable: bool = False
    ) -> None:
        account = server_account()
        _make_folders(folder, account)
        names = ["coordinator", *(f"worker-{number}" for number in range(len(ports) - 1))]
        nodes = [Node(name, LOOPBACK, port, folder / "nodes" / name) for name, port in zip(names, ports, strict=True)]
        super().__init__(engine, nodes[0], tuple(nodes[1:]), Passwords.kept_in(folder))
        self.folder = folder
        self.disposable = disposable
        found = binaries.reachable_by(account, folder)
        self._servers = {
            node.name: Server(node, found, account, self.passwords.owner, engine == "citus", durable=not disposable)
            for node in nodes
        }

    def start(self) -> None:
        """Make what is missing and start what does not run; then every node has the database and the extension."""
        self._each(self._bring_up)

    def stop(self, node: Node) -> None:
        self._servers[node.name].stop()

    def destroy(self) -> None:
        for server in self._servers.values():  # one by one: the interpreter may be ending, when no thread can begin
            server.stop(immediate=True)
        for name in (*FOLDERS, KEPT):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def restart(self, node: Node) -> None:
        """A planned restart; a node that was killed is started."""
        self._servers[node.name].stop()
        self._servers[node.name].start()

    def kill(self, node: Node) -> None:
        """Stop it as a crash would: no shutdown checkpoint, every connection cut."""
        self._servers[node.name].stop(immediate=True)

    def running(self, node: Node) -> bool:
        return self._servers[node.name].running

    def reset(self) -> None:
        """Every node as the image leaves it after its first start: the database, the extension, and nothing else."""
        self._each(self.blank)

    def keep(self, state: str) -> None:
        """Every node as it is now, under a name that put_back() takes."""
        self._each(lambda node: self._keep(node, state))

    def put_back(self, state: str) -> None:
        """Every node as keep() found it, and the same server as then."""
        self._each(lambda node: self._put_back(node, state))

    def blank(self, node: Node) -> None:
        """One node as new, another server than before: what a lost volume leaves."""
        if not self._copy(node, BLANK).is_dir():
            self._servers[node.name].stop(immediate=True)
            shutil.rmtree(node.data_directory, ignore_errors=True)
            self._bring_up(node)
            return
        self._put_back(node, BLANK)
        if self.engine == "citus":
            with contextlib.closing(self.connect(node)) as connection, connection.cursor() as cursor:
                cursor.execute(NEW_IDENTITY, {"server_id": str(uuid.uuid4())})

    def _bring_up(self, node: Node) -> None:
        server = self._servers[node.name]
        fresh = not (node.data_directory / "PG_VERSION").is_file()
        server.create()
        server.start()
        self._create_database(node)
        if fresh and self.disposable:
            self._keep(node, BLANK)

    def _keep(self, node: Node, state: str) -> None:
        server = self._servers[node.name]
        server.stop()
        keep(node.data_directory, self._copy(node, state))
        server.start()

    def _put_back(self, node: Node, state: str) -> None:
        server = self._servers[node.name]
        server.stop(immediate=True)
        put_back(self._copy(node, state), node.data_directory)
        server.account.give(node.data_directory)
        server.start()

    def _create_database(self, node: Node) -> None:
        with contextlib.closing(self.connect(node, database="postgres")) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,))
            if not cursor.rowcount:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
        if self.engine == "citus":
            with contextlib.closing(self.connect(node)) as connection, connection.cursor() as cursor:
                cursor.execute("CREATE EXTENSION IF NOT EXISTS citus")

    def _copy(self, node: Node, state: str) -> Path:
        return self.folder / KEPT / state / node.name

    def _each(self, action: Callable[[Node], None]) -> None:
        """The action on all nodes at once; the first failure is raised when all have ended."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            for done in [pool.submit(action, node) for node in self.nodes]:
                done.result()


def _make_folders(folder: Path, account: Account) -> None:
    above = next(parent for parent in folder.parents if parent.is_dir())
    if not account.can_enter(above):
        raise ConfigurationError(
            f"El usuario que ejecuta PostgreSQL no puede entrar en {above}; elija otra carpeta con HISTORIA_STATE."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("", *FOLDERS):
        (folder / name).mkdir(exist_ok=True)
        if account.lent:
            (folder / name).chmod(0o755)  # whatever our umask: the servers' user passes through
