"""The whole history of a patient with many records is one task on one node, whichever node is asked."""

import contextlib
import re
from typing import Any

import pytest
from citus.routed import NewApi, patients
from historia_clinica.resources.historia.repository import READ
from row_contexts import as_the_api

MANY = 1000
FILL = "INSERT INTO consultas (paciente_id, diagnostico) SELECT %s, 'Control ' || n FROM generate_series(1, %s) n"


@pytest.mark.parametrize("routing", ["coordinator", "workers", "owner"])
def test_a_history_with_a_thousand_consultas_is_one_task(citus_system: Any, new_api: NewApi, routing: str) -> None:
    api = new_api(routing)
    (cedula,) = patients(api, 1)
    with contextlib.closing(citus_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(FILL, (cedula, MANY))
    answer = api.get(f"/api/v1/pacientes/{cedula}/historia")
    assert answer.status_code == 200
    consultas = answer.get_json()["consultas"]
    assert len({one["id"] for one in consultas}) == MANY
    for node in citus_system.nodes[:3]:
        with as_the_api(citus_system, node) as cursor:
            cursor.execute(f"EXPLAIN (VERBOSE, COSTS OFF) {READ.sql}", {"cedula": cedula})
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert re.findall(r"Task Count: (\d+)", plan) == ["1"], plan
        assert plan.count("Node: ") == 1, plan
