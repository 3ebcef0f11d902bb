"""Repetitions on a real Citus: whichever node is asked each time, one record, and for a patient one phase."""

import concurrent.futures
from collections import Counter
from typing import Any

import pytest
from citus.routed import NewApi
from flask.testing import FlaskClient
from versioned import KEYED, Kind, key

ROUTINGS = ["coordinator", "workers", "owner"]
every = pytest.mark.parametrize("kind", KEYED, ids=lambda kind: kind.name)


@every
def test_fifty_at_once_through_every_node_make_one(new_api: NewApi, kind: Kind) -> None:
    apis = [new_api(routing, HISTORIA_POOL_TIMEOUT="20") for routing in ROUTINGS]
    address, body = kind.request(apis[0])
    headers = key()

    def create(number: int) -> tuple[int, str | None]:
        client: FlaskClient = apis[number % 3].application.test_client()
        answer = client.post(address, json=body, headers=headers)
        return answer.status_code, answer.headers.get("Location")

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = Counter(pool.map(create, range(50)))
    [((status, location), count)] = answers.items()
    assert (status, count) == (201, 50)
    assert len(apis[1].get(f"{location}/historial").get_json()["versiones"]) == 1


@every
def test_a_repetition_through_another_node(citus_system: Any, new_api: NewApi, kind: Kind) -> None:
    address, body = kind.request(new_api("coordinator"))
    headers = key()
    answers = [new_api(routing).post(address, json=body, headers=headers) for routing in ROUTINGS * 2]
    assert {(answer.status_code, answer.data) for answer in answers} == {(201, answers[0].data)}
    there = answers[0].headers["Location"]
    annulled = [
        new_api(routing).post(f"{there}/anulacion", json={"motivo": "m"}, headers=headers | {"If-Match": '"1"'})
        for routing in ROUTINGS
    ]
    assert {(answer.status_code, answer.data) for answer in annulled} == {(200, annulled[0].data)}
