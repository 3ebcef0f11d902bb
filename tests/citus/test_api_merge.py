"""Two patients become one and two again, on different nodes, while others write and whatever dies: nothing is lost."""

import collections
import concurrent.futures
import functools
import itertools
import threading
import time
from typing import Any

import pytest
from citus.breaking import elsewhere, in_doubt, killing
from citus.hooks_state import rows
from citus.routed import NewApi, owner_of
from citus.routed import send as send_until_acknowledged
from flask.testing import FlaskClient
from historia_local.nodes import Cluster
from merged import (
    PACIENTES,
    add,
    as_before,
    known,
    merge,
    number,
    patient,
    person,
    records,
    split,
    stored,
    together,
)
from versioned import key

CLOSED = {"fecha_consulta": "2026-01-31T08:30:00-05:00", "estado": "cerrada", "motivo": "m"}


def same_shard(cluster: Cluster, cedula: str) -> str:
    def shard(one: str) -> Any:
        return rows(cluster, cluster.coordinator, f"SELECT get_shard_id_for_distribution_column('pacientes', '{one}')")

    wanted = shard(cedula)
    return next(other for _ in itertools.count() if shard(other := number()) == wanted)


def same_node(cluster: Cluster, cedula: str) -> str:
    wanted = owner_of(cluster, cedula)
    return next(other for _ in itertools.count() if owner_of(cluster, other := number()) == wanted)


@pytest.mark.parametrize("place", [elsewhere, same_node, same_shard])
@pytest.mark.parametrize("routing", ["coordinator", "workers", "owner"])
def test_everything_goes_over_and_comes_back(citus_system: Cluster, new_api: NewApi, routing: str, place: Any) -> None:
    api = new_api(routing)
    one = patient(api)
    two = patient(api, place(citus_system, one))
    before = {cedula: stored(citus_system, cedula) for cedula in (one, two)}
    merged = merge(api, one, two)
    assert (merged.status_code, merged.headers["ETag"]) == (200, '"3"')
    assert records(stored(citus_system, one)) == records(together(*before.values()))
    assert not any(records(stored(citus_system, two)).values())
    led = api.get(f"{PACIENTES}/{two}/consultas")
    assert (led.status_code, led.headers["Location"]) == (308, f"{PACIENTES}/{one}/consultas")
    assert split(api, one, two).status_code == 200
    for cedula, kept in before.items():
        as_before(stored(citus_system, cedula), kept, versions=2)
    assert in_doubt(citus_system) == []


def test_one_within_another_and_a_change_of_number(citus_system: Cluster, new_api: NewApi) -> None:
    api = new_api("owner")
    one = patient(api)
    two = patient(api, elsewhere(citus_system, one))
    three = patient(api, same_node(citus_system, one))
    before = {cedula: stored(citus_system, cedula) for cedula in (one, two, three)}
    assert merge(api, one, two).status_code == 200
    assert merge(api, three, one).status_code == 200
    nueva = elsewhere(citus_system, three)
    body = {"cedula": nueva, "motivo": "m"}
    changed = api.post(f"{PACIENTES}/{three}/cambio-documento", json=body, headers=known(api, three))
    assert changed.status_code == 200
    for cedula in (one, two, three):
        assert api.get(f"{PACIENTES}/{cedula}/notas").headers["Location"] == f"{PACIENTES}/{nueva}/notas"
    refused = split(api, nueva, two)
    assert (refused.status_code, one in refused.get_json()["detail"]) == (409, True)
    assert split(api, nueva, one).status_code == 200
    assert split(api, one, two).status_code == 200
    as_before(stored(citus_system, one), before[one], versions=4)
    as_before(stored(citus_system, two), before[two], versions=2)
    as_before(stored(citus_system, nueva), before[three], versions=3)
    assert in_doubt(citus_system) == []


send = functools.partial(send_until_acknowledged, tries=300)


def test_while_others_write_about_both(citus_system: Cluster, new_api: NewApi) -> None:
    """What is acknowledged is there once, in the end with the patient it was written about while they were apart."""
    apis = [new_api(routing) for routing in ("coordinator", "workers", "owner")]
    one = person(apis[0])
    both = (one, person(apis[0], elsewhere(citus_system, one)))
    stop = threading.Event()

    def write(writer: int) -> list[tuple[str, str]]:
        client, written = apis[writer % 3].application.test_client(), []
        while not stop.is_set():
            text = f"{writer}.{len(written)}"
            address = f"{PACIENTES}/{both[writer % 2]}/consultas"
            made = send(client, "POST", address, json={"diagnostico": text}, headers=key())
            assert made.status_code == 201, made.get_data(as_text=True)
            identifier = made.get_json()["id"]
            body = {"diagnostico": f"{text}b", **CLOSED}
            while True:  # it may have come back to the other number meanwhile
                address = f"{PACIENTES}/{made.get_json()['paciente_id']}/consultas/{identifier}"
                changed = send(client, "PUT", address, json=body, headers={"If-Match": '"1"'})
                if changed.status_code in {200, 412}:
                    break
                assert changed.status_code == 404, changed.get_data(as_text=True)
                address = f"{PACIENTES}/{both[writer % 2]}/consultas/{identifier}"
                changed = send(client, "PUT", address, json=body, headers={"If-Match": '"1"'})
                if changed.status_code in {200, 412}:
                    break
                assert changed.status_code == 404, changed.get_data(as_text=True)
            written.append((identifier, f"{text}b"))
        return written

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        writing = [pool.submit(write, writer) for writer in range(6)]
        try:
            for turn in range(4):
                for change in ("fusion", "separacion"):
                    time.sleep(0.4)
                    body = {"duplicado": both[1], "motivo": "m"}
                    headers = key() | known(apis[0], both[0])
                    done = send(apis[turn % 3], "POST", f"{PACIENTES}/{both[0]}/{change}", json=body, headers=headers)
                    assert done.status_code == 200, done.get_data(as_text=True)
        finally:
            stop.set()
        written = [one for each in writing for one in each.result()]
    assert written
    found = rows(
        citus_system,
        citus_system.coordinator,
        f"SELECT id::text, diagnostico FROM consultas WHERE paciente_id IN {both} AND version = 2",
    )
    assert sorted(found) == sorted(written)
    for table, wanted in (("consultas", len(written)), ("consultas_historial", len(written))):
        counted = f"SELECT count(*), count(DISTINCT id) FROM {table} WHERE paciente_id IN {both}"
        assert rows(citus_system, citus_system.coordinator, counted) == [(wanted, wanted)]
    assert merge(apis[0], *both).status_code == 200
    assert not any(records(stored(citus_system, both[1])).values())
    assert in_doubt(citus_system) == []


def test_two_into_each_other_at_once(citus_system: Cluster, new_api: NewApi) -> None:
    """One of the two is done; the other is told so at once, and neither waits for the other without end."""
    api = new_api("coordinator")
    for _ in range(8):
        one = person(api)
        two = person(api, elsewhere(citus_system, one))
        consultas = {add(api, cedula, "consultas", diagnostico=cedula)["id"] for cedula in (one, two)}

        def one_way(pair: tuple[str, str]) -> Any:
            return merge(api.application.test_client(), *pair, version=1)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(one_way, [(one, two), (two, one)]))
        assert collections.Counter(answer.status_code for answer in answers) == {200: 1, 409: 1}
        stays = one if answers[0].status_code == 200 else two
        found = api.get(f"{PACIENTES}/{stays}/consultas").get_json()["consultas"]
        assert {row["id"] for row in found} == consultas


@pytest.mark.parametrize("change", [merge, split])
def test_killed_at_each_statement_a_repetition_converges(
    citus_system: Cluster, new_api: NewApi, monkeypatch: pytest.MonkeyPatch, change: Any
) -> None:
    api = new_api("coordinator")
    broken = 0
    for moment, before in ((moment, before) for moment in itertools.count(1) for before in (True, False)):
        one = person(api)
        two = person(api, elsewhere(citus_system, one))
        for cedula in (one, two):
            add(api, cedula, "consultas", diagnostico=cedula)
        if change is split:
            merge(api, one, two)
        version = 1 if change is merge else 2
        headers = key()
        with monkeypatch.context() as patched:
            seen = killing(citus_system, patched, moment, before=before)
            first = change(api, one, two, version, **headers)
        broken += first.status_code >= 500
        again = change(api, one, two, version, **headers)
        wanted = (200, f'"{version + 1}"')
        assert (again.status_code, again.headers.get("ETag")) == wanted, (moment, before, again.get_data(True))
        held = [
            {row["diagnostico"] for row in stored(citus_system, cedula)["public.consultas"]} for cedula in (one, two)
        ]
        assert held == ([{one, two}, set()] if change is merge else [{one}, {two}])
        if len(seen) < moment:
            break
    assert broken >= 6  # before and after two statements and two commits, less what comes too late
    assert in_doubt(citus_system) == []


@pytest.mark.parametrize("change", [merge, split])
def test_killed_at_any_moment_of_the_change_a_repetition_converges(
    citus_system: Cluster, new_api: NewApi, change: Any
) -> None:
    """The server process that makes the change ends somewhere on its way through the rows, or between the nodes."""
    api = new_api("coordinator")
    one = patient(api)
    two = patient(api, elsewhere(citus_system, one))
    before = {cedula: stored(citus_system, cedula) for cedula in (one, two)}
    if change is split:
        merge(api, one, two)
    took = timed(api, citus_system, change, one, two)
    killed = 0
    for part in range(12):
        headers, version = key(), api.get(f"{PACIENTES}/{one}").get_json()["version"]
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            ending = pool.submit(end_function, citus_system, took * part / 10)
            first = change(api.application.test_client(), one, two, version, **headers)
            killed += ending.result()
        again = first
        for _ in range(100):
            if again.status_code < 500:
                break
            # what Citus does by itself every minute
            rows(citus_system, citus_system.coordinator, "SELECT recover_prepared_transactions()")
            again = change(api, one, two, version, **headers)
        assert (again.status_code, again.headers.get("ETag")) == (200, f'"{version + 1}"'), again.get_data(True)
        if change is merge:
            assert records(stored(citus_system, one)) == records(together(*before.values()))
            assert not any(records(stored(citus_system, two)).values())
            assert split(api, one, two).status_code == 200
        for cedula in (one, two):
            assert records(stored(citus_system, cedula)) == records(before[cedula])
        if change is split:
            assert merge(api, one, two).status_code == 200
    assert killed
    rows(citus_system, citus_system.coordinator, "SELECT recover_prepared_transactions()")
    assert in_doubt(citus_system) == []


def timed(api: FlaskClient, cluster: Cluster, change: Any, one: str, two: str) -> float:
    """The seconds that it takes; done and taken back."""
    started = time.monotonic()
    assert change(api, one, two).status_code == 200
    took = time.monotonic() - started
    assert (split if change is merge else merge)(api, one, two).status_code == 200
    return took


def end_function(cluster: Cluster, after: float) -> bool:
    """Whether a server process was still at it by then, and has been ended."""
    time.sleep(after)
    wanted = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE state <> 'idle' AND pid <> pg_backend_pid() AND query ~ '(fusionar|separar)_pacientes\\('"
    )
    return bool(rows(cluster, cluster.coordinator, wanted)[0][0])
