"""`historia-hooks` on one node of plain PostgreSQL: the same schema, nothing distributed."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg2.errors
import pytest
from historia_hooks.schema import MATRIX, RECORDS
from historia_local.nodes import Cluster
from row_contexts import as_the_api

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
VERSIONED = ("pacientes", "consultas", "medicos", "usuario", *RECORDS)
ACCESS = ["cuentas", "sesiones", "intentos_acceso"]
AUDIT = ("auditoria", "auditoria_cabeza", "auditoria_sistema", "auditoria_sistema_cabeza", "sellos_auditoria")
APPENDED = ("documentos_contenido", "accesos_emergencia", "accesos_emergencia_revisiones")
ALLOWED = {
    ("alembic_version", "SELECT"),
    ("numeros_anteriores", "SELECT"),
    ("medicos_id_seq", "USAGE"),
    ("usuario_id_seq", "USAGE"),
    ("vocabularios", "SELECT"),
    ("numeros_anteriores", "SELECT"),
    ("fusiones", "SELECT"),
    ("conceptos", "SELECT"),
    *((table, "SELECT") for table in MATRIX),
    *((table, action) for table in VERSIONED for action in ("SELECT", "INSERT", "UPDATE")),
    *((f"{table}_historial", action) for table in VERSIONED for action in ("SELECT", "INSERT")),
    *((table, "SELECT") for table in AUDIT),
    *((table, action) for table in APPENDED for action in ("SELECT", "INSERT")),
    *((table, action) for table in ACCESS for action in ("SELECT", "INSERT", "UPDATE")),
}
GRANTS = """
SELECT c.relname, a.privilege_type FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
 WHERE a.grantee = 'historia_app'::regrole
"""
UNCOMMENTED = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'
   AND a.attnum >= 0 AND NOT a.attisdropped
   AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)
"""
LOCK = 4_842_190_552_017
NEWEST = max(revision.name for revision in (files("historia_hooks.migrations") / "sql").iterdir())[:4]


def query(cluster: Cluster, statement: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def last(completed: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    return dict(json.loads(completed.stdout.splitlines()[-1]))


def test_a_second_sync_has_nothing_to_do(postgres_system: Cluster, run_hooks: Hooks) -> None:
    again = run_hooks(postgres_system, "sync", workers=0)
    assert again.returncode == 0
    assert "nada que hacer" in last(again)["event"]


def test_privileges_of_the_api(postgres_system: Cluster) -> None:
    assert set(query(postgres_system, GRANTS)) == ALLOWED
    for refused in (
        "DELETE FROM pacientes",
        "DELETE FROM pacientes_historial",
        "UPDATE consultas_historial SET motivo = 'otro'",
        "UPDATE fusiones SET motivo = 'otro'",
        "CREATE TABLE otra ()",
        "DELETE FROM usuario",
        "UPDATE usuario_historial SET motivo = 'otro'",
        *(f"DELETE FROM {table}" for table in ACCESS),
        "INSERT INTO vocabularios (nombre) VALUES ('')",
        "INSERT INTO permisos (version, rol) VALUES (0, 'medico')",
        "UPDATE permisos SET condicion = 'siempre'",
        "DELETE FROM relaciones_atencion",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), as_the_api(postgres_system) as cursor:
            cursor.execute(refused)


def test_privileges_that_are_not_declared_are_taken_back(postgres_system: Cluster, run_hooks: Hooks) -> None:
    query(postgres_system, "GRANT DELETE ON pacientes TO historia_app")
    assert run_hooks(postgres_system, "verify", workers=0).returncode == 75
    assert run_hooks(postgres_system, "sync", workers=0).returncode == 0
    assert set(query(postgres_system, GRANTS)) == ALLOWED


def test_every_table_and_column_is_described(postgres_system: Cluster) -> None:
    assert query(postgres_system, UNCOMMENTED) == []


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO pacientes (cedula, nombre, apellido) VALUES ('12 3', 'Ana', 'Ejemplo')",
        "INSERT INTO pacientes (cedula, nombre, apellido) VALUES ('123', ' ', 'Ejemplo')",
        "INSERT INTO consultas (paciente_id, estado) VALUES ('no-existe', 'perdida')",
        "INSERT INTO medicos (nombre, apellido, codigo_medico) VALUES ('Ana', 'Ejemplo', '')",
    ],
)
def test_rows_that_make_no_sense_are_refused(postgres_system: Cluster, statement: str) -> None:
    with pytest.raises(psycopg2.errors.CheckViolation):
        query(postgres_system, statement)


def test_a_consulta_needs_its_patient(postgres_system: Cluster) -> None:
    with pytest.raises(psycopg2.errors.ForeignKeyViolation):
        query(postgres_system, "INSERT INTO consultas (paciente_id) VALUES ('NO-EXISTE')")


def test_workers_without_citus_are_refused(postgres_system: Cluster, run_hooks: Hooks) -> None:
    node = postgres_system.coordinator
    refused = run_hooks(
        postgres_system, "sync", workers=0, HISTORIA_COORDINATOR=f"localhost:{node.port}", HISTORIA_WORKERS=node.address
    )
    assert refused.returncode == 78
    assert "workers.count: 0" in last(refused)["event"]


def test_status(postgres_system: Cluster, run_hooks: Hooks) -> None:
    shown = run_hooks(postgres_system, "status", "--json", workers=0)
    status = json.loads(shown.stdout)
    assert (shown.returncode, status["verdict"]) == (0, "todo en orden")
    assert (status["engine"], status["schema_version"], status["moves"]) == ("postgresql", NEWEST, None)
    [node] = status["nodes"]
    [(patients,)] = query(postgres_system, "SELECT count(*) FROM pacientes")
    assert (node["role"], node["identity"], node["shards"], node["patients"]) == ("coordinator", "ok", 0, patients)
    assert node["bytes"] > 1_000_000
    assert set(status["tables"].values()) == {"plain"}
    table = run_hooks(postgres_system, "status", workers=0).stdout
    assert "Motor     PostgreSQL" in table
    assert "único" in table


def test_status_says_at_once_that_the_database_does_not_answer(postgres_system: Cluster, run_hooks: Hooks) -> None:
    begun = time.monotonic()
    shown = run_hooks(postgres_system, "status", "--json", workers=0, POSTGRES_PORT="1", HISTORIA_COORDINATOR="")
    assert time.monotonic() - begun < 15
    assert shown.returncode == 75
    status = json.loads(shown.stdout)
    assert (status["engine"], status["state"]) == ("unknown", "unreachable")
    assert "el coordinador no responde" in status["verdict"]


def test_wrong_use(postgres_system: Cluster, run_hooks: Hooks) -> None:
    assert run_hooks(postgres_system, "repartir", workers=0).returncode == 2
    shown = run_hooks(postgres_system, "--help", workers=0)
    assert shown.returncode == 0
    assert "Códigos de salida" in shown.stdout


def test_sigterm_says_where_it_stopped(postgres_system: Cluster) -> None:
    with contextlib.closing(postgres_system.connect()) as holder, holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        with subprocess.Popen(
            [Path(sys.executable).with_name("historia-hooks"), "sync"],
            env=postgres_system.hooks_environment(0),
            stdout=subprocess.PIPE,
            text=True,
        ) as running:
            assert running.stdout
            while "otra orden" not in (line := running.stdout.readline()):
                assert line, "it ended without waiting for the lock"
            running.send_signal(signal.SIGTERM)
            began = time.monotonic()
            rest = running.stdout.read()
    assert running.returncode == 75
    assert time.monotonic() - began < 5
    assert "interrumpido (SIGTERM); último paso: todavía nada" in rest
