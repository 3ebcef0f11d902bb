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
