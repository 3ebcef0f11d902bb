"""The whole system on this machine: which engine, nodes, hooks and API. The CLI only talks to a person."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from historia_local.binaries import Binaries, best, embedded_binaries, machine_binaries
from historia_local.containers import Containers
from historia_local.docker import chart_image, obstacle
from historia_local.endpoints import APP, Nodes
from historia_local.engine import Probes, choose
from historia_local.errors import ConfigurationError, LocalError
from historia_local.nodes import Cluster
from historia_local.options import DEFAULT_API_PORT, DEFAULT_PG_PORT, DEFAULT_WORKERS, Options
from historia_local.ports import refuse_taken
from historia_local.programs import Api, cluster_report, run_hooks, stop_api
from historia_local.server import OWNER, Node
from historia_local.state import State

Say = Callable[[str], None]


@dataclass(frozen=True)
class System:
    folder: Path
    state: State
    nodes: Nodes
    api: Api

    @classmethod
    def of(cls, folder: Path, state: State) -> "System":
        return cls(folder, state, _nodes(folder, state), Api(folder, state.api_port))

    def up(self, earlier: State | None, say: Say) -> None:
        """Bring everything up; what runs already is left as it is."""
        moved = earlier is not None and earlier.api_port != self.api.port
        before = System.of(self.folder, earlier) if earlier and earlier.workers > self.state.workers else self
        wanted = {node.port: "PG_PORT" for node in before.nodes.nodes if not before.nodes.running(node)}
        if moved or self.api.pid is None:
            wanted[self.api.port] = "API_PORT"
        refuse_taken(wanted)
        if moved:
            stop_api(self.folder)
        if before is not self:
            before.take_away(before.nodes.workers[self.state.workers :], say)
        self.state.save(self.folder)
        (self.folder / "logs").mkdir(exist_ok=True)
        say(f"Nodos: {', '.join(f'{node.name} en {node.address}' for node in self.nodes.nodes)}")
        self.nodes.start()
        self._write_pgpass()
        environment = self.nodes.hooks_environment(self.state.workers)
        for command in ("sync", "load-sample"):
            self._run_hooks(command, environment, say)
        say(f"API en {self.api.url}")
        self.api.start(self.nodes.api_environment())

    def take_away(self, leaving: tuple[Node, ...], say: Say) -> None:
        """Moves their patients to the workers that stay, then stops them. Their folders stay, as volumes would."""
        self.nodes.start()
        stay = len(self.nodes.workers) - len(leaving)
        self._run_hooks("drain", self.nodes.hooks_environment(stay), say)
        for node in leaving:
            self.nodes.stop(node)

    def _run_hooks(self, command: str, environment: dict[str, str], say: Say) -> None:
        say(f"historia-hooks {command}")
        run_hooks(command, environment, self.folder / "logs/hooks.log")

    def report(self) -> tuple[str, bool]:
        """The nodes as the hooks see them, for a person; and whether all is in order."""
        return cluster_report(self.nodes.hooks_environment(self.state.workers))

    @property
    def pgpass(self) -> Path:
        return self.folder / "pgpass"

    def _write_pgpass(self) -> None:
        passwords = ((OWNER, self.nodes.passwords.owner), (APP, self.nodes.passwords.app))
        self.pgpass.touch(mode=0o600)
        self.pgpass.write_text(
            "".join(f"127.0.0.1:{n.port}:*:{user}:{word}\n" for n in self.nodes.nodes for user, word in passwords)
        )


def decide(options: Options, earlier: State | None) -> State:
    """What shall run: what an earlier run made, with what the options add; or a new choice."""
    if earlier:
        return _continued(options, earlier)
    new = _new(options)
    refuse_taken(dict.fromkeys(new.ports, "PG_PORT") | {new.api_port: "API_PORT"})  # before anything is written
    return new


def _new(options: Options) -> State:
    choice = choose(options.engine, look(options))
    workers = options.workers
    if workers is None:
        workers = DEFAULT_WORKERS if choice.distributed else 0
    if workers and not choice.distributed:
        raise ConfigurationError(
            f"WORKERS={workers} pide workers y solo hay PostgreSQL sin Citus ({choice.reason}). "
            "Instale Citus o Docker, o quite WORKERS."
        )
    first = options.pg_port or DEFAULT_PG_PORT
    binaries = choice.binaries
    return State(
        kind=choice.kind,
        reason=choice.reason,
        ports=list(range(first, first + 1 + workers)),
        api_port=options.api_port or DEFAULT_API_PORT,
        binaries=str(binaries.folder) if binaries else "",
        embedded=bool(binaries and binaries.embedded),
        major=binaries.major if binaries else 0,
        image=choice.image,
    )


def _continued(options: Options, earlier: State) -> State:
    fresh = "make clean borra los datos y permite empezar de nuevo."
    if options.engine not in ("auto", earlier.kind):
        raise ConfigurationError(
            f"Ya hay datos con el motor {earlier.kind}, y se pide ENGINE={options.engine}; {fresh}"
        )
    if options.pg_port not in (None, earlier.ports[0]):
        raise ConfigurationError(
            f"Los nodos ya existen desde el puerto {earlier.ports[0]} y no cambian de puerto; {fresh}"
        )
    workers = earlier.workers if options.workers is None else options.workers
    if workers and not earlier.workers and earlier.kind == "postgresql":
        raise ConfigurationError(f"WORKERS={workers} pide workers y los datos están en PostgreSQL sin Citus; {fresh}")
    if earlier.workers and not workers:
        raise ConfigurationError(
            f"Ya hay {earlier.workers} workers con datos y WORKERS=0 no dejaría ninguno que los reciba; {fresh}"
        )
    ports = [*earlier.ports, *range(earlier.ports[-1] + 1, earlier.ports[0] + 1 + workers)]
    return replace(earlier, ports=ports[: 1 + workers], api_port=options.api_port or earlier.api_port)


def look(options: Options) -> Probes:
    """What this machine has. Docker is asked only when the answer matters: it may have to pull an image."""
    machine = machine_binaries()
    citus = best(machine, citus=True)
    image = options.image or chart_image()
    asked = options.engine == "docker" or (options.engine == "auto" and citus is None)
    return Probes(
        citus=citus,
        plain=best(machine, citus=False),
        embedded=embedded_binaries(),
        image=image,
        no_docker=obstacle(image) if asked else "no se ha buscado",
    )


def _nodes(folder: Path, state: State) -> Nodes:
    if state.kind == "docker":
        return Containers(folder, state.image, state.ports)
    return Cluster(folder, _same_binaries(state), "citus" if state.kind == "citus" else "postgresql", state.ports)


def _same_binaries(state: State) -> Binaries:
    """The installation that made the data, or another of the same major version if it has gone."""
    used = Binaries(Path(state.binaries), state.embedded)
    if (used.folder / "postgres").exists() and used.major == state.major:
        return used
    embedded = embedded_binaries()
    for found in [*machine_binaries(), *([embedded] if embedded else [])]:
        if found.major == state.major and (found.has_citus or state.kind != "citus"):
            return found
    wanted = f"PostgreSQL {state.major}" + (" con Citus" if state.kind == "citus" else "")
    raise LocalError(f"Los datos son de {wanted} y ya no está en {used.folder}; instálelo, o make clean los borra.")
