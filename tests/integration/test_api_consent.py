"""Consents: what a patient denies is kept from whoever it names, from the next request on, and from nobody else."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2.errors
import pytest
from access import (
    Door,
    Subject,
    World,
    break_glass,
    in_a_session,
    made,
    number,
    patient,
    person,
    physician,
    relate,
    user,
)
from access import world as new_world
from audited import kept, query
from flask.testing import FlaskClient
from historia_clinica.access.consent import CATEGORIAS
from historia_clinica.access.people import Persona, Rol
from historia_local.nodes import Cluster
from versioned import NOTA, PACIENTES, if_match, key

DENIED = "/docs/problemas#negado-por-el-paciente"
DENIAL = {"tipo": "compartir_terceros", "decision": "niega"}
NOW = datetime.now(UTC)


@dataclass
class Case:
    """A patient of a test's own, with a record of each kind, and a physician who attends that patient."""

    subject: Subject
    medico: Persona

    @property
    def there(self) -> str:
        return f"{PACIENTES}/{self.subject.cedula}"

    def note(self) -> str:
        return f"{self.there}/notas/{self.subject.ids['notas']}"


@pytest.fixture(scope="module")
def door(api_of: Any, postgres_system: Cluster) -> Iterator[Door]:
    with api_of(postgres_system) as api:
        yield Door(api)


@pytest.fixture(scope="module")
def seeded(door: Door) -> World:
    return new_world(door.api)


@pytest.fixture
def case(door: Door, seeded: World) -> Case:
    medico = seeded.people[Rol.MEDICO]
    one = Case(patient(door.api, seeded.medico_id, user(door.api)), medico)
    relate(door.api, one.subject.cedula, medico.usuario)
    return one


def consents(cedula: str) -> str:
    return f"{PACIENTES}/{cedula}/consentimientos"


def deny(api: FlaskClient, cedula: str, **scope: Any) -> Any:
    return made(api, consents(cedula), DENIAL | scope)


def revoke(api: FlaskClient, row: Any, **headers: str) -> Any:
    address = f"{consents(row['paciente_id'])}/{row['id']}/revocacion"
    return api.post(address, json={"motivo": "Cambió de parecer"}, headers=if_match(f'"{row["version"]}"') | headers)


def reads(door: Door, who: Persona, address: str, **headers: str) -> int:
    with door.of(who) as api:
        return int(api.get(address, headers=headers).status_code)


def years_ago(years: int) -> str:
    return f"{NOW.year - years}-01-01"


def test_care_needs_no_consent_and_a_denial_of_one_kind_hides_that_alone(door: Door, case: Case) -> None:
    with door.of(case.medico) as api:
        before = api.get(f"{case.there}/historia").get_json()
        assert before["negados"] == []
        assert before.keys() >= CATEGORIAS
    deny(door.api, case.subject.cedula, categorias=["notas"])
    with door.of(case.medico) as api:
        after = api.get(f"{case.there}/historia").get_json()
        assert after == {name: rows for name, rows in before.items() if name != "notas"} | {"negados": ["notas"]}
        for name in CATEGORIAS - {"notas"}:
            assert api.get(f"{case.there}/{name.replace('_', '-')}").status_code == 200, name
        change = {"tipo": "evolucion", "texto": "Otra", "motivo": "m"}
        refused = [
            api.get(f"{case.there}/notas"),
            api.get(case.note()),
            api.get(f"{case.note()}/historial"),
            api.get(f"{case.note()}?version=1"),
            api.put(case.note(), json=change, headers=if_match('"1"')),
            api.post(f"{case.note()}/firma", headers=if_match('"1"')),
            api.post(f"{case.note()}/anulacion", json={"motivo": "m"}, headers=if_match('"1"')),
        ]
        assert {(one.status_code, one.get_json()["type"]) for one in refused} == {(403, DENIED)}
        # what care finds is written down, whoever may read it
        assert api.post(f"{case.there}/notas", json=NOTA).status_code == 201
        assert api.get(case.there).status_code == 200
        assert [row["tipo"] for row in api.get(consents(case.subject.cedula)).get_json()["consentimientos"]] == [
            "compartir_terceros",
            "investigacion",
        ]


def test_a_denial_of_everything_leaves_who_the_patient_is(door: Door, case: Case) -> None:
    deny(door.api, case.subject.cedula, tipo="tratamiento_datos")
    document = f"{case.there}/documentos/{case.subject.ids['documentos']}/contenido"
    with door.of(case.medico) as api:
        whole = api.get(f"{case.there}/historia").get_json()
        assert (whole.keys(), set(whole["negados"])) == ({"paciente", "negados"}, CATEGORIAS)
        assert whole["paciente"]["cedula"] == case.subject.cedula
        assert api.get(document).status_code == 403
        assert api.get(f"{PACIENTES}?documento={case.subject.cedula}").get_json()["pacientes"] != []


def test_it_reaches_whom_it_names(door: Door, seeded: World, case: Case) -> None:
    cedula, colleague = case.subject.cedula, Persona(user(door.api), Rol.MEDICO, medico_id=physician(door.api))
    laboratory = seeded.people[Rol.RESULTADOS]
    relate(door.api, cedula, colleague.usuario)
    orders = f"{case.there}/ordenes"

    def all_of_them() -> list[int]:
        return [reads(door, who, orders) for who in (case.medico, colleague, laboratory)]

    assert all_of_them() == [200, 200, 200]
    first = deny(door.api, cedula, destinatarios=[colleague.usuario])
    assert all_of_them() == [200, 403, 200]
    second = deny(door.api, cedula, categorias=["resultados", "ordenes"], destinatarios=["resultados"])
    assert all_of_them() == [200, 403, 403]
    assert revoke(door.api, first).status_code == 200
    third = deny(door.api, cedula, destinatarios=["medico"])
    assert all_of_them() == [403, 403, 403]
    # an exception is no consent that permits: that gives nothing to anybody
    made(door.api, consents(cedula), DENIAL | {"decision": "permite", "destinatarios": [case.medico.usuario]})
    assert all_of_them() == [403, 403, 403]
    assert revoke(door.api, second).status_code == revoke(door.api, third).status_code == 200
    assert all_of_them() == [200, 200, 200]


def test_it_reaches_the_purposes_it_names(door: Door, case: Case) -> None:
    deny(door.api, case.subject.cedula, propositos=["CALIDAD", "LEGAL"])
    notes = f"{case.there}/notas"
    assert reads(door, case.medico, notes) == 200
    stated = [reads(door, case.medico, notes, **{"X-Proposito": one}) for one in ("TRATAMIENTO", "CALIDAD", "LEGAL")]
    assert stated == [200, 403, 403]


@pytest.mark.parametrize(
    "said",
    [
        {"tipo": "investigacion"},
        {"tipo": "contacto"},
        {"tipo": "interoperabilidad"},
        {"decision": "permite"},
        {"desde": f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"},
        {"desde": "2026-01-01T00:00:00Z", "hasta": f"{NOW - timedelta(seconds=2):%Y-%m-%dT%H:%M:%SZ}"},
    ],
)
def test_what_is_no_denial_in_force_hides_nothing(door: Door, case: Case, said: dict[str, str]) -> None:
    deny(door.api, case.subject.cedula, **said)
    assert reads(door, case.medico, case.note()) == 200


def test_a_change_and_a_revocation_hold_from_the_next_request(door: Door, case: Case) -> None:
    row = deny(door.api, case.subject.cedula, categorias=["notas"])
    there = f"{consents(case.subject.cedula)}/{row['id']}"
    assert reads(door, case.medico, case.note()) == 403
    body = DENIAL | {"categorias": ["ordenes"], "desde": row["desde"], "motivo": "Era lo otro"}
    assert door.api.put(there, json=body, headers=if_match('"1"')).status_code == 200
    assert [reads(door, case.medico, one) for one in (case.note(), f"{case.there}/ordenes")] == [200, 403]
    known, row = key(), row | {"version": 2}
    answers = [revoke(door.api, row, **known) for _ in range(2)]
    revoked = answers[0].get_json()
    assert [one.status_code for one in answers] == [200, 200]
    assert revoked == answers[1].get_json()
    assert (revoked["estado"], revoked["revocado_en"]) == ("revocado", revoked["actualizado_en"])
    assert reads(door, case.medico, f"{case.there}/ordenes") == 200
    # what it was stays readable, and nobody changes it any more
    assert door.api.get(f"{there}?version=1").get_json()["categorias"] == ["notas"]
    versions = door.api.get(f"{there}/historial").get_json()["versiones"]
    assert [one["motivo"] for one in versions] == ["Cambió de parecer", "Era lo otro", None]
    for again in (
        door.api.put(there, json=body, headers=if_match('"3"')),
        door.api.post(f"{there}/anulacion", json={"motivo": "m"}, headers=if_match('"3"')),
        revoke(door.api, row | {"version": 3}),
    ):
        assert (again.status_code, again.get_json()["type"]) == (409, "/docs/problemas#consentimiento-revocado")
    assert revoke(door.api, row).status_code == 412


def test_one_that_was_a_mistake_is_annulled(door: Door, case: Case) -> None:
    row = deny(door.api, case.subject.cedula)
    annul = f"{consents(case.subject.cedula)}/{row['id']}/anulacion"
    assert door.api.post(annul, json={"motivo": "De otro"}, headers=if_match('"1"')).status_code == 200
    assert reads(door, case.medico, case.note()) == 200


def test_the_patient_and_who_oversees_are_not_reached(door: Door, seeded: World, case: Case) -> None:
    subject = case.subject
    himself = Persona(user(door.api), Rol.PACIENTE, paciente_id=subject.cedula, paciente_uuid=subject.uuid)
    deny(door.api, subject.cedula)
    for who in (himself, seeded.people[Rol.AUDITOR]):
        with door.of(who) as api:
            whole = api.get(f"{case.there}/historia").get_json()
            assert (whole["negados"], whole.keys() >= CATEGORIAS) == ([], True)
            assert api.get(case.note()).status_code == 200


def test_an_emergency_opens_what_was_denied_and_says_so(door: Door, case: Case, postgres_system: Cluster) -> None:
    deny(door.api, case.subject.cedula)
    medico = in_a_session(case.medico)
    with door.of(medico) as api:
        refused = api.get(case.note())
        break_glass(api, case.subject.cedula)
        opened = api.get(case.note())
    assert (refused.status_code, opened.status_code) == (403, 200)
    assert reads(door, in_a_session(medico), case.note()) == 403
    [denied], [seen] = (
        [row for row in kept(postgres_system, one) if row["paciente_id"] == case.subject.cedula]
        for one in (refused, opened)
    )
    assert (denied["resultado"], denied["proposito"], denied["recurso"]) == ("denegado", "TREAT", "notas")
    assert (seen["resultado"], seen["proposito"]) == ("exito", "BTG")


def test_who_may_not_see_the_patient_is_told_nothing(door: Door, case: Case) -> None:
    stranger = Persona(user(door.api), Rol.MEDICO, medico_id=physician(door.api))
    deny(door.api, case.subject.cedula, destinatarios=[stranger.usuario])
    deny(door.api, case.subject.cedula)
    told = []
    with door.of(stranger) as api:
        for cedula in (case.subject.cedula, number()):
            answers = [api.get(f"{PACIENTES}/{cedula}{path}") for path in ("/notas", "/historia", "/consentimientos")]
            told.append([(one.status_code, one.get_json() | {"instance": None}) for one in answers])
    assert told[0] == told[1]
    assert {status for status, _ in told[0]} == {404}


def test_a_program_is_refused_what_was_denied_it(door: Door, case: Case) -> None:
    cedula, wanted = case.subject.cedula, frozenset({"notas:leer", "historia:leer", "ordenes:leer"})
    program, other = (Persona(user(door.api), ambitos=wanted) for _ in range(2))
    deny(door.api, cedula, categorias=["notas"], destinatarios=[program.usuario])
    assert [reads(door, who, case.note()) for who in (program, other)] == [403, 200]
    assert reads(door, program, f"{case.there}/ordenes") == 200
    with door.of(program) as api:
        whole = api.get(f"{case.there}/historia").get_json()
        assert ("notas" in whole, whole["negados"]) == (False, ["notas"])


def test_for_a_minor_a_representative_decides(door: Door, seeded: World) -> None:
    cedula = number()
    born = made(
        door.api,
        PACIENTES,
        {"cedula": cedula, "nombre": "Ana", "apellido": "Peña"} | {"fecha_nacimiento": years_ago(10)},
    )
    himself = Persona(user(door.api), Rol.PACIENTE, paciente_id=cedula, paciente_uuid=born["id"])
    theirs = {"calidad": "representante", "otorgado_por": "Rosa Peña, madre"}

    def said(who: Persona, **body: str) -> tuple[int, list[str]]:
        with door.of(who) as api:
            answer = api.post(consents(cedula), json=DENIAL | body)
            return answer.status_code, [one["pointer"] for one in answer.get_json().get("errors", [])]

    admission = seeded.people[Rol.ADMISIONISTA]
    assert said(admission) == said(himself) == (422, ["/calidad"])
    assert said(admission, calidad="representante") == (422, ["/otorgado_por"])
    assert said(admission, otorgado_por="Rosa Peña") == (422, ["/otorgado_por"])
    assert said(admission, **theirs) == (201, [])
    [row] = door.api.get(consents(cedula)).get_json()["consentimientos"]
    with door.of(himself) as api:
        assert revoke(api, row).status_code == 403
    address, mine = f"{consents(cedula)}/{row['id']}", DENIAL | {"desde": row["desde"], "motivo": "m"}
    corrected = door.api.put(address, json=mine, headers=if_match('"1"'))
    assert (corrected.status_code, corrected.get_json()["errors"][0]["pointer"]) == (422, "/calidad")
    with door.of(admission) as api:
        assert revoke(api, row).status_code == 200


def test_of_age_is_who_was_so_when_it_was_given(door: Door) -> None:
    cedula = number()
    made(door.api, PACIENTES, {"cedula": cedula, "nombre": "A", "apellido": "P", "fecha_nacimiento": years_ago(20)})
    then = f"{NOW.year - 4}-06-01T12:00:00Z"
    assert door.api.post(consents(cedula), json=DENIAL | {"desde": then}).status_code == 422
    deny(door.api, cedula)
    late = number()
    made(door.api, PACIENTES, {"cedula": late, "nombre": "A", "apellido": "P", "fecha_nacimiento": years_ago(10)})
    later = f"{NOW.year + 9}-06-01T12:00:00Z"  # when it holds only then, it was given today nevertheless
    assert door.api.post(consents(late), json=DENIAL | {"desde": later}).status_code == 422


def test_patients_decide_for_themselves_and_about_nobody_else(door: Door, seeded: World, case: Case) -> None:
    subject, another = case.subject, seeded.subjects["foreign"]
    himself = Persona(user(door.api), Rol.PACIENTE, paciente_id=subject.cedula, paciente_uuid=subject.uuid)
    theirs = deny(door.api, another.cedula)
    with door.of(himself) as api:
        row = deny(api, subject.cedula, categorias=["notas"])
        assert (row["calidad"], row["otorgado_por"]) == ("titular", None)
        for more in ({"calidad": "titular"}, {"evidencia_sha256": "0" * 64}):
            assert api.post(consents(subject.cedula), json=DENIAL | more).status_code == 403
    assert reads(door, case.medico, case.note()) == 403
    with door.of(himself) as api:
        for cedula in (another.cedula, number()):
            assert api.get(consents(cedula)).status_code == 404
            assert api.post(consents(cedula), json=DENIAL).status_code == 404
            assert revoke(api, theirs | {"paciente_id": cedula}).status_code == 404
        # another's under one's own number
        assert revoke(api, theirs | {"paciente_id": subject.cedula}).status_code == 404
        assert api.get(f"{consents(subject.cedula)}/{theirs['id']}").status_code == 404
        body = DENIAL | {"desde": row["desde"], "motivo": "m"}
        address = f"{consents(subject.cedula)}/{row['id']}"
        assert api.put(address, json=body, headers=if_match('"1"')).status_code == 403
        assert revoke(api, row).status_code == 200
    assert reads(door, case.medico, case.note()) == 200
    for who in (case.medico, seeded.people[Rol.AUDITOR], seeded.people[Rol.OFICIAL_DATOS]):
        with door.of(who) as api:
            assert api.post(consents(subject.cedula), json=DENIAL).status_code == 403
            assert revoke(api, row).status_code == 403


def test_whom_it_names_is_somebody_and_only_who_reads_users_is_told(door: Door, seeded: World, case: Case) -> None:
    named = [case.medico.usuario, "NADIE-123", "medico"]
    with door.of(seeded.people[Rol.ADMISIONISTA]) as api:
        wrong = api.post(consents(case.subject.cedula), json=DENIAL | {"destinatarios": named})
        assert (wrong.status_code, [one["pointer"] for one in wrong.get_json()["errors"]]) == (
            422,
            ["/destinatarios/1"],
        )
        for useless in ("auditor", "paciente"):
            answer = api.post(consents(case.subject.cedula), json=DENIAL | {"destinatarios": [useless]})
            assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/destinatarios/0")
        assert api.post(consents(number()), json=DENIAL | {"destinatarios": named}).status_code == 404
    subject = case.subject
    himself = Persona(user(door.api), Rol.PACIENTE, paciente_id=subject.cedula, paciente_uuid=subject.uuid)
    with door.of(himself) as api:
        assert deny(api, subject.cedula, destinatarios=named)["destinatarios"] == named


def test_what_of_it_each_role_sees(door: Door, seeded: World) -> None:
    one = person(door.api)
    medico, stranger = (Persona(user(door.api), Rol.MEDICO, medico_id=physician(door.api)) for _ in range(2))
    relate(door.api, one.cedula, medico.usuario)
    himself = Persona(user(door.api), Rol.PACIENTE, paciente_id=one.cedula, paciente_uuid=one.uuid)
    row = deny(door.api, one.cedula, calidad="representante", otorgado_por="Rosa Peña, madre")

    def seen(who: Persona) -> Any:
        with door.of(who) as api:
            answer = api.get(f"{consents(one.cedula)}/{row['id']}")
            return answer.get_json() if answer.status_code == 200 else answer.status_code

    people = seeded.people
    assert all(seen(who) == row for who in (medico, himself, people[Rol.ADMISIONISTA], people[Rol.OFICIAL_DATOS]))
    assert seen(people[Rol.AUDITOR]) == {name: value for name, value in row.items() if name != "otorgado_por"}
    assert seen(stranger) == seen(people[Rol.PACIENTE]) == 404
    assert {seen(people[rol]) for rol in (Rol.ADMIN, Rol.RESULTADOS, Rol.INVESTIGADOR)} == {403}


def test_what_was_revoked_is_out_of_reach_of_the_api_s_role(door: Door, postgres_system: Cluster, case: Case) -> None:
    row = deny(door.api, case.subject.cedula)
    assert revoke(door.api, row).status_code == 200
    undo = "UPDATE consentimientos SET estado = 'activo', revocado_en = NULL WHERE id = %(one)s RETURNING id"
    assert query(postgres_system, undo, role="app", one=row["id"]) == []
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        query(postgres_system, "DELETE FROM consentimientos", role="app")
    born_annulled = """
        INSERT INTO consentimientos
               (paciente_id, id, tipo, decision, categorias, destinatarios, propositos, calidad, estado)
        VALUES ('1', gen_random_uuid(), 'contacto', 'niega', '{}', '{}', '{}', 'titular', 'anulado')
        """
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        query(postgres_system, born_annulled, role="app")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"categorias": ["pacientes"]}, "/categorias/0"),
        ({"categorias": ["notas", "notas"]}, "/categorias"),
        ({"destinatarios": [f"U-{n}" for n in range(21)]}, "/destinatarios"),
        ({"destinatarios": ["no vale"]}, "/destinatarios/0"),
        ({"destinatarios": [{}]}, "/destinatarios/0"),
        ({"propositos": ["BTG"]}, "/propositos/0"),
        ({"evidencia_sha256": "F" * 64}, "/evidencia_sha256"),
        ({"desde": "2026-02-01T00:00:00Z", "hasta": "2026-01-01T00:00:00Z"}, "/hasta"),
        ({"estado": "revocado"}, "/estado"),
        ({"revocado_en": "2026-02-01T00:00:00Z"}, "/revocado_en"),
    ],
)
def test_what_makes_no_sense_is_refused(door: Door, case: Case, body: dict[str, Any], pointer: str) -> None:
    answer = door.api.post(consents(case.subject.cedula), json=DENIAL | body)
    assert (answer.status_code, [one["pointer"] for one in answer.get_json()["errors"]]) == (422, [pointer])


def test_a_denial_does_not_wait_for_a_matrix(door: Door, case: Case, seeded: World) -> None:
    """Nor is anything remembered between one request and the next, whoever asks."""
    again = replace(case.medico)
    for _ in range(3):
        row = deny(door.api, case.subject.cedula)
        assert [reads(door, who, case.note()) for who in (case.medico, again)] == [403, 403]
        assert revoke(door.api, row).status_code == 200
        assert [reads(door, who, case.note()) for who in (case.medico, again)] == [200, 200]
