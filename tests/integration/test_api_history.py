"""A whole history in one answer: what the lists of each kind show, and nothing that was annulled."""

from typing import Any

from flask.testing import FlaskClient
from versioned import KINDS, RECORDS, if_match


def test_a_history_shows_what_the_lists_show(api: FlaskClient) -> None:
    address = KINDS[0].created(api).headers["Location"]
    paths = [kind.path.split("/")[2] for kind in RECORDS]
    lists: dict[str, list[Any]] = {}
    for kind, path in zip(RECORDS, paths, strict=True):
        made = [api.post(f"{address}/{path}", json=kind.first()).headers["Location"] for _ in range(3)]
        changed = api.put(made[0], json=kind.body(2), headers=if_match('"1"'))
        annulled = api.post(f"{made[1]}/anulacion", json={"motivo": "m"}, headers=if_match('"1"'))
        assert (changed.status_code, annulled.status_code) == (200, 200)
        (lists[path],) = (
            value for name, value in api.get(f"{address}/{path}").get_json().items() if name != "siguiente"
        )
        assert len(lists[path]) == 2
    answer = api.get(f"{address}/historia")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    whole = answer.get_json()
    assert whole.pop("paciente") == api.get(address).get_json()
    assert whole.pop("negados") == []
    assert {name.replace("_", "-"): rows for name, rows in whole.items()} == lists


def test_a_history_of_which_there_is_nothing(api: FlaskClient) -> None:
    address = KINDS[0].created(api).headers["Location"]
    whole = api.get(f"{address}/historia").get_json()
    assert whole.pop("paciente") == api.get(address).get_json()
    assert set(map(str, whole.values())) == {"[]"}
    assert api.get("/api/v1/pacientes/NADIE-0/historia").status_code == 404
    assert api.get("/api/v1/pacientes/x/historia").status_code == 422
    assert api.post(f"{address}/historia", json={}).status_code == 405


def test_a_history_of_which_there_is_much_and_of_others_nothing(api: FlaskClient) -> None:
    mine, other = (KINDS[0].created(api).headers["Location"] for _ in range(2))
    for number in range(150):
        assert api.post(f"{mine}/consultas", json={"diagnostico": f"«{number}»\n"}).status_code == 201
    assert len(api.get(f"{mine}/historia").get_json()["consultas"]) == 150
    assert api.get(f"{other}/historia").get_json()["consultas"] == []
