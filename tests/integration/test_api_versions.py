"""Nothing is overwritten: corrections, annulments, the versions they leave behind, and the conditions they meet."""

import concurrent.futures
import contextlib
import itertools
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from historia_local.nodes import Cluster
from versioned import KINDS, MEDICOS, PACIENTES, Kind, if_match

kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def problem(answer: Any, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    body: dict[str, Any] = answer.get_json()
    assert body["type"].endswith(f"#{slug}")
    return body


def correct(api: FlaskClient, kind: Kind, address: str, times: int) -> list[Any]:
    """The answers of so many corrections, each of the version before it."""
    answers = []
    for number in range(1, times + 1):
        answers.append(api.put(address, json=kind.body(number), headers=if_match(f'"{number}"')))
        assert answers[-1].status_code == 200, answers[-1].get_data(as_text=True)
    return answers


def versions(api: FlaskClient, address: str, limit: int = 20) -> list[dict[str, Any]]:
    found, following = [], f"{address}/historial?limite={limit}"
    while following:
        page = api.get(following)
        assert page.status_code == 200, page.get_data(as_text=True)
        found += page.get_json()["versiones"]
        link = page.headers.get("Link")
        following = link.split(">")[0].removeprefix("<") if link else ""
    return found


@kinds
def test_a_correction_replaces_everything_and_is_the_next_version(api: FlaskClient, kind: Kind) -> None:
    created = kind.created(api)
    assert created.headers["ETag"] == '"1"'
    body = kind.body()
    changed = api.put(created.headers["Location"], json=body, headers=if_match('"1"'))
    assert changed.status_code == 200, changed.get_data(as_text=True)
    assert changed.headers["ETag"] == '"2"'
    now, before = changed.get_json(), created.get_json()
    assert now["version"] == 2
    identity = {"cedula", "documento_id", "id", "paciente_id", "paciente_cedula", kind.registered}
    kept = (identity | kind.fixed) & before.keys()
    assert {name: now[name] for name in kept} == {name: before[name] for name in kept}
    assert before[kind.registered] == before["actualizado_en"] < now["actualizado_en"]
    sent = body.keys() - {"motivo"}
    assert {name: now[name] for name in sent} == {name: body[name] for name in sent}
    others = now.keys() - kept - sent - {"version", "estado", "actualizado_en"}
    assert {name: now[name] for name in others} == dict.fromkeys(others)
    assert "motivo" not in now
    read = api.get(created.headers["Location"])
    assert (read.data, read.headers["ETag"]) == (changed.data, '"2"')


@kinds
def test_every_version_is_given_back_byte_for_byte(api: FlaskClient, kind: Kind) -> None:
    created = kind.created(api)
    address = created.headers["Location"]
    written = [created, *correct(api, kind, address, 3)]
    for number, answer in enumerate(written, 1):
        read = api.get(f"{address}?version={number}")
        assert (read.data, read.headers["ETag"]) == (answer.data, f'"{number}"')
        as_of = api.get(f"{address}?en={quote(answer.get_json()['actualizado_en'])}")
        assert (as_of.data, as_of.headers["ETag"]) == (answer.data, f'"{number}"')
    problem(api.get(f"{address}?version=5"), 404, "no-encontrado")


@kinds
def test_a_record_as_of_an_instant(api: FlaskClient, kind: Kind) -> None:
    created = kind.created(api)
    address = created.headers["Location"]
    (changed,) = correct(api, kind, address, 1)
    began, ended = (datetime.fromisoformat(answer.get_json()["actualizado_en"]) for answer in (created, changed))
    tick = timedelta(microseconds=1)

    def at(moment: datetime) -> Any:
        return api.get(f"{address}?en={quote(moment.isoformat())}")

    problem(at(began - tick), 404, "no-encontrado")
    assert at(began).data == at(ended - tick).data == created.data
    assert at(ended).data == at(ended + timedelta(days=3650)).data == changed.data
    assert at(ended.astimezone(tz=None)).data == changed.data


@kinds
def test_the_history_says_who_when_why_and_in_which_request(api: FlaskClient, kind: Kind) -> None:
    created = kind.created(api)
    address = created.headers["Location"]
    changed = correct(api, kind, address, 2)
    found = versions(api, address)
    assert [one["version"] for one in found] == [3, 2, 1]
    assert [one["motivo"] for one in found] == ["motivo 2", "motivo 1", None]
    answers = [*reversed(changed), created]
    assert [one["peticion"] for one in found] == [answer.headers["X-Request-ID"] for answer in answers]
    assert [one[kind.name] for one in found] == [answer.get_json() for answer in answers]
    assert {one["cambiado_por"] for one in found} == {"api"}
    assert found[0]["vigente_hasta"] is None
    for later, earlier in itertools.pairwise(found):
        assert earlier["vigente_hasta"] == later["vigente_desde"] == later[kind.name]["actualizado_en"]


@kinds
def test_the_history_in_pages(api: FlaskClient, kind: Kind) -> None:
    address = kind.created(api).headers["Location"]
    correct(api, kind, address, 4)
    assert versions(api, address, limit=2) == versions(api, address)
    assert len(versions(api, address, limit=2)) == 5
    cursor = api.get(f"{address}/historial?limite=1").get_json()["siguiente"]
    other = kind.created(api).headers["Location"]
    assert api.get(f"{address}/historial?cursor={cursor}").status_code == 200
    for elsewhere in (f"{other}/historial", MEDICOS):
        body = problem(api.get(f"{elsewhere}?cursor={cursor}"), 422, "datos-no-validos")
        assert [error["pointer"] for error in body["errors"]] == ["/cursor"]


@kinds
def test_an_annulled_record_is_kept_out_of_lists_and_can_be_read(api: FlaskClient, kind: Kind) -> None:
    created = kind.created(api)
    address = created.headers["Location"]
    annulled = api.post(f"{address}/anulacion", json={"motivo": "se registró dos veces"}, headers=if_match('"1"'))
    assert (annulled.status_code, annulled.headers["ETag"]) == (200, '"2"')
    before, now = created.get_json(), annulled.get_json()
    differing = {name for name in now if now[name] != before[name]}
    assert differing == {"estado", "version", "actualizado_en"}
    assert now["estado"] == kind.annulled
    assert api.get(address).data == annulled.data
    assert api.get(f"{address}?en={quote(before['actualizado_en'])}").data == created.data
    assert [one["motivo"] for one in versions(api, address)] == ["se registró dos veces", None]
    listing = address.rpartition("/")[0]
    assert now not in everything(api, f"{listing}?limite=100")
    assert now in everything(api, f"{listing}?limite=100&anulados=true")


def everything(api: FlaskClient, following: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while following:
        page = api.get(following)
        (rows,) = (value for name, value in page.get_json().items() if name != "siguiente")
        found += rows
        link = page.headers.get("Link")
        following = link.split(">")[0].removeprefix("<") if link else ""
    return found


def test_a_next_page_asks_for_annulled_rows_again(api: FlaskClient) -> None:
    listing = f"{KINDS[2].created(api).headers['Location'].rpartition('/')[0]}"
    made = [api.post(listing, json={}).headers["Location"] for _ in range(3)]
    for address in made:
        assert api.post(f"{address}/anulacion", json={"motivo": "m"}, headers=if_match('"1"')).status_code == 200
    assert len(everything(api, f"{listing}?limite=1&anulados=true")) == 4
    assert len(everything(api, f"{listing}?limite=1")) == 1
    assert len(everything(api, f"{listing}?limite=1&anulados=false")) == 1


@kinds
def test_what_is_annulled_is_not_changed_any_more(api: FlaskClient, kind: Kind) -> None:
    address = kind.created(api).headers["Location"]
    assert api.post(f"{address}/anulacion", json={"motivo": "m"}, headers=if_match('"1"')).status_code == 200
    before = api.get(address).data
    problem(api.put(address, json=kind.body(), headers=if_match('"2"')), 409, "anulado")
    problem(api.post(f"{address}/anulacion", json={"motivo": "m"}, headers=if_match('"2"')), 409, "anulado")
    problem(api.put(address, json=kind.body(), headers=if_match('"1"')), 412, "version-distinta")
    assert api.get(address).data == before
    assert len(versions(api, address)) == 2


@kinds
@pytest.mark.parametrize("tags", ["", "*", None, ", ,"])
def test_a_change_names_the_version(api: FlaskClient, kind: Kind, tags: str | None) -> None:
    created = kind.created(api)
    address, headers = created.headers["Location"], {} if tags is None else if_match(tags)
    problem(api.put(address, json=kind.body(), headers=headers), 428, "falta-version")
    problem(api.post(f"{address}/anulacion", json={"motivo": "m"}, headers=headers), 428, "falta-version")
    assert api.get(address).data == created.data


@kinds
@pytest.mark.parametrize(
    "tags",
    ['""', '"2"', 'W/"1"', '"01"', '"1.0"', '"-1"', '"0"', '"x"', f'"{10**30}"', '"١"', 'W/"1", "3"', '"1 "'],
)
def test_another_version_or_none_of_ours_changes_nothing(api: FlaskClient, kind: Kind, tags: str) -> None:
    created = kind.created(api)
    address = created.headers["Location"]
    headers = if_match(tags.encode().decode("latin-1"))
    for answer in (
        api.put(address, json=kind.body(), headers=headers),
        api.post(f"{address}/anulacion", json={"motivo": "m"}, headers=headers),
    ):
        body = problem(answer, 412, "version-distinta")
        assert "La versión actual es la 1" in body["detail"]
        assert answer.headers["ETag"] == '"1"'
    assert api.get(address).data == created.data
    assert len(versions(api, address)) == 1


@kinds
@pytest.mark.parametrize("tags", ["1", "3", '"1', '1"', "'1'", '"7", 1', '"7" "1"', "W/1", "«1»"])
def test_a_version_stands_in_quotes(api: FlaskClient, kind: Kind, tags: str) -> None:
    created = kind.created(api)
    address, headers = created.headers["Location"], if_match(tags)
    for answer in (
        api.put(address, json=kind.body(), headers=headers),
        api.post(f"{address}/anulacion", json={"motivo": "m"}, headers=headers),
    ):
        assert '"3"' in problem(answer, 400, "peticion-malformada")["detail"]
    assert api.get(address).data == created.data


@kinds
@pytest.mark.parametrize("tags", ['"1"', '"7", "1"', 'W/"7","1" , "8"', '"x", "1"'])
def test_one_of_several_versions_is_enough(api: FlaskClient, kind: Kind, tags: str) -> None:
    address = kind.created(api).headers["Location"]
    changed = api.put(address, json=kind.body(), headers=if_match(tags))
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')


@kinds
def test_what_the_client_has_is_not_sent_again(api: FlaskClient, kind: Kind) -> None:
    address = kind.created(api).headers["Location"]
    for tags in ('"1"', 'W/"1"', '"9", "1"', "*"):
        for method in ("GET", "HEAD"):
            answer = api.open(address, method=method, headers={"If-None-Match": tags})
            assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", '"1"'), tags
            assert "Content-Type" not in answer.headers
    for tags in ('"2"', 'W/"2"', '"x"', ""):
        assert api.get(address, headers={"If-None-Match": tags}).status_code == 200
    assert api.get(address, headers=if_match('"1"')).status_code == 200
    problem(api.get(address, headers=if_match('"2"')), 412, "version-distinta")


@kinds
@pytest.mark.parametrize(
    ("prefer", "minimal"),
    [
        ("return=minimal", True),
        ('respond-async, Return="minimal"; x=1', True),
        ("return=representation", False),
        ("return=representation, return=minimal", False),
        ("x=return=minimal", False),
        ("return", False),
        (";,=", False),
    ],
)
def test_a_client_may_do_without_the_body(api: FlaskClient, kind: Kind, prefer: str, minimal: bool) -> None:
    headers = {"Prefer": prefer}
    address = kind.created(api).headers["Location"]
    again = api.get(address).get_json()
    if kind.name == "consulta":
        made = api.post(address.rpartition("/")[0], json={}, headers=headers)
        assert made.status_code == 201
        assert (made.data == b"", "Preference-Applied" in made.headers) == (minimal, minimal)
        assert api.get(made.headers["Location"]).headers["ETag"] == made.headers["ETag"] == '"1"'
    changed = api.put(address, json=kind.body(), headers=headers | if_match('"1"'))
    annulled = api.post(f"{address}/anulacion", json={"motivo": "m"}, headers=headers | if_match('"2"'))
    for answer, tag in ((changed, '"2"'), (annulled, '"3"')):
        assert answer.headers["ETag"] == tag
        assert answer.status_code == (204 if minimal else 200)
        assert answer.headers.get("Preference-Applied") == ("return=minimal" if minimal else None)
        assert (answer.data == b"") == minimal
    assert api.get(address).get_json() != again


@kinds
def test_methods(api: FlaskClient, kind: Kind) -> None:
    created = kind.created(api)
    address = created.headers["Location"]
    for path, allowed in (
        (address, {"GET", "HEAD", "OPTIONS", "PUT"}),
        (f"{address}/anulacion", {"POST", "OPTIONS"}),
        (f"{address}/historial", {"GET", "HEAD", "OPTIONS"}),
    ):
        for method in {"DELETE", "PATCH", "GET", "PUT", "POST"} - allowed:
            refused = api.open(path, method=method, headers=if_match('"1"'))
            assert refused.status_code == 405, (method, path)
            assert set(refused.headers["Allow"].split(", ")) == allowed
        asked = api.options(path)
        assert (asked.status_code, set(asked.headers["Allow"].split(", "))) == (200, allowed)
    head, get = api.head(address), api.get(address)
    assert (head.data, head.headers["ETag"], head.headers["Content-Length"]) == (b"", '"1"', str(len(get.data)))
    assert api.get(address).data == created.data


def test_what_does_not_exist(api: FlaskClient) -> None:
    unknown = "7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1de"
    for kind in KINDS:
        number = 2**62 if kind.name == "medico" else unknown
        address = f"/api/v1/{kind.path.format(cedula='NADIE-0', documento_id='NADIE-0', id=number)}"
        problem(api.put(address, json=kind.body(), headers=if_match('"1"')), 404, "no-encontrado")
        problem(api.post(f"{address}/anulacion", json={"motivo": "m"}, headers=if_match('"1"')), 404, "no-encontrado")
        for tail in ("", "/historial", "?version=1", "?en=2026-01-31T00:00:00Z"):
            problem(api.get(address + tail), 404, "no-encontrado")


def test_a_consulta_of_another_patient_is_not_changed(api: FlaskClient) -> None:
    kind = KINDS[2]
    address, other = (kind.created(api).headers["Location"] for _ in range(2))
    stranger = f"{other.rpartition('/')[0]}/{address.rpartition('/')[2]}"
    problem(api.put(stranger, json=kind.body(), headers=if_match('"1"')), 404, "no-encontrado")
    assert api.get(address).get_json()["version"] == 1


def test_references_and_codes_are_checked_in_corrections_too(api: FlaskClient) -> None:
    consulta, medico = KINDS[2], KINDS[1]
    address = consulta.created(api).headers["Location"]
    body = problem(
        api.put(address, json=consulta.body() | {"medico_id": 2**62}, headers=if_match('"1"')), 422, "datos-no-validos"
    )
    assert [error["pointer"] for error in body["errors"]] == ["/medico_id"]
    taken = medico.created(api).get_json()["codigo_medico"]
    other = medico.created(api).headers["Location"]
    answer = api.put(other, json=medico.body() | {"codigo_medico": taken}, headers=if_match('"1"'))
    refused = problem(answer, 409, "conflicto")
    assert "código" in refused["detail"]
    assert [error["pointer"] for error in refused["errors"]] == ["/codigo_medico"]
    for unchanged in (address, other):
        assert [one["version"] for one in versions(api, unchanged)] == [1]


@kinds
@pytest.mark.parametrize("motivo", [None, "", " \t", 5, "m" * 501, "a\nb", "\x00", "\ud800"])
def test_a_reason_is_demanded(api: FlaskClient, kind: Kind, motivo: Any) -> None:
    import json  # noqa: PLC0415

    created = kind.created(api)
    address = created.headers["Location"]
    for method, path, rest in (("PUT", address, kind.body()), ("POST", f"{address}/anulacion", {})):
        for body in (rest | {"motivo": motivo}, {name: rest[name] for name in rest if name != "motivo"}):
            answer = api.open(
                path, method=method, data=json.dumps(body), content_type="application/json", headers=if_match('"1"')
            )
            found = problem(answer, 422, "datos-no-validos")
            assert [error["pointer"] for error in found["errors"]] == ["/motivo"]
    assert api.get(address).data == created.data


@kinds
@pytest.mark.parametrize("member", ["cedula", "id", "version", "estado_anterior", "cambiado_por"])
def test_a_correction_cannot_touch_what_is_not_its_own(api: FlaskClient, kind: Kind, member: str) -> None:
    address = kind.created(api).headers["Location"]
    answer = api.put(address, json=kind.body() | {member: "x"}, headers=if_match('"1"'))
    assert [error["pointer"] for error in problem(answer, 422, "datos-no-validos")["errors"]] == [f"/{member}"]


def test_a_consulta_is_annulled_only_with_its_reason(api: FlaskClient) -> None:
    kind = KINDS[2]
    address = kind.created(api).headers["Location"]
    for answer in (
        api.post(address.rpartition("/")[0], json={"estado": "anulada"}),
        api.put(address, json=kind.body() | {"estado": "anulada"}, headers=if_match('"1"')),
    ):
        assert [error["pointer"] for error in problem(answer, 422, "datos-no-validos")["errors"]] == ["/estado"]


@kinds
@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("version=0", "/version"),
        ("version=-1", "/version"),
        ("version=x", "/version"),
        ("version=1.0", "/version"),
        (f"version={2**31}", "/version"),
        ("en=2026-01-31", "/en"),
        ("en=2026-01-31T08:30:00", "/en"),
        ("en=2026-01-31T08:30:00+05:00", "/en"),  # + is a space in a query
        ("en=0001-01-01T00:00:00%2B23:59", "/en"),
        ("en=", "/en"),
        ("version=1&en=2026-01-31T08:30:00Z", "/version /en"),
        ("otro=1", "/otro"),
    ],
)
def test_faulty_parameters(api: FlaskClient, kind: Kind, query: str, pointers: str) -> None:
    address = kind.created(api).headers["Location"]
    found = problem(api.get(f"{address}?{query}"), 422, "datos-no-validos")
    assert [error["pointer"] for error in found["errors"]] == pointers.split()


@pytest.mark.parametrize("value", ["1", "yes", "TRUE", "", "on"])
def test_faulty_flags(api: FlaskClient, value: str) -> None:
    found = problem(api.get(f"{PACIENTES}?anulados={value}"), 422, "datos-no-validos")
    assert [error["pointer"] for error in found["errors"]] == ["/anulados"]


@kinds
def test_of_fifty_changes_of_one_version_at_once_one_is_made(api: FlaskClient, kind: Kind) -> None:
    address = kind.created(api).headers["Location"]

    def change(number: int) -> tuple[int, str]:
        client = api.application.test_client()
        if number % 5:
            answer = client.put(address, json=kind.body(number), headers=if_match('"1"'))
        else:
            answer = client.post(f"{address}/anulacion", json={"motivo": f"motivo {number}"}, headers=if_match('"1"'))
        return answer.status_code, answer.headers["ETag"]

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        assert Counter(pool.map(change, range(50))) == {(200, '"2"'): 1, (412, '"2"'): 49}
    assert [one["version"] for one in versions(api, address)] == [2, 1]


def test_a_version_that_was_kept_by_other_hands_is_not_overwritten(api: FlaskClient, postgres_system: Cluster) -> None:
    """A former row with the number of the current one: the change could not keep it, so it is not made."""
    kind = KINDS[0]
    created = kind.created(api)
    address, cedula = created.headers["Location"], created.get_json()["cedula"]
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO pacientes_historial SELECT cedula, 1, id, 'otro', 'otro', NULL, NULL, NULL, NULL, 'activo',"
            " now(), NULL, NULL, NULL, NULL, NULL, now(), now() FROM pacientes WHERE cedula = %s",
            (cedula,),
        )
    assert api.put(address, json=kind.body(), headers=if_match('"1"')).status_code == 500
    assert api.get(address).data == created.data
