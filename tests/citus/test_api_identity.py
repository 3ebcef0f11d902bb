"""Accounts and sessions on many nodes: where users are a reference table and where they are spread."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from citus.hooks_state import rows
from citus.routed import database_of, written_in_two_phases
from flask.testing import FlaskClient
from historia_local.nodes import Cluster
from identified import PASSWORD, REQUIRED, SESIONES, Clock, Person, admin, bearer, changed, person, renewed
from identity_provider import SUBJECT, Provider, exchanged, linked, provided, put
from versioned import PACIENTES, if_match

SPREAD = {"reference": "pacientes", "documento_id": "usuario"}
WORKERS = 2


@pytest.fixture(scope="module", params=SPREAD)
def usuario(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def system(synced: Callable[..., Cluster], usuario: str) -> Cluster:
    return synced(WORKERS, usuario)


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def provider(clock: Clock) -> Iterator[Provider]:
    with provided(clock) as running:
        yield running


@pytest.fixture(scope="module")
def coordinator(system: Cluster, api_of: Callable[..., Any], clock: Clock, provider: Provider) -> Iterator[FlaskClient]:
    with api_of(system, clock, **REQUIRED | provider.environment) as client:
        yield client
        database_of(client).close()


@pytest.fixture(scope="module")
def owner(system: Cluster, api_of: Callable[..., Any], clock: Clock, provider: Provider) -> Iterator[FlaskClient]:
    with api_of(system, clock, HISTORIA_ROUTING="owner", **REQUIRED | provider.environment) as client:
        yield client
        database_of(client).close()


@pytest.fixture(scope="module")
def administrator(system: Cluster, run_hooks: Callable[..., Any], coordinator: FlaskClient, usuario: str) -> Person:
    def hooks(*said: Any, **environment: Any) -> Any:
        return run_hooks(*said, HISTORIA_USUARIO=usuario, **environment)

    return admin(system, hooks, coordinator, workers=WORKERS)


def test_accounts_lie_beside(system: Cluster, usuario: str) -> None:
    [(groups, kinds)] = rows(
        system,
        system.coordinator,
        "SELECT count(DISTINCT colocationid), array_agg(DISTINCT partmethod::text) FROM pg_dist_partition WHERE"
        f" logicalrelid::text IN ('cuentas', 'sesiones', 'intentos_acceso', '{SPREAD[usuario]}')",
    )
    assert (groups, kinds) == (1, ["h"])


def test_a_session_is_of_one_phase_and_ends_on_every_node(
    system: Cluster, coordinator: FlaskClient, owner: FlaskClient, administrator: Person
) -> None:
    headers = administrator.headers(coordinator)
    somebody = person(coordinator, headers)
    for api, other in [(coordinator, owner), (owner, coordinator)]:
        before = written_in_two_phases(system)
        given = somebody.given(api)
        given = renewed(other, given["refresh_token"]).get_json()
        mine = bearer(given["access_token"])
        assert other.get(PACIENTES, headers=mine).status_code == 200
        assert written_in_two_phases(system) <= before
        # what changes an account is committed with its row of the audit, which may lie elsewhere
        assert changed(api, mine, PASSWORD, f"{PASSWORD} {api is owner}").status_code == 204
        assert changed(other, mine, f"{PASSWORD} {api is owner}", PASSWORD).status_code == 204
        assert len(api.get(SESIONES, headers=mine).get_json()["sesiones"]) >= 1
        assert somebody.log_in(api, "otra").status_code == 401
        assert api.delete(f"{SESIONES}/actual", headers=mine).status_code == 204
        assert other.get(PACIENTES, headers=mine).status_code == 401
        mine = somebody.headers(other)
        assert other.post(f"{SESIONES}/cierre", headers=mine).status_code == 204
        assert api.get(PACIENTES, headers=mine).status_code == 401
    tag = if_match(coordinator.get(somebody.account, headers=headers).headers["ETag"])
    body = {"rol": "auditor", "activa": False, "motivo": "m"}
    assert owner.put(somebody.account, json=body, headers=headers | tag).status_code == 200
    assert coordinator.post(f"{somebody.account}/clave", json={"motivo": "m"}, headers=headers).status_code == 200


def test_a_token_of_the_provider_serves_once_on_all_nodes_together(
    system: Cluster, coordinator: FlaskClient, owner: FlaskClient, administrator: Person, provider: Provider
) -> None:
    headers = administrator.headers(coordinator)
    somebody = linked(coordinator, headers)
    for api, other in [(coordinator, owner), (owner, coordinator)]:
        before, token = written_in_two_phases(system), provider.signed()
        given = exchanged(api, somebody.documento, token).get_json()
        assert [exchanged(each, somebody.documento, token).status_code for each in (api, other)] == [401, 401]
        mine = bearer(renewed(other, given["refresh_token"]).get_json()["access_token"])
        assert other.get(PACIENTES, headers=mine).status_code == 200
        assert written_in_two_phases(system) <= before
        assert put(api, headers, somebody, sujeto_oidc=f"otra-{api is owner}").status_code == 200
        assert other.get(PACIENTES, headers=mine).status_code == 401
        assert put(other, headers, somebody, sujeto_oidc=SUBJECT).status_code == 200
    with ThreadPoolExecutor(2) as pool:
        for _ in range(4):
            token = provider.signed()
            asked = [api.application.test_client() for api in (coordinator, owner)]
            came = pool.map(lambda api, one=token: exchanged(api, somebody.documento, one).status_code, asked)
            assert sorted(came) == [200, 401]


def test_made_up_documents_cost_one_phase(system: Cluster, owner: FlaskClient) -> None:
    before = written_in_two_phases(system)
    for number in range(16):
        assert Person(f"INVENTADO-{number}").log_in(owner).status_code == 401
    assert written_in_two_phases(system) <= before


def test_sessions_outlive_the_coordinator(
    system: Cluster, owner: FlaskClient, administrator: Person, provider: Provider
) -> None:
    """With the routing that goes past it: who is in stays, comes in and goes out, and reads a patient."""
    headers = administrator.headers(owner)
    body = {"cedula": f"{administrator.documento}-P", "nombre": "Ana", "apellido": "Peña"}
    reader, by_provider = person(owner, headers), linked(owner, headers)
    there = owner.post(PACIENTES, json=body, headers=reader.headers(owner)).headers["Location"]
    system.kill(system.coordinator)
    try:
        for _ in range(8):
            given = reader.given(owner)
            mine = bearer(renewed(owner, given["refresh_token"]).get_json()["access_token"])
            assert owner.get(there, headers=mine).status_code == 200
            assert owner.delete(f"{SESIONES}/actual", headers=mine).status_code == 204
            assert owner.get(there, headers=mine).status_code == 401
            assert owner.get(SESIONES, headers=headers).status_code == 200
            assert exchanged(owner, by_provider.documento, provider.signed()).status_code == 200
    finally:
        system.restart(system.coordinator)
