"""Every route that is not open, with everything that is no valid token: 401, and no row is another.

The routes are those of the application itself, so a new one is tested without a line here.
"""

import base64
import contextlib
import hashlib
import hmac
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from historia_clinica.access.operations import OPEN, operation_of
from historia_local.nodes import Cluster
from identified import PASSWORD, REQUIRED, SESIONES, Clock, Person, admin, bearer, person, renewed
from psycopg2 import sql
from versioned import PACIENTES, if_match

# all but the audit, which keeps each refusal
TABLES = """
SELECT relname FROM pg_class
 WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND relname !~ '^auditoria'
"""
CONTENT = "SELECT count(*), coalesce(sum(hashtextextended(kept::text, 0)::numeric), 0) FROM {} kept"
PLACEHOLDERS = {"cedula": "1012345678", "documento_id": "1012345678", "id": str(UUID(int=1))}
OPEN_TO_SOME = {"usuarios-heredados.index"}  # without a token, where the installation says so; with one that is valid


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def api(postgres_system: Cluster, api_of: Callable[..., Any], clock: Clock) -> Iterator[FlaskClient]:
    with api_of(postgres_system, clock, HISTORIA_COMPAT_ANONYMOUS_USUARIOS="false", **REQUIRED) as client:
        yield client


@pytest.fixture(scope="module")
def somebody(postgres_system: Cluster, run_hooks: Callable[..., Any], api: FlaskClient) -> Person:
    return person(api, admin(postgres_system, run_hooks, api).headers(api))


def routes(api: FlaskClient) -> list[tuple[str, str, str]]:
    """Endpoint, method and path of each that is not open."""
    found = []
    for rule in api.application.url_map.iter_rules():
        if rule.endpoint in OPEN - OPEN_TO_SOME:
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: PLACEHOLDERS.get(name[1], "1"), rule.rule)
        found += [(rule.endpoint, method, path) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def coded(part: Mapping[str, Any] | bytes) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read(part: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def signed(header: Mapping[str, Any], claims: Mapping[str, Any], key: bytes = b"k" * 32) -> str:
    text = f"{coded(header)}.{coded(claims)}"
    return f"{text}.{coded(hmac.digest(key, text.encode(), hashlib.sha256))}"


def made(api: FlaskClient, **changes: Any) -> str:
    """What the API itself would have signed with other claims, or with another header (`header`)."""
    sessions = api.application.extensions["historia_clinica"].sessions
    header = {"alg": "HS256", "typ": "at+jwt", "kid": sessions._tokens._signing.kid} | changes.pop("header", {})
    return signed(header, changes, sessions._tokens._signing.raw_value)


@pytest.fixture(scope="module")
def wrong(api: FlaskClient, somebody: Person, clock: Clock) -> dict[str, dict[str, str]]:
    """Headers that let nobody in, each made of what did let somebody in."""
    expired = somebody.headers(api)
    clock.forward(600)
    given = somebody.given(api)
    token = given["access_token"]
    header, claims = (read(part) for part in token.split(".")[:2])
    head, body, signature = token.split(".")
    assert api.get(PACIENTES, headers=bearer(made(api, **claims))).status_code == 200, "what is changed below is right"

    ended = somebody.given(api)
    assert api.delete(f"{SESIONES}/actual", headers=bearer(ended["access_token"])).status_code == 204
    replayed = somebody.given(api)
    after = renewed(api, replayed["refresh_token"]).get_json()
    clock.forward(10)
    assert renewed(api, replayed["refresh_token"]).status_code == 401

    tokens = {
        "forged": f"{head}.{coded(claims | {'sub': 'ADMIN'})}.{signature}",
        "no-signature": f"{head}.{body}.",
        "alg-none": f"{coded(header | {'alg': 'none'})}.{body}.",
        "alg-none-signed": f"{coded(header | {'alg': 'none'})}.{body}.{signature}",
        "alg-of-another-length": f"{coded(header | {'alg': 'HS512'})}.{body}.{signature}",
        "alg-of-public-keys": f"{coded(header | {'alg': 'RS256'})}.{body}.{signature}",
        "other-key": signed(header, claims),
        "other-key-named": signed(header | {"kid": "otra"}, claims),
        "no-key-named": made(api, **claims, header={"kid": None}),
        "key-brought-along": signed(header | {"jwk": {"kty": "oct", "k": coded(b"k" * 32)}}, claims),
        "signing-key-itself": signed(header, claims, b"no se deriva" * 3),
        "other-audience": made(api, **claims | {"aud": "otra"}),
        "other-issuer": made(api, **claims | {"iss": "otro"}),
        "without-end": made(api, **{name: value for name, value in claims.items() if name != "exp"}),
        "end-as-text": made(api, **claims | {"exp": "9999999999"}),
        "of-tomorrow": made(api, **claims | {"iat": claims["iat"] + 86400}),
        "without-session": made(api, **{name: value for name, value in claims.items() if name != "sid"}),
        "other-session": made(api, **claims | {"sid": str(UUID(int=7))}),
        "somebody-elses-session": made(api, **claims | {"sub": "1012345678"}),
        "session-that-is-none": made(api, **claims | {"sid": "; DROP TABLE sesiones"}),
        "another-kind-of-token": made(api, **claims, header={"typ": "JWT"}),
        "unknown-and-critical": made(api, **claims, header={"crit": ["exp"]}),
        "claims-that-are-none": f"{head}.{coded(b'[1]')}.{signature}",
        "refresh-token": given["refresh_token"],
        "session-that-ended": ended["access_token"],
        "replayed-refresh": after["access_token"],
        "of-nothing": "a.b.c",
        "long": f"{head}.{'a' * 60000}.{signature}",
    }
    headers = {name: bearer(token) for name, token in tokens.items()} | {"expired": expired}
    return headers | {
        "other-scheme": {"Authorization": f"Basic {coded(f'{somebody.documento}:{PASSWORD}'.encode())}"},
        "no-scheme": {"Authorization": token},
        "scheme-alone": {"Authorization": "Bearer"},
        "two-tokens": {"Authorization": f"Bearer {token} {token}"},
        "two-headers": {"Authorization": f"Bearer a.b.c, Bearer {token}"},
        "empty": {"Authorization": ""},
    }


def content(cluster: Cluster) -> dict[str, Any]:
    found = {}
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL(CONTENT).format(sql.Identifier("public", name)))
            found[name] = cursor.fetchone()
    return found


def test_what_is_no_valid_token_opens_no_route(
    api: FlaskClient, wrong: dict[str, dict[str, str]], postgres_system: Cluster
) -> None:
    before = content(postgres_system)
    everything = {"none": {}} | wrong
    tried, opened = 0, []
    for (endpoint, method, path), (name, headers) in itertools.product(routes(api), everything.items()):
        sent = headers | if_match('"1"')
        answer = api.open(path, method=method, headers=sent, json=None if method in {"GET", "DELETE"} else {})
        tried += 1
        told = answer.get_json(silent=True) or {}
        if answer.status_code != 401 or not answer.headers.get("WWW-Authenticate", "").startswith("Bearer "):
            opened.append((name, endpoint, answer.status_code))
        elif headers and told.get("type") != "/docs/problemas#token-no-valido":
            opened.append((name, endpoint, told))
    assert opened == []
    assert tried >= 60 * len(everything)
    assert content(postgres_system) == before


def test_every_route_is_open_or_has_a_name_in_the_matrix(api: FlaskClient) -> None:
    endpoints = {rule.endpoint for rule in api.application.url_map.iter_rules()}
    assert endpoints >= OPEN - {"static"}
    assert [name for name in endpoints - OPEN if operation_of(name) is None] == []


def test_open_routes_ask_for_nothing(api: FlaskClient) -> None:
    for path in ("/", "/livez", "/readyz", "/status", "/citus/workers", "/docs", "/openapi.json"):
        for headers in ({}, bearer("a.b.c")):
            assert api.get(path, headers=headers).status_code == 200, path


def test_who_comes_in_or_renews_may_send_a_token_that_has_expired(
    api: FlaskClient, somebody: Person, wrong: dict[str, dict[str, str]]
) -> None:
    body = {"documento_id": somebody.documento, "clave": PASSWORD}
    given = api.post(SESIONES, json=body, headers=wrong["expired"])
    assert given.status_code == 200
    body = {"refresh_token": given.get_json()["refresh_token"]}
    assert api.post(f"{SESIONES}/renovacion", json=body, headers=wrong["expired"]).status_code == 200
