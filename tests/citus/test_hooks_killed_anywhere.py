"""Commands of the hooks killed with SIGKILL at each of their statements: one more run ends as an undisturbed one.

The statements are those that an undisturbed run really sent. A sample of the moments, unless HISTORIA_KILL_EVERY is 1.
"""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from citus.hooks_state import at_revision_1, done, leftovers, rows, run, state
from citus.killing import COMMENT, EVERY, Moment, Runner, moments
from historia_local.nodes import Cluster

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
Prepared = Callable[[str, Callable[[], object]], Cluster]
Synced = Callable[..., Cluster]
FILL = (
    "INSERT INTO pacientes (cedula, nombre, apellido)"
    " SELECT 'P' || lpad(n::text, 9, '0'), 'Ana', 'Ejemplo' FROM generate_series(1, 100) n",
    "INSERT INTO consultas (paciente_id, diagnostico) SELECT cedula, 'Control' FROM pacientes",
)
CONTENT = "SELECT count(*), count(DISTINCT cedula) FROM pacientes JOIN consultas ON cedula = paciente_id"
MEMBERS = "SELECT count(*) FROM pg_dist_node"
COMMENTS = 5  # of so many, a run is killed at one


@dataclass(frozen=True)
class Case:
    """A command on nodes of which so many were workers before, and so many are to be afterwards."""

    command: str
    before: int
    workers: int
    few: int
    changes: tuple[str, ...]  # beginnings of statements that must be among those it sends, or nothing is tested
    more: dict[str, str] = field(default_factory=dict)
    aged: bool = False  # the nodes have the schema of the first release


BLANK = Case("sync", 0, 2, 16, ("COMMIT", "SELECT citus_add_node", "SELECT create_distributed_table"))
THIRD = Case(
    "sync",
    2,
    3,
    6,
    (
        "SELECT citus_add_node",
        "SELECT replicate_reference_tables",
        "SELECT citus_rebalance_start",
        "CALL citus_cleanup",
    ),
    {"HISTORIA_REBALANCE": "wait"},
)
DRAIN = Case(
    "drain",
    2,
    1,
    8,
    (
        "SELECT citus_set_node_property",
        "COMMIT",
        "SELECT citus_rebalance_start",
        "CALL citus_cleanup_orphaned_resources",
        "SELECT recover_prepared_transactions",
        "SELECT stop_metadata_sync_to_node",
        "SELECT citus_remove_node",
    ),
)
AGED = Case("sync", 2, 2, 6, ("ALTER TABLE", "SELECT create_distributed_table", "COMMIT"), aged=True)


class Killing:
    """The nodes as the command finds them, the moments to kill it at, and what it must come to."""

    def __init__(self, cluster: Cluster, runner: Runner, case: Case, put_back: Callable[[], None]) -> None:
        self.cluster, self.runner, self.case, self.put_back = cluster, runner, case, put_back
        put_back()
        self.statements = runner.plain()
        self.expected = self.outcome()
        assert self.expected["left"] == {}

    def outcome(self) -> dict[str, Any]:
        """The wanted workers, what the others still believe, and whatever is left on any."""
        others = self.cluster.workers[self.case.workers :]
        return state(self.cluster, self.case.workers) | {
            "content": rows(self.cluster, self.cluster.coordinator, CONTENT),
            "members known to others": [rows(self.cluster, node, MEMBERS) for node in others],
            "left": leftovers(self.cluster),
        }

    def moments(self) -> list[Moment]:
        for change in self.case.changes:
            assert any(text.startswith(change) for text in self.statements), f"{change}: never sent"
        return moments(self.statements, self.case.few)

    def differences(self) -> dict[str, Any]:
        """What one more run, which nobody disturbs, leaves otherwise than an undisturbed one from the beginning."""
        self.runner.plain()
        found = self.outcome()
        return {name: found.get(name) for name in self.expected if found.get(name) != self.expected[name]}


@pytest.fixture(
    scope="module",
    params=[BLANK, THIRD, DRAIN, AGED],
    ids=lambda case: f"{case.command} {case.before} to {case.workers}",
)
def killing(
    citus_cluster: Cluster,
    prepared: Prepared,
    synced: Synced,
    run_hooks: Hooks,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Killing]:
    case, folder = request.param, tmp_path_factory.mktemp("killed")

    def make() -> None:
        if case.aged:
            citus_cluster.reset()
            done(run_hooks(citus_cluster, "register", workers=case.before))
            at_revision_1(citus_cluster, distributed=True)
        else:
            synced(case.before)
        run(citus_cluster, *FILL)

    def put_back() -> None:
        if case.before:
            prepared(f"killed {case.before} {case.aged}", make)
        else:
            citus_cluster.reset()

    runner = Runner(citus_cluster, folder / "output.log", case.command, case.workers, **case.more)
    yield Killing(citus_cluster, runner, case, put_back)
    runner.close()


@pytest.mark.timeout(7200)
def test_killed_at_any_statement(killing: Killing) -> None:
    wrong = {}
    chosen = killing.moments()
    for moment in chosen:
        killing.put_back()
        moment.kill(killing.runner)
        if different := killing.differences():
            wrong[str(moment)] = different
    print(f"{len(chosen)} moments in {len(killing.statements)} statements")  # noqa: T201
    assert not wrong


@pytest.mark.parametrize("killing", [BLANK], indirect=True)
def test_killed_again_and_again_within_a_revision(killing: Killing) -> None:
    """The many comments of a revision are one transaction: each run is killed some of them later than the last."""
    comments = [text for text in killing.statements if text.startswith(COMMENT)][:: 1 if EVERY else COMMENTS]
    assert len(comments) > COMMENTS
    killing.put_back()
    for text in comments:
        killing.runner.kill(f"before {text}")
    assert not killing.differences()
