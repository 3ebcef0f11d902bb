"""`historia-hooks selftest` against the API on real nodes: it tells good from bad and leaves nothing behind."""

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from citus.hooks_state import rows
from historia_local.nodes import Cluster
from serving import served

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
LEFT = (
    "SELECT (SELECT count(*) FROM pacientes WHERE cedula LIKE 'PRUEBA-%') + (SELECT count(*) FROM consultas),"
    " (SELECT count(*) FROM usuario) + (SELECT count(*) FROM cuentas) + (SELECT count(*) FROM sesiones)"
)


@pytest.fixture(scope="module")
def url(citus_api: Any) -> Iterator[str]:
    with served(citus_api.application) as address:
        yield address


def test_a_good_system_passes(citus_system: Cluster, run_hooks: Hooks, url: str) -> None:
    tried = run_hooks(citus_system, "selftest", "--url", url)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "falla:" not in tried.stdout
    for worker in citus_system.workers[:2]:
        assert worker.address in tried.stdout
    assert rows(citus_system, citus_system.coordinator, LEFT) == [(0, 0)]


def test_the_url_may_come_from_the_environment(citus_system: Cluster, run_hooks: Hooks, url: str) -> None:
    assert run_hooks(citus_system, "selftest", HISTORIA_API_URL=url).returncode == 0


def test_an_api_that_asks_who_calls_is_tried_as_well(
    citus_system: Cluster, run_hooks: Hooks, api_of: Callable[..., Any]
) -> None:
    with api_of(citus_system, HISTORIA_AUTH="required") as api, served(api.application) as address:
        tried = run_hooks(citus_system, "selftest", "--url", address)
        refused = api.get("/api/v1/pacientes")
    assert (tried.returncode, refused.status_code) == (0, 401), tried.stdout + tried.stderr
    assert rows(citus_system, citus_system.coordinator, LEFT) == [(0, 0)]


def test_a_missing_worker_fails(citus_system: Cluster, run_hooks: Hooks, url: str) -> None:
    tried = run_hooks(citus_system, "selftest", "--url", url, workers=3)
    assert tried.returncode == 1
    assert f"falla: la API no conoce estos workers: {citus_system.workers[2].address}" in tried.stdout
    assert rows(citus_system, citus_system.coordinator, LEFT) == [(0, 0)]


def test_what_was_written_before_a_failure_is_removed(citus_system: Cluster, run_hooks: Hooks, url: str) -> None:
    """The API may write patients but no consultas."""
    with contextlib.closing(citus_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("REVOKE INSERT ON consultas FROM historia_app")
        try:
            tried = run_hooks(citus_system, "selftest", "--url", url)
        finally:
            cursor.execute("GRANT INSERT ON consultas TO historia_app")
    assert tried.returncode == 1
    assert "falla: POST /api/v1/pacientes/PRUEBA-" in tried.stdout
    assert rows(citus_system, citus_system.coordinator, LEFT) == [(0, 0)]


def test_an_api_that_does_not_answer_fails(citus_system: Cluster, run_hooks: Hooks) -> None:
    tried = run_hooks(citus_system, "selftest", "--url", "http://127.0.0.1:9")
    assert tried.returncode == 1
    assert "falla: GET /citus/workers no responde" in tried.stdout


def test_what_a_killed_test_left_behind_is_removed_by_the_next(
    citus_system: Cluster, run_hooks: Hooks, url: str
) -> None:
    with contextlib.closing(citus_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO pacientes (cedula, nombre, apellido, fecha_registro)"
            " VALUES ('PRUEBA-AB12-01', 'Paciente', 'De Prueba 1', now() - interval '2 hours')"
        )
        cursor.execute(
            "INSERT INTO usuario (documento_id, nombre, email) VALUES ('PRUEBA-ABCD1234', 'P', 'p@x.invalid')"
        )
        cursor.execute(
            "INSERT INTO cuentas (documento_id, ambitos, clave_hash, clave_en, debe_cambiar, creada_en, creada_por)"
            " VALUES ('PRUEBA-ABCD1234', '{a:b}', '$argon2id$', now(), false, now() - interval '2 hours', 'h')"
        )
    assert run_hooks(citus_system, "selftest", "--url", url).returncode == 0
    assert rows(citus_system, citus_system.coordinator, LEFT) == [(0, 0)]
