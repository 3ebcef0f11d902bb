"""One person under two numbers: merged, and separated again as if nothing had been."""

import concurrent.futures
import contextlib
import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from historia_local.nodes import Cluster
from merged import (
    PACIENTES,
    Stored,
    add,
    as_before,
    correct,
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
from versioned import DIAGNOSTICO, RECORDS, RESULTADO, Kind, if_match, key

ACTIVE = {**DIAGNOSTICO, "estado": "activo"}
EMERGENCY = """
WITH access AS (
    INSERT INTO accesos_emergencia (paciente_id, id, usuario_id, sesion, motivo, justificacion, expira)
    VALUES (%(cedula)s, gen_random_uuid(), 'U', gen_random_uuid(), 'otro', 'Llegó solo y sin papeles', now() + '1 hour')
    RETURNING id
)
INSERT INTO accesos_emergencia_revisiones (paciente_id, id, revisado_por, dictamen)
SELECT %(cedula)s, id, 'V', 'justificado' FROM access
"""
CLOSED = {"fecha_consulta": "2026-01-31T08:30:00-05:00", "estado": "cerrada", "motivo": "m"}


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["type"].removeprefix("/docs/problemas#")


def renumber(api: FlaskClient, cedula: str, nueva: str) -> None:
    body = {"cedula": nueva, "motivo": "m"}
    changed = api.post(f"{PACIENTES}/{cedula}/cambio-documento", json=body, headers=known(api, cedula))
    assert changed.status_code == 200


def listed(api: FlaskClient, cedula: str, query: str = "") -> list[Any]:
    found = api.get(f"{PACIENTES}?documento={cedula}{query}").get_json()["pacientes"]
    return [one for one in found if one["cedula"] == cedula]


def at(api: FlaskClient, cedula: str) -> Any:
    answer = api.get(f"{PACIENTES}/{cedula}")
    return answer.headers.get("Location", "").removeprefix(f"{PACIENTES}/") or answer.get_json()["cedula"]


@pytest.fixture
def before(api: FlaskClient, postgres_system: Cluster) -> dict[str, Stored]:
    """Two patients with records of every kind, each with all that is stored of it."""
    cedulas = patient(api), patient(api)
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        for cedula in cedulas:
            cursor.execute(EMERGENCY, {"cedula": cedula})
    return {cedula: stored(postgres_system, cedula) for cedula in cedulas}


def test_everything_goes_over_and_comes_back(
    api: FlaskClient, postgres_system: Cluster, before: dict[str, Stored]
) -> None:
    one, two = before
    assert [name for name, rows in before[two].items() if not rows] == ["public.fusiones"]
    merged = merge(api, one, two)
    assert (merged.status_code, merged.headers["ETag"]) == (200, '"3"')
    assert merged.data == api.get(f"{PACIENTES}/{one}").data
    after = stored(postgres_system, one), stored(postgres_system, two)
    assert records(after[0]) == records(together(*before.values()))
    assert [name for name, rows in after[1].items() if rows] == ["public.pacientes", "public.pacientes_historial"]
    assert after[1]["public.pacientes"][0]["estado"] == "fusionado"
    separated = split(api, one, two)
    assert (separated.status_code, separated.headers["ETag"]) == (200, '"4"')
    for cedula, kept in before.items():
        as_before(stored(postgres_system, cedula), kept, versions=2)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
def test_a_record_of_every_kind_with_its_history(api: FlaskClient, kind: Kind) -> None:
    created = kind.created(api)
    two, there = created.get_json()["paciente_id"], created.headers["Location"]
    one = person(api)
    correct(api, there, kind.body())
    read = api.get(there).get_json()
    assert merge(api, one, two).status_code == 200
    here = there.replace(two, one)
    assert api.get(here).get_json() == {name: one if value == two else value for name, value in read.items()}
    correct(api, here, kind.body(2), version=2)
    assert api.get(there).headers["Location"] == here
    assert split(api, one, two).status_code == 200
    versions = api.get(f"{there}/historial").get_json()["versiones"]
    assert [(version["version"], version["motivo"]) for version in versions] == [
        (3, "motivo 2"),
        (2, "motivo 1"),
        (1, None),
    ]
    assert api.get(here).status_code == 404


def test_what_was_written_since(api: FlaskClient, postgres_system: Cluster) -> None:
    """Corrections go back with what they correct, and with it what names it; the rest stays."""
    one, two = person(api), person(api)
    consulta = add(api, two, "consultas", diagnostico="de dos")["id"]
    orden = add(api, two, "ordenes", cups="903895", descripcion="d")["id"]
    nota = add(api, two, "notas", tipo="evolucion", texto="t", medico_id=None)["id"]
    merge(api, one, two)
    correct(api, f"{PACIENTES}/{one}/consultas/{consulta}", {"diagnostico": "corregida", **CLOSED})
    stays = add(api, one, "consultas", diagnostico="de uno")["id"]
    goes = [
        ("diagnosticos", add(api, one, "diagnosticos", **DIAGNOSTICO, consulta_id=consulta)["id"]),
        ("resultados", add(api, one, "resultados", **RESULTADO, orden_id=orden)["id"]),
    ]
    first = add(api, one, "notas", tipo="evolucion", texto="x", consulta_id=consulta)["id"]
    also = add(api, one, "diagnosticos", **DIAGNOSTICO, consulta_id=stays)["id"]
    assert split(api, one, two).status_code == 200
    assert api.get(f"{PACIENTES}/{two}/consultas/{consulta}").get_json()["diagnostico"] == "corregida"
    assert len(stored(postgres_system, two)["public.consultas_historial"]) == 1
    for path, identifier in [*goes, ("notas", nota), ("notas", first)]:
        assert api.get(f"{PACIENTES}/{two}/{path}/{identifier}").status_code == 200
        assert api.get(f"{PACIENTES}/{one}/{path}/{identifier}").status_code == 404
    for path, identifier in [("consultas", stays), ("diagnosticos", also)]:
        assert api.get(f"{PACIENTES}/{one}/{path}/{identifier}").status_code == 200


def test_what_would_be_torn_apart_is_said_and_nothing_changes(api: FlaskClient, postgres_system: Cluster) -> None:
    one, two = person(api), person(api)
    mine = add(api, one, "consultas", diagnostico="de uno")["id"]
    diagnosis = add(api, two, "diagnosticos", **DIAGNOSTICO)["id"]
    merge(api, one, two)
    there = f"{PACIENTES}/{one}/diagnosticos/{diagnosis}"
    correct(api, there, {**ACTIVE, "consulta_id": mine, "motivo": "m"})
    kept = stored(postgres_system, one), stored(postgres_system, two)
    refused = split(api, one, two)
    assert problem(refused) == (409, "separacion-no-posible")
    assert f"diagnosticos {diagnosis}" in refused.get_json()["detail"]
    assert (stored(postgres_system, one), stored(postgres_system, two)) == kept
    correct(api, there, {**ACTIVE, "motivo": "m"}, version=2)
    assert split(api, one, two).status_code == 200
    # the same the other way: an old record of the one that stays
    old = add(api, one, "diagnosticos", **DIAGNOSTICO)["id"]
    theirs = add(api, two, "consultas", diagnostico="de dos")["id"]
    merge(api, one, two, version=3)
    there = f"{PACIENTES}/{one}/diagnosticos/{old}"
    correct(api, there, {**ACTIVE, "consulta_id": theirs, "motivo": "m"})
    refused = split(api, one, two, version=4)
    assert problem(refused) == (409, "separacion-no-posible")
    assert f"diagnosticos {old}" in refused.get_json()["detail"]


@pytest.mark.parametrize(
    "tail",
    ["", "/historial", "/historia", "/fusiones", "/consultas?limite=5"],
)
def test_the_number_of_the_duplicate_leads_to_the_other_meanwhile(api: FlaskClient, tail: str) -> None:
    one, two = person(api), person(api)
    merge(api, one, two)
    answer = api.get(f"{PACIENTES}/{two}{tail}")
    assert (answer.status_code, answer.headers["Location"], answer.data) == (308, f"{PACIENTES}/{one}{tail}", b"")
    split(api, one, two)
    assert api.get(f"{PACIENTES}/{two}{tail}").status_code == 200


@pytest.mark.parametrize("query", ["version=1", "en=2190-01-01T00:00:00Z"])
def test_a_version_of_the_duplicate_is_none_of_the_other(api: FlaskClient, query: str) -> None:
    one, two = person(api), person(api)
    merge(api, one, two)
    assert api.get(f"{PACIENTES}/{two}?{query}").status_code == 404
    split(api, one, two)
    assert api.get(f"{PACIENTES}/{two}?{query}").get_json()["cedula"] == two


def test_records_are_led_there_too(api: FlaskClient) -> None:
    one, two = person(api), person(api)
    consulta = add(api, two, "consultas", diagnostico="d")["id"]
    nota = add(api, two, "notas", tipo="evolucion", texto="Estable")["id"]
    merge(api, one, two)
    addendum = {"tipo": "adenda", "texto": "Sin fiebre", "adenda_de": nota}
    for path, named in (("diagnosticos", DIAGNOSTICO | {"consulta_id": consulta}), ("notas", addendum)):
        answer = api.post(f"{PACIENTES}/{two}/{path}", json=named)
        assert (answer.status_code, answer.headers["Location"]) == (308, f"{PACIENTES}/{one}/{path}")
    for kind in RECORDS:
        path = kind.path.split("/")[2]
        answer = api.post(f"{PACIENTES}/{two}/{path}", json=kind.first())
        assert (answer.status_code, answer.headers["Location"]) == (308, f"{PACIENTES}/{one}/{path}")
        assert api.get(f"{PACIENTES}/{two}/{path}").status_code == 308
    body = {"diagnostico": "x", **CLOSED}
    answer = api.put(f"{PACIENTES}/{two}/consultas/{consulta}", json=body, headers=if_match('"1"'))
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{PACIENTES}/{one}/consultas/{consulta}")
    assert len(api.get(f"{PACIENTES}/{one}/consultas").get_json()["consultas"]) == 1


def test_the_row_of_the_duplicate_is_not_changed_meanwhile(api: FlaskClient, postgres_system: Cluster) -> None:
    """A version of one row must not be taken for that of another."""
    one, two, three = person(api), person(api), person(api)
    merge(api, one, two)
    kept = [stored(postgres_system, cedula) for cedula in (one, two, three)]
    names = {"nombre": "A", "apellido": "B", "motivo": "m"}
    for method, tail, body in (
        ("PUT", "", names),
        ("POST", "/anulacion", {"motivo": "m"}),
        ("POST", "/cambio-documento", {"cedula": number(), "motivo": "m"}),
        ("POST", "/fusion", {"duplicado": three, "motivo": "m"}),
        ("POST", "/separacion", {"duplicado": three, "motivo": "m"}),
    ):
        refused = api.open(f"{PACIENTES}/{two}{tail}", method=method, json=body, headers=if_match('"2"'))
        assert problem(refused) == (409, "paciente-fusionado"), tail
    assert [stored(postgres_system, cedula) for cedula in (one, two, three)] == kept


def test_lists_and_searches_omit_the_duplicate(api: FlaskClient) -> None:
    one, two = person(api), person(api)
    merge(api, one, two)
    assert listed(api, two) == []
    assert [row["estado"] for row in listed(api, two, "&anulados=true")] == ["fusionado"]
    assert [row["estado"] for row in listed(api, one)] == ["activo"]
    split(api, one, two)
    assert [(row["estado"], row["version"]) for row in listed(api, two)] == [("activo", 3)]
    versions = api.get(f"{PACIENTES}/{two}/historial").get_json()["versiones"]
    assert [(one["paciente"]["estado"], one["motivo"]) for one in versions] == [
        ("activo", "Eran dos personas"),
        ("fusionado", "Se registró dos veces"),
        ("activo", None),
    ]
    moment = versions[1]["vigente_desde"].replace("+", "%2B")
    assert api.get(f"{PACIENTES}/{two}?en={moment}").get_json()["estado"] == "fusionado"


def test_nobody_gets_the_number_of_a_duplicate(api: FlaskClient) -> None:
    one, two, three = person(api), person(api), person(api)
    merge(api, one, two)
    assert api.post(PACIENTES, json={"cedula": two, "nombre": "A", "apellido": "B"}).status_code == 409
    body = {"cedula": two, "motivo": "m"}
    taken = api.post(f"{PACIENTES}/{three}/cambio-documento", json=body, headers=if_match('"1"'))
    assert taken.status_code == 409


def test_what_is_refused(api: FlaskClient) -> None:
    one, two, three = person(api), person(api), person(api)
    for change in (merge, split):
        assert change(api, one, two, version=7).status_code == 412
        assert change(api, number(), two, version=1).status_code == 404
        tail = "fusion" if change is merge else "separacion"
        body = {"duplicado": two, "motivo": "m"}
        assert api.post(f"{PACIENTES}/{one}/{tail}", json=body).status_code == 428
    for change, other in ((merge, one), (merge, number()), (split, two), (split, number())):
        refused = change(api, one, other, version=1)
        assert problem(refused) == (422, "datos-no-validos")
        assert refused.get_json()["errors"][0]["pointer"] == "/duplicado"
    merge(api, one, two)
    assert problem(merge(api, one, two, version=2)) == (409, "fusion-no-posible")
    assert problem(merge(api, three, two)) == (409, "fusion-no-posible")
    gone = person(api)
    assert api.post(f"{PACIENTES}/{gone}/anulacion", json={"motivo": "m"}, headers=if_match('"1"')).status_code == 200
    assert problem(merge(api, gone, three, version=2)) == (409, "fusion-no-posible")
    assert problem(merge(api, three, gone)) == (409, "fusion-no-posible")


def test_one_that_was_annulled_gives_back_what_it_got(
    api: FlaskClient, postgres_system: Cluster, before: dict[str, Stored]
) -> None:
    one, two = before
    merge(api, one, two)
    api.post(f"{PACIENTES}/{one}/anulacion", json={"motivo": "m"}, headers=known(api, one))
    separated = split(api, one, two)
    assert (separated.status_code, separated.get_json()["estado"]) == (200, "anulado")
    as_before(stored(postgres_system, two), before[two], versions=2)


def test_one_within_another_is_undone_after_it(
    api: FlaskClient, postgres_system: Cluster, before: dict[str, Stored]
) -> None:
    one, two = before
    three = patient(api)
    before[three] = stored(postgres_system, three)
    merge(api, one, two)
    assert merge(api, three, one).status_code == 200
    assert records(stored(postgres_system, three)) == records(together(*before.values()))
    assert (at(api, one), at(api, two)) == (three, three)
    duplicates = [row["duplicado"] for row in api.get(f"{PACIENTES}/{three}/fusiones").get_json()["fusiones"]]
    assert duplicates == [one, two]
    refused = split(api, three, two)
    assert problem(refused) == (409, "separacion-no-posible")
    assert one in refused.get_json()["detail"]
    assert split(api, three, one).status_code == 200
    assert (at(api, one), at(api, two)) == (one, one)
    as_before(stored(postgres_system, three), before[three], versions=2)
    assert split(api, one, two).status_code == 200
    as_before(stored(postgres_system, one), before[one], versions=4)
    as_before(stored(postgres_system, two), before[two], versions=2)


def test_two_beside_each_other_are_undone_in_any_order(
    api: FlaskClient, postgres_system: Cluster, before: dict[str, Stored]
) -> None:
    one, two = before
    three = patient(api)
    before[three] = stored(postgres_system, three)
    for other in (two, three):
        assert merge(api, one, other).status_code == 200
    for other in (two, three):
        assert split(api, one, other).status_code == 200
        as_before(stored(postgres_system, other), before[other], versions=2)
    as_before(stored(postgres_system, one), before[one], versions=4)


def test_again_and_the_other_way_round(api: FlaskClient, postgres_system: Cluster, before: dict[str, Stored]) -> None:
    one, two = before
    for survivor, other in ((one, two), (two, one)):
        assert merge(api, survivor, other).status_code == 200
        assert at(api, other) == survivor
        assert split(api, survivor, other).status_code == 200
        assert at(api, other) == other
    for cedula, kept in before.items():
        as_before(stored(postgres_system, cedula), kept, versions=4)


def test_the_merge_follows_when_the_number_of_the_survivor_changes(
    api: FlaskClient, postgres_system: Cluster, before: dict[str, Stored]
) -> None:
    one, two = before
    nueva = number()
    merge(api, one, two)
    renumber(api, one, nueva)
    person(api, one)  # somebody else gets the number that became free
    assert at(api, two) == nueva
    assert api.get(f"{PACIENTES}/{two}/consultas").headers["Location"] == f"{PACIENTES}/{nueva}/consultas"
    [row] = api.get(f"{PACIENTES}/{nueva}/fusiones").get_json()["fusiones"]
    assert (row["duplicado"], row["separado_en"]) == (two, None)
    assert split(api, nueva, two).status_code == 200
    as_before(stored(postgres_system, nueva), before[one], versions=3)
    as_before(stored(postgres_system, two), before[two], versions=2)


def test_a_former_number_never_leads_to_somebody_else(api: FlaskClient) -> None:
    first, second, third = person(api), number(), number()
    renumber(api, first, second)
    renumber(api, second, third)
    person(api, second)
    assert at(api, first) == third


def test_former_numbers_of_the_duplicate_lead_to_the_survivor_and_back(api: FlaskClient) -> None:
    former, one, two = person(api), person(api), number()
    renumber(api, former, two)
    merge(api, one, two)
    assert at(api, former) == one
    split(api, one, two)
    assert at(api, former) == two
    renumber(api, two, nueva := number())
    assert (at(api, former), at(api, two)) == (nueva, nueva)


def test_a_repetition_is_answered_as_the_first_time(api: FlaskClient, postgres_system: Cluster) -> None:
    one, two = person(api), person(api)
    consulta = add(api, two, "consultas", diagnostico="d")["id"]
    for version, change in enumerate((merge, split), 1):
        headers = key()
        first = change(api, one, two, version, **headers)
        assert (first.status_code, first.headers["ETag"]) == (200, f'"{version + 1}"')
        kept = stored(postgres_system, one), stored(postgres_system, two)
        again = change(api, one, two, version, **headers)
        assert (again.status_code, again.headers["ETag"], again.data) == (200, first.headers["ETag"], first.data)
        other = change(api, one, person(api), version, **headers)
        assert problem(other) == (422, "clave-reutilizada")
        assert change(api, one, two, version).status_code == 412
        assert (stored(postgres_system, one), stored(postgres_system, two)) == kept
    assert api.get(f"{PACIENTES}/{two}/consultas/{consulta}").status_code == 200


def led(api: FlaskClient, answer: Any, method: str, **sent: Any) -> Any:
    """The same request sent to where it is led."""
    assert answer.status_code == 308, answer.get_data(as_text=True)
    return api.open(answer.headers["Location"], method=method, **sent)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
def test_a_record_whose_answer_was_lost_is_made_once(api: FlaskClient, postgres_system: Cluster, kind: Kind) -> None:
    """Also where its patient has been merged, and has got another number, before it is sent again."""
    one, two, nueva = person(api), person(api), number()
    address = f"{PACIENTES}/{two}/{kind.path.split('/')[2]}"
    new = {"json": kind.first(), "headers": key()}
    made = api.post(address, **new)
    there = made.headers["Location"]
    change = {"json": kind.body(), "headers": key() | if_match('"1"')}
    changed = api.put(there, **change)
    merge(api, one, two)
    renumber(api, one, nueva)
    kept = stored(postgres_system, nueva)
    again = led(api, api.post(address, **new), "POST", **new)
    assert (again.status_code, again.headers["Location"]) == (201, there.replace(two, nueva))
    same = {name: nueva if value == two else value for name, value in made.get_json().items()}
    assert again.get_json() == same
    again = led(api, api.put(there, **change), "PUT", **change)
    same = {name: nueva if value == two else value for name, value in changed.get_json().items()}
    assert (again.status_code, again.get_json()) == (200, same)
    assert stored(postgres_system, nueva) == kept
    assert led(api, api.post(f"{address}?numero={two}", **new), "POST", **new).status_code == 201
    assert api.post(f"{address}?numero=x", **new).status_code == 400
    assert stored(postgres_system, nueva) == kept
    split(api, nueva, two)
    again = api.post(address, **new)
    assert (again.status_code, again.data) == (201, made.data)


def test_a_merge_whose_answer_was_lost_is_made_once(api: FlaskClient) -> None:
    one, two, nueva, headers = person(api), person(api), number(), key()
    first = merge(api, one, two, 1, **headers)
    renumber(api, one, nueva)
    sent = {"json": {"duplicado": two, "motivo": "Se registró dos veces"}, "headers": headers | if_match('"1"')}
    again = led(api, api.post(f"{PACIENTES}/{one}/fusion", **sent), "POST", **sent)
    assert (again.status_code, again.headers["ETag"]) == (200, first.headers["ETag"])
    assert len(api.get(f"{PACIENTES}/{nueva}/fusiones").get_json()["fusiones"]) == 1


def test_a_correction_of_the_duplicate_is_still_answered_as_the_first_time(api: FlaskClient) -> None:
    one, two, headers = person(api), person(api), key() | if_match('"1"')
    body = {"nombre": "Ana", "apellido": "Otra", "motivo": "m"}
    first = api.put(f"{PACIENTES}/{two}", json=body, headers=headers)
    merge(api, one, two)
    again = api.put(f"{PACIENTES}/{two}", json=body, headers=headers)
    assert (again.status_code, again.data) == (200, first.data)


def test_without_a_body_if_that_is_preferred(api: FlaskClient) -> None:
    one, two = person(api), person(api)
    for version, change in enumerate((merge, split), 1):
        answer = change(api, one, two, version, Prefer="return=minimal")
        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (204, b"", f'"{version + 1}"')


def test_a_record_that_both_have_is_said_and_nothing_changes(api: FlaskClient, postgres_system: Cluster) -> None:
    """One key, sent twice to one number that was of two patients."""
    two, one, headers = person(api), number(), key()

    def send() -> Any:
        return api.post(f"{PACIENTES}/{two}/consultas", json={"diagnostico": "d"}, headers=headers).get_json()["id"]

    mine = send()
    renumber(api, two, one)
    person(api, two)
    assert send() == mine
    kept = stored(postgres_system, one), stored(postgres_system, two)
    assert problem(merge(api, one, two, version=2)) == (409, "fusion-no-posible")
    assert (stored(postgres_system, one), stored(postgres_system, two)) == kept


def test_merges_are_listed_page_by_page(api: FlaskClient) -> None:
    one, others = person(api), [person(api) for _ in range(3)]
    for version, other in enumerate(others, 1):
        merge(api, one, other, version)
    split(api, one, others[0], version=4)
    seen, address = [], f"{PACIENTES}/{one}/fusiones?limite=2"
    while address:
        answer = api.get(address)
        seen += answer.get_json()["fusiones"]
        address = answer.headers.get("Link", "")[1:].partition(">")[0]
    assert [row["duplicado"] for row in seen] == others[::-1]
    assert [row["separado_en"] is None for row in seen] == [True, True, False]
    assert (seen[2]["motivo"], seen[2]["motivo_separacion"]) == ("Se registró dos veces", "Eran dos personas")
    assert {row["cambiado_por"] for row in seen} == {"api"}
    assert api.get(f"{PACIENTES}/{person(api)}/fusiones").get_json() == {"fusiones": [], "siguiente": None}
    assert api.get(f"{PACIENTES}/{number()}/fusiones").status_code == 404


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.name)
def test_a_record_on_its_way_while_the_patient_is_merged(
    api: FlaskClient, postgres_system: Cluster, kind: Kind
) -> None:
    """It waits for the merge, is not left behind, and is led to the survivor."""
    one, two = person(api), person(api)
    path = kind.path.split("/")[2]
    with (
        concurrent.futures.ThreadPoolExecutor(1) as pool,
        contextlib.closing(postgres_system.connect()) as connection,
        connection.cursor() as cursor,
    ):
        connection.autocommit = False
        cursor.execute(f"SELECT FROM pacientes WHERE cedula = '{two}' FOR UPDATE")
        sent = pool.submit(lambda: api.application.test_client().post(f"{PACIENTES}/{two}/{path}", json=kind.first()))
        waits(cursor)
        cursor.execute(
            f"SELECT version FROM fusionar_pacientes('{one}', '{two}', '{{1}}', 'api', 'm', NULL, NULL, NULL)"
        )
        assert cursor.fetchall() == [(2,)]
        connection.commit()
        answer = sent.result()
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{PACIENTES}/{one}/{path}")
    assert not any(records(stored(postgres_system, two)).values())
    assert not any(records(stored(postgres_system, one)).values())


def test_who_writes_about_the_survivor_does_not_wait(api: FlaskClient, postgres_system: Cluster) -> None:
    one, two = person(api), person(api)
    mine = add(api, one, "consultas", diagnostico="d")["id"]
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = False
        cursor.execute(f"SELECT version FROM fusionar_pacientes('{one}', '{two}', '{{1}}', 'a', 'm', NULL, NULL, NULL)")
        add(api, one, "consultas", diagnostico="d")
        correct(api, f"{PACIENTES}/{one}/consultas/{mine}", {"diagnostico": "x", **CLOSED})
        connection.commit()
    assert at(api, two) == one


def waits(cursor: Any) -> None:
    for _ in range(1000):
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        if cursor.fetchone()[0]:
            return
        time.sleep(0.01)
    raise AssertionError("it does not wait")


def test_every_table_of_a_patient_has_what_a_merge_needs(postgres_system: Cluster) -> None:
    wanted = (
        "SELECT count(*) FROM pg_attribute"
        " WHERE attrelid = name::regclass AND attname = 'id' AND atttypid = 'uuid'::regtype"
    )
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM partes_de_paciente() WHERE ({wanted}) = 0")
        assert cursor.fetchall() == []
