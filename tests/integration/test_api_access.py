"""What the cells of the matrix do not tell: that foreign is like absent, what is one's own, what a search may find."""

import contextlib
import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2.errors
import pytest
from access import (
    Door,
    Subject,
    World,
    made,
    number,
    order,
    person,
    physician,
    relate,
    user,
    world,
)
from audited import kept as audited
from audited import query
from historia_clinica.access.operations import OPEN
from historia_clinica.access.people import Persona, Rol
from historia_clinica.audit.repository import APPEND
from historia_clinica.db import Transaction
from historia_clinica.http.context import KEY
from historia_clinica.permissions import FACTS, MATRIX
from historia_local.nodes import Cluster
from probing import BODIES, out_of_sight, requests, told
from row_contexts import as_the_api
from versioned import MEDICOS, NOTA, ORDEN, PACIENTES, RECORDS, RESULTADO, if_match

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
PATHS = [kind.path.split("/")[2] for kind in RECORDS]


@pytest.fixture(scope="module")
def door(api_of: Any, postgres_system: Cluster) -> Iterator[Door]:
    with api_of(postgres_system) as api:
        yield Door(api)


@pytest.fixture(scope="module")
def seeded(door: Door) -> World:
    return world(door.api)


@pytest.fixture(scope="module")
def absent(door: Door, seeded: World) -> dict[str, Subject]:
    return out_of_sight(door.api, seeded)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The SQL that requests send to the database."""
    sent: list[str] = []
    run = Transaction._rows

    def counted(self: Transaction, statement: Any, parameters: Any, into: Any) -> Any:
        if statement is not MATRIX:  # read again every few seconds, whatever is asked
            sent.append(statement.sql)
        return run(self, statement, parameters, into)

    monkeypatch.setattr(Transaction, "_rows", counted)
    return sent


DENIED = [APPEND.sql] * 2  # for the patient, who may be nobody, and for whoever asked


@pytest.mark.parametrize("rol", [Rol.MEDICO, Rol.PACIENTE, Rol.RESULTADOS])
def test_a_foreign_patient_is_like_one_who_does_not_exist(
    rol: Rol, door: Door, seeded: World, absent: dict[str, Subject], statements: list[str]
) -> None:
    with door.of(seeded.people[rol]) as api:
        assert api.get("/api/v1/gobierno/matriz").status_code == 200  # the matrix is known from here on
        probes = {name: list(requests(subject)) for name, subject in absent.items()}
        seen = 0
        for asked in zip(*probes.values(), strict=True):
            answers = []
            for method, address, sent in asked:
                statements.clear()
                answered = told(api.open(address, method=method, **sent))
                answers.append((answered, list(statements)))
            assert answers == [answers[-1]] * len(answers), asked
            (status, _, body), looked_up = answers[0]
            assert status in (403, 404)
            if status == 404:
                assert body["detail"] == "No hay un paciente con esa cédula."
                assert looked_up == [FACTS.sql, *DENIED]
                seen += 1
        assert seen > 30


def test_what_is_no_number_of_a_patient_is_not_asked_for(door: Door, seeded: World, statements: list[str]) -> None:
    with door.of(seeded.people[Rol.MEDICO]) as api:
        wanted = told(api.get(f"{PACIENTES}/{seeded.subjects['nobody'].cedula}"))
        statements.clear()
        for text in ("x", "a b c", "123%00", "%ED%A0%80123", "'; --"):
            assert told(api.get(f"{PACIENTES}/{text}")) == wanted
        assert statements == [APPEND.sql] * 5


def test_for_a_number_that_nobody_has_the_database_does_as_much_and_keeps_nothing(postgres_system: Cluster) -> None:
    said = "'u', 'medico', 'leer', 'notas', NULL, NULL, NULL, 'denegado', NULL, NULL, 'p', NULL, NULL, NULL"
    with as_the_api(postgres_system) as cursor:
        cursor.execute(f"SELECT anotar_auditoria('NADIE-7', false, false, {said})")
        assert cursor.fetchone() == (None,)
        cursor.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
        assert cursor.fetchone() == (True,)  # what was taken back was written, and the commit waits for the disk
    kept = (
        "SELECT (SELECT count(*) FROM auditoria a WHERE a.paciente_id = 'NADIE-7') + count(*) FROM auditoria_cabeza h"
    )
    assert query(postgres_system, f"{kept} WHERE h.paciente_id = 'NADIE-7'") == [(0,)]


def test_a_question_about_methods_tells_nothing_of_a_patient(door: Door, seeded: World, statements: list[str]) -> None:
    with door.of(seeded.people[Rol.MEDICO]) as api:
        answers = [api.options(f"{PACIENTES}/{one.cedula}/notas") for one in seeded.subjects.values()]
    assert [(one.status_code, one.headers["Allow"]) for one in answers] == [(200, answers[0].headers["Allow"])] * 4
    assert statements == []


def test_a_refusal_is_kept_as_one_also_where_the_matrix_is_read_anew_on_the_way(
    door: Door, seeded: World, postgres_system: Cluster
) -> None:
    application = door.api.application
    known = application.extensions[KEY].permissions.matrix
    theirs = made(door.api, f"{PACIENTES}/{seeded.subjects['related'].cedula}/notas", NOTA)

    def forget() -> None:
        known._expires = 0.0

    application.before_request_funcs[None].append(forget)
    try:
        with door.of(seeded.people[Rol.MEDICO]) as api:
            place = f"{PACIENTES}/{theirs['paciente_id']}/notas/{theirs['id']}"
            sent = {"tipo": "evolucion", "texto": "Otro", "motivo": "m"}
            refused = api.put(place, json=sent, headers=if_match('"1"'))
    finally:
        application.before_request_funcs[None].remove(forget)
    assert refused.status_code == 403
    assert {one["resultado"] for one in audited(postgres_system, refused)} == {"denegado"}


def test_who_has_no_role_is_not_judged_here(door: Door, seeded: World) -> None:
    address = f"{PACIENTES}/{seeded.subjects['foreign'].cedula}"
    assert door.api.get(address).status_code == 200
    with door.of(Persona("integrador")) as api:
        assert api.get(address).status_code == 200


def test_a_denial_by_role_says_nothing_of_a_patient(door: Door, seeded: World) -> None:
    with door.of(seeded.people[Rol.ADMIN]) as api:
        answers = {
            name: told(api.get(f"{PACIENTES}/{subject.cedula}/notas")) for name, subject in seeded.subjects.items()
        }
    assert {answer[0] for answer in answers.values()} == {403}
    assert len({json.dumps(answer) for answer in answers.values()}) == 1


def test_a_physician_cannot_make_a_relation(door: Door, seeded: World) -> None:
    medico = seeded.people[Rol.MEDICO]
    body = {"usuario_id": medico.usuario, "origen": "cita"}
    for name, expected in (("related", 403), ("foreign", 403)):
        cedula = seeded.subjects[name].cedula
        with door.of(medico) as api:
            assert api.post(f"{PACIENTES}/{cedula}/relaciones-atencion", json=body).status_code == expected
    foreign = f"{PACIENTES}/{seeded.subjects['foreign'].cedula}"
    with door.of(medico) as api:
        for path in PATHS:
            assert api.post(f"{foreign}/{path}", json=BODIES[path][0]).status_code == 404
        assert api.get(foreign).status_code == 404
    relations = door.api.get(f"{foreign}/relaciones-atencion").get_json()["relaciones_atencion"]
    assert medico.usuario not in {one["usuario_id"] for one in relations}


def test_a_relation_holds_from_its_beginning_to_its_end(door: Door, seeded: World) -> None:
    medico, reception = seeded.people[Rol.MEDICO], seeded.people[Rol.ADMISIONISTA]
    address = f"{PACIENTES}/{person(door.api).cedula}"
    now = datetime.now(UTC)
    hour = timedelta(hours=1)

    def reads() -> int:
        with door.of(medico) as api:
            return int(api.get(address).status_code)

    def correct(row: Any, **more: Any) -> Any:
        body = {"origen": row["origen"], "desde": row["desde"], "motivo": "m"} | more
        with door.of(reception) as api:
            there = f"{address}/relaciones-atencion/{row['id']}"
            answer = api.put(there, json=body, headers=if_match(f'"{row["version"]}"'))
            assert answer.status_code == 200, answer.get_data(as_text=True)
            return answer.get_json()

    with door.of(reception) as api:
        row = relate(api, address.rpartition("/")[2], medico.usuario, desde=(now + hour).isoformat())
    assert reads() == 404
    row = correct(row, desde=(now - 2 * hour).isoformat())
    assert reads() == 200
    row = correct(row, hasta=(now + hour).isoformat())
    assert reads() == 200
    row = correct(row, hasta=(now - hour).isoformat())
    assert reads() == 404
    row = correct(row, hasta=None)
    assert reads() == 200
    with door.of(reception) as api:
        there = f"{address}/relaciones-atencion/{row['id']}"
        versions = [one["relacion_atencion"]["hasta"] for one in api.get(f"{there}/historial").get_json()["versiones"]]
        assert [one is None for one in versions] == [True, False, False, True, True]
        assert api.post(f"{there}/anulacion", json={"motivo": "m"}, headers=if_match('"5"')).status_code == 200
    assert reads() == 404


def test_a_relation_names_a_user_who_is_there_and_ends_after_it_began(door: Door) -> None:
    address = f"{PACIENTES}/{person(door.api).cedula}/relaciones-atencion"
    body = {"usuario_id": number(), "origen": "turno"}
    for sent, pointer in (
        (body, "/usuario_id"),
        (body | {"usuario_id": "x"}, "/usuario_id"),
        (body | {"origen": "porque_si"}, "/origen"),
        (body | {"desde": "2026-02-01T00:00:00Z", "hasta": "2026-01-01T00:00:00Z"}, "/hasta"),
    ):
        refused = door.api.post(address, json=sent)
        assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (422, [pointer])


def test_a_relation_goes_where_the_patient_goes(door: Door, seeded: World) -> None:
    medico, officer = seeded.people[Rol.MEDICO], seeded.people[Rol.OFICIAL_DATOS]
    one, other = person(door.api), person(door.api)
    relate(door.api, other.cedula, medico.usuario)

    def reads(*cedulas: str) -> list[int]:
        with door.of(medico) as api:
            return [int(api.get(f"{PACIENTES}/{cedula}").status_code) for cedula in cedulas]

    def change(of: str, path: str, version: int, **body: str) -> None:
        with door.of(officer) as api:
            sent = body | {"motivo": "m"}
            answer = api.post(f"{PACIENTES}/{of}/{path}", json=sent, headers=if_match(f'"{version}"'))
            assert answer.status_code == 200, answer.get_data(as_text=True)

    assert reads(one.cedula, other.cedula) == [404, 200]
    change(one.cedula, "fusion", 1, duplicado=other.cedula)
    assert reads(one.cedula, other.cedula) == [200, 404]
    change(one.cedula, "separacion", 2, duplicado=other.cedula)
    assert reads(one.cedula, other.cedula) == [404, 200]
    new = number()
    change(other.cedula, "cambio-documento", 3, cedula=new)
    assert reads(new, other.cedula) == [200, 404]
    with door.of(officer) as api:
        assert api.get(f"{PACIENTES}/{other.cedula}").status_code == 308


def test_an_account_is_a_persons_whatever_becomes_of_the_number(door: Door, seeded: World) -> None:
    one = person(door.api)
    who = Persona(user(door.api), Rol.PACIENTE, paciente_id=one.cedula, paciente_uuid=one.uuid)
    new = number()

    def reads(cedula: str) -> int:
        with door.of(who) as api:
            found = api.get(f"{PACIENTES}?documento={cedula}").get_json()["pacientes"]
            assert {row["id"] for row in found} <= {str(one.uuid)}
            return int(api.get(f"{PACIENTES}/{cedula}").status_code)

    assert (reads(one.cedula), reads(new)) == (200, 404)
    with door.of(seeded.people[Rol.OFICIAL_DATOS]) as api:
        body = {"cedula": new, "motivo": "m"}
        sent = api.post(f"{PACIENTES}/{one.cedula}/cambio-documento", json=body, headers=if_match('"1"'))
        assert sent.status_code == 200
    person(door.api, one.cedula)  # somebody else has the number now
    assert (reads(one.cedula), reads(new)) == (404, 200)


def test_what_bears_a_name_is_changed_by_that_physician_alone(door: Door, seeded: World) -> None:
    medico, listing = seeded.people[Rol.MEDICO], f"{PACIENTES}/{seeded.subjects['related'].cedula}/notas"
    colleague = physician(door.api)
    theirs = made(door.api, listing, NOTA | {"medico_id": colleague})
    nobodys = made(door.api, listing, NOTA)
    with door.of(medico) as api:
        for note in (theirs, nobodys):
            there = f"{listing}/{note['id']}"
            change = NOTA | {"texto": "Otro", "motivo": "m"}
            answers = [
                api.put(there, json=change, headers=if_match('"1"')),
                api.post(f"{there}/anulacion", json={"motivo": "m"}, headers=if_match('"1"')),
                api.post(f"{there}/firma", headers=if_match('"1"')),
            ]
            assert [one.status_code for one in answers] == [403] * 3
            assert api.get(there).get_json() == note
        refused = api.post(listing, json=NOTA | {"medico_id": colleague})
        assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (403, "/medico_id")
        own = made(api, listing, NOTA)
        assert own["medico_id"] == medico.medico_id
        there = f"{listing}/{own['id']}"
        change = NOTA | {"texto": "Otro", "motivo": "m"}
        given_away = api.put(there, json=change | {"medico_id": colleague}, headers=if_match('"1"'))
        assert (given_away.status_code, given_away.get_json()["errors"][0]["pointer"]) == (403, "/medico_id")
        changed = api.put(there, json=change, headers=if_match('"1"'))
        assert (changed.status_code, changed.get_json()["medico_id"]) == (200, medico.medico_id)
        assert api.post(f"{there}/firma", headers=if_match('"2"')).status_code == 200
    with door.of(Persona(medico.usuario, Rol.MEDICO)) as api:
        assert api.post(listing, json=NOTA).status_code == 403
        assert api.get(there).status_code == 200


def test_what_is_to_be_left_as_it_is_stays(door: Door, seeded: World) -> None:
    laboratory, cedula = seeded.people[Rol.RESULTADOS], seeded.subjects["related"].cedula
    listing = f"{PACIENTES}/{cedula}/ordenes"
    row = made(door.api, listing, ORDEN | {"justificacion": "Control", "medico_id": seeded.medico_id})
    there, change = f"{listing}/{row['id']}", ORDEN | {"estado": "realizada", "motivo": "m"}
    with door.of(laboratory) as api:
        for member, value in (("cups", "903896"), ("justificacion", "Otra"), ("medico_id", None), ("cantidad", 3)):
            refused = api.put(there, json=change | {member: value}, headers=if_match('"1"'))
            assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (
                403,
                [f"/{member}"],
            )
        changed = api.put(there, json=change, headers=if_match('"1"'))
        assert changed.status_code == 200
        assert changed.get_json() == row | {
            "estado": "realizada",
            "version": 2,
            "actualizado_en": changed.get_json()["actualizado_en"],
        }


def test_an_order_opens_the_patient_to_those_who_carry_it_out(door: Door, seeded: World) -> None:
    laboratory = seeded.people[Rol.RESULTADOS]
    cedula = person(door.api).cedula

    def reads() -> int:
        with door.of(laboratory) as api:
            return int(api.get(f"{PACIENTES}/{cedula}").status_code)

    assert reads() == 404
    row = order(door.api, cedula)
    assert reads() == 200
    address = f"{PACIENTES}/{cedula}/ordenes/{row['id']}/anulacion"
    assert door.api.post(address, json={"motivo": "m"}, headers=if_match('"1"')).status_code == 200
    assert reads() == 404


def test_the_author_of_a_result_is_whoever_wrote_it_whichever_physician_it_names(door: Door, seeded: World) -> None:
    laboratory = seeded.people[Rol.RESULTADOS]
    listing = f"{PACIENTES}/{seeded.subjects['related'].cedula}/resultados"
    with door.of(laboratory) as api:
        row = made(api, listing, RESULTADO | {"medico_id": seeded.medico_id})
        [version] = api.get(f"{listing}/{row['id']}/historial").get_json()["versiones"]
        assert version["cambiado_por"] == laboratory.usuario
        refused = api.post(listing, json=RESULTADO | {"medico_id": 2**40})
        assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/medico_id")


def found(api: Any, **query: str) -> set[str]:
    """By a search, all pages of it."""
    cedulas: set[str] = set()
    following, asked = PACIENTES, {"limite": "2", **query}
    while following:
        page = api.get(following, query_string=asked or None)
        assert page.status_code == 200, page.get_data(as_text=True)
        cedulas |= {one["cedula"] for one in page.get_json()["pacientes"]}
        following, asked = page.headers.get("Link", "").split(">")[0].removeprefix("<"), {}
    return cedulas


def test_a_search_finds_whom_the_person_may_read(door: Door, seeded: World) -> None:
    api, medico = door.api, seeded.people[Rol.MEDICO]
    attended = {person(api).cedula for _ in range(4)} | {seeded.subjects["related"].cedula}
    for cedula in attended - {seeded.subjects["related"].cedula}:
        relate(api, cedula, medico.usuario)
        relate(api, cedula, medico.usuario)  # twice: found once
    ended = person(api).cedula
    relate(api, ended, medico.usuario, desde="2025-01-01T00:00:00Z", hasta="2025-02-01T00:00:00Z")
    with door.of(medico):
        mine = found(api)
        assert attended <= mine
        assert not {ended, seeded.subjects["foreign"].cedula, seeded.subjects["own"].cedula} & mine
        assert {api.get(f"{PACIENTES}/{cedula}").status_code for cedula in mine} == {200}
        assert found(api, documento=seeded.subjects["foreign"].cedula) == set()
        assert found(api, documento=seeded.subjects["related"].cedula) == {seeded.subjects["related"].cedula}
    with door.of(seeded.people[Rol.PACIENTE]):
        assert found(api) == {seeded.subjects["own"].cedula}
    with door.of(seeded.people[Rol.ADMISIONISTA]):
        assert found(api, documento=ended) == {ended}


@contextlib.contextmanager
def own_rows(cluster: Cluster, *rows: tuple[str, str, str, str, str, str]) -> Iterator[None]:
    """Permissions that the installation adds."""
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for row in rows:
            cursor.execute("INSERT INTO permisos VALUES (0, %s, %s, %s, %s, %s, %s)", row)
        try:
            yield
        finally:
            cursor.execute("DELETE FROM permisos WHERE version = 0")


def test_an_installation_adds_permissions_and_a_sync_leaves_them(
    api_of: Any, postgres_system: Cluster, run_hooks: Hooks, seeded: World
) -> None:
    added = (
        ("auditor", "pacientes", "buscar", "siempre", "{apellido}", "{}"),
        ("investigador", "medicos", "leer", "siempre", "{telefono}", "{}"),
        ("investigador", "medicos", "volar", "siempre", "{}", "{}"),
        ("investigador", "pacientes", "leer", "luna_llena", "{}", "{}"),
    )
    with own_rows(postgres_system, *added), api_of(postgres_system) as api:
        again = run_hooks(postgres_system, "sync", workers=0)
        assert (again.returncode, "nada que hacer" in again.stdout.splitlines()[-1]) == (0, True)
        door = Door(api)
        with door.of(seeded.people[Rol.INVESTIGADOR]):
            matrix = api.get("/api/v1/gobierno/matriz").get_json()["permisos"]
            assert {(one["recurso"], one["accion"]) for one in matrix if one["propio"]} == {row[1:3] for row in added}
            assert "telefono" not in api.get(f"/api/v1/medicos/{seeded.medico_id}").get_json()
            assert api.get(f"{PACIENTES}/{seeded.subjects['related'].cedula}").status_code == 403
        with door.of(seeded.people[Rol.AUDITOR]):
            [row, *_] = api.get(PACIENTES).get_json()["pacientes"]
            # also what reading hides, which the row of the search does not
            assert {"cedula", "nombre", "apellido", "telefono"} & row.keys() == {"cedula"}
            refused = api.get(PACIENTES, query_string={"nombre": "Ana", "documento": "A-0"})
            assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (403, ["/nombre"])
            assert api.get(PACIENTES, query_string={"documento": "A-0"}).status_code == 200


def test_a_correction_keeps_what_its_author_does_not_see(api_of: Any, postgres_system: Cluster, seeded: World) -> None:
    added = (
        ("investigador", "medicos", "leer", "siempre", "{telefono}", "{}"),
        ("investigador", "medicos", "corregir", "siempre", "{}", "{}"),
    )
    with own_rows(postgres_system, *added), api_of(postgres_system) as api:
        door, names = Door(api), {"nombre": "Luz", "apellido": "Gómez", "codigo_medico": number()}
        row = made(api, MEDICOS, names | {"telefono": "300"})
        there, change = f"{MEDICOS}/{row['id']}", names | {"especialidad": "Cardiología", "motivo": "m"}
        with door.of(seeded.people[Rol.INVESTIGADOR]):
            for guess in ("300", "301", None):
                refused = api.put(there, json=change | {"telefono": guess}, headers=if_match('"1"'))
                assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (403, "/telefono")
            changed = api.put(there, json=change, headers=if_match('"1"'))
            assert (changed.status_code, "telefono" in changed.get_json()) == (200, False)
        after = api.get(there).get_json()
        assert (after["telefono"], after["especialidad"]) == ("300", "Cardiología")


def test_what_names_two_patients_hangs_on_no_condition(postgres_system: Cluster) -> None:
    for recurso, accion in (("fusiones", "fusionar"), ("pacientes", "renumerar")):
        with (
            pytest.raises(psycopg2.errors.CheckViolation),
            own_rows(postgres_system, ("medico", recurso, accion, "relacion", "{}", "{}")),
        ):
            pass


def test_the_matrix_of_the_program_holds_and_those_of_before_stay(
    door: Door, postgres_system: Cluster, run_hooks: Hooks
) -> None:
    def shown() -> Any:
        return door.api.get("/api/v1/gobierno/matriz").get_json()

    before = shown()
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        other = before["version"] + 1
        cursor.execute("INSERT INTO versiones_matriz VALUES (%s, %s, 1)", (other, "0" * 64))
        cursor.execute("INSERT INTO permisos VALUES (%s, 'admin', 'cluster', 'leer', 'siempre')", (other,))
        connection.commit()
        assert [one["recurso"] for one in shown()["permisos"]] == ["cluster"]
        waiting = run_hooks(postgres_system, "verify", workers=0)
        assert (waiting.returncode, "cargar la matriz de acceso" in waiting.stdout) == (75, True)
        assert run_hooks(postgres_system, "matrix", workers=0).returncode == 0
        after = shown()
        assert after["version"] == other + 1
        assert (after["sha256"], after["permisos"]) == (before["sha256"], before["permisos"])
        cursor.execute("SELECT count(*) FROM permisos WHERE version = %s", (before["version"],))
        assert cursor.fetchone() == (len(before["permisos"]),)


def test_nothing_that_is_open_tells_of_a_patient(door: Door) -> None:
    for rule in door.api.application.url_map.iter_rules():
        assert rule.endpoint not in OPEN or "cedula" not in rule.arguments
