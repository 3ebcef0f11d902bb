"""A record goes to another number, in another shard, while others write to it and whatever dies: nothing is lost."""

import concurrent.futures
import itertools
import threading
import time
from typing import Any

import pytest
from citus.breaking import elsewhere, in_doubt, killing
from citus.hooks_state import rows
from citus.routed import NewApi, send
from flask.testing import FlaskClient
from historia_local.nodes import Cluster
from versioned import RECORDS, Kind, key

PACIENTES = "/api/v1/pacientes"
TABLES = ("pacientes", "pacientes_historial", "consultas", "consultas_historial")
_numbers = itertools.count(time.time_ns() // 1000 % 10**12)


def patient(api: FlaskClient, consultas: int = 20) -> str:
    cedula = f"C-{next(_numbers)}"
    assert api.post(PACIENTES, json={"cedula": cedula, "nombre": "Ana", "apellido": "Peña"}).status_code == 201
    for number in range(consultas):
        assert api.post(f"{PACIENTES}/{cedula}/consultas", json={"diagnostico": f"d{number}"}).status_code == 201
    return cedula


def change(api: FlaskClient, cedula: str, nueva: str, headers: dict[str, str]) -> Any:
    body = {"cedula": nueva, "motivo": "Corrección"}
    return api.post(f"{PACIENTES}/{cedula}/cambio-documento", json=body, headers=headers)


def stored(cluster: Cluster, cedula: str) -> dict[str, int]:
    """How many rows each table holds under that number."""
    keys = {table: "cedula" if table.startswith("pacientes") else "paciente_id" for table in TABLES}
    return {
        table: rows(cluster, cluster.coordinator, f"SELECT count(*) FROM {table} WHERE {column} = '{cedula}'")[0][0]
        for table, column in keys.items()
    }


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
def test_records_of_every_kind_go_along(citus_system: Cluster, new_api: NewApi, kind: Kind) -> None:
    api = new_api("owner")
    created = kind.created(api)
    cedula = created.get_json()["paciente_id"]
    nueva = elsewhere(citus_system, cedula)
    assert change(api, cedula, nueva, {"If-Match": '"1"'}).status_code == 200
    there = created.headers["Location"].replace(cedula, nueva)
    members = [name for name, value in created.get_json().items() if value == cedula]
    assert api.get(there).get_json() == created.get_json() | dict.fromkeys(members, nueva)


@pytest.mark.parametrize("routing", ["coordinator", "workers", "owner"])
def test_to_another_node_and_led_there_from_every_node(citus_system: Cluster, new_api: NewApi, routing: str) -> None:
    api = new_api(routing)
    cedula = patient(api)
    nueva = elsewhere(citus_system, cedula)
    before = api.get(f"{PACIENTES}/{cedula}/consultas?limite=100").get_json()["consultas"]
    assert change(api, cedula, nueva, {"If-Match": '"1"'}).status_code == 200
    assert stored(citus_system, cedula) == dict.fromkeys(TABLES, 0)
    after = api.get(f"{PACIENTES}/{cedula}/consultas?limite=100", follow_redirects=True).get_json()["consultas"]
    assert after == [one | {"paciente_id": nueva, "paciente_cedula": nueva} for one in before]
    assert in_doubt(citus_system) == []


def test_while_others_write(citus_system: Cluster, new_api: NewApi) -> None:
    """Each writer repeats what is not acknowledged, under its key, and goes where it is led."""
    apis = [new_api(routing) for routing in ("coordinator", "workers", "owner")]
    numbers = [patient(apis[0], 3)]
    stop = threading.Event()

    def write(writer: int) -> list[tuple[str, str]]:
        client, written, number = apis[writer % 3].application.test_client(), [], 0
        while not stop.is_set():
            number += 1
            text = {"diagnostico": f"{writer}.{number}"}
            made = send(client, "POST", f"{PACIENTES}/{numbers[0]}/consultas", json=text, headers=key())
            assert made.status_code == 201, made.get_data(as_text=True)
            one = made.get_json()["id"]
            text = {"diagnostico": f"{writer}.{number}b", "estado": "cerrada", "motivo": "m"}
            text["fecha_consulta"] = "2026-01-31T08:30:00-05:00"
            address = f"{PACIENTES}/{numbers[0]}/consultas/{one}"
            changed = send(client, "PUT", address, json=text, headers=key() | {"If-Match": '"1"'})
            assert (changed.status_code, changed.get_json()["version"]) == (200, 2), changed.get_data(as_text=True)
            written.append((one, text["diagnostico"]))
        return written

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        writing = [pool.submit(write, writer) for writer in range(6)]
        try:
            for version in range(1, 9):
                time.sleep(0.3)
                nueva, headers = elsewhere(citus_system, numbers[-1]), key() | {"If-Match": f'"{version}"'}
                assert (
                    send(
                        apis[version % 3],
                        "POST",
                        f"{PACIENTES}/{numbers[-1]}/cambio-documento",
                        json={"cedula": nueva, "motivo": "m"},
                        headers=headers,
                    ).status_code
                    == 200
                )
                numbers.append(nueva)
        finally:
            stop.set()
        written = [one for each in writing for one in each.result()]
    assert written
    found = rows(
        citus_system,
        citus_system.coordinator,
        f"SELECT id::text, diagnostico FROM consultas WHERE version = 2 AND paciente_id = '{numbers[-1]}'",
    )
    assert sorted(found) == sorted(written)
    for former in numbers[:-1]:
        assert stored(citus_system, former) == dict.fromkeys(TABLES, 0)
    assert stored(citus_system, numbers[-1]) == {
        "pacientes": 1,
        "pacientes_historial": 8,
        "consultas": 3 + len(written),
        "consultas_historial": len(written),
    }
    assert in_doubt(citus_system) == []


def test_killed_at_each_statement_a_repetition_converges(
    citus_system: Cluster, new_api: NewApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = new_api("coordinator")
    moments = itertools.count(1)
    broken = 0
    for moment, before in ((moment, before) for moment in moments for before in (True, False)):
        cedula = patient(api, 3)
        nueva, headers = elsewhere(citus_system, cedula), key() | {"If-Match": '"1"'}
        with monkeypatch.context() as patched:
            seen = killing(citus_system, patched, moment, before=before)
            first = change(api, cedula, nueva, headers)
        broken += first.status_code >= 500
        again = change(api, cedula, nueva, headers)
        assert (again.status_code, again.headers["ETag"]) == (200, '"2"'), (moment, before, again.get_data(True))
        wanted = {"pacientes": 1, "pacientes_historial": 1, "consultas": 3, "consultas_historial": 0}
        assert stored(citus_system, nueva) == wanted
        assert stored(citus_system, cedula) == dict.fromkeys(TABLES, 0)
        if len(seen) < moment:
            break
    assert broken >= 6  # before and after two statements and two commits, less what comes too late
    assert in_doubt(citus_system) == []
