"""A newer Citus under an older database, with the real scripts of its extension; and images that `drain` refuses."""

import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from citus.hooks_state import done, rows, run, state
from citus.killing import Runner
from historia_local.nodes import Cluster, Node

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
NEWEST = "SELECT default_version FROM pg_available_extensions WHERE name = 'citus'"
VERSION = "SELECT extversion FROM pg_extension WHERE extname = 'citus'"
MAJOR = "SELECT current_setting('server_version_num')::integer / 10000"
FAR_APART = "12.1-1"  # the library of 13 and later refuses to work with it
LAST_MINOR = "13.1-1"
FILL = (
    "INSERT INTO pacientes (cedula, nombre, apellido)"
    " SELECT 'P' || lpad(n::text, 9, '0'), 'Ana', 'Ejemplo' FROM generate_series(1, 200) n"
)
CHECKSUM = "SELECT count(*), sum(hashtextextended(p::text, 0)::numeric) FROM pacientes p"
NOTHING = "nada que hacer"


def newest(cluster: Cluster) -> str:
    [(version,)] = rows(cluster, cluster.coordinator, NEWEST)
    return str(version)


def versions(cluster: Cluster, workers: int = 2) -> set[str]:
    return {rows(cluster, node, VERSION)[0][0] for node in (cluster.coordinator, *cluster.workers[:workers])}


def begin_with(cluster: Cluster, node: Node, version: str) -> None:
    run(
        cluster,
        "DROP EXTENSION citus",
        "SET citus.enable_version_checks TO off",
        f"CREATE EXTENSION citus VERSION '{version}'",
        node=node,
    )


def as_13_1(cluster: Cluster, workers: int = 2) -> None:
    """Takes back what the script from 13.1 to 13.2 adds to the catalogue; its functions are ones that it replaces."""
    for node in (cluster.coordinator, *cluster.workers[:workers]):
        run(
            cluster,
            "ALTER TABLE pg_catalog.pg_dist_node DROP COLUMN nodeisclone, DROP COLUMN nodeprimarynodeid",
            f"UPDATE pg_extension SET extversion = '{LAST_MINOR}' WHERE extname = 'citus'",
            node=node,
        )


@pytest.fixture
def system(fresh_citus: Cluster) -> Cluster:
    """Two workers with patients."""
    run(fresh_citus, FILL)
    return fresh_citus


@pytest.fixture
def aged_system(system: Cluster) -> Cluster:
    """The same, of the Citus before; the library is newer."""
    if newest(system) != "13.2-1":
        pytest.skip("this test knows the way from 13.1 to 13.2 alone")
    as_13_1(system)
    assert versions(system) == {LAST_MINOR}
    return system


def test_nodes_that_citus_refuses_to_work_with_are_upgraded_first(blank_citus: Cluster, run_hooks: Hooks) -> None:
    for node in blank_citus.nodes[:3]:
        begin_with(blank_citus, node, FAR_APART)
    run(blank_citus, "DROP EXTENSION citus", node=blank_citus.workers[2])
    assert versions(blank_citus) == {FAR_APART}
    said = run_hooks(blank_citus, "verify", workers=3)
    assert "llevar la extensión citus" in done(said, 75)["event"]
    done(run_hooks(blank_citus, "sync", workers=3))
    assert versions(blank_citus, 3) == {newest(blank_citus)}
    assert NOTHING in done(run_hooks(blank_citus, "sync", workers=3))["event"]


def test_a_lone_node_is_upgraded_too(blank_citus: Cluster, run_hooks: Hooks) -> None:
    begin_with(blank_citus, blank_citus.coordinator, FAR_APART)
    done(run_hooks(blank_citus, "sync", workers=0))
    assert versions(blank_citus, 0) == {newest(blank_citus)}


def test_patients_are_there_before_and_after_and_can_be_moved(aged_system: Cluster, run_hooks: Hooks) -> None:
    before = rows(aged_system, aged_system.coordinator, CHECKSUM)
    upgraded = run_hooks(aged_system, "sync")
    done(upgraded)
    steps = [line for line in upgraded.stdout.splitlines() if "llevar la extensión" in line and '"paso"' in line]
    addresses = [node.address for node in (*aged_system.workers[:2], aged_system.coordinator)]
    assert len(steps) == 3
    assert all(address in step for address, step in zip(addresses, steps, strict=True)), "workers first"
    assert "terminar la actualización" in steps[-1]
    assert versions(aged_system) == {newest(aged_system)}
    assert NOTHING in done(run_hooks(aged_system, "sync"))["event"]
    done(run_hooks(aged_system, "sync", workers=3, HISTORIA_REBALANCE="wait"))
    assert rows(aged_system, aged_system.coordinator, CHECKSUM) == before


@pytest.fixture
def runner(citus_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    runner = Runner(citus_cluster, tmp_path_factory.mktemp("killed") / "output.log", "register", 2)
    yield runner
    runner.close()


@pytest.mark.timeout(600)
def test_killed_around_any_change_the_next_run_ends_the_upgrade(aged_system: Cluster, runner: Runner) -> None:
    statements = runner.plain()
    expected = state(aged_system, 2) | {"versions": versions(aged_system)}
    alter, finish = "ALTER EXTENSION citus UPDATE", "CALL citus_finish_citus_upgrade()"
    assert statements.count(alter) == 3
    of_alter = [number for number, text in enumerate(statements, 1) if text == alter]
    of_finish = statements.index(finish) + 1
    assert statements[of_finish] == "COMMIT"
    wrong = {}
    for number in (*of_alter, of_finish, of_finish + 1):
        for when in ("before", "during", "after"):
            as_13_1(aged_system)
            runner.kill(f"{when} {number}")
            runner.plain()
            found = state(aged_system, 2) | {"versions": versions(aged_system)}
            if different := {name: found[name] for name in expected if found[name] != expected[name]}:
                wrong[when, number] = different
    assert not wrong


def test_pods_that_still_run_the_old_image_are_waited_for(system: Cluster, run_hooks: Hooks) -> None:
    late = done(run_hooks(system, "sync", HISTORIA_CITUS_VERSION="99.0.1", HISTORIA_TIMEOUT="2"), 75)["event"]
    assert f"{system.coordinator.address} tenga la imagen nueva, con Citus 99.0.1" in late
    assert "postgresql.image.citusVersion" in late
    there = newest(system).split("-")[0]
    assert NOTHING in done(run_hooks(system, "sync", HISTORIA_CITUS_VERSION=there))["event"]


def test_an_image_that_could_not_open_the_data_is_refused_before_a_pod_changes(
    system: Cluster, run_hooks: Hooks
) -> None:
    [(major,)] = rows(system, system.coordinator, MAJOR)
    before = state(system, 2)
    refusals: tuple[tuple[dict[str, str], str], ...] = (
        ({"HISTORIA_POSTGRES_MAJOR": str(major + 1)}, f"los datos son de PostgreSQL {major}"),
        ({"HISTORIA_CITUS_VERSION": "11.3.0"}, f"la extensión instalada es {newest(system)}"),
    )
    for new_image, sentence in refusals:
        for workers in (2, 1):  # whether or not anybody leaves
            refused = done(run_hooks(system, "drain", workers=workers, **new_image), 78)["event"]
            assert sentence in refused
            assert "actualizar-citus.md" in refused
    assert state(system, 2) == before
    fits: dict[str, Any] = {"HISTORIA_POSTGRES_MAJOR": str(major), "HISTORIA_CITUS_VERSION": "99.0.0"}
    assert NOTHING in done(run_hooks(system, "drain", **fits))["event"]


def test_a_database_that_is_down_refuses_no_image(blank_citus: Cluster, run_hooks: Hooks) -> None:
    """An upgrade may be the cure."""
    nowhere = {"HISTORIA_FIRST_LEAVING": "hc-worker-2.invalid", "POSTGRES_PORT": "1"}
    begun = time.monotonic()
    asked = run_hooks(blank_citus, "drain", HISTORIA_POSTGRES_MAJOR="99", HISTORIA_CITUS_VERSION="9.0", **nowhere)
    assert NOTHING in done(asked)["event"]
    assert time.monotonic() - begun < 10


def test_what_citus_cannot_read_before_the_upgrade_is_said(system: Cluster, run_hooks: Hooks) -> None:
    for node in system.nodes[:3]:
        run(system, f"UPDATE pg_extension SET extversion = '{FAR_APART}' WHERE extname = 'citus'", node=node)
    said = done(run_hooks(system, "rebalance"), 75)["event"]
    assert "Ejecute historia-hooks sync" in said
    shown = run_hooks(system, "status")
    assert shown.returncode == 75
    assert f"llevar la extensión citus de {FAR_APART} a {newest(system)}" in shown.stdout
