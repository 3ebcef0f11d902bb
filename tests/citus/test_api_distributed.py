"""The API on a real Citus: the seed's paths, the answers that depend on constraints of shards, and a lost worker."""

import concurrent.futures
import itertools
import time
from collections import Counter
from typing import Any

import pytest
from flask.testing import FlaskClient

PACIENTES = "/api/v1/pacientes"
_numbers = itertools.count(time.time_ns() // 1000 % 10**12)


def create(api: FlaskClient, **members: Any) -> Any:
    return api.post(PACIENTES, json={"cedula": f"C-{next(_numbers)}", "nombre": "Ana", "apellido": "Paz"} | members)


def test_status_and_workers(citus_api: FlaskClient) -> None:
    status = citus_api.get("/status").get_json()
    assert (status["status"], status["engine"], status["workers"]) == ("connected", "citus", 2)
    assert status["citus_version"]
    assert status["schema_version"]
    workers = citus_api.get("/citus/workers").get_json()["workers"]
    assert len(workers) == 2
    assert workers == sorted(workers)
    assert all(isinstance(name, str) and isinstance(port, int) for name, port in workers)
    assert citus_api.get("/usuarios").get_json() == {"usuarios": []}


def test_a_record_is_written_and_read(citus_api: FlaskClient) -> None:
    medico = citus_api.post("/api/v1/medicos", json={"nombre": "L", "apellido": "G", "codigo_medico": "MED900"})
    assert medico.status_code == 201
    cedula = create(citus_api).get_json()["cedula"]
    address = f"{PACIENTES}/{cedula}/consultas"
    created = citus_api.post(address, json={"medico_id": medico.get_json()["id"], "diagnostico": "Asma"})
    assert created.status_code == 201
    assert created.get_json()["paciente_cedula"] == cedula
    assert citus_api.get(created.headers["Location"]).get_json() == created.get_json()
    assert citus_api.get(address).get_json()["consultas"] == [created.get_json()]


def test_pages_over_all_shards_give_every_row_once(citus_api: FlaskClient) -> None:
    made = {create(citus_api).get_json()["cedula"] for _ in range(25)}
    listed: Counter[str] = Counter()
    cursor = ""
    while True:
        body = citus_api.get(f"{PACIENTES}?limite=7{cursor}").get_json()
        listed.update(row["cedula"] for row in body["pacientes"])
        if body["siguiente"] is None:
            break
        cursor = f"&cursor={body['siguiente']}"
    assert set(listed.values()) == {1}
    assert made <= set(listed)


def test_conflicts_and_missing_references_keep_their_meaning(citus_api: FlaskClient) -> None:
    cedula = create(citus_api).get_json()["cedula"]
    assert create(citus_api, cedula=cedula).status_code == 409
    assert citus_api.post(f"{PACIENTES}/C-NADIE/consultas", json={}).status_code == 404
    assert citus_api.get(f"{PACIENTES}/C-NADIE/consultas").status_code == 404
    answer = citus_api.post(f"{PACIENTES}/{cedula}/consultas", json={"medico_id": 2**62})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == ["/medico_id"]


def test_of_twenty_at_once_one_is_created(citus_api: FlaskClient) -> None:
    cedula = f"C-{next(_numbers)}"

    def attempt(_number: int) -> int:
        return int(create(citus_api.application.test_client(), cedula=cedula).status_code)

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        assert Counter(pool.map(attempt, range(20))) == {201: 1, 409: 19}


def test_a_lost_worker_costs_its_own_patients_only(citus_api: FlaskClient, citus_system: Any) -> None:
    cedulas = [create(citus_api).get_json()["cedula"] for _ in range(16)]
    worker = citus_system.workers[0]
    citus_system.kill(worker)
    try:
        answers = [citus_api.get(f"{PACIENTES}/{cedula}") for cedula in cedulas]
        assert {answer.status_code for answer in answers} == {200, 503}
        lost = next(answer for answer in answers if answer.status_code == 503)
        assert lost.get_json()["type"].endswith("#nodo-no-disponible")
        assert str(worker.port) not in lost.get_data(as_text=True)
        assert citus_api.get(PACIENTES).status_code == 503
        assert citus_api.get("/readyz").status_code == 200
        assert citus_api.get("/status").get_json()["workers"] == 2
    finally:
        citus_system.restart(worker)
    assert [citus_api.get(f"{PACIENTES}/{cedula}").status_code for cedula in cedulas] == [200] * 16


@pytest.mark.parametrize("path", ["/usuarios", "/citus/workers", "/status"])
def test_the_coordinator_lost_is_said_in_words(citus_api: FlaskClient, citus_system: Any, path: str) -> None:
    citus_system.kill(citus_system.coordinator)
    try:
        body = citus_api.get(path).get_json()
        assert body["message" if path == "/status" else "error"]
    finally:
        citus_system.restart(citus_system.coordinator)
    assert citus_api.get(path).status_code == 200
