"""Requests about one patient past the coordinator: which node answers, patients that move, nodes that leave."""

import concurrent.futures
import contextlib
import random
import sys
import threading
import time
from collections import Counter
from typing import Any

import pytest
from citus.routed import (
    PACIENTES,
    PAST_THE_COORDINATOR,
    NewApi,
    answering_port,
    database_of,
    eventually,
    medico,
    move,
    owner_of,
    patients,
)
from historia_clinica import directory
from historia_clinica.routing import Address, worker_hash


def keys(count: int) -> list[str]:
    """Text of every length up to three blocks of the hash, and beyond; all of Unicode but surrogates and NUL."""
    choice = random.Random(4)
    letters = [*range(1, 0xD800), *range(0xE000, sys.maxunicode + 1)]
    digits = [ord(digit) for digit in "0123456789"]
    alphabets = [digits, list(range(32, 127)), list(range(0xC0, 0x180)), letters]
    made = ["".join(map(chr, choice.choices(choice.choice(alphabets), k=n % 40))) for n in range(count)]
    return [*made, "1012345678", "á" * 12, "x" * 1000]


def test_the_hash_is_that_of_citus(citus_system: Any) -> None:
    wanted = keys(8000)
    with contextlib.closing(citus_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT worker_hash(key) FROM unnest(%s::text[]) WITH ORDINALITY AS k (key, n) ORDER BY n", (wanted,)
        )
        told = [row[0] for row in cursor.fetchall()]
    assert [(key, worker_hash(key)) for key in wanted] == list(zip(wanted, told, strict=True))


def test_the_owner_is_asked(citus_system: Any, new_api: NewApi) -> None:
    api = new_api("owner")
    for cedula in patients(api, 20):
        assert answering_port(api, cedula) == owner_of(citus_system, cedula).port
        assert api.get(f"{PACIENTES}/{cedula}").get_json()["cedula"] == cedula


def test_workers_take_turns(citus_system: Any, new_api: NewApi) -> None:
    api = new_api("workers")
    asked = Counter(answering_port(api, "R-1") for _ in range(20))
    assert asked == {node.port: 10 for node in citus_system.workers[:2]}


@pytest.mark.parametrize("routing", ["coordinator", *PAST_THE_COORDINATOR])
def test_every_answer_is_the_same_whoever_gives_it(citus_system: Any, new_api: NewApi, routing: str) -> None:
    api = new_api(routing)
    doctor = medico(api)
    for cedula in patients(api, 6):
        address = f"{PACIENTES}/{cedula}"
        assert api.post(PACIENTES, json={"cedula": cedula, "nombre": "A", "apellido": "P"}).status_code == 409
        created = api.post(f"{address}/consultas", json={"medico_id": doctor, "diagnostico": "Asma"})
        assert created.status_code == 201
        assert api.get(created.headers["Location"]).get_json() == created.get_json()
        assert api.get(f"{address}/consultas").get_json()["consultas"] == [created.get_json()]
        refused = api.post(f"{address}/consultas", json={"medico_id": 2**62})
        assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/medico_id")
    assert api.get(f"{PACIENTES}/R-NADIE").status_code == 404
    assert api.post(f"{PACIENTES}/R-NADIE/consultas", json={}).status_code == 404
    assert api.get(f"{PACIENTES}/R-NADIE/consultas").status_code == 404


def test_a_patient_who_moved_after_the_look_up_is_found(
    citus_system: Any, new_api: NewApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "MAX_AGE", 3600.0)  # the map stays as old as it was before the move
    api = new_api("owner")
    (cedula,) = patients(api, 1)
    before = owner_of(citus_system, cedula)
    after = next(Address(node.host, node.port) for node in citus_system.workers[:2] if node.port != before.port)
    move(citus_system, cedula, before, after)
    try:
        assert answering_port(api, cedula) == before.port
        assert api.get(f"{PACIENTES}/{cedula}").get_json()["cedula"] == cedula
        created = api.post(f"{PACIENTES}/{cedula}/consultas", json={"diagnostico": "d"})
        assert created.status_code == 201
        assert api.get(f"{PACIENTES}/{cedula}/consultas").get_json()["consultas"] == [created.get_json()]
        assert api.get(f"{PACIENTES}/{cedula}").status_code == 200
    finally:
        move(citus_system, cedula, after, before)


def test_the_map_follows_a_move(citus_system: Any, new_api: NewApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MAX_AGE", 0.5)
    api = new_api("owner")
    (cedula,) = patients(api, 1)
    before = owner_of(citus_system, cedula)
    after = next(Address(node.host, node.port) for node in citus_system.workers[:2] if node.port != before.port)
    move(citus_system, cedula, before, after)
    try:
        eventually(lambda: answering_port(api, cedula) == after.port)
        assert api.get(f"{PACIENTES}/{cedula}").status_code == 200
    finally:
        move(citus_system, cedula, after, before)


def test_a_node_that_left_the_cluster_is_passed_over(
    citus_system: Any, new_api: NewApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The map still names it, it answers, and it knows none of our tables: no request fails, no patient is missing."""
    api = new_api("owner")
    (cedula,) = patients(api, 1)
    stranger = Address(citus_system.workers[2].host, citus_system.workers[2].port)
    before = directory.candidates
    monkeypatch.setattr(directory, "candidates", lambda *known: [stranger, *before(*known)])
    with monkeypatch.context() as patch:
        patch.setattr(directory, "REST", 0.0)
        with contextlib.closing(citus_system.connect(citus_system.workers[2])) as connection:
            cursor = connection.cursor()
            role = citus_system.api_environment()
            cursor.execute(f"CREATE ROLE {role['POSTGRES_USER']} LOGIN PASSWORD %s", (role["POSTGRES_PASSWORD"],))
            try:
                assert api.get(f"{PACIENTES}/{cedula}").status_code == 200
                assert api.post(f"{PACIENTES}/{cedula}/consultas", json={}).status_code == 201
                assert api.get(f"{PACIENTES}/{cedula}/consultas").status_code == 200
            finally:
                database_of(api).close()
                cursor.execute(f"DROP ROLE {role['POSTGRES_USER']}")
    assert len(api.get(f"{PACIENTES}/{cedula}/consultas").get_json()["consultas"]) == 1


def test_a_worker_leaves_and_no_request_fails(citus_system: Any, run_hooks: Any, new_api: NewApi) -> None:
    registered = run_hooks(citus_system, "register", workers=3)
    assert registered.returncode == 0, registered.stdout + registered.stderr
    api = new_api("workers")
    cedulas = patients(api, 12)
    leaving = citus_system.workers[2]
    assert {node.port for node in citus_system.workers} == {answering_port(api, "R-1") for _ in range(3)}
    left = threading.Event()

    def ask(cedula: str) -> Counter[int]:
        client, answers = api.application.test_client(), Counter[int]()
        while not left.is_set():
            answers[client.get(f"{PACIENTES}/{cedula}").status_code] += 1
            answers[client.post(f"{PACIENTES}/{cedula}/consultas", json={}).status_code] += 1
        return answers

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, cedula) for cedula in cedulas[:4]]
        time.sleep(1)
        with contextlib.closing(citus_system.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT stop_metadata_sync_to_node(%s, %s, true)", (leaving.host, leaving.port))
            time.sleep(0.5)
            cursor.execute("SELECT citus_remove_node(%s, %s)", (leaving.host, leaving.port))
        time.sleep(1)
        citus_system.kill(leaving)
        time.sleep(1)
        left.set()
        answers = sum((done.result() for done in asking), Counter[int]())
    citus_system.blank(leaving)
    assert answers.keys() == {200, 201}
    eventually(lambda: answering_port(api, "R-1") != leaving.port and len(database_of(api).workers()) == 2)
