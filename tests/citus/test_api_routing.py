"""Requests about one patient past the coordinator: which node answers, nodes that are lost, patients that move."""

import concurrent.futures
import contextlib
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from historia_clinica import create_app, directory
from historia_clinica.db import Scope, Statement
from historia_clinica.http.context import KEY
from historia_clinica.routing import Address, worker_hash
from historia_clinica.settings import Settings

PACIENTES = "/api/v1/pacientes"
ELSEWHERE = [PACIENTES, "/api/v1/medicos", "/citus/workers", "/status"]
PAST_THE_COORDINATOR = ["owner", "workers"]
MANY = 300
AT_ONCE = 2  # seconds
_numbers = itertools.count(time.time_ns() // 1000 % 10**12)

NewApi = Callable[[str], FlaskClient]


@pytest.fixture
def new_api(citus_system: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewApi]:
    """An API with that routing and connections of its own."""
    made: list[FlaskClient] = []

    def make(routing: str) -> FlaskClient:
        wanted = {"HISTORIA_ROUTING": routing, "HISTORIA_READINESS_CACHE": "0"}
        for name, value in (citus_system.api_environment() | wanted).items():
            monkeypatch.setenv(name, value)
        made.append(create_app(Settings()).test_client())
        return made[-1]

    yield make
    for api in made:
        database_of(api).close()


def database_of(api: FlaskClient) -> Any:
    return api.application.extensions[KEY].database


def patients(api: FlaskClient, count: int) -> list[str]:
    cedulas = [f"R-{next(_numbers)}" for _ in range(count)]
    for cedula in cedulas:
        assert api.post(PACIENTES, json={"cedula": cedula, "nombre": "Ana", "apellido": "Paz"}).status_code == 201
    return cedulas


def medico(api: FlaskClient) -> int:
    answer = api.post("/api/v1/medicos", json={"nombre": "L", "apellido": "G", "codigo_medico": f"M{next(_numbers)}"})
    return int(answer.get_json()["id"])


def owner_of(cluster: Any, cedula: str) -> Address:
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT nodename, nodeport FROM citus_shards"
            " WHERE shardid = get_shard_id_for_distribution_column('pacientes', %s)",
            (cedula,),
        )
        return Address(*cursor.fetchone())


def node_at(cluster: Any, address: Address) -> Any:
    return next(node for node in cluster.workers if node.port == address.port)


def answering_port(api: FlaskClient, cedula: str) -> int:
    """The port of the node where a transaction about that patient begins."""
    statement = Statement("SELECT inet_server_port() AS port", Scope.PATIENT)
    with database_of(api).transaction(paciente=cedula) as transaction:
        return int(transaction.rows(statement, {}, lambda port: port)[0])


def in_time(call: Callable[[], Any]) -> Any:
    started = time.monotonic()
    answer = call()
    assert time.monotonic() - started < AT_ONCE
    return answer


def unavailable(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 503, answer.get_data(as_text=True)
    assert answer.headers["Retry-After"]
    body: dict[str, Any] = answer.get_json()
    return body


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@contextlib.contextmanager
def frozen(node: Any) -> Iterator[None]:
    """All its processes stand still: the kernel takes connections, nobody answers."""
    postmaster = (node.data_directory / "postmaster.pid").read_text().split()[0]
    children = subprocess.run(["pgrep", "-P", postmaster], capture_output=True, text=True, check=True).stdout.split()
    processes = [int(pid) for pid in (postmaster, *children)]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(processes):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


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


@pytest.mark.parametrize("routing", PAST_THE_COORDINATOR)
def test_the_coordinator_lost_costs_no_patient(citus_system: Any, new_api: NewApi, routing: str) -> None:
    api = new_api(routing)
    doctor = medico(api)
    cedulas = patients(api, 30)
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


def move(cluster: Any, cedula: str, origin: Address, target: Address) -> None:
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT citus_move_shard_placement(get_shard_id_for_distribution_column('pacientes', %s), %s, %s, %s, %s,"
            " shard_transfer_mode => 'block_writes')",
            (cedula, origin.host, origin.port, target.host, target.port),
        )
