"""What /metrics tells of the nodes: well, away, silent, changed, getting data, and without the coordinator."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import pytest
from citus.hooks_state import done, rows, run
from citus.routed import frozen
from flask.testing import FlaskClient
from historia_clinica import create_app
from historia_clinica.settings import Settings
from historia_local.nodes import Cluster, Node
from scraped import ON, Scraped, scrape

Hooks = Callable[..., Any]
Prepared = Callable[[str, Callable[[], object]], Cluster]
Synced = Callable[..., Cluster]
PATIENTS = 2000
FILL = (
    "INSERT INTO pacientes (cedula, nombre, apellido)"
    f" SELECT 'P' || lpad(n::text, 9, '0'), 'Ana', 'Ejemplo' FROM generate_series(1, {PATIENTS}) n"
)
IN_TIME = 2.5  # seconds: two for the nodes, and the rest for a busy machine


@pytest.fixture
def system(prepared: Prepared, synced: Synced, run_hooks: Hooks) -> Cluster:
    """Two workers with patients, counted."""

    def make() -> None:
        cluster = synced()
        run(cluster, FILL)
        done(run_hooks(cluster, "sync"))

    return prepared("counted patients", make)


@pytest.fixture
def api(system: Cluster, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    for name, value in (system.api_environment() | ON).items():
        monkeypatch.setenv(name, value)
    return create_app(Settings()).test_client()


def in_time(api: FlaskClient) -> Scraped:
    begun = time.monotonic()
    found = scrape(api)
    took = time.monotonic() - begun
    assert took < IN_TIME, took
    return found


def name(node: Node) -> str:
    return f"{node.host}:{node.port}"


def told(found: Scraped) -> dict[str, float]:
    return {labels["part"]: value for labels, value in found.of("historia_scrape_success")}


def test_all_is_well(system: Cluster, api: FlaskClient) -> None:
    found = in_time(api)
    assert found.value("historia_database_up") == 1
    assert set(told(found).values()) == {1}
    up = {(labels["node"], labels["role"]): value for labels, value in found.of("historia_node_up")}
    workers = system.workers[:2]
    assert up == {(name(system.coordinator), "coordinator"): 1, **{(name(one), "worker"): 1 for one in workers}}
    assert {value for _, value in found.of("historia_node_identity_changed")} == {0}
    assert sum(value for _, value in found.of("historia_node_patients")) == PATIENTS
    assert 1 <= found.value("historia_skew") < 1.2
    assert found.value("historia_moves_running") == found.value("historia_pending_cleanup") == 0
    for worker in workers:
        [(size,)] = rows(system, worker, "SELECT pg_database_size(current_database())")
        assert found.value("historia_node_database_bytes", node=name(worker)) == pytest.approx(size, rel=0.1)
        [(commits,)] = rows(
            system, worker, "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        )
        assert 0 < found.value("historia_postgres_commits_total", node=name(worker)) <= commits
    for node in (system.coordinator, *workers):
        [(most,)] = rows(system, node, "SELECT current_setting('max_connections')::integer")
        assert found.value("historia_postgres_max_connections", node=name(node)) == most
        assert 0 < found.value("historia_postgres_connections", node=name(node)) < most
        free = found.value("historia_node_disk_free_bytes", node=name(node))
        assert 0 < free < found.value("historia_node_disk_size_bytes", node=name(node))


def test_a_worker_that_is_down(system: Cluster, api: FlaskClient) -> None:
    down, other = system.workers[:2]
    system.kill(down)
    found = in_time(api)
    assert found.value("historia_node_up", node=name(down)) == 0
    assert found.value("historia_node_up", node=name(other)) == 1
    assert found.value("historia_node_shards", node=name(down)) > 0
    assert sum(value for _, value in found.of("historia_node_patients")) == PATIENTS, "of the last count"
    assert found.of("historia_postgres_connections", node=name(down)) == []
    assert found.value("historia_postgres_connections", node=name(other)) > 0
    assert found.value("historia_database_up") == 1


def test_a_worker_that_is_silent(system: Cluster, api: FlaskClient) -> None:
    """It takes connections and never answers."""
    in_time(api)  # the pool has its connections
    time.sleep(3.5)  # what was found is not kept longer
    silent = system.workers[1]
    with frozen(silent):
        found = in_time(api)
        assert found.value("historia_node_up", node=name(silent)) == 0
        assert found.value("historia_postgres_connections", role="coordinator") > 0
        assert found.of("historia_postgres_connections", node=name(silent)) == []


def test_a_worker_that_was_wiped(system: Cluster, api: FlaskClient) -> None:
    wiped = system.workers[1]
    system.blank(wiped)
    found = in_time(api)
    assert found.value("historia_node_identity_changed", node=name(wiped)) == 1
    assert found.value("historia_node_up", node=name(wiped)) == 1


def test_moves_are_shown_while_they_run(system: Cluster, api: FlaskClient, run_hooks: Hooks) -> None:
    """A reader holds the first move at its last step, so that it is still running when it is looked at."""
    with contextlib.closing(system.connect()) as reader, reader.cursor() as cursor:
        reader.autocommit = False
        cursor.execute("SELECT count(*) FROM pacientes")
        done(run_hooks(system, "sync", workers=3))
        found = in_time(api)
        reader.rollback()
    run(system, "SELECT citus_rebalance_stop()")
    assert found.value("historia_moves_running") == 1
    assert found.value("historia_move_groups", state="pending") > 0
    assert found.value("historia_skew") == pytest.approx(1.5, rel=0.1), "the third holds next to nothing"


def test_without_the_coordinator_it_answers_what_it_knows(system: Cluster, api: FlaskClient) -> None:
    assert api.get("/api/v1/medicos").status_code == 200
    system.kill(system.coordinator)
    assert api.get("/api/v1/medicos").status_code == 503
    found = in_time(api)
    assert found.value("historia_database_up") == 0
    assert set(told(found).values()) == {0}
    assert found.of("historia_node_up") == []
    statuses = {labels["status"]: value for labels, value in found.of("historia_http_requests_total")}
    assert statuses == {"200": 1, "503": 1}
    system.restart(system.coordinator)
    end = time.monotonic() + 20
    while not found.of("historia_node_up") and time.monotonic() < end:
        time.sleep(0.5)
        found = scrape(api)
    assert len(found.of("historia_node_up")) == 3
