"""What the database servers write down: that something failed, and nothing of the patient it was about."""

import contextlib

import psycopg2
from flask.testing import FlaskClient
from historia_local.nodes import Cluster

CEDULA = "9081726354"
NAME = "Zenobia Innombrable"
FAULTS = (
    # the row would stand in the detail, the statement beside it
    f"UPDATE pacientes SET estado = 'otro' WHERE cedula = '{CEDULA}'",
    f"INSERT INTO consultas (paciente_id) VALUES ('{CEDULA}0')",
    f"INSERT INTO pacientes (cedula, nombre, apellido) VALUES ('{CEDULA}', '{NAME}', 'Prueba')",
)


def _logs(cluster: Cluster) -> str:
    return "".join(node.log.read_text(errors="replace") for node in cluster.nodes)


def test_what_fails_is_logged_without_the_patient(citus_system: Cluster, citus_api: FlaskClient) -> None:
    body = {"cedula": CEDULA, "nombre": NAME, "apellido": "Prueba"}
    assert citus_api.post("/api/v1/pacientes", json=body).status_code == 201
    with contextlib.closing(citus_system.connect()) as connection:
        for fault in FAULTS:
            with connection.cursor() as cursor, contextlib.suppress(psycopg2.IntegrityError):
                cursor.execute(fault)
    written = _logs(citus_system)
    for message in ("duplicate key value", "violates check constraint", "violates foreign key constraint"):
        assert message in written
    assert CEDULA not in written
    assert NAME not in written


def test_a_long_wait_for_a_lock_is_logged_without_the_statement(citus_system: Cluster) -> None:
    with contextlib.closing(citus_system.connect()) as first, contextlib.closing(citus_system.connect()) as second:
        with first.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(4711)")
        with second.cursor() as cursor, contextlib.suppress(psycopg2.errors.LockNotAvailable):
            cursor.execute("SET lock_timeout = '1500ms'")
            cursor.execute(f"SELECT pg_advisory_lock(4711), '{NAME}'")
    written = _logs(citus_system)
    assert "still waiting for ExclusiveLock on advisory lock" in written
    assert NAME not in written
