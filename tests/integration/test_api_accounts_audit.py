"""Logins, sessions and accounts leave one row each, with what came of them and no secret."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from audited import kept
from flask.testing import FlaskClient
from historia_local.nodes import Cluster
from identified import REQUIRED, SESIONES, Clock, Person, admin, changed, person, renewed, user
from versioned import PACIENTES, if_match

Row = dict[str, Any]


@pytest.fixture(scope="module")
def api(postgres_system: Cluster, api_of: Callable[..., Any]) -> Iterator[FlaskClient]:
    with api_of(postgres_system, Clock(), **REQUIRED) as client:
        yield client


@pytest.fixture(scope="module")
def administrator(postgres_system: Cluster, run_hooks: Callable[..., Any], api: FlaskClient) -> Person:
    return admin(postgres_system, run_hooks, api)


@pytest.fixture
def row(postgres_system: Cluster) -> Callable[[Any], Row]:
    """The one row of an answer."""

    def found(answer: Any) -> Row:
        [one] = kept(postgres_system, answer)
        return {name: one[name] for name in ("usuario_id", "accion", "recurso", "recurso_id", "resultado")}

    return found


def said(usuario: str, accion: str, recurso: str, recurso_id: str | None, resultado: str = "exito") -> Row:
    return {
        "usuario_id": usuario,
        "accion": accion,
        "recurso": recurso,
        "recurso_id": recurso_id,
        "resultado": resultado,
    }


def test_a_login_says_who_came_in_and_a_failed_one_not_what_was_typed(
    api: FlaskClient, administrator: Person, row: Callable[[Any], Row]
) -> None:
    came = administrator.log_in(api)
    assert row(came) == said("api", "crear", "sesiones", administrator.documento)
    for failed in (administrator.log_in(api, "otra"), Person("SECRETO-1").log_in(api)):
        assert failed.status_code == 401
        told = row(failed)
        assert re.fullmatch(r"~[0-9a-f]{32}", told["recurso_id"])
        assert told == said("api", "crear", "sesiones", told["recurso_id"], "denegado")
    again = renewed(api, came.get_json()["refresh_token"])
    assert row(again) == said("api", "corregir", "sesiones", None)
    assert row(renewed(api, "de-nadie")) == said("api", "corregir", "sesiones", None, "denegado")


def test_what_one_does_about_ones_own_sessions_is_kept(
    api: FlaskClient, administrator: Person, row: Callable[[Any], Row]
) -> None:
    who, headers = administrator.documento, administrator.headers(api)
    assert row(api.get(SESIONES, headers=headers)) == said(who, "leer", "sesiones", None)
    refused = changed(api, headers, "no es esa", "otras cuatro palabras raras")
    assert row(refused) == said(who, "corregir", "sesiones", None, "rechazado")
    assert row(api.delete(f"{SESIONES}/actual", headers=headers)) == said(who, "anular", "sesiones", None)
    ended = api.get(SESIONES, headers=headers)
    assert row(ended) == said("api", "leer", "sesiones", None, "denegado")
    everywhere = api.post(f"{SESIONES}/cierre", headers=administrator.headers(api))
    assert row(everywhere) == said(who, "anular", "sesiones", None)


def test_what_becomes_of_an_account_is_kept_once_and_only_if_it_does(
    api: FlaskClient, administrator: Person, row: Callable[[Any], Row]
) -> None:
    who, headers = administrator.documento, administrator.headers(api)
    documento = user(api, headers)
    account = Person(documento).account

    def kept_as(accion: str, resultado: str, answer: Any, status: int) -> None:
        assert answer.status_code == status, answer.get_data(as_text=True)
        assert row(answer) == said(who, accion, "cuentas", documento, resultado)

    kept_as("leer", "no_encontrado", api.get(account, headers=headers), 404)
    kept_as("corregir", "no_encontrado", api.post(f"{account}/clave", json={"motivo": "m"}, headers=headers), 404)
    of_nobody = {"rol": "paciente", "paciente_id": "NADIE-1", "motivo": "m"}
    kept_as("crear", "rechazado", api.post(account, json=of_nobody, headers=headers), 422)
    body = {"rol": "auditor", "motivo": "m"}
    kept_as("crear", "exito", api.post(account, json=body, headers=headers), 201)
    kept_as("crear", "rechazado", api.post(account, json=body, headers=headers), 409)
    kept_as("leer", "exito", api.get(account, headers=headers), 200)
    kept_as("corregir", "exito", api.post(f"{account}/clave", json={"motivo": "m"}, headers=headers), 200)
    stale = api.put(account, json=body | {"activa": True}, headers=headers | if_match('"1"'))
    kept_as("corregir", "rechazado", stale, 412)
    current = api.put(account, json=body | {"activa": True}, headers=headers | if_match('"2"'))
    kept_as("corregir", "exito", current, 200)


def test_who_may_not_is_kept_with_his_name(
    api: FlaskClient, administrator: Person, postgres_system: Cluster, row: Callable[[Any], Row]
) -> None:
    physician = person(api, administrator.headers(api), "auditor")
    refused = api.post(f"{PACIENTES}", json={}, headers=physician.headers(api))
    assert refused.status_code == 403
    assert row(refused) == said(physician.documento, "crear", "pacientes", None, "denegado")
    [whole] = kept(postgres_system, refused)
    assert whole["rol"] == "auditor"


def test_a_program_that_is_refused_is_kept_with_its_name(
    api: FlaskClient, administrator: Person, row: Callable[[Any], Row]
) -> None:
    headers = administrator.headers(api)
    program = Person(user(api, headers))
    body = {"ambitos": ["signos_vitales:leer"], "motivo": "Tablero"}
    made = api.post(program.account, json=body, headers=headers)
    assert made.status_code == 201
    own = Person(program.documento, made.get_json()["clave"]).headers(api)
    refused = api.get(PACIENTES, headers=own)
    assert refused.status_code == 403
    assert row(refused) == said(program.documento, "buscar", "pacientes", None, "denegado")


def test_who_is_nobody_writes_into_no_patients_chain(
    api: FlaskClient, administrator: Person, postgres_system: Cluster
) -> None:
    cedula = user(api, administrator.headers(api))
    receiving = person(api, administrator.headers(api)).headers(api)
    body = {"cedula": cedula, "nombre": "Ana", "apellido": "Peña"}
    assert api.post(PACIENTES, json=body, headers=receiving).status_code == 201
    refused = api.get(f"{PACIENTES}/{cedula}")
    assert refused.status_code == 401
    [one] = kept(postgres_system, refused)
    assert re.fullmatch(r"a:\d+", one["paciente_id"])
    assert re.fullmatch(r"~[0-9a-f]{32}", one["recurso_id"])


def test_the_list_of_the_laboratory_goes_by_the_matrix_for_whoever_says_who_he_is(
    api: FlaskClient, administrator: Person, row: Callable[[Any], Row]
) -> None:
    headers = administrator.headers(api)
    receiving, investigating = person(api, headers), person(api, headers, "investigador")
    seen = api.get("/usuarios", headers=receiving.headers(api))
    assert {"nombre"} <= set(seen.get_json()["usuarios"][0]) <= {"id", "nombre", "fecha_creacion"}
    assert row(seen) == said(receiving.documento, "leer", "usuarios", None)
    assert "email" in api.get("/usuarios", headers=headers).get_json()["usuarios"][0]
    assert api.get("/usuarios", headers=investigating.headers(api)).status_code == 403


def test_an_account_tells_nothing_of_patients_and_stays_of_its_kind(api: FlaskClient, administrator: Person) -> None:
    headers = administrator.headers(api)
    program = Person(user(api, headers))
    of_nobody = {"rol": "paciente", "paciente_id": "NADIE-1", "motivo": "m"}
    body = {"ambitos": ["pacientes:buscar"], "motivo": "Tablero"}
    assert api.post(program.account, json=body, headers=headers).status_code == 201
    assert api.post(program.account, json=of_nobody, headers=headers).status_code == 409
    stale = headers | if_match('"99"')
    assert api.put(program.account, json=of_nobody | {"activa": True}, headers=stale).status_code == 412
    grown = {"rol": "admin", "activa": True, "motivo": "m"}
    answer = api.put(program.account, json=grown, headers=headers | if_match('"1"'))
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/rol")
