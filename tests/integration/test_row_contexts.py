"""Whose rows a transaction of the API may touch, on one node: what sync keeps in order, and the keys."""

import time
from typing import Any

import pytest
from audited import query
from conftest import Hooks
from historia_hooks.context_key import MOST, context_verifier, signed_context
from historia_hooks.schema import POLICIES, Distributed, declared
from row_contexts import NOT_TRUSTED, context_of, distrusted, found, refusal

PACIENTES = "/api/v1/pacientes"
# Beside the patients for want of a better place; their keys are documents of accounts, and names of chains.
OF_NO_PATIENT = {"cuentas", "sesiones", "intentos_acceso", "auditoria_sistema", "auditoria_sistema_cabeza"}
ANOTHER = "otra clave de al menos 32 letras"


def patient(api: Any, cedula: str) -> str:
    answer = api.post(PACIENTES, json={"cedula": cedula, "nombre": "Ana", "apellido": "Paz"})
    assert answer.status_code == 201
    return cedula


def test_every_table_beside_the_patients_is_closed_but_those_that_are_about_none() -> None:
    beside = {table.name for table in declared("reference").tables if isinstance(table.spread, Distributed)}
    assert {policy.table for policy in POLICIES} == beside - OF_NO_PATIENT


def test_the_hooks_sign_as_the_api_does(postgres_system: Any) -> None:
    key = postgres_system.api_environment()["HISTORIA_SIGNING_KEY"]
    theirs = signed_context(key, "1")
    assert theirs == context_of(postgres_system, "1", clock=lambda: int(theirs[64:74]))


def test_what_is_not_signed_here_and_now_reads_nobody(postgres_system: Any, api: Any) -> None:
    one, other = patient(api, "RC-1"), patient(api, "RC-2")
    node = postgres_system.coordinator
    asked = "SELECT cedula FROM pacientes WHERE cedula IN ('RC-1', 'RC-2') ORDER BY 1"
    for what, said in distrusted(postgres_system, one, time.time()).items():
        assert refusal(postgres_system, node, said, asked) == NOT_TRUSTED, what
    assert found(postgres_system, node, context_of(postgres_system, one), asked) == [one]
    assert found(postgres_system, node, context_of(postgres_system, "*"), asked) == [one, other]


@pytest.mark.parametrize(
    "opened",
    [
        "ALTER TABLE consultas DISABLE ROW LEVEL SECURITY",
        "DROP POLICY paciente ON consultas",
        "CREATE POLICY otra ON consultas TO historia_app USING (true)",
        "ALTER POLICY paciente ON consultas USING (true)",
        "ALTER POLICY paciente ON consultas TO PUBLIC",
    ],
)
def test_sync_closes_what_somebody_opened(postgres_system: Any, run_hooks: Hooks, opened: str) -> None:
    query(postgres_system, opened)
    verified = run_hooks(postgres_system, "verify", workers=0)
    assert verified.returncode != 0
    assert "cerrar consultas" in verified.stdout + verified.stderr
    assert run_hooks(postgres_system, "sync", workers=0).returncode == 0
    assert run_hooks(postgres_system, "verify", workers=0).returncode == 0
    assert refusal(postgres_system, postgres_system.coordinator, None, "SELECT 1 FROM consultas") == NOT_TRUSTED


def test_keys_are_changed_while_both_are_believed(postgres_system: Any, run_hooks: Hooks, api_of: Any) -> None:
    """And an API whose key the database was not told says so, instead of answering that there is nobody."""
    key = postgres_system.api_environment()["HISTORIA_SIGNING_KEY"]
    with api_of(postgres_system) as before, api_of(postgres_system, HISTORIA_SIGNING_KEY=ANOTHER) as after:
        one = f"{PACIENTES}/{patient(before, 'RC-3')}"
        refused = after.get(one)
        assert (refused.status_code, "no reconoce la firma" in refused.get_json()["detail"]) == (503, True)
        assert run_hooks(postgres_system, "sync", workers=0, HISTORIA_SIGNING_KEYS_ACCEPTED=ANOTHER).returncode == 0
        assert (before.get(one).status_code, after.get(one).status_code) == (200, 200)
        assert run_hooks(postgres_system, "sync", workers=0, HISTORIA_SIGNING_KEY=ANOTHER).returncode == 0
        assert (before.get(one).status_code, after.get(one).status_code) == (503, 200)
    assert run_hooks(postgres_system, "sync", workers=0).returncode == 0
    assert key not in context_verifier([key])


def test_more_keys_than_a_node_keeps_are_refused(postgres_system: Any, run_hooks: Hooks) -> None:
    too_many = ",".join(ANOTHER + str(number) for number in range(MOST))
    refused = run_hooks(postgres_system, "sync", workers=0, HISTORIA_SIGNING_KEYS_ACCEPTED=too_many)
    assert refused.returncode == 78
    assert "caben 3 claves" in refused.stdout + refused.stderr
