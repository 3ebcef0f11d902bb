"""Requests about one patient past the coordinator while nodes are lost: what goes on, what is refused, and how fast."""

import itertools
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
    frozen,
    in_time,
    medico,
    owner_of,
    patients,
    unavailable,
)

ELSEWHERE = [PACIENTES, "/api/v1/medicos", "/citus/workers", "/status"]
MANY = 1000
OTHERS = 250


@pytest.mark.parametrize("routing", PAST_THE_COORDINATOR)
def test_the_coordinator_lost_costs_no_patient(citus_system: Any, new_api: NewApi, routing: str) -> None:
    api = new_api(routing)
    doctor = medico(api)
    cedulas = patients(api, 100)  # ten consultas each: one page
    citus_system.kill(citus_system.coordinator)
    try:
        reads: Counter[int] = Counter()
        writes: Counter[int] = Counter()
        for cedula in itertools.islice(itertools.cycle(cedulas), MANY):
            reads[api.get(f"{PACIENTES}/{cedula}").status_code] += 1
            consulta = {"medico_id": doctor, "diagnostico": "d"}
            writes[api.post(f"{PACIENTES}/{cedula}/consultas", json=consulta).status_code] += 1
        assert (reads, writes) == ({200: MANY}, {201: MANY})
        assert api.post(f"{PACIENTES}/{cedulas[0]}/consultas", json={"medico_id": 2**62}).status_code == 422
        assert len(patients(api, 3)) == 3
        for path in ELSEWHERE:
            unavailable(in_time(lambda path=path: api.get(path)))
        assert in_time(lambda: api.get("/readyz")).status_code == 200
    finally:
        citus_system.restart(citus_system.coordinator)
    for path in ELSEWHERE:
        eventually(lambda path=path: api.get(path).status_code == 200)
    stored = [len(api.get(f"{PACIENTES}/{cedula}/consultas").get_json()["consultas"]) for cedula in cedulas]
    assert sum(stored) == MANY


@pytest.mark.parametrize("routing", PAST_THE_COORDINATOR)
def test_a_lost_worker_costs_its_own_patients_only(citus_system: Any, new_api: NewApi, routing: str) -> None:
    api = new_api(routing)
    cedulas = patients(api, 24)
    lost = citus_system.workers[0]
    theirs = {cedula for cedula in cedulas if owner_of(citus_system, cedula).port == lost.port}
    assert 0 < len(theirs) < len(cedulas)
    citus_system.kill(lost)
    try:
        for cedula in [*cedulas, *cedulas]:
            read = in_time(lambda cedula=cedula: api.get(f"{PACIENTES}/{cedula}"))
            written = in_time(lambda cedula=cedula: api.post(f"{PACIENTES}/{cedula}/consultas", json={}))
            if cedula in theirs:
                assert unavailable(read)["type"].endswith("#nodo-no-disponible")
                unavailable(written)
            else:
                assert (read.status_code, written.status_code) == (200, 201)
        others: Counter[tuple[int, int]] = Counter()
        for cedula in itertools.islice(itertools.cycle(set(cedulas) - theirs), OTHERS):
            read, written = api.get(f"{PACIENTES}/{cedula}"), api.post(f"{PACIENTES}/{cedula}/consultas", json={})
            others[read.status_code, written.status_code] += 1
        assert others == {(200, 201): OTHERS}
        assert api.get("/readyz").status_code == 200
    finally:
        citus_system.restart(lost)
    eventually(lambda: all(api.get(f"{PACIENTES}/{cedula}").status_code == 200 for cedula in cedulas))


@pytest.mark.parametrize("routing", PAST_THE_COORDINATOR)
def test_a_worker_that_is_silent_is_as_good_as_lost(citus_system: Any, new_api: NewApi, routing: str) -> None:
    """It takes connections and never answers, as behind a network that swallows packets."""
    cedulas = patients(new_api("coordinator"), 24)
    silent = citus_system.workers[0]
    theirs = {cedula for cedula in cedulas if owner_of(citus_system, cedula).port == silent.port}
    api = new_api(routing)
    with database_of(api).transaction() as transaction:  # the map is loaded, no worker was asked
        assert transaction
    assert database_of(api).workers()
    with frozen(silent):
        for cedula in cedulas:
            read = in_time(lambda cedula=cedula: api.get(f"{PACIENTES}/{cedula}"))
            assert read.status_code == (503 if cedula in theirs else 200)
    eventually(lambda: all(api.get(f"{PACIENTES}/{cedula}").status_code == 200 for cedula in cedulas))


def test_with_every_node_lost_nobody_is_ready(citus_system: Any, new_api: NewApi) -> None:
    api = new_api("owner")
    (cedula,) = patients(api, 1)
    nodes = [citus_system.coordinator, *citus_system.workers[:2]]
    for node in nodes:
        citus_system.kill(node)
    try:
        unavailable(in_time(lambda: api.get(f"{PACIENTES}/{cedula}")))
        unavailable(in_time(lambda: api.get("/readyz")))
    finally:
        for node in reversed(nodes):
            citus_system.restart(node)
    eventually(lambda: api.get(f"{PACIENTES}/{cedula}").status_code == 200)


def test_the_coordinator_lost_fails_readiness_where_all_goes_through_it(citus_system: Any, new_api: NewApi) -> None:
    api = new_api("coordinator")
    patients(api, 1)
    citus_system.kill(citus_system.coordinator)
    try:
        unavailable(api.get("/readyz"))
    finally:
        citus_system.restart(citus_system.coordinator)


def test_an_api_that_starts_without_the_coordinator_learns_of_the_workers_later(
    citus_system: Any, new_api: NewApi
) -> None:
    (cedula,) = patients(new_api("owner"), 1)
    citus_system.kill(citus_system.coordinator)
    try:
        api = new_api("owner")
        unavailable(in_time(lambda: api.get(f"{PACIENTES}/{cedula}")))
    finally:
        citus_system.restart(citus_system.coordinator)
    owner = owner_of(citus_system, cedula).port
    eventually(lambda: api.get(f"{PACIENTES}/{cedula}").status_code == 200 and answering_port(api, cedula) == owner)


@pytest.mark.parametrize("routing", PAST_THE_COORDINATOR)
def test_an_api_that_starts_without_the_coordinator_asks_a_worker_where_the_patients_are(
    citus_system: Any, new_api: NewApi, routing: str
) -> None:
    """The first that it may ask does not answer, the second is no member of the cluster."""
    cedulas = patients(new_api(routing), 12)
    first, second, stranger = citus_system.workers
    citus_system.kill(citus_system.coordinator)
    try:
        known = ["127.0.0.1:1", stranger.address, second.address]
        api = new_api(routing, HISTORIA_WORKERS=",".join(known))
        assert in_time(lambda: api.get("/readyz")).status_code == 200
        for cedula in cedulas:
            assert in_time(lambda cedula=cedula: api.get(f"{PACIENTES}/{cedula}")).status_code == 200
            written = in_time(lambda cedula=cedula: api.post(f"{PACIENTES}/{cedula}/consultas", json={}))
            assert written.status_code == 201
            if routing == "owner":
                assert answering_port(api, cedula) == owner_of(citus_system, cedula, first).port
        unavailable(in_time(lambda: api.get(PACIENTES)))
    finally:
        citus_system.restart(citus_system.coordinator)
    eventually(lambda: api.get(PACIENTES).status_code == 200)
