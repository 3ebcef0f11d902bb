"""Where the API says that a patient lies: the node that really holds the row, and one task to read it."""

from typing import Any

from citus.hooks_state import rows, run
from citus.routed import PACIENTES, NewApi, in_time, move, owner_of, patients
from flask.testing import FlaskClient
from historia_clinica.routing import Address

HERE = "SELECT count(*) FROM {} WHERE cedula = '{}'"


def located(api: FlaskClient, cedula: str) -> dict[str, Any]:
    answer = in_time(lambda: api.get(f"/api/v1/cluster/ubicacion/{cedula}"))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    body: dict[str, Any] = answer.get_json()
    return body


def test_a_location_is_where_the_row_lies(citus_system: Any, new_api: NewApi) -> None:
    api = new_api("owner")
    for cedula in patients(api, 8):
        body = located(api, cedula)
        owner = owner_of(citus_system, cedula)
        assert body["node"] == body["task_node"] == body["asked_node"] == {"name": owner.host, "port": owner.port}
        assert (body["tasks"], body["routing"]) == (1, "owner")
        holder = next(node for node in citus_system.workers if node.port == owner.port)
        assert rows(citus_system, holder, HERE.format(body["shard_name"], cedula)) == [(1,)]
        assert body["shard_name"] == f"pacientes_{body['shard_id']}"


def test_a_location_does_not_tell_whether_the_patient_exists(citus_system: Any, new_api: NewApi) -> None:
    api = new_api("coordinator")
    (cedula,) = patients(api, 1)
    here = located(api, cedula)
    run(citus_system, f"DELETE FROM pacientes WHERE cedula = '{cedula}'")
    assert located(api, cedula) == here
    assert here["asked_node"]["port"] == citus_system.coordinator.port


def test_the_location_of_a_patient_whose_worker_is_away(citus_system: Any, new_api: NewApi) -> None:
    api = new_api("coordinator")
    (cedula,) = patients(api, 1)
    owner = owner_of(citus_system, cedula)
    holder = next(node for node in citus_system.workers if node.port == owner.port)
    citus_system.kill(holder)
    try:
        body = located(api, cedula)
    finally:
        citus_system.restart(holder)
    assert (body["node"]["port"], body["tasks"], body["task_node"]) == (owner.port, None, None)


def test_a_patient_that_moved_is_found_where_it_is_now(citus_system: Any, new_api: NewApi) -> None:
    api = new_api("coordinator")
    (cedula,) = patients(api, 1)
    origin = owner_of(citus_system, cedula)
    target = next(node for node in citus_system.workers[:2] if node.port != origin.port)
    move(citus_system, cedula, origin, Address(target.host, target.port))
    body = located(api, cedula)
    assert body["node"]["port"] == body["task_node"]["port"] == target.port
    assert api.get(f"{PACIENTES}/{cedula}").status_code == 200
