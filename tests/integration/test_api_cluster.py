"""The cluster as the API tells of it where there is none: one server of plain PostgreSQL."""

import contextlib
from typing import Any

import pytest
from flask.testing import FlaskClient

CLUSTER = "/api/v1/cluster"


def test_one_server_is_the_whole_cluster(api: FlaskClient, postgres_system: Any) -> None:
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        [(size,)] = cursor.fetchall()
    body = api.get(CLUSTER).get_json()
    [node] = body["nodes"]
    assert (node["name"], node["port"]) == (postgres_system.coordinator.host, postgres_system.coordinator.port)
    assert (node["role"], node["identity"], node["shards"]) == ("coordinator", "ok", 0)
    assert node["bytes"] == pytest.approx(size, rel=0.2)
    assert (body["state"], body["verdict"], body["moves"]) == ("ok", "todo en orden", None)
    assert body["balance"]["patients"] == node["patients"]
    assert body["balance"]["patients_counted"] == "now"


@pytest.mark.parametrize("cedula", ["1012345678", "NADIE-1"])
def test_every_patient_is_there(api: FlaskClient, postgres_system: Any, cedula: str) -> None:
    server = {"name": postgres_system.coordinator.host, "port": postgres_system.coordinator.port}
    assert api.get(f"{CLUSTER}/ubicacion/{cedula}").get_json() == {
        "shard_id": None,
        "shard_name": None,
        "node": server,
        "tasks": 1,
        "task_node": server,
        "routing": "coordinator",
        "asked_node": server,
    }


def test_a_key_that_cannot_be_one_is_refused(api: FlaskClient) -> None:
    answer = api.get(f"{CLUSTER}/ubicacion/a")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/cedula"
