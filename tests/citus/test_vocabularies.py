"""Vocabularies on Citus: the same on every node, loaded once, whole or not at all."""

import pathlib
import subprocess
from collections.abc import Callable

import pytest
from citus.hooks_state import done, rows, run
from citus.killing import READ, Runner
from historia_hooks.vocabularies import carried
from historia_local.nodes import Cluster

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
LOADED = (
    "SELECT v.nombre, v.version, v.sha256, v.conceptos, count(*) FROM vocabularios v"
    " JOIN conceptos c ON (c.vocabulario, c.version) = (v.nombre, v.version) GROUP BY 1, 2, 3, 4 ORDER BY 1"
)
WANTED = [(*one.key, one.sha256, len(one.concepts), len(one.concepts)) for one in carried()]
KILLED = ("cie10", "finalidades")  # the longest to load, and one behind it
FOUND = "SELECT codigo FROM conceptos WHERE vocabulario = 'divipola' AND busqueda @@ '''popayan'':*'::tsquery"

DIAGNOSIS = "SELECT descripcion, padre FROM conceptos WHERE vocabulario = 'cie10' AND codigo = 'I10X'"


def forget(cluster: Cluster) -> None:
    run(
        cluster,
        f"DELETE FROM conceptos WHERE vocabulario IN {KILLED}",
        f"DELETE FROM vocabularios WHERE nombre IN {KILLED}",
    )


def test_every_node_has_them_and_a_second_run_has_nothing_to_do(citus_system: Cluster, run_hooks: Hooks) -> None:
    for node in citus_system.nodes[:3]:
        assert rows(citus_system, node, LOADED) == WANTED
        assert rows(citus_system, node, FOUND) == [("19001",)]
        assert rows(citus_system, node, DIAGNOSIS) == [("Hipertensión esencial (primaria)", "I10")]
    assert "nada que hacer" in done(run_hooks(citus_system, "sync"))["event"]
    assert done(run_hooks(citus_system, "vocabularies"))["event"] == "nada que hacer"


def test_one_that_is_missing_is_seen_and_loaded_again(citus_system: Cluster, run_hooks: Hooks) -> None:
    run(
        citus_system,
        "DELETE FROM vocabularios WHERE nombre = 'finalidades'",
        "DELETE FROM conceptos WHERE vocabulario = 'finalidades'",
    )
    assert "cargar el vocabulario finalidades" in done(run_hooks(citus_system, "verify"), 75)["event"]
    done(run_hooks(citus_system, "vocabularies"))
    for node in citus_system.nodes[:3]:
        assert rows(citus_system, node, LOADED) == WANTED


def test_one_with_other_content_is_left_alone_and_told(citus_system: Cluster, run_hooks: Hooks) -> None:
    run(citus_system, f"UPDATE vocabularios SET sha256 = '{'0' * 64}' WHERE nombre = 'finalidades'")
    again = run_hooks(citus_system, "sync")
    assert "nada que hacer" in done(again)["event"]
    assert "está cargado con otro contenido" in again.stdout
    [ours] = [one for one in carried() if one.heading.nombre == "finalidades"]
    run(citus_system, f"UPDATE vocabularios SET sha256 = '{ours.sha256}' WHERE nombre = 'finalidades'")


@pytest.mark.timeout(1200)
def test_killed_at_any_statement_of_loading(citus_system: Cluster, tmp_path: pathlib.Path) -> None:
    """Whoever reads sees whole vocabularies only; one more run loads the rest. Two stand for all."""
    runner = Runner(citus_system, tmp_path / "output.log", "vocabularies", 2)
    try:
        forget(citus_system)
        statements = runner.plain()
        first = next(number for number, text in enumerate(statements, 1) if text.startswith("INSERT"))
        assert sum(text.startswith("COPY") for text in statements) == len(KILLED)
        for number, text in enumerate(statements[first - 1 :], first):
            for when in ("before",) if READ.match(text) else ("before", "during"):
                forget(citus_system)
                runner.kill(f"{when} {number}")
                for node in citus_system.nodes[:3]:
                    assert set(rows(citus_system, node, LOADED)) <= set(WANTED), f"{when} {number}"
                runner.plain()
                for node in citus_system.nodes[:3]:
                    assert rows(citus_system, node, LOADED) == WANTED, f"{when} {number}"
    finally:
        runner.close()
