"""Entry with an identity provider: what is exchanged for a session and what is not, and what becomes of the session."""

import base64
import contextlib
import hashlib
import hmac
import json
import pathlib
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from audited import kept
from certificates import Authority
from flask.testing import FlaskClient
from historia_clinica.db import Statement, Transaction
from historia_local.nodes import Cluster
from identified import (
    PASSWORD,
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
from identity_provider import CLIENT, DISCOVERY, KEYS, SUBJECT, Provider, coded, exchanged, linked, provided, put
from joserfc.jwk import RSAKey
from versioned import PACIENTES, if_match

ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def provider(clock: Clock) -> Iterator[Provider]:
    with provided(clock) as running:
        yield running


@pytest.fixture(scope="module")
def first(
    postgres_system: Cluster, api_of: Callable[..., Any], clock: Clock, provider: Provider
) -> Iterator[FlaskClient]:
    with api_of(postgres_system, clock, **REQUIRED | provider.environment) as client:
        yield client


@pytest.fixture(scope="module")
def second(
    postgres_system: Cluster, api_of: Callable[..., Any], clock: Clock, provider: Provider
) -> Iterator[FlaskClient]:
    """Another process of the same installation."""
    with api_of(postgres_system, clock, **REQUIRED | provider.environment) as client:
        yield client


@pytest.fixture(scope="module")
def administrator(postgres_system: Cluster, run_hooks: Callable[..., Any], first: FlaskClient) -> Person:
    return admin(postgres_system, run_hooks, first)


@pytest.fixture
def admins(first: FlaskClient, administrator: Person) -> Headers:
    return administrator.headers(first)


@pytest.fixture
def somebody(first: FlaskClient, admins: Headers) -> Person:
    return linked(first, admins)


@pytest.fixture
def fresh(postgres_system: Cluster, api_of: Callable[..., Any], clock: Clock) -> Iterator[tuple[FlaskClient, Provider]]:
    """A process that has asked nothing yet, and a provider of its own."""
    with (
        provided(clock) as running,
        api_of(postgres_system, clock, **REQUIRED | running.environment) as client,
    ):
        yield client, running


def slug(answer: Any) -> str:
    return str(answer.get_json()["type"].rpartition("#")[2])


def refused(answer: Any) -> bool:
    return (answer.status_code, slug(answer)) == (401, "acceso-no-valido")


def status(api: FlaskClient, headers: Headers) -> int:
    return int(api.get(PACIENTES, headers=headers).status_code)


def given(api: FlaskClient, somebody: Person, provider: Provider) -> dict[str, Any]:
    answer = exchanged(api, somebody.documento, provider.signed())
    assert answer.status_code == 200, answer.get_data(as_text=True)
    told: dict[str, Any] = answer.get_json()
    return told


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def unsigned(provider: Provider, alg: str, signature: str = "") -> str:
    return f"{coded({'alg': alg, 'kid': 'rsa'})}.{coded(provider.claims())}.{signature}"


def by_public_key(provider: Provider, public: bytes) -> str:
    """HS256 with what everybody knows as its secret."""
    text = f"{coded({'alg': 'HS256', 'kid': 'rsa'})}.{coded(provider.claims())}"
    return f"{text}.{coded(hmac.digest(public, text.encode(), hashlib.sha256))}"


def other_claims(token: str) -> str:
    head, body, signature = token.split(".")
    return f"{head}.{coded(json.loads(decoded(body)) | {'exp': 9999999999})}.{signature}"


NEW = RSAKey.generate_key(2048, {"kid": "new"})
OTHER = RSAKey.generate_key(2048, {"kid": "rsa"})
# Each is made of what would let somebody in.
WRONG: dict[str, Callable[[Provider, int], str]] = {
    "nothing": lambda *_: "a.b.c",
    "no-token": lambda *_: "abc",
    "none": lambda at, _: unsigned(at, "none"),
    "none-with-a-signature": lambda at, _: unsigned(at, "none", at.signed().rpartition(".")[2]),
    "hs256-of-the-public-pem": lambda at, _: by_public_key(at, at.keys["rsa"].as_pem(private=False)),
    "hs256-of-the-public-jwk": lambda at, _: by_public_key(
        at, json.dumps(at.keys["rsa"].as_dict(private=False)).encode()
    ),
    "rs512": lambda at, _: at.signed("RS512"),
    "no-signature": lambda at, _: at.signed().rpartition(".")[0] + ".",
    "signature-of-another": lambda at, _: f"{at.signed().rpartition('.')[0]}.{at.signed().rpartition('.')[2]}",
    "claims-changed": lambda at, _: other_claims(at.signed()),
    "other-key": lambda at, _: at.signed(key=OTHER),
    "other-key-brought-along": lambda at, _: at.signed(key=OTHER, header={"jwk": OTHER.as_dict(private=False)}),
    "other-key-elsewhere": lambda at, _: at.signed(key=OTHER, header={"jku": "http://127.0.0.1/claves"}),
    "unknown-kid": lambda at, _: at.signed(kid="otra", key=at.keys["rsa"]),
    "no-kid": lambda at, _: at.signed(kid=None, key=at.keys["rsa"]),
    "kid-that-is-no-text": lambda at, _: at.signed(kid=None, key=at.keys["rsa"], header={"kid": None}),
    "kid-of-another-key": lambda at, _: at.signed("ES256", "rsa", at.keys["ec"]),
    "unknown-and-critical": lambda at, _: at.signed(header={"crit": ["x"], "x": 1}),
    "kind-of-an-access-token": lambda at, _: at.signed(header={"typ": "at+jwt"}),
    "kind-of-a-log-out-token": lambda at, _: at.signed(header={"typ": "logout+jwt"}),
    "access-token-of-keycloak": lambda at, _: at.signed(typ="Bearer"),
    "deep-header": lambda at, _: f"{coded(b'[' * 3000)}.{coded(at.claims())}.c2ln",
    "expired": lambda at, now: at.signed(iat=now - 200, exp=now - 31),
    "no-end": lambda at, _: at.signed(exp=None),
    "end-as-text": lambda at, now: at.signed(exp=str(now + 300)),
    "too-old": lambda at, now: at.signed(iat=now - 301, exp=now + 3600),
    "no-birth": lambda at, _: at.signed(iat=None),
    "birth-that-is-no-number": lambda at, _: at.signed(iat=True),
    "of-later": lambda at, now: at.signed(iat=now + 31),
    "not-yet": lambda at, now: at.signed(nbf=now + 31),
    "other-issuer": lambda at, _: at.signed(iss=at.issuer + "/"),
    "no-issuer": lambda at, _: at.signed(iss=None),
    "issuers": lambda at, _: at.signed(iss=[at.issuer]),
    "other-audience": lambda at, _: at.signed(aud="otra"),
    "other-audiences": lambda at, _: at.signed(aud=["otra", "una"], azp=CLIENT),
    "no-audience": lambda at, _: at.signed(aud=None),
    "asked-for-by-another": lambda at, _: at.signed(azp="otra"),
    "for-several-asked-for-by-another": lambda at, _: at.signed(aud=[CLIENT, "otra"], azp="otra"),
    "for-several-asked-for-by-nobody": lambda at, _: at.signed(aud=[CLIENT, "otra"]),
    "no-subject": lambda at, _: at.signed(sub=None),
    "empty-subject": lambda at, _: at.signed(sub=""),
    "subject-that-is-no-text": lambda at, _: at.signed(sub=7),
    "long-subject": lambda at, _: at.signed(sub="a" * 256),
    "foreign-subject": lambda at, _: at.signed(sub="ñ"),
    "other-subject": lambda at, _: at.signed(sub=SUBJECT.upper()),
}
RIGHT: dict[str, Callable[[Provider, int], str]] = {
    "RS256": lambda at, _: at.signed(),
    "PS256": lambda at, _: at.signed("PS256"),
    "ES256": lambda at, _: at.signed("ES256", "ec"),
    "EdDSA": lambda at, _: at.signed("EdDSA", "ed"),
    "audiences": lambda at, _: at.signed(aud=["otra", CLIENT], azp=CLIENT),
    "one-audience": lambda at, _: at.signed(aud=[CLIENT]),
    "asked-for": lambda at, _: at.signed(azp=CLIENT),
    "clock-behind": lambda at, now: at.signed(iat=now - 290, exp=now - 29),
    "clock-ahead": lambda at, now: at.signed(iat=now + 30, nbf=now + 30),
    "with-more": lambda at, _: at.signed(email="a@hospital.com", groups=["x"] * 500, header={"x5t": "a", "otra": 1}),
    "of-keycloak": lambda at, _: at.signed(typ="ID"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_token_for_here_opens_nothing(
    first: FlaskClient, somebody: Person, provider: Provider, postgres_system: Cluster, name: str
) -> None:
    now = int(provider.clock().timestamp())
    answer = exchanged(first, somebody.documento, WRONG[name](provider, now))
    assert refused(answer)
    assert answer.get_json()["detail"] == exchanged(first, "N-1", "a.b.c").get_json()["detail"]
    [row] = kept(postgres_system, answer)
    assert (row["accion"], row["recurso"], row["resultado"]) == ("crear", "sesiones", "denegado")
    assert row["recurso_id"].startswith("~")
    assert given(first, somebody, provider)["debe_cambiar_clave"] is False


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_token_opens_a_session(
    first: FlaskClient, second: FlaskClient, somebody: Person, provider: Provider, name: str
) -> None:
    token = RIGHT[name](provider, int(provider.clock().timestamp()))
    answer = exchanged(first, somebody.documento, token)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    told = answer.get_json()
    assert (told["token_type"], told["debe_cambiar_clave"]) == ("Bearer", False)
    assert status(second, bearer(told["access_token"])) == 200
    assert renewed(second, told["refresh_token"]).get_json()["debe_cambiar_clave"] is False


def test_what_is_too_long_or_of_other_letters_is_not_looked_at(first: FlaskClient, somebody: Person) -> None:
    for token in ("a" * 16385, "a.b.ñ", "a.b.c\n", ""):
        answer = exchanged(first, somebody.documento, token)
        assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/id_token")


def test_who_came_in_is_kept_and_nothing_of_the_token(
    first: FlaskClient, somebody: Person, provider: Provider, postgres_system: Cluster
) -> None:
    token = provider.signed()
    answer = exchanged(first, somebody.documento, token)
    [row] = kept(postgres_system, answer)
    assert (row["accion"], row["recurso"], row["recurso_id"]) == ("crear", "sesiones", somebody.documento)
    assert row["resultado"] == "exito"
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT s::text FROM sesiones s WHERE id = %s", (answer.get_json()["sesion"],))
        [(session,)] = cursor.fetchall()
    assert hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest() in session
    assert token not in session


def test_whoever_is_not_let_in_is_answered_alike_after_the_same_questions(
    first: FlaskClient, admins: Headers, somebody: Person, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    inactive, with_password, without = linked(first, admins), person(first, admins), user(first, admins)
    assert put(first, admins, inactive, sujeto_oidc=SUBJECT, activa=False).status_code == 200
    program = user(first, admins)
    body = {"ambitos": ["pacientes:buscar"], "motivo": "m"}
    assert first.post(f"{USUARIOS}/{program}/cuenta", json=body, headers=admins).status_code == 201
    asked: list[str] = []
    rows = Transaction.rows

    def recorded(self: Transaction, statement: Statement, *more: Any) -> Any:
        asked.append(statement.sql)
        return rows(self, statement, *more)

    monkeypatch.setattr(Transaction, "rows", recorded)
    told, questions = [], []
    for documento, subject in [
        (somebody.documento, "otra"),
        (inactive.documento, SUBJECT),
        (with_password.documento, SUBJECT),
        (without, SUBJECT),
        (program, SUBJECT),
        ("N-2", SUBJECT),
    ]:
        asked.clear()
        answer = exchanged(first, documento, provider.signed(sub=subject))
        told.append((answer.status_code, answer.get_json() | {"instance": None}, sorted(answer.headers.keys())))
        questions.append(list(asked))
    assert told == [told[0]] * len(told)
    assert told[0][0] == 401
    assert questions == [questions[0]] * len(questions)


def test_a_token_serves_once(
    first: FlaskClient, second: FlaskClient, somebody: Person, provider: Provider, postgres_system: Cluster
) -> None:
    token = provider.signed()
    came = exchanged(first, somebody.documento, token)
    assert came.status_code == 200
    for api in (first, second):
        again = exchanged(api, somebody.documento, token)
        assert refused(again)
        assert kept(postgres_system, again)[0]["resultado"] == "denegado"
    assert first.delete(f"{SESIONES}/actual", headers=bearer(came.get_json()["access_token"])).status_code == 204
    assert refused(exchanged(first, somebody.documento, token))


def test_a_token_whose_signature_is_written_otherwise_is_the_same(
    first: FlaskClient, somebody: Person, provider: Provider
) -> None:
    token = provider.signed("ES256", "ec")
    signed, _, signature = token.rpartition(".")
    raw = decoded(signature)
    s = int.from_bytes(raw[32:], "big")  # with its mirror as good a signature
    mirrored = f"{signed}.{coded(raw[:32] + (ORDER_OF_P256 - s).to_bytes(32, 'big'))}"
    assert exchanged(first, somebody.documento, mirrored).status_code == 200
    assert refused(exchanged(first, somebody.documento, token))


def test_of_two_at_once_one_wins(first: FlaskClient, second: FlaskClient, somebody: Person, provider: Provider) -> None:
    for _ in range(5):
        token, barrier = provider.signed(), threading.Barrier(2)

        def enter(api: FlaskClient, token: str = token, barrier: threading.Barrier = barrier) -> int:
            barrier.wait()
            return int(exchanged(api.application.test_client(), somebody.documento, token).status_code)

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(enter, [first, second])) == [200, 401]


def test_what_ends_a_session_counts_from_the_next_request_on(
    first: FlaskClient, second: FlaskClient, admins: Headers, somebody: Person, provider: Provider
) -> None:
    mine = bearer(given(first, somebody, provider)["access_token"])
    assert put(second, admins, somebody, rol="investigador", sujeto_oidc=SUBJECT).status_code == 200
    assert status(first, mine) == 403
    assert put(second, admins, somebody, sujeto_oidc=SUBJECT).status_code == 200
    assert status(first, mine) == 200
    assert first.post(f"{SESIONES}/cierre", headers=mine).status_code == 204
    assert status(second, mine) == 401
    mine = bearer(given(first, somebody, provider)["access_token"])
    assert put(second, admins, somebody, sujeto_oidc=SUBJECT, activa=False).status_code == 200
    assert status(first, mine) == 401
    assert refused(exchanged(first, somebody.documento, provider.signed()))


def test_linking_and_unlinking_end_the_sessions(
    first: FlaskClient, admins: Headers, provider: Provider, postgres_system: Cluster
) -> None:
    somebody = person(first, admins)
    before = somebody.given(first)
    answer = put(first, admins, somebody, sujeto_oidc=SUBJECT)
    assert (answer.status_code, answer.get_json()["sujeto_oidc"]) == (200, SUBJECT)
    assert status(first, bearer(before["access_token"])) == 401
    assert renewed(first, before["refresh_token"]).status_code == 401
    came = given(first, somebody, provider)
    assert put(first, admins, somebody, sujeto_oidc="otra").status_code == 200
    assert status(first, bearer(came["access_token"])) == 401
    assert refused(exchanged(first, somebody.documento, provider.signed()))
    assert exchanged(first, somebody.documento, provider.signed(sub="otra")).status_code == 200
    assert put(first, admins, somebody).get_json()["sujeto_oidc"] is None
    assert refused(exchanged(first, somebody.documento, provider.signed(sub="otra")))
    assert somebody.log_in(first).status_code == 200
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT motivo_fin FROM sesiones WHERE id IN (%s, %s)", (before["sesion"], came["sesion"])
        )
        assert cursor.fetchall() == [("vinculo cambiado",)]


def test_a_linked_account_has_no_password(
    first: FlaskClient, admins: Headers, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = person(first, admins)
    assert put(first, admins, somebody, sujeto_oidc=SUBJECT).status_code == 200
    passwords = first.application.extensions["historia_clinica"].sessions.passwords
    checked: list[bool] = []
    verify = passwords.verify
    monkeypatch.setattr(passwords, "verify", lambda kept, clave: checked.append(kept is None) or verify(kept, clave))
    assert refused(somebody.log_in(first))
    assert somebody.log_in(first, "otra").get_json()["detail"] == somebody.log_in(first).get_json()["detail"]
    assert checked == [True] * 3, "a made-up hash is checked, as where there is no account"
    mine = bearer(given(first, somebody, provider)["access_token"])
    assert changed(first, mine, PASSWORD, "otras cinco palabras").status_code == 422
    answer = first.post(f"{somebody.account}/clave", json={"motivo": "m"}, headers=admins)
    assert (answer.status_code, slug(answer)) == (409, "conflicto")


def test_whoever_fails_at_the_password_of_another_does_not_lock_his_door(
    first: FlaskClient, somebody: Person, provider: Provider
) -> None:
    for _ in range(11):
        assert refused(somebody.log_in(first, "otra"))
    assert given(first, somebody, provider)


def test_an_account_that_is_unlinked_before_it_had_a_password_waits_for_one(
    first: FlaskClient, admins: Headers, somebody: Person
) -> None:
    assert put(first, admins, somebody).status_code == 200
    clave = first.post(f"{somebody.account}/clave", json={"motivo": "m"}, headers=admins).get_json()["clave"]
    assert somebody.log_in(first, clave).get_json()["debe_cambiar_clave"] is True


def test_a_program_is_not_linked_nor_somebody_by_himself(
    first: FlaskClient, admins: Headers, administrator: Person
) -> None:
    there = f"{USUARIOS}/{user(first, admins)}/cuenta"
    for body in (
        {"ambitos": ["pacientes:leer"], "sujeto_oidc": SUBJECT},
        {"rol": "auditor", "sujeto_oidc": ""},
        {"rol": "auditor", "sujeto_oidc": "a b"},
        {"rol": "auditor", "sujeto_oidc": "a" * 256},
    ):
        answer = first.post(there, json=body | {"motivo": "m"}, headers=admins)
        assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/sujeto_oidc")
    tag = if_match(first.get(administrator.account, headers=admins).headers["ETag"])
    body = {"rol": "admin", "sujeto_oidc": SUBJECT, "motivo": "m"}
    answer = first.put(administrator.account, json=body, headers=admins | tag)
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/sujeto_oidc")


def test_who_operates_gives_a_linked_administrator_a_password_again(
    first: FlaskClient, admins: Headers, postgres_system: Cluster, run_hooks: Callable[..., Any]
) -> None:
    """However the provider is: it is the way in that is left."""
    other = linked(first, admins, rol="admin")
    said = ["create-admin", "--documento", other.documento, "--restablecer"]
    done = run_hooks(postgres_system, *said, workers=0, HISTORIA_ADMIN_PASSWORD=PASSWORD)
    assert done.returncode == 0, done.stdout
    assert other.log_in(first).get_json()["debe_cambiar_clave"] is True


def test_where_there_is_no_provider_it_is_said(
    postgres_system: Cluster, api_of: Callable[..., Any], somebody: Person, provider: Provider
) -> None:
    with api_of(postgres_system, provider.clock, **REQUIRED) as api:
        answer = exchanged(api, somebody.documento, provider.signed())
        assert (answer.status_code, slug(answer)) == (404, "proveedor-no-configurado")
        assert kept(postgres_system, answer)[0]["resultado"] == "no_encontrado"
        assert refused(somebody.log_in(api)), "its password does not serve either: by the account alone"


BROKEN: dict[str, Callable[[str], dict[str, Any]]] = {
    "another-issuer": lambda _: {DISCOVERY: {"issuer": "http://127.0.0.1/otro", "jwks_uri": "http://127.0.0.1/claves"}},
    "no-keys-named": lambda issuer: {DISCOVERY: {"issuer": issuer}},
    "keys-elsewhere-without-tls": lambda issuer: {DISCOVERY: {"issuer": issuer, "jwks_uri": "http://example.org/"}},
    "keys-of-a-file": lambda issuer: {DISCOVERY: {"issuer": issuer, "jwks_uri": "file:///etc/passwd"}},
    "failing": lambda _: {DISCOVERY: (500, {}, b"")},
    "failing-keys": lambda _: {KEYS: (404, {}, b"")},
    "no-json": lambda _: {DISCOVERY: (200, {}, b"<html>")},
    "no-object": lambda _: {DISCOVERY: (200, {}, b"[]")},
    "deep": lambda _: {KEYS: (200, {}, b"[" * 200000)},
    "huge": lambda _: {KEYS: (200, {}, b'{"keys": [], "x": "' + b"x" * 300000 + b'"}')},
    "no-list": lambda _: {KEYS: {"keys": {}}},
    "sent-elsewhere": lambda _: {KEYS: (302, {"Location": "/otras"}, b""), "/otras": {"keys": []}},
}


@pytest.mark.parametrize("name", BROKEN)
def test_where_the_provider_is_not_to_be_understood_it_is_said_and_passwords_serve(
    fresh: tuple[FlaskClient, Provider], first: FlaskClient, admins: Headers, somebody: Person, name: str
) -> None:
    api, provider = fresh
    provider.documents = BROKEN[name](provider.issuer)
    answer = exchanged(api, somebody.documento, provider.signed())
    assert (answer.status_code, slug(answer)) == (503, "proveedor-no-disponible")
    assert answer.headers["Retry-After"]
    assert "/otras" not in provider.asked
    assert person(first, admins).log_in(api).status_code == 200


def test_a_provider_that_is_away_is_left_alone_for_a_while_and_then_asked_again(
    postgres_system: Cluster, api_of: Callable[..., Any], clock: Clock, somebody: Person
) -> None:
    with provided(clock) as provider:
        there = provider.environment
    with api_of(postgres_system, clock, **REQUIRED | there) as api:
        answer = exchanged(api, somebody.documento, provider.signed())
        assert (answer.status_code, slug(answer)) == (503, "proveedor-no-disponible")
        assert exchanged(api, somebody.documento, "a.b.c").status_code == 401, "what is no token needs nobody"


def test_what_is_known_of_a_provider_serves_while_it_is_away(
    fresh: tuple[FlaskClient, Provider], somebody: Person, clock: Clock
) -> None:
    api, provider = fresh
    given(api, somebody, provider)
    provider.documents = {DISCOVERY: (500, {}, b"")}
    clock.forward(599)
    given(api, somebody, provider)
    # a key that is not there is looked for, and only its token is in doubt
    stranger = provider.signed(kid="otra", key=OTHER)
    assert exchanged(api, somebody.documento, stranger).status_code == 503
    assert refused(exchanged(api, somebody.documento, stranger))
    given(api, somebody, provider)
    clock.forward(6)
    for _ in range(3):
        assert exchanged(api, somebody.documento, provider.signed()).status_code == 503
    assert provider.asked.count(DISCOVERY) == 3
    provider.documents = {}
    assert exchanged(api, somebody.documento, provider.signed()).status_code == 503, "it rests"
    clock.forward(5)
    given(api, somebody, provider)


def test_other_keys_are_found_and_those_that_were_withdrawn_forgotten(
    fresh: tuple[FlaskClient, Provider], somebody: Person, clock: Clock
) -> None:
    api, provider = fresh
    given(api, somebody, provider)
    old = provider.keys.pop("rsa")
    provider.keys["new"] = NEW
    clock.forward(60)
    assert exchanged(api, somebody.documento, provider.signed(kid="new")).status_code == 200
    assert refused(exchanged(api, somebody.documento, provider.signed(key=old)))


def test_nobody_makes_us_ask_the_provider_again_and_again(
    fresh: tuple[FlaskClient, Provider], somebody: Person, clock: Clock
) -> None:
    api, provider = fresh
    for minute in range(1, 4):
        for number in range(5):
            token = provider.signed(kid=f"otra-{number}", key=OTHER)
            assert refused(exchanged(api, somebody.documento, token))
        assert provider.asked == [DISCOVERY, KEYS] * minute
        clock.forward(60)
    clock.forward(-3600)  # a clock that is set right
    given(api, somebody, provider)


def test_no_more_than_two_threads_wait_for_the_provider(fresh: tuple[FlaskClient, Provider], somebody: Person) -> None:
    api, provider = fresh
    door = api.application.extensions["historia_clinica"].sessions._provider._keys._door
    with door, door:
        answer = exchanged(api, somebody.documento, provider.signed())
        assert (answer.status_code, slug(answer)) == (503, "proveedor-no-disponible")
        assert provider.asked == []
    given(api, somebody, provider)


def test_keys_for_something_else_do_not_serve(fresh: tuple[FlaskClient, Provider], somebody: Person) -> None:
    api, provider = fresh
    listed = [key.as_dict(private=False) for key in provider.keys.values()]
    odd = [
        {"kty": "oct", "kid": "o", "k": coded(b"k" * 32)},
        {"kty": "RSA", "kid": "x"},
        {"kty": "nueva", "kid": "y"},
        7,
    ]
    encrypting = OTHER.as_dict(private=False) | {"kid": "enc", "use": "enc"}
    provider.documents = {KEYS: {"keys": [*odd, encrypting, *listed]}}
    given(api, somebody, provider)
    assert refused(exchanged(api, somebody.documento, provider.signed(kid="enc", key=OTHER)))


def test_the_providers_certificate_is_checked(
    postgres_system: Cluster, api_of: Callable[..., Any], clock: Clock, somebody: Person, tmp_path: pathlib.Path
) -> None:
    authority, other = Authority.create(tmp_path), Authority.create(tmp_path, "otra")
    for name, text in zip(("crt", "key"), authority.issue("IP:127.0.0.1"), strict=True):
        (tmp_path / f"server.{name}").write_text(text)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    with provided(clock, tls) as provider:
        for file, wanted in ((authority.file, 200), (other.file, 503), (tmp_path / "ninguno", 503), ("", 503)):
            said = {"HISTORIA_OIDC_CA_FILE": str(file)}
            with api_of(postgres_system, clock, **REQUIRED | provider.environment | said) as api:
                assert exchanged(api, somebody.documento, provider.signed()).status_code == wanted, file
        provider.documents = {DISCOVERY: {"issuer": provider.issuer, "jwks_uri": "http://127.0.0.1/claves"}}
        said = {"HISTORIA_OIDC_CA_FILE": str(authority.file)}
        with api_of(postgres_system, clock, **REQUIRED | provider.environment | said) as api:
            assert exchanged(api, somebody.documento, provider.signed()).status_code == 503


def test_nothing_of_it_is_logged(
    fresh: tuple[FlaskClient, Provider],
    somebody: Person,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    api, provider = fresh
    provider.documents = {DISCOVERY: (500, {}, b"")}
    tokens = [provider.signed(email="ines@hospital.com") for _ in range(3)]
    assert exchanged(api, somebody.documento, tokens[0]).status_code == 503
    provider.documents = {}
    provider.clock.forward(5)
    assert exchanged(api, somebody.documento, tokens[1]).status_code == 200
    assert exchanged(api, somebody.documento, tokens[1]).status_code == 401
    assert exchanged(api, somebody.documento, tokens[2] + "x").status_code == 401
    out = capsys.readouterr()
    said = out.out + out.err + caplog.text
    secrets = [part for token in tokens for part in token.split(".")[1:]]
    assert [secret for secret in (*secrets, SUBJECT, somebody.documento, "ines@") if secret in said] == []
