"""Who asks: logging in and out, what ends a session, and accounts, through two APIs on one database."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from historia_local.nodes import Cluster
from identified import (
    ONE_USE,
    PASSWORD,
    QUICK,
    REQUIRED,
    SESIONES,
    USUARIOS,
    Clock,
    Headers,
    Person,
    admin,
    bearer,
    changed,
    person,
    renewed,
    user,
)
from versioned import MEDICOS, PACIENTES, if_match, new_patient

ATTEMPTS, WINDOW = 3, 300
LIMITS = {"HISTORIA_LOGIN_ATTEMPTS": str(ATTEMPTS), "HISTORIA_LOGIN_WINDOW": str(WINDOW)}


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def first(postgres_system: Cluster, api_of: Callable[..., Any], clock: Clock) -> Iterator[FlaskClient]:
    with api_of(postgres_system, clock, **REQUIRED | LIMITS) as client:
        yield client


@pytest.fixture(scope="module")
def second(postgres_system: Cluster, api_of: Callable[..., Any], clock: Clock) -> Iterator[FlaskClient]:
    """Another process of the same installation."""
    with api_of(postgres_system, clock, **REQUIRED | LIMITS) as client:
        yield client


@pytest.fixture(scope="module")
def administrator(postgres_system: Cluster, run_hooks: Callable[..., Any], first: FlaskClient) -> Person:
    return admin(postgres_system, run_hooks, first)


@pytest.fixture
def admins(first: FlaskClient, administrator: Person) -> Headers:
    return administrator.headers(first)


@pytest.fixture
def somebody(first: FlaskClient, admins: Headers) -> Person:
    return person(first, admins)


MATRIZ = "/api/v1/gobierno/matriz"


def status(api: FlaskClient, headers: Headers) -> int:
    return int(api.get(PACIENTES, headers=headers).status_code)


def slug(answer: Any) -> str:
    return str(answer.get_json()["type"].rpartition("#")[2])


def kept(cluster: Cluster, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def test_who_logs_in_is_let_in_and_told_nothing_else(first: FlaskClient, somebody: Person) -> None:
    answer = somebody.log_in(first)
    assert answer.headers["Cache-Control"] == "no-store"
    given = answer.get_json()
    assert (given["token_type"], given["expires_in"], given["debe_cambiar_clave"]) == ("Bearer", 600, False)
    assert status(first, bearer(given["access_token"])) == 200
    refused = first.get(PACIENTES)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="historia-clinica"')
    assert status(first, {"Authorization": "Basic YTpi"}) == 401


def test_writes_are_signed_by_whoever_wrote(first: FlaskClient, somebody: Person) -> None:
    headers = somebody.headers(first)
    body = {"cedula": somebody.documento, "nombre": "Ana", "apellido": "Peña"}
    there = first.post(PACIENTES, json=body, headers=headers).headers["Location"]
    [version] = first.get(f"{there}/historial", headers=headers).get_json()["versiones"]
    assert version["cambiado_por"] == somebody.documento


def test_a_wrong_password_no_account_and_no_entry_are_one_answer(
    first: FlaskClient, admins: Headers, somebody: Person
) -> None:
    inactive = person(first, admins)
    body = {"rol": "admisionista", "activa": False, "motivo": "m"}
    assert first.put(inactive.account, json=body, headers=admins | if_match('"1"')).status_code == 200
    nobody, without = Person("N-1"), Person(user(first, admins))
    answers = [somebody.log_in(first, "otra"), inactive.log_in(first), nobody.log_in(first), without.log_in(first)]
    told = [answer.get_json() | {"instance": None} for answer in answers]
    assert told == [told[0]] * 4
    assert {(answer.status_code, slug(answer)) for answer in answers} == {(401, "acceso-no-valido")}
    assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1
    assert answers[0].headers["WWW-Authenticate"] == 'Bearer realm="historia-clinica"'


def test_a_check_is_made_also_where_there_is_no_account(
    first: FlaskClient, somebody: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many checks, of the same cost, for an account, for none, and for one that has to wait."""
    passwords = first.application.extensions["historia_clinica"].sessions.passwords
    checked: list[str] = []
    hasher = passwords._hasher

    class Counting:
        def verify(self, kept: str, password: str) -> bool:
            checked.append(kept.rpartition("$")[0].rpartition("$")[0])
            return bool(hasher.verify(kept, password))

        def __getattr__(self, name: str) -> Any:
            return getattr(hasher, name)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    assert somebody.log_in(first).status_code == 200
    assert Person("N-2").log_in(first).status_code == 401
    for _ in range(ATTEMPTS + 1):
        assert somebody.log_in(first, "otra").status_code == 401
    assert len(checked) == ATTEMPTS + 3
    assert set(checked) == {"$argon2id$v=19$m=7168,t=1,p=1"}


def test_who_failed_too_often_waits_on_every_replica(
    first: FlaskClient, second: FlaskClient, admins: Headers, somebody: Person, clock: Clock
) -> None:
    stays = somebody.headers(first)
    for number in range(ATTEMPTS):
        assert somebody.log_in([first, second][number % 2], "otra").status_code == 401
    for api in (first, second):
        answer = somebody.log_in(api)
        assert (answer.status_code, slug(answer)) == (401, "acceso-no-valido")
    assert status(second, stays) == 200
    clock.forward(WINDOW - 1)
    assert somebody.log_in(second).status_code == 401
    clock.forward(1)
    assert somebody.log_in(second).status_code == 200


def test_however_many_ask_at_once_no_more_passwords_are_looked_at(
    first: FlaskClient, second: FlaskClient, somebody: Person
) -> None:
    guesses = ["otra"] * 8 + [PASSWORD]

    def guess(number: int) -> int:
        api = [first, second][number % 2].application.test_client()
        return int(somebody.log_in(api, guesses[number]).status_code)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(guess, range(8)))
    assert guess(8) == 401


def test_logging_in_forgives_what_failed_before(first: FlaskClient, somebody: Person) -> None:
    for _ in range(2):
        assert somebody.log_in(first, "otra").status_code == 401
        assert somebody.log_in(first).status_code == 200


def test_made_up_documents_leave_few_rows(first: FlaskClient, postgres_system: Cluster) -> None:
    for number in range(5):
        assert Person(f"INVENTADO-{number}").log_in(first).status_code == 401
    [(mine, boxes)] = kept(
        postgres_system,
        "SELECT count(*) FILTER (WHERE starts_with(documento_id, 'INVENTADO')),"
        " count(*) FILTER (WHERE starts_with(documento_id, '~')) FROM intentos_acceso",
    )
    assert mine == 0
    assert 0 < boxes <= 1024


def test_a_token_serves_until_it_expires(
    first: FlaskClient, second: FlaskClient, somebody: Person, clock: Clock
) -> None:
    headers = somebody.headers(first)
    clock.forward(599)
    assert status(second, headers) == 200
    clock.forward(1)
    refused = second.get(PACIENTES, headers=headers)
    assert (refused.status_code, slug(refused)) == (401, "token-no-valido")
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_a_session_is_renewed_until_it_ends(
    first: FlaskClient, second: FlaskClient, somebody: Person, clock: Clock
) -> None:
    given = somebody.given(first)
    for hour in range(12):
        clock.forward(3599)
        answer = renewed([first, second][hour % 2], given["refresh_token"])
        assert answer.status_code == 200, hour
        given = answer.get_json()
        assert status(second, bearer(given["access_token"])) == 200
    clock.forward(3599)
    assert renewed(first, given["refresh_token"]).status_code == 401


def test_a_session_that_nobody_renews_ends(first: FlaskClient, somebody: Person, clock: Clock) -> None:
    given = somebody.given(first)
    clock.forward(3600)
    assert renewed(first, given["refresh_token"]).status_code == 401


def test_an_old_refresh_token_ends_the_session_for_both(
    first: FlaskClient, second: FlaskClient, somebody: Person, clock: Clock, postgres_system: Cluster
) -> None:
    old = somebody.given(first)
    new = renewed(first, old["refresh_token"]).get_json()
    clock.forward(10)
    answer = renewed(second, old["refresh_token"])
    assert (answer.status_code, slug(answer)) == (401, "token-no-valido")
    assert renewed(first, new["refresh_token"]).status_code == 401
    assert status(first, bearer(new["access_token"])) == 401
    [(reason,)] = kept(postgres_system, "SELECT motivo_fin FROM sesiones WHERE id = %(id)s", id=old["sesion"])
    assert reason == "reutilizacion"


def test_an_answer_that_was_lost_may_be_asked_for_again(first: FlaskClient, somebody: Person, clock: Clock) -> None:
    old = somebody.given(first)
    lost = renewed(first, old["refresh_token"]).get_json()
    clock.forward(5)
    again = renewed(first, old["refresh_token"])
    assert again.status_code == 200
    clock.forward(4)
    again = renewed(first, old["refresh_token"]).get_json()
    assert renewed(first, again["refresh_token"]).status_code == 200
    # somebody did get what was thought lost: two hold the session
    assert renewed(first, lost["refresh_token"]).status_code == 401
    assert status(first, bearer(again["access_token"])) == 401


def test_repetitions_do_not_lengthen_the_seconds(first: FlaskClient, somebody: Person, clock: Clock) -> None:
    old = somebody.given(first)
    for _ in range(2):
        assert renewed(first, old["refresh_token"]).status_code == 200
        clock.forward(5)
    assert renewed(first, old["refresh_token"]).status_code == 401


def test_what_was_never_given_out_ends_nobodys_session(first: FlaskClient, somebody: Person) -> None:
    given = somebody.given(first)
    token = given["refresh_token"]
    for position in (0, 30, 40, 60, 90, len(token) - 1):
        other = "A" if token[position] != "A" else "B"
        forged = token[:position] + other + token[position + 1 :]
        if 43 <= position < 86:
            continue  # the family of a session and another secret: an old token
        assert renewed(first, forged).status_code == 401
    assert renewed(first, given["access_token"].rpartition(".")[2]).status_code == 401
    assert status(first, bearer(given["access_token"])) == 200
    assert renewed(first, token).status_code == 200


def test_of_two_renewals_at_once_none_is_lost(first: FlaskClient, second: FlaskClient, somebody: Person) -> None:
    given = somebody.given(first)
    barrier = threading.Barrier(2)

    def renew(api: FlaskClient) -> int:
        barrier.wait()
        return int(renewed(api.application.test_client(), given["refresh_token"]).status_code)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(renew, [first, second])) == [200, 200]


def test_logging_out_is_seen_by_every_replica_at_once(
    first: FlaskClient, second: FlaskClient, somebody: Person
) -> None:
    given, other = somebody.given(first), somebody.given(second)
    headers = bearer(given["access_token"])
    assert status(second, headers) == 200
    assert first.delete(f"{SESIONES}/actual", headers=headers).status_code == 204
    assert status(second, headers) == 401
    assert renewed(second, given["refresh_token"]).status_code == 401
    assert status(second, bearer(other["access_token"])) == 200


def test_the_own_sessions_are_listed_and_ended_together(
    first: FlaskClient, second: FlaskClient, somebody: Person
) -> None:
    one, two = somebody.given(first), somebody.given(second)
    headers = bearer(one["access_token"])
    listed = first.get(SESIONES, headers=headers).get_json()["sesiones"]
    found = {each["id"]: each["actual"] for each in listed}
    assert (found[one["sesion"]], found[two["sesion"]], sum(found.values())) == (True, False, 1)
    assert second.post(f"{SESIONES}/cierre", headers=headers).status_code == 204
    for given in (one, two):
        assert status(first, bearer(given["access_token"])) == 401
        assert renewed(first, given["refresh_token"]).status_code == 401
    assert somebody.log_in(first).status_code == 200


def test_another_password_ends_the_other_sessions(first: FlaskClient, second: FlaskClient, somebody: Person) -> None:
    stays, goes = somebody.headers(first), somebody.headers(second)
    new = "otras cinco palabras"
    assert changed(first, stays, "no es esa", new).status_code == 422
    assert changed(first, stays, PASSWORD, PASSWORD).status_code == 422
    assert changed(first, stays, PASSWORD, f"mi {somebody.documento.lower()} es largo").status_code == 422
    assert changed(first, stays, PASSWORD, "corta").status_code == 422
    assert status(second, goes) == 200
    assert changed(first, stays, PASSWORD, new).status_code == 204
    assert (status(second, stays), status(second, goes)) == (200, 401)
    assert (somebody.log_in(first).status_code, somebody.log_in(first, new).status_code) == (401, 200)


def test_the_old_password_cannot_be_guessed_with_a_stolen_token(first: FlaskClient, somebody: Person) -> None:
    headers = somebody.headers(first)
    for _ in range(ATTEMPTS):
        assert changed(first, headers, "otra", "otras cinco palabras").status_code == 422
    assert changed(first, headers, PASSWORD, "otras cinco palabras").status_code == 422


def test_a_password_of_one_use_serves_to_change_it(first: FlaskClient, admins: Headers, somebody: Person) -> None:
    before = somebody.headers(first)
    answer = first.post(f"{somebody.account}/clave", json={"motivo": "La olvidó"}, headers=admins)
    given = answer.get_json()
    assert (answer.status_code, given["debe_cambiar_clave"]) == (200, True)
    assert status(first, before) == 401
    assert somebody.log_in(first).status_code == 401
    token = somebody.log_in(first, given["clave"]).get_json()
    assert token["debe_cambiar_clave"]
    headers = bearer(token["access_token"])
    refused = first.get(PACIENTES, headers=headers)
    assert (refused.status_code, slug(refused)) == (403, "clave-por-cambiar")
    assert changed(first, headers, given["clave"]).status_code == 204
    assert status(first, headers) == 200
    assert not somebody.given(first)["debe_cambiar_clave"]


def test_a_password_of_one_use_that_nobody_uses_expires(
    postgres_system: Cluster, api_of: Callable[..., Any], run_hooks: Callable[..., Any], somebody: Person
) -> None:
    clock = Clock()
    with api_of(postgres_system, clock, **REQUIRED) as api:
        ada = admin(postgres_system, run_hooks, api)

        def reset() -> str:
            answer = api.post(f"{somebody.account}/clave", json={"motivo": "m"}, headers=ada.headers(api))
            return str(answer.get_json()["clave"])

        one_use = reset()
        clock.forward(7 * 24 * 3600 - 60)
        in_time = somebody.log_in(api, one_use)
        assert (in_time.status_code, in_time.get_json()["debe_cambiar_clave"]) == (200, True)
        clock.forward(120)
        late, wrong = (somebody.log_in(api, clave) for clave in (one_use, "no es esa"))
        assert (late.status_code, slug(late)) == (wrong.status_code, slug(wrong)) == (401, "acceso-no-valido")
        assert changed(api, bearer(in_time.get_json()["access_token"]), one_use).status_code == 422
        assert ada.log_in(api).status_code == 200  # whose own password it is
        assert somebody.log_in(api, reset()).status_code == 200


def test_a_reset_lets_in_who_had_to_wait(first: FlaskClient, admins: Headers, somebody: Person) -> None:
    for _ in range(ATTEMPTS):
        somebody.log_in(first, "otra")
    clave = first.post(f"{somebody.account}/clave", json={"motivo": "m"}, headers=admins).get_json()["clave"]
    assert somebody.log_in(first, clave).status_code == 200


def test_a_role_is_another_from_the_next_request_on(
    first: FlaskClient, second: FlaskClient, admins: Headers, somebody: Person
) -> None:
    headers = somebody.headers(first)
    assert first.get(somebody.account, headers=headers).status_code == 403
    read = first.get(somebody.account, headers=admins)
    assert (read.get_json()["rol"], read.headers["ETag"]) == ("admisionista", '"1"')
    body = {"rol": "admin", "motivo": "Administra desde hoy"}
    assert first.put(somebody.account, json=body, headers=admins).status_code == 428
    answer = first.put(somebody.account, json=body, headers=admins | if_match('"1"'))
    assert (answer.get_json()["rol"], answer.headers["ETag"]) == ("admin", '"2"')
    assert first.put(somebody.account, json=body, headers=admins | if_match('"1"')).status_code == 412
    assert second.get(somebody.account, headers=headers).status_code == 200


def test_an_account_that_is_deactivated_is_out_at_once(
    first: FlaskClient, second: FlaskClient, admins: Headers, somebody: Person
) -> None:
    given = somebody.given(first)
    body = {"rol": "admisionista", "activa": False, "motivo": "Ya no trabaja aquí"}
    assert first.put(somebody.account, json=body, headers=admins | if_match('"1"')).status_code == 200
    assert status(second, bearer(given["access_token"])) == 401
    assert renewed(second, given["refresh_token"]).status_code == 401
    body["activa"] = True
    assert first.put(somebody.account, json=body, headers=admins | if_match('"2"')).status_code == 200
    assert status(second, bearer(given["access_token"])) == 401
    assert somebody.log_in(second).status_code == 200


def test_an_annulled_user_is_out_at_once(
    first: FlaskClient, second: FlaskClient, admins: Headers, somebody: Person
) -> None:
    headers = somebody.headers(first)
    there = f"{USUARIOS}/{somebody.documento}"
    annulled = first.post(f"{there}/anulacion", json={"motivo": "m"}, headers=admins | if_match('"1"'))
    assert annulled.status_code == 200
    assert status(second, headers) == 401
    assert somebody.log_in(second).status_code == 401


def test_administrators_keep_an_administrator(first: FlaskClient, administrator: Person, admins: Headers) -> None:
    tag = if_match(first.get(administrator.account, headers=admins).headers["ETag"])
    for body in ({"rol": "auditor"}, {"rol": "admin", "activa": False}):
        assert first.put(administrator.account, json=body | {"motivo": "m"}, headers=admins | tag).status_code == 422


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"/rol", "/ambitos"}),
        ({"rol": "admin", "ambitos": ["pacientes:leer"]}, {"/rol", "/ambitos"}),
        ({"rol": "medico"}, {"/medico_id"}),
        ({"rol": "medico", "medico_id": 999999999}, {"/medico_id"}),
        ({"rol": "admin", "paciente_id": "123"}, {"/paciente_id"}),
        ({"rol": "paciente", "paciente_id": "NADIE"}, {"/paciente_id"}),
        ({"ambitos": ["pacientes:todo"]}, {"/ambitos/0"}),
    ],
)
def test_an_account_is_for_one_thing(
    first: FlaskClient, admins: Headers, body: dict[str, Any], pointers: set[str]
) -> None:
    answer = first.post(f"{USUARIOS}/{user(first, admins)}/cuenta", json=body | {"motivo": "m"}, headers=admins)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.get_json()["errors"]} == pointers


def test_accounts_of_physicians_and_patients_say_whose_they_are(first: FlaskClient, admins: Headers) -> None:
    body = {"nombre": "Luz", "apellido": "Gómez", "codigo_medico": user(first, admins)}
    medico = first.post(MEDICOS, json=body, headers=admins).get_json()["id"]
    physician = person(first, admins, "medico", medico_id=medico)
    assert first.get(physician.account, headers=admins).get_json()["medico_id"] == medico
    cedula = user(first, admins)
    body = {"cedula": cedula, "nombre": "Ana", "apellido": "Peña"}
    assert first.post(PACIENTES, json=body, headers=person(first, admins).headers(first)).status_code == 201
    patient = person(first, admins, "paciente", paciente_id=cedula)
    assert first.get(patient.account, headers=admins).get_json()["paciente_id"] == cedula


def test_accounts_are_users_and_each_has_one(first: FlaskClient, admins: Headers, somebody: Person) -> None:
    body = {"rol": "auditor", "motivo": "m"}
    assert first.post(f"{USUARIOS}/N-3/cuenta", json=body, headers=admins).status_code == 404
    assert first.get(f"{USUARIOS}/N-3/cuenta", headers=admins).status_code == 404
    assert first.post(f"{USUARIOS}/N-3/cuenta/clave", json={"motivo": "m"}, headers=admins).status_code == 404
    assert first.put(f"{USUARIOS}/N-3/cuenta", json=body, headers=admins | if_match('"1"')).status_code == 404
    assert first.post(somebody.account, json=body, headers=admins).status_code == 409


def test_a_program_does_what_its_scopes_say_and_no_more(first: FlaskClient, admins: Headers) -> None:
    documento = user(first, admins)
    body = {"ambitos": ["pacientes:buscar", "medicos:leer"], "motivo": "Tablero"}
    made = first.post(f"{USUARIOS}/{documento}/cuenta", json=body, headers=admins).get_json()
    assert (made["rol"], made["debe_cambiar_clave"]) == (None, False)
    headers = Person(documento, made["clave"]).headers(first)
    assert status(first, headers) == 200
    assert first.get(MEDICOS, headers=headers).status_code == 200
    for refused in (first.get(f"{PACIENTES}/1", headers=headers), first.post(MEDICOS, json={}, headers=headers)):
        assert (refused.status_code, slug(refused)) == (403, "acceso-denegado")
    assert first.get(SESIONES, headers=headers).status_code == 200


def test_only_digests_are_kept(first: FlaskClient, somebody: Person, postgres_system: Cluster) -> None:
    given = somebody.given(first)
    [(session, account)] = kept(
        postgres_system,
        "SELECT s::text, c::text FROM sesiones s JOIN cuentas c USING (documento_id) WHERE s.id = %(id)s",
        id=given["sesion"],
    )
    for secret in (given["refresh_token"], given["access_token"], PASSWORD):
        assert secret not in session + account
    assert "$argon2id$" in account


def test_a_hash_of_other_parameters_is_made_anew(
    first: FlaskClient, somebody: Person, postgres_system: Cluster, api_of: Callable[..., Any]
) -> None:
    statement = "SELECT split_part(clave_hash, '$', 4) FROM cuentas WHERE documento_id = %(documento)s"
    assert kept(postgres_system, statement, documento=somebody.documento) == [("m=7168,t=1,p=1",)]
    with api_of(postgres_system, **REQUIRED | {"HISTORIA_ARGON2_TIME": "3"}) as other:
        assert somebody.log_in(other).status_code == 200
    assert kept(postgres_system, statement, documento=somebody.documento) == [("m=7168,t=3,p=1",)]
    assert somebody.log_in(first).status_code == 200


def test_a_storm_of_logins_takes_no_more_memory(postgres_system: Cluster, api_of: Callable[..., Any]) -> None:
    limits = {"HISTORIA_ARGON2_AT_ONCE": "1", "HISTORIA_POOL_TIMEOUT": "0.05"}
    with api_of(postgres_system, **REQUIRED | limits) as api:
        with api.application.extensions["historia_clinica"].sessions.passwords.slot():
            answer = Person("N-4").log_in(api)
        assert (answer.status_code, slug(answer)) == (503, "saturado")
        assert answer.headers["Retry-After"]
        assert Person("N-4").log_in(api).status_code == 401


def test_keys_are_changed_while_both_are_accepted(
    postgres_system: Cluster, api_of: Callable[..., Any], clock: Clock, somebody: Person
) -> None:
    old, new = "clave vieja de al menos 32 letras", "clave nueva de al menos 32 letras"

    def with_keys(signing: str, accepted: str = "") -> Any:
        keys = {"HISTORIA_SIGNING_KEY": signing, "HISTORIA_SIGNING_KEYS_ACCEPTED": accepted}
        return api_of(postgres_system, clock, **REQUIRED | keys)

    def asked(headers: Headers) -> list[int]:
        """What is about no patient: the database was told nothing of these keys (see test_row_contexts.py)."""
        return [api.get(MATRIZ, headers=headers).status_code for api in (before, ready, during, after)]

    with with_keys(old) as before, with_keys(old, new) as ready, with_keys(new, old) as during, with_keys(new) as after:
        signed_old, signed_new = somebody.headers(ready), somebody.headers(during)
        assert asked(signed_old) == [200, 200, 200, 401]
        assert asked(signed_new) == [401, 200, 200, 200]


def test_the_laboratorys_users_are_for_those_who_identify_themselves(first: FlaskClient, somebody: Person) -> None:
    answer = first.get("/usuarios", headers=somebody.headers(first))
    assert answer.status_code == 200
    assert answer.get_json()["usuarios"]
    assert first.get("/usuarios", headers=bearer("no.es.uno")).status_code == 401


def test_where_nobody_must_a_token_that_is_sent_must_be_valid(
    postgres_system: Cluster, api_of: Callable[..., Any], administrator: Person, clock: Clock
) -> None:
    with api_of(postgres_system, clock, **QUICK) as api:
        assert status(api, {}) == 200
        assert api.get(MEDICOS, headers=administrator.headers(api)).status_code == 200
        assert status(api, bearer("a.b.c")) == 401
        assert api.get(SESIONES).status_code == 401
        assert api.get(administrator.account).status_code == 401
        there = new_patient(api)
        assert api.get(f"{there}/historial").get_json()["versiones"][0]["cambiado_por"] == "api"


def test_nothing_of_a_login_is_logged(
    first: FlaskClient, somebody: Person, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    given = somebody.given(first)
    renewed(first, given["refresh_token"])
    renewed(first, "no-es-de-aqui")
    somebody.log_in(first, "otra contraseña mala")
    status(first, bearer(given["access_token"] + "x"))
    out = capsys.readouterr()
    said = out.out + out.err + caplog.text
    secrets = (given["access_token"], given["refresh_token"], PASSWORD, "otra contraseña mala", somebody.documento)
    assert [secret for secret in secrets if secret in said] == []


def test_the_first_account_is_made_once(
    postgres_system: Cluster, run_hooks: Callable[..., Any], administrator: Person, first: FlaskClient, tmp_path: Any
) -> None:
    def create(*said: str, password: str = ONE_USE) -> tuple[int, str]:
        done = run_hooks(postgres_system, "create-admin", *said, workers=0, HISTORIA_ADMIN_PASSWORD=password)
        assert password not in done.stdout + done.stderr
        return done.returncode, done.stdout

    named = ["--documento", administrator.documento]
    done = create(*named)
    assert (done[0], "nada que hacer" in done[1]) == (0, True)
    another = ["--documento", f"{administrator.documento}-2", "--nombre", "Ada", "--correo", "ada2@hospital.com"]
    refused = create(*another)
    assert (refused[0], "--otro" in refused[1]) == (78, True)
    assert create(*another, "--otro", password="corta")[0] == 78
    (tmp_path / "clave").write_text("otra de una sola vez\n")
    assert create(*named, "--restablecer", "--clave-archivo", str(tmp_path / "clave"))[0] == 0
    token = administrator.log_in(first, "otra de una sola vez").get_json()
    assert token["debe_cambiar_clave"]
    assert changed(first, bearer(token["access_token"]), "otra de una sola vez").status_code == 204


def test_a_restart_costs_whoever_is_inside_no_failed_request(
    postgres_system: Cluster, first: FlaskClient, somebody: Person
) -> None:
    headers = somebody.headers(first)
    made = first.post(
        PACIENTES, json={"cedula": f"{somebody.documento}-P", "nombre": "A", "apellido": "B"}, headers=headers
    )

    def ask(_: int) -> int:
        return first.application.test_client().get(made.headers["Location"], headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:  # more than one connection in the pool
        assert set(pool.map(ask, range(16))) == {200}
    postgres_system.restart(postgres_system.coordinator)
    assert [ask(one) for one in range(10)] == [200] * 10
