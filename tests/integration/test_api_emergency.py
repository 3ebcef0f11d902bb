"""Breaking the glass: who may, for whom it holds and until when, that it is marked, and that somebody reviews it."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg2.errors
import pytest
from access import EMERGENCY, Door, World, break_glass, in_a_session, number, person, physician, relate, user, world
from audited import kept, query
from flask.testing import FlaskClient
from historia_clinica.access.people import Persona, Rol
from historia_local.nodes import Cluster
from identified import REQUIRED, Clock, Headers, admin
from identified import person as account
from versioned import NOTA, PACIENTES, if_match, key

QUEUE = "/api/v1/accesos-emergencia"
MEDICO = Rol.MEDICO


@pytest.fixture(scope="module")
def door(api_of: Any, postgres_system: Cluster) -> Iterator[Door]:
    with api_of(postgres_system) as api:
        yield Door(api)


@pytest.fixture(scope="module")
def seeded(door: Door) -> World:
    return world(door.api)


@pytest.fixture
def medico(seeded: World) -> Persona:
    """In a session of this test alone."""
    return in_a_session(seeded.people[MEDICO])


def glass(cedula: str) -> str:
    return f"{PACIENTES}/{cedula}/acceso-emergencia"


def statuses(api: FlaskClient, cedula: str) -> list[int]:
    return [api.get(f"{PACIENTES}/{cedula}{path}").status_code for path in ("", "/historia", "/notas")]


def expire(cluster: Cluster, cedula: str) -> None:
    """As if it had been made long ago."""
    moved = "inicio = inicio - interval '1 day', expira = expira - interval '1 day'"
    query(cluster, f"UPDATE accesos_emergencia SET {moved} WHERE paciente_id = %(one)s", one=cedula)


def test_who_breaks_the_glass_sees_the_patient_until_it_expires(
    door: Door, medico: Persona, postgres_system: Cluster
) -> None:
    cedula = person(door.api).cedula
    with door.of(medico) as api:
        assert statuses(api, cedula) == [404] * 3
        made = break_glass(api, cedula)
        assert (made["usuario_id"], made["dictamen"]) == (medico.usuario, None)
        assert statuses(api, cedula) == [200] * 3
        lasts = "SELECT expira - inicio = interval '60 minutes', inicio <= now() FROM accesos_emergencia"
        assert query(postgres_system, f"{lasts} WHERE paciente_id = %(one)s", one=cedula) == [(True, True)]
        expire(postgres_system, cedula)
        assert statuses(api, cedula) == [404] * 3
        assert api.get(glass(cedula)).status_code == 404


def test_how_long_it_holds_is_the_installation_s(api_of: Any, postgres_system: Cluster, medico: Persona) -> None:
    with api_of(postgres_system, HISTORIA_EMERGENCY_MINUTES="7") as api:
        door, cedula = Door(api), person(api).cedula
        with door.of(medico):
            break_glass(api, cedula)
    lasts = "SELECT expira - inicio = interval '7 minutes' FROM accesos_emergencia WHERE paciente_id = %(one)s"
    assert query(postgres_system, lasts, one=cedula) == [(True,)]


def test_all_that_is_done_meanwhile_is_marked_whatever_is_stated(
    door: Door, medico: Persona, postgres_system: Cluster
) -> None:
    cedula = person(door.api).cedula
    there = f"{PACIENTES}/{cedula}"
    with door.of(medico) as api:
        before = api.get(there)
        opened = api.post(glass(cedula), json=EMERGENCY)
        after = [
            api.get(there, headers={"X-Proposito": "CALIDAD"}),
            api.get(f"{there}/historia"),
            api.get(f"{there}/notas/{uuid.uuid4()}"),
            api.post(f"{there}/notas", json=NOTA),
            api.get(f"{glass(cedula)}/{opened.get_json()['id']}"),
        ]
        expire(postgres_system, cedula)
        later = api.get(there)
    assert [one.status_code for one in (before, opened, *after, later)] == [404, 201, 200, 200, 404, 201, 200, 404]
    rows = [kept(postgres_system, one) for one in (before, opened, *after, later)]
    marked = [{(row["paciente_id"] == cedula, row["proposito"]) for row in of_one} for of_one in rows]
    assert marked == [{(True, "TREAT"), (False, "TREAT")}, *[{(True, "BTG")}] * 6, {(True, "TREAT"), (False, "TREAT")}]
    [row] = rows[1]
    assert (row["accion"], row["recurso"], row["recurso_id"]) == (
        "crear",
        "accesos_emergencia",
        opened.get_json()["id"],
    )
    shown = door.api.get(f"{there}/accesos").get_json()["accesos"]
    assert [one["proposito"] for one in shown if one["usuario_id"] == medico.usuario].count("BTG") == 6


def test_it_holds_in_its_session_for_its_user_and_its_patient_alone(door: Door, seeded: World, medico: Persona) -> None:
    cedula, another = person(door.api).cedula, person(door.api).cedula
    colleague = Persona(user(door.api), MEDICO, medico_id=physician(door.api), sesion=medico.sesion)
    with door.of(medico) as api:
        break_glass(api, cedula)
        assert statuses(api, another) == [404] * 3
    for who in (in_a_session(medico), replace(medico, sesion=None), colleague):
        with door.of(who) as api:
            assert statuses(api, cedula) == [404] * 3
    with door.of(replace(medico, rol=Rol.RESULTADOS)) as api:
        assert statuses(api, cedula) == [404, 403, 403]
    with door.of(medico) as api:
        assert statuses(api, cedula) == [200] * 3


def test_a_search_does_not_find_whom_an_emergency_opens(door: Door, medico: Persona) -> None:
    cedula = person(door.api).cedula
    with door.of(medico) as api:
        break_glass(api, cedula)
        assert api.get(PACIENTES, query_string={"documento": cedula}).get_json()["pacientes"] == []


def test_nobody_else_may(door: Door, seeded: World, postgres_system: Cluster) -> None:
    cedula = seeded.subjects["related"].cedula
    for rol in set(Rol) - {MEDICO}:
        with door.of(in_a_session(seeded.people[rol])) as api:
            assert api.post(glass(cedula), json=EMERGENCY).status_code == 403, rol
    assert door.api.post(glass(cedula), json=EMERGENCY).status_code == 401
    for who in (Persona("integrador"), replace(seeded.people[MEDICO], sesion=None)):
        with door.of(who) as api:
            assert api.post(glass(cedula), json=EMERGENCY).status_code == 403
    found = query(postgres_system, "SELECT id FROM accesos_emergencia WHERE paciente_id = %(one)s", one=cedula)
    assert found == []


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"justificacion": "Diecinueve letras.."}, "/justificacion"),
        ({"justificacion": "Diecinueve letras.." + " " * 9}, "/justificacion"),
        ({"justificacion": " " * 40}, "/justificacion"),
        ({"motivo": "curiosidad"}, "/motivo"),
        ({"expira": "2099-01-01T00:00:00Z"}, "/expira"),
    ],
)
def test_it_is_justified_in_full(door: Door, medico: Persona, sent: dict[str, str], pointer: str) -> None:
    cedula = person(door.api).cedula
    with door.of(medico) as api:
        for of in (cedula, number()):  # the same about who is nobody
            refused = api.post(glass(of), json=EMERGENCY | sent)
            assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (422, [pointer])
        assert statuses(api, cedula) == [404] * 3


def test_who_is_not_there_is_not_found_and_a_former_number_leads_nowhere(
    door: Door, seeded: World, medico: Persona, postgres_system: Cluster
) -> None:
    moved, survivor, duplicate = (person(door.api).cedula for _ in range(3))
    for path, sent, of in (
        ("cambio-documento", {"cedula": number()}, moved),
        ("fusion", {"duplicado": duplicate}, survivor),
    ):
        body = {"motivo": "m"} | sent
        assert door.api.post(f"{PACIENTES}/{of}/{path}", json=body, headers=if_match('"1"')).status_code == 200
    with door.of(medico) as api:
        told = []
        for cedula in (number(), moved, duplicate):
            answer = api.post(glass(cedula), json=EMERGENCY)
            told.append((answer.status_code, answer.headers.get("Location"), answer.get_json() | {"instance": None}))
    assert told == [told[0]] * 3
    assert (told[0][0], told[0][2]["detail"]) == (404, "No hay un paciente con esa cédula.")
    found = "SELECT id FROM accesos_emergencia WHERE paciente_id = ANY (%(all)s)"
    assert query(postgres_system, found, all=[moved, duplicate]) == []


def test_it_is_made_once_however_often_it_is_sent(door: Door, medico: Persona, postgres_system: Cluster) -> None:
    cedula, known = person(door.api).cedula, key()
    with door.of(medico) as api:
        answers = [api.post(glass(cedula), json=EMERGENCY, headers=known) for _ in range(3)]
        assert [one.status_code for one in answers] == [201] * 3
        assert [one.get_json() for one in answers] == [answers[0].get_json()] * 3
        assert api.get(answers[0].headers["Location"]).get_json() == answers[0].get_json()
        assert api.post(glass(cedula), json=EMERGENCY | {"motivo": "otro"}, headers=known).status_code == 422
    with door.of(in_a_session(medico)) as api:  # where it would not hold
        assert api.post(glass(cedula), json=EMERGENCY, headers=known).status_code == 422
    found = "SELECT count(*) FROM accesos_emergencia WHERE paciente_id = %(one)s"
    assert query(postgres_system, found, one=cedula) == [(1,)]


def test_who_sees_it_afterwards(door: Door, seeded: World, medico: Persona) -> None:
    one = person(door.api)
    colleague = Persona(user(door.api), MEDICO, medico_id=physician(door.api))
    relate(door.api, one.cedula, colleague.usuario)
    subject = Persona(user(door.api), Rol.PACIENTE, paciente_id=one.cedula, paciente_uuid=one.uuid)
    with door.of(medico) as api:
        made = break_glass(api, one.cedula)

    def seen(who: Persona) -> Any:
        with door.of(who) as api:
            listed = api.get(glass(one.cedula))
            if listed.status_code != 200:
                return listed.status_code
            of_one = api.get(f"{glass(one.cedula)}/{made['id']}")
            rows = listed.get_json()["accesos_emergencia"]
            assert rows == ([of_one.get_json()] if of_one.status_code == 200 else [])
            return rows

    assert seen(medico) == seen(subject) == seen(seeded.people[Rol.AUDITOR]) == [made]
    assert seen(colleague) == []
    unnamed = {name: value for name, value in made.items() if name not in ("justificacion", "comentario")}
    assert seen(seeded.people[Rol.OFICIAL_DATOS]) == [unnamed]
    assert seen(seeded.people[Rol.PACIENTE]) == seen(in_a_session(medico)) == 404
    assert {seen(seeded.people[rol]) for rol in (Rol.ADMIN, Rol.ADMISIONISTA, Rol.RESULTADOS)} == {403}


def queued(api: FlaskClient, **asked: str) -> list[str]:
    """The identifiers of all accesses, by pages."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get(QUEUE, query_string=asked | cursor | {"limite": "3"}).get_json()
        found += [one["id"] for one in page["accesos_emergencia"]]
        if page["siguiente"] is None:
            return found
        cursor = {"cursor": page["siguiente"]}


def test_the_queue_holds_it_until_it_is_reviewed_once(door: Door, seeded: World, medico: Persona) -> None:
    auditor, officer = seeded.people[Rol.AUDITOR], seeded.people[Rol.OFICIAL_DATOS]
    cedulas = [person(door.api).cedula for _ in range(5)]
    with door.of(medico) as api:
        ids = [break_glass(api, cedula)["id"] for cedula in cedulas]
    place, verdict = f"{glass(cedulas[0])}/{ids[0]}", {"dictamen": "no_justificado", "comentario": "No consta urgencia"}
    with door.of(auditor) as api:
        assert [one for one in queued(api, pendientes="true") if one in ids] == ids
        reviewed = api.post(f"{place}/revision", json=verdict)
        assert reviewed.status_code == 200
        assert reviewed.get_json().items() >= (verdict | {"revisado_por": auditor.usuario}).items()
        assert api.get(place).get_json() == reviewed.get_json()
        again = api.post(f"{place}/revision", json=verdict)
        assert (again.status_code, again.get_json()["type"]) == (409, "/docs/problemas#ya-revisado")
        assert [one for one in queued(api, pendientes="true") if one in ids] == ids[1:]
        assert [one for one in queued(api) if one in ids] == ids
        for absent in (f"{glass(cedulas[0])}/{uuid.uuid4()}", f"{glass(cedulas[0])}/{ids[1]}"):
            assert api.post(f"{absent}/revision", json=verdict).status_code == 404
    with door.of(officer) as api:
        assert [one for one in queued(api, pendientes="true") if one in ids] == ids[1:]
        assert not {"justificacion", "comentario"} & api.get(QUEUE).get_json()["accesos_emergencia"][0].keys()
    for rol in set(Rol) - {Rol.AUDITOR, Rol.OFICIAL_DATOS}:
        with door.of(seeded.people[rol]) as api:
            assert api.get(QUEUE).status_code == 403, rol
    for rol in set(Rol) - {Rol.AUDITOR}:
        with door.of(seeded.people[rol]) as api:
            status = api.post(f"{glass(cedulas[1])}/{ids[1]}/revision", json=verdict).status_code
            assert status == 403, rol


def test_nobody_reviews_an_access_of_his_own(door: Door, medico: Persona) -> None:
    """Also not in another role, nor where nobody says who asks."""
    cedula = person(door.api).cedula
    with door.of(medico) as api:
        place = f"{glass(cedula)}/{break_glass(api, cedula)['id']}"
    body = {"dictamen": "justificado"}
    with door.of(replace(medico, rol=Rol.AUDITOR)) as api:
        assert api.post(f"{place}/revision", json=body).status_code == 403
        assert api.get(place).get_json()["dictamen"] is None
    assert door.api.post(f"{place}/revision", json=body).status_code == 401


def test_each_route_leaves_one_row(door: Door, seeded: World, medico: Persona, postgres_system: Cluster) -> None:
    cedula, auditor = person(door.api).cedula, seeded.people[Rol.AUDITOR]
    with door.of(medico) as api:
        opened = api.post(glass(cedula), json=EMERGENCY)
    one = opened.get_json()["id"]
    with door.of(auditor) as api:
        answers = [
            opened,
            api.get(glass(cedula)),
            api.get(f"{glass(cedula)}/{one}"),
            api.post(f"{glass(cedula)}/{one}/revision", json={"dictamen": "justificado"}),
            api.get(f"{QUEUE}?pendientes=true"),
        ]
    found = [kept(postgres_system, answer) for answer in answers]
    assert [len(rows) for rows in found] == [1] * 5
    said = [(row["paciente_id"], row["accion"], row["recurso_id"], row["proposito"]) for [row] in found]
    assert said == [
        (cedula, "crear", one, "BTG"),
        (cedula, "leer", None, "HOPERAT"),
        (cedula, "leer", one, "HOPERAT"),
        (cedula, "revisar", one, "HOPERAT"),
        (f"u:{auditor.usuario}", "leer", None, "HOPERAT"),
    ]
    assert EMERGENCY["justificacion"] not in str(found)
    assert found[4][0]["consulta"] == "pendientes"


def test_it_goes_where_the_patient_goes(door: Door, seeded: World, medico: Persona) -> None:
    one, other = person(door.api).cedula, person(door.api).cedula
    auditor, officer = seeded.people[Rol.AUDITOR], seeded.people[Rol.OFICIAL_DATOS]

    def reads(*cedulas: str) -> list[int]:
        with door.of(medico) as api:
            return [api.get(f"{PACIENTES}/{cedula}").status_code for cedula in cedulas]

    def change(of: str, path: str, version: int, **body: str) -> None:
        with door.of(officer) as api:
            sent = body | {"motivo": "m"}
            answer = api.post(f"{PACIENTES}/{of}/{path}", json=sent, headers=if_match(f'"{version}"'))
            assert answer.status_code == 200, answer.get_data(as_text=True)

    def listed(cedula: str) -> list[tuple[str, str | None]]:
        with door.of(auditor) as api:
            rows = api.get(glass(cedula)).get_json()["accesos_emergencia"]
            return [(row["id"], row["dictamen"]) for row in rows]

    with door.of(medico) as api:
        first, second = (break_glass(api, other)["id"] for _ in range(2))
    with door.of(auditor) as api:
        said = api.post(f"{glass(other)}/{first}/revision", json={"dictamen": "justificado"})
        assert said.status_code == 200
    both = [(second, None), (first, "justificado")]
    assert (reads(one, other), listed(other)) == ([404, 200], both)
    change(one, "fusion", 1, duplicado=other)
    assert (reads(one, other), listed(one)) == ([200, 404], both)
    with door.of(auditor) as api:  # what is found meanwhile goes back with what it is about
        said = api.post(f"{glass(one)}/{second}/revision", json={"dictamen": "no_justificado"})
        assert said.status_code == 200
    both = [(second, "no_justificado"), (first, "justificado")]
    change(one, "separacion", 2, duplicado=other)
    assert (reads(one, other), listed(other), listed(one)) == ([404, 200], both, [])
    new = number()
    change(other, "cambio-documento", 3, cedula=new)
    assert (reads(new, other), listed(new)) == ([200, 404], both)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE accesos_emergencia SET expira = expira + interval '1 hour'",
        "UPDATE accesos_emergencia SET justificacion = 'Otra cosa que nunca se dijo'",
        "DELETE FROM accesos_emergencia",
        "UPDATE accesos_emergencia_revisiones SET dictamen = 'justificado'",
        "DELETE FROM accesos_emergencia_revisiones",
    ],
)
def test_the_api_s_role_only_adds(postgres_system: Cluster, change: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        query(postgres_system, change, role="app")


def test_an_access_that_lasts_for_days_is_none(postgres_system: Cluster) -> None:
    late = "INSERT INTO accesos_emergencia VALUES ('1', gen_random_uuid(), 'u', gen_random_uuid(), 'otro',"
    with pytest.raises(psycopg2.errors.CheckViolation):
        query(postgres_system, f"{late} repeat('a', 20), now(), now() + interval '5 hours')", role="app")


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def identified(postgres_system: Cluster, api_of: Callable[..., Any], clock: Clock) -> Iterator[FlaskClient]:
    with api_of(postgres_system, clock, **REQUIRED) as client:
        yield client


def test_a_token_of_another_session_of_the_same_person_opens_nothing(
    identified: FlaskClient, postgres_system: Cluster, run_hooks: Callable[..., Any], door: Door
) -> None:
    api, one = identified, person(door.api)
    admins: Headers = admin(postgres_system, run_hooks, api).headers(api)
    who = account(api, admins, "medico", medico_id=physician(door.api))
    given = who.given(api)
    first, second = {"Authorization": f"Bearer {given['access_token']}"}, who.headers(api)
    there = f"{PACIENTES}/{one.cedula}"

    def read(headers: Headers) -> int:
        return int(api.get(there, headers=headers).status_code)

    assert (read(first), read(second)) == (404, 404)
    opened = api.post(f"{there}/acceso-emergencia", json=EMERGENCY, headers=first)
    assert opened.status_code == 201, opened.get_data(as_text=True)
    assert (read(first), read(second)) == (200, 404)
    renewed = api.post("/api/v1/sesiones/renovacion", json={"refresh_token": given["refresh_token"]}).get_json()
    assert read({"Authorization": f"Bearer {renewed['access_token']}"}) == 200  # the same session
    assert read(who.headers(api)) == 404
    assert api.delete("/api/v1/sesiones/actual", headers=first).status_code == 204
    assert read(first) == 401
