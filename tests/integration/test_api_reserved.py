"""Records that their physician reserved: who sees them, who does not notice that they are there, and who reserves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg2.errorcodes
import pytest
from access import Door, World, break_glass, in_a_session, made, patient, physician, relate, user
from access import world as new_world
from audited import kept
from flask.testing import FlaskClient
from historia_clinica.access.people import Persona, Rol
from historia_clinica.row_context import RESERVED, signer
from historia_hooks.schema import RESERVABLE
from historia_local.nodes import Cluster
from row_contexts import NOT_TRUSTED, context_of, found, refusal
from versioned import NOTA, PACIENTES, RECORDS, Kind, if_match

KINDS = [kind for kind in RECORDS if kind.path.split("/")[2] in RESERVABLE]
OF_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@dataclass
class Case:
    """A patient of a test's own, whom two physicians attend; `own` is the account of the patient."""

    there: str
    author: Persona
    colleague: Persona
    own: Persona

    @property
    def cedula(self) -> str:
        return self.there.removeprefix(f"{PACIENTES}/")


@pytest.fixture(scope="module")
def door(api_of: Any, postgres_system: Cluster) -> Iterator[Door]:
    with api_of(postgres_system) as api:
        yield Door(api)


@pytest.fixture(scope="module")
def seeded(door: Door) -> World:
    return new_world(door.api)


@pytest.fixture
def case(door: Door, seeded: World) -> Case:
    author = seeded.people[Rol.MEDICO]
    subject = patient(door.api, seeded.medico_id, user(door.api))
    colleague = Persona(user(door.api), Rol.MEDICO, medico_id=physician(door.api))
    for one in (author, colleague):
        relate(door.api, subject.cedula, one.usuario)
    own = Persona(user(door.api), Rol.PACIENTE, paciente_id=subject.cedula, paciente_uuid=subject.uuid)
    return Case(f"{PACIENTES}/{subject.cedula}", author, colleague, own)


def name(kind: Kind) -> str:
    return kind.path.split("/")[2]


def listing(case: Case, kind: Kind) -> str:
    return f"{case.there}/{name(kind)}"


def reserve(door: Door, case: Case, kind: Kind, **more: Any) -> str:
    """Written by its author; its address."""
    with door.of(case.author) as api:
        made_ = made(api, listing(case, kind), kind.first() | {"reserva": "salud_mental"} | more)
    assert (made_["reserva"], made_["medico_id"]) == ("salud_mental", case.author.medico_id)
    return f"{listing(case, kind)}/{made_['id']}"


def sees(api: FlaskClient, case: Case, address: str) -> set[bool]:
    """Whether it is found in each of the ways in which a record is read."""
    kind, _, identifier = address.removeprefix(f"{case.there}/").partition("/")
    listed = [row["id"] for row in api.get(f"{case.there}/{kind}?anulados=true&limite=100").get_json()[kind]]
    answers = [api.get(one).status_code for one in (address, f"{address}?version=1", f"{address}/historial")]
    assert set(answers) <= {200, 404}
    return {identifier in listed, *(code == 200 for code in answers)}


def in_the_history(api: FlaskClient, case: Case, address: str) -> bool:
    kind, _, identifier = address.removeprefix(f"{case.there}/").partition("/")
    whole = api.get(f"{case.there}/historia").get_json()
    assert whole["negados"] == []  # nobody is told that there is something
    return identifier in [row["id"] for row in whole[kind]]


@OF_KIND
def test_it_is_shown_to_its_physician_and_to_the_patient_and_to_no_colleague(
    door: Door, case: Case, kind: Kind
) -> None:
    address = reserve(door, case, kind)
    for who, shown in ((case.author, True), (case.own, True), (case.colleague, False)):
        with door.of(who) as api:
            assert sees(api, case, address) == {shown}
            assert in_the_history(api, case, address) == shown


@OF_KIND
def test_to_others_it_is_as_if_it_were_not(door: Door, case: Case, kind: Kind) -> None:
    address = reserve(door, case, kind)
    nothing = f"{listing(case, kind)}/00000000-0000-4000-8000-000000000000"
    version, reason = if_match('"1"'), {"motivo": "m"}
    with door.of(case.colleague) as api:
        for one, other in (
            (api.get(address), api.get(nothing)),
            (api.get(f"{address}/historial"), api.get(f"{nothing}/historial")),
            (
                api.put(address, json=kind.body(), headers=version),
                api.put(nothing, json=kind.body(), headers=version),
            ),
            (
                api.post(f"{address}/anulacion", json=reason, headers=version),
                api.post(f"{nothing}/anulacion", json=reason, headers=version),
            ),
        ):
            assert one.status_code == other.status_code == 404
            assert one.get_json() | {"instance": None} == other.get_json() | {"instance": None}


def test_an_emergency_shows_it_and_says_so(postgres_system: Cluster, door: Door, case: Case) -> None:
    address = reserve(door, case, KINDS[0])
    colleague = in_a_session(case.colleague)
    with door.of(colleague) as api:
        assert sees(api, case, address) == {False}
        break_glass(api, case.cedula)
        assert sees(api, case, address) == {True}
        [row] = kept(postgres_system, api.get(address))
    assert row["proposito"] == "BTG"


def test_who_examines_sees_what_was_ordered_and_nothing_else(door: Door, seeded: World, case: Case) -> None:
    kinds = {kind.name: kind for kind in KINDS}
    order, result = (reserve(door, case, kinds[one]) for one in ("orden", "resultado"))
    with door.of(seeded.people[Rol.RESULTADOS]) as api:
        assert sees(api, case, order) == sees(api, case, result) == {True}
        opened = kinds["orden"].body() | {"medico_id": case.author.medico_id}
        for body, code in ((opened | {"reserva": None}, 403), (opened, 200)):
            assert api.put(order, json=body, headers=if_match('"1"')).status_code == code
        assert api.get(order).get_json()["reserva"] == "salud_mental"


def test_an_order_that_is_reserved_is_an_order(door: Door, seeded: World, case: Case) -> None:
    """For whoever examines the patient, who has no other."""
    there = case.there
    for row in door.api.get(f"{there}/ordenes").get_json()["ordenes"]:
        door.api.post(f"{there}/ordenes/{row['id']}/anulacion", json={"motivo": "m"}, headers=if_match('"1"'))
    with door.of(seeded.people[Rol.RESULTADOS]) as api:
        assert api.get(f"{there}/ordenes").status_code == 404
    reserve(door, case, next(kind for kind in KINDS if kind.name == "orden"))
    with door.of(seeded.people[Rol.RESULTADOS]) as api:
        assert api.get(f"{there}/ordenes").status_code == 200


def test_who_oversees_does_not_see_it_not_even_masked(door: Door, seeded: World, case: Case) -> None:
    address = reserve(door, case, KINDS[0])
    with door.of(seeded.people[Rol.AUDITOR]) as api:
        assert sees(api, case, address) == {False}


def test_a_program_sees_it_by_a_scope_of_its_own(door: Door, case: Case) -> None:
    address = reserve(door, case, KINDS[0])
    scopes = {"consultas:leer", "consultas:crear"}
    blind, trusted = (
        Persona(user(door.api), ambitos=frozenset(scopes | more)) for more in (set(), {"reservados:leer"})
    )
    body = {"diagnostico": "Asma", "reserva": "vih", "medico_id": case.author.medico_id}
    for who, shown in ((blind, False), (trusted, True)):
        with door.of(who) as api:
            assert sees(api, case, address) == {shown}
            assert api.post(f"{case.there}/consultas", json=body).status_code == (201 if shown else 403)


@OF_KIND
def test_a_correction_that_does_not_speak_of_it_leaves_it(door: Door, case: Case, kind: Kind) -> None:
    address = reserve(door, case, kind)
    with door.of(case.author) as api:
        changed = api.put(address, json=kind.body(), headers=if_match('"1"'))
        assert (changed.status_code, changed.get_json()["reserva"]) == (200, "salud_mental")
    with door.of(case.colleague) as api:
        assert sees(api, case, address) == {False}
    with door.of(case.author) as api:
        opened = api.put(address, json=kind.body() | {"reserva": None}, headers=if_match('"2"'))
        assert (opened.status_code, opened.get_json()["reserva"]) == (200, None)
    with door.of(case.colleague) as api:
        assert api.get(address).status_code == 200
        assert [one["version"] for one in api.get(f"{address}/historial").get_json()["versiones"]] == [3]
        assert api.get(f"{address}?version=1").status_code == 404  # it was reserved then, and stays so


@OF_KIND
def test_what_is_reserved_later_takes_its_former_versions_with_it(door: Door, case: Case, kind: Kind) -> None:
    with door.of(case.author) as api:
        first = made(api, listing(case, kind), kind.first())
        address = f"{listing(case, kind)}/{first['id']}"
    with door.of(case.colleague) as api:
        assert sees(api, case, address) == {True}
    with door.of(case.author) as api:
        assert api.put(address, json=kind.body() | {"reserva": "ive"}, headers=if_match('"1"')).status_code == 200
        assert sees(api, case, address) == {True}
    with door.of(case.colleague) as api:
        assert sees(api, case, address) == {False}
        assert api.get(f"{address}?en={first['actualizado_en']}").status_code == 404


def test_it_belongs_to_a_physician(door: Door, case: Case) -> None:
    """Where nobody has to identify himself as well: nobody in particular sees everything there."""
    body = {"diagnostico": "Asma", "reserva": "violencia"}
    refused = door.api.post(f"{case.there}/consultas", json=body)
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/reserva")
    assert door.api.post(f"{case.there}/consultas", json=body | {"reserva": "secreta"}).status_code == 422
    row = made(door.api, f"{case.there}/consultas", body | {"medico_id": case.author.medico_id})
    address = f"{case.there}/consultas/{row['id']}"
    assert sees(door.api, case, address) == {True}
    with door.of(case.colleague) as api:
        assert sees(api, case, address) == {False}


def test_what_it_says_in_addition_is_not_refused_for_what_is_not_seen(door: Door, case: Case) -> None:
    """A note that is reserved is none to add to, for whoever does not see it."""
    notes = next(kind for kind in KINDS if kind.name == "nota")
    address = reserve(door, case, notes)
    with door.of(case.author) as api:
        assert api.post(f"{address}/firma", headers=if_match('"1"')).status_code == 200
    addendum = NOTA | {"tipo": "adenda", "adenda_de": address.rpartition("/")[2]}
    for who, code in ((case.colleague, 422), (case.author, 201)):
        with door.of(who) as api:
            assert api.post(f"{case.there}/notas", json=addendum).status_code == code


def test_it_is_kept_when_the_patient_goes_to_another_number(door: Door, case: Case) -> None:
    """What moves a record is the owner's: nothing that is reserved stays behind."""
    address = reserve(door, case, KINDS[0])
    to = f"{case.cedula}-B"
    moved = door.api.post(f"{case.there}/cambio-documento", json={"cedula": to, "motivo": "m"}, headers=if_match('"1"'))
    assert moved.status_code == 200, moved.get_data(as_text=True)
    there = address.replace(case.cedula, to)
    assert door.api.get(there).get_json()["reserva"] == "salud_mental"


def test_the_database_keeps_to_it_whatever_is_asked(postgres_system: Cluster, door: Door, case: Case) -> None:
    address = reserve(door, case, KINDS[0])
    identifier = address.rpartition("/")[2]
    asked = f"SELECT reserva FROM consultas WHERE id = '{identifier}'"
    node, mine = postgres_system.coordinator, context_of(postgres_system, case.cedula)
    sign = signer(postgres_system.api_environment()["HISTORIA_SIGNING_KEY"])
    number = str(case.author.medico_id)
    assert found(postgres_system, node, mine, asked) == []
    for said, rows in ((sign(number, RESERVED), 1), (sign("*", RESERVED), 1), (sign("999999", RESERVED), 0)):
        assert len(found(postgres_system, node, mine, asked, said)) == rows
    for forged in (number, "*", sign(number), sign("*"), sign("0", RESERVED)[:74] + number):
        assert refusal(postgres_system, node, mine, asked, forged) == NOT_TRUSTED
    to_a_colleague = f"""
    UPDATE consultas SET reserva = 'vih' WHERE paciente_id = '{case.cedula}' AND reserva IS NULL AND medico_id > 0
    """
    assert refusal(postgres_system, node, mine, to_a_colleague) == psycopg2.errorcodes.INSUFFICIENT_PRIVILEGE
