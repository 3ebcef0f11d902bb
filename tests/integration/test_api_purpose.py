"""What a request is made for: stated in a header, or by the role; and what of it the audit keeps."""

from collections.abc import Iterator
from typing import Any

import pytest
from access import Door, World, world
from audited import kept
from historia_clinica.access.people import Rol
from historia_clinica.access.purpose import OF_ROLE, Proposito
from historia_clinica.audit.repository import APPEND
from historia_clinica.db import Transaction
from historia_local.nodes import Cluster
from versioned import MEDICOS, PACIENTES

HEADER = "X-Proposito"


@pytest.fixture(scope="module")
def door(api_of: Any, postgres_system: Cluster) -> Iterator[Door]:
    with api_of(postgres_system) as api:
        yield Door(api)


@pytest.fixture(scope="module")
def seeded(door: Door) -> World:
    return world(door.api)


def purposes(cluster: Cluster, answer: Any) -> set[str | None]:
    return {row["proposito"] for row in kept(cluster, answer)}


@pytest.mark.parametrize("rol", list(Rol))
def test_each_role_has_a_purpose_and_states_only_its_own(
    rol: Rol, door: Door, seeded: World, postgres_system: Cluster
) -> None:
    """On a route that the role may use, or is refused: either is kept."""
    there = f"{PACIENTES}/{seeded.subjects['own' if rol is Rol.PACIENTE else 'related'].cedula}"
    with door.of(seeded.people[rol]) as api:
        silent = api.get(there)
        assert purposes(postgres_system, silent) == {OF_ROLE[rol].callado}
        for one in Proposito:
            answer = api.get(there, headers={HEADER: one})
            if one in OF_ROLE[rol].admitidos:
                assert answer.status_code == silent.status_code
                assert purposes(postgres_system, answer) == {one.codigo}
            else:
                assert answer.status_code == 403
                problem = answer.get_json()
                assert [error["pointer"] for error in problem["errors"]] == [f"/{HEADER}"]
                assert all(word in problem["detail"] for word in OF_ROLE[rol].admitidos)
                assert purposes(postgres_system, answer) == {OF_ROLE[rol].callado}


@pytest.mark.parametrize("stated", ["", "tratamiento", "TREAT", "BTG", "OTRO", "TRATAMIENTO, LEGAL", "ETREAT"])
def test_what_is_no_purpose_is_refused_before_anything_else(
    stated: str, door: Door, seeded: World, postgres_system: Cluster
) -> None:
    told = []
    with door.of(seeded.people[Rol.MEDICO]) as api:
        for subject in seeded.subjects.values():
            answer = api.get(f"{PACIENTES}/{subject.cedula}/notas?limite=0", headers={HEADER: stated})
            problem = answer.get_json()
            told.append((answer.status_code, problem | {"instance": None}))
            assert purposes(postgres_system, answer) == {"TREAT"}
    assert told == [told[0]] * len(told)
    [error] = told[0][1]["errors"]
    assert (told[0][0], error["pointer"]) == (422, f"/{HEADER}")
    assert all(word in error["message"] for word in Proposito)


@pytest.mark.parametrize("stated", ["OTRO", "INVESTIGACION"])
def test_a_refused_purpose_tells_nothing_of_the_patient(
    stated: str, door: Door, seeded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many statements about who is there, who is not, and who is somebody else's."""
    asked: list[str] = []
    run = Transaction._rows

    def counted(self: Transaction, statement: Any, parameters: Any, into: Any) -> Any:
        asked.append(statement.sql)
        return run(self, statement, parameters, into)

    monkeypatch.setattr(Transaction, "_rows", counted)
    with door.of(seeded.people[Rol.MEDICO]) as api:
        for subject in seeded.subjects.values():
            asked.clear()
            assert api.get(f"{PACIENTES}/{subject.cedula}", headers={HEADER: stated}).status_code in (403, 422)
            assert asked == [APPEND.sql] * 2


def test_who_has_no_role_states_what_there_is_or_nothing(door: Door, seeded: World, postgres_system: Cluster) -> None:
    there = f"{PACIENTES}/{seeded.subjects['own'].cedula}"
    assert purposes(postgres_system, door.api.get(there)) == {None}
    for one in Proposito:
        assert purposes(postgres_system, door.api.get(there, headers={HEADER: one})) == {one.codigo}


def test_lists_of_people_have_a_purpose_too(door: Door, seeded: World, postgres_system: Cluster) -> None:
    with door.of(seeded.people[Rol.ADMIN]) as api:
        assert purposes(postgres_system, api.get(MEDICOS)) == {"HSYSADMIN"}
        assert purposes(postgres_system, api.get(MEDICOS, headers={HEADER: "CALIDAD"})) == {"HQUALIMP"}


def test_what_is_about_nobody_takes_no_purpose(door: Door) -> None:
    for address in ("/livez", "/api/v1/vocabularios", "/api/v1/gobierno/matriz"):
        assert door.api.get(address, headers={HEADER: "OTRO"}).status_code == 200
    assert door.api.options(f"{PACIENTES}/1012345678", headers={HEADER: "OTRO"}).status_code == 200


def test_the_patient_sees_what_for_the_record_was_opened(door: Door, seeded: World) -> None:
    subject = seeded.subjects["own"]
    sent = door.api.get(f"{PACIENTES}/{subject.cedula}", headers={HEADER: "LEGAL"})
    with door.of(seeded.people[Rol.PACIENTE]) as api:
        rows = api.get(f"{PACIENTES}/{subject.cedula}/accesos").get_json()["accesos"]
    [row] = [one for one in rows if one["peticion_id"] == sent.headers["X-Request-ID"]]
    assert row["proposito"] == "HLEGAL"
