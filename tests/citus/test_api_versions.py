"""Corrections and annulments on a real Citus, whichever node is asked: same answers, no gap, one phase."""

import concurrent.futures
import itertools
from collections import Counter
from typing import Any
from urllib.parse import quote

import pytest
from citus.routed import NewApi, answering_port, owner_of, send, written_in_two_phases
from flask.testing import FlaskClient
from versioned import KINDS, RECORDS, Kind, if_match

kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
routings = pytest.mark.parametrize("routing", ["coordinator", "workers", "owner"])


@routings
@kinds
def test_versions_are_kept_whichever_node_is_asked(new_api: NewApi, kind: Kind, routing: str) -> None:
    api = new_api(routing)
    created = kind.created(api)
    address = created.headers["Location"]
    changes = [api.put(address, json=kind.body(number), headers=if_match(f'"{number}"')) for number in range(1, 5)]
    answers = [created, *changes]
    answers.append(api.post(f"{address}/anulacion", json={"motivo": "m"}, headers=if_match('"5"')))
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200, 200]
    for number, answer in enumerate(answers, 1):
        assert api.get(f"{address}?version={number}").data == answer.data
        assert api.get(f"{address}?en={quote(answer.get_json()['actualizado_en'])}").data == answer.data
    found = api.get(f"{address}/historial").get_json()["versiones"]
    assert [one[kind.name] for one in reversed(found)] == [answer.get_json() for answer in answers]
    for later, earlier in itertools.pairwise(found):
        assert earlier["vigente_hasta"] == later["vigente_desde"]
    stale = api.put(address, json=kind.body(), headers=if_match('"1"'))
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"6"')


@routings
@pytest.mark.parametrize("kind", [KINDS[0], *RECORDS], ids=lambda kind: kind.name)
def test_a_patients_changes_are_committed_in_one_phase(
    citus_system: Any, new_api: NewApi, kind: Kind, routing: str
) -> None:
    api = new_api(routing)
    address = kind.created(api).headers["Location"]
    before = written_in_two_phases(citus_system)
    for number in range(1, 9):
        assert api.put(address, json=kind.body(number), headers=if_match(f'"{number}"')).status_code == 200
    assert written_in_two_phases(citus_system) <= before
    if routing == "owner":
        cedula = address.split("/")[4]
        assert answering_port(api, cedula) == owner_of(citus_system, cedula).port


@pytest.mark.parametrize("kind", KINDS[:3], ids=lambda kind: kind.name)
def test_of_fifty_changes_of_one_version_at_once_one_is_made(new_api: NewApi, kind: Kind) -> None:
    """By clients of APIs that ask different nodes; who finds no connection free asks again."""
    apis = [new_api(routing) for routing in ("coordinator", "workers", "owner")]
    address = kind.created(apis[0]).headers["Location"]

    def change(number: int) -> tuple[int, str]:
        client: FlaskClient = apis[number % 3].application.test_client()
        answer = send(client, "PUT", address, json=kind.body(number), headers=if_match('"1"'))
        return answer.status_code, answer.headers["ETag"]

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        assert Counter(pool.map(change, range(50))) == {(200, '"2"'): 1, (412, '"2"'): 49}
    found = apis[0].get(f"{address}/historial").get_json()["versiones"]
    assert [one["version"] for one in found] == [2, 1]


def test_a_lost_worker_costs_no_version(citus_system: Any, new_api: NewApi) -> None:
    """A change that is refused because a node is away has left nothing behind when it is back."""
    api = new_api("coordinator")
    kind = KINDS[0]
    made = [kind.created(api) for _ in range(12)]
    worker = citus_system.workers[0]
    citus_system.kill(worker)
    try:
        answers = [
            api.put(one.headers["Location"], json=kind.body(), headers=if_match('"1"')).status_code for one in made
        ]
    finally:
        citus_system.restart(worker)
    assert set(answers) == {200, 503}
    for one, status in zip(made, answers, strict=True):
        found = api.get(f"{one.headers['Location']}/historial").get_json()["versiones"]
        assert [version["version"] for version in found] == ([2, 1] if status == 200 else [1])
