"""`sync` killed with SIGKILL at each of its statements: one more run comes to the state of an undisturbed one."""

from collections.abc import Iterator
from typing import Any

import pytest
from citus.hooks_state import state
from citus.killing import Runner, kill
from historia_local.nodes import Cluster

WORKERS = 2
COMMENT = "COMMENT ON "
# Statements that change something which no transaction of ours takes back: they are also killed in flight, when the
# server goes on with the work although nobody waits for the answer, and the next run meets it.
CHANGES = ("COMMIT", "SELECT citus_set_", "SELECT citus_add_node", "SELECT replicate_")


@pytest.fixture(scope="module")
def runner(citus_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    runner = Runner(citus_cluster, tmp_path_factory.mktemp("killed") / "output.log", "sync", WORKERS)
    yield runner
    runner.close()


def differences(cluster: Cluster, runner: Runner, expected: dict[str, Any]) -> dict[str, Any]:
    """What one more run, which nobody disturbs, leaves otherwise than an undisturbed one from the beginning."""
    status = runner.order("plain")
    assert status == 0, runner.said()
    found = state(cluster, WORKERS)
    return {name: found[name] for name in expected if found[name] != expected[name]}


@pytest.fixture(scope="module")
def undisturbed(citus_cluster: Cluster, runner: Runner) -> tuple[list[str], dict[str, Any]]:
    """The statements of a sync of blank nodes, and the state it leads to."""
    citus_cluster.reset()
    statements = runner.order("list")
    assert isinstance(statements, list), runner.said()
    return statements, state(citus_cluster, WORKERS)


@pytest.mark.timeout(1200)
def test_killed_at_any_statement(
    citus_cluster: Cluster, runner: Runner, undisturbed: tuple[list[str], dict[str, Any]]
) -> None:
    statements, expected = undisturbed
    numbered = [(number, text) for number, text in enumerate(statements, 1) if not text.startswith(COMMENT)]
    moments = [(f"before {number}", text) for number, text in numbered]
    moments += [(f"during {number}", text) for number, text in numbered if text.startswith(CHANGES)]
    moments += [(f"after {len(statements)}", statements[-1])]
    wrong = {}
    for moment in moments:
        citus_cluster.reset()
        kill(runner, moment[0])
        if different := differences(citus_cluster, runner, expected):
            wrong[moment] = different
    assert not wrong


def test_killed_again_and_again_within_a_revision(
    citus_cluster: Cluster, runner: Runner, undisturbed: tuple[list[str], dict[str, Any]]
) -> None:
    """The many comments of a revision are one transaction: each run is killed a statement later than the one before."""
    statements, expected = undisturbed
    comments = [text for text in statements if text.startswith(COMMENT)]
    assert comments
    citus_cluster.reset()
    for text in comments:
        kill(runner, f"before {text}")
    assert not differences(citus_cluster, runner, expected)
