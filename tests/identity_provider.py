"""An identity provider (OpenID Connect) of a test: it serves its addresses over HTTP and signs with keys of its own."""

import base64
import contextlib
import json
import ssl
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from flask.testing import FlaskClient
from identified import SESIONES, USUARIOS, Clock, Headers, Person, user
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from versioned import if_match
from werkzeug.serving import make_server

CLIENT = "historia-web"
DISCOVERY, KEYS = "/hospital/.well-known/openid-configuration", "/hospital/claves"
SUBJECT = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
Key = RSAKey | ECKey | OKPKey


def coded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Provider:
    """What it answers may be set: `documents` by path, as the body or as status, headers and body."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.issuer = ""
        self.keys: dict[str, Key] = {
            "rsa": RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"}),
            "ec": ECKey.generate_key("P-256", {"kid": "ec"}),
            "ed": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
        }
        self.documents: dict[str, Any] = {}
        self.asked: list[str] = []
        self._numbers = iter(range(10**6))

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Of a right token; those that are None are left out."""
        now = int(self.clock().timestamp())
        right = {"iss": self.issuer, "aud": CLIENT, "sub": SUBJECT, "iat": now, "exp": now + 300}
        changed = right | {"jti": f"t-{next(self._numbers)}"} | changes
        return {name: value for name, value in changed.items() if value is not None}

    def signed(
        self, alg: str = "RS256", kid: str | None = "rsa", key: Any = None, header: Any = None, **changes: Any
    ) -> str:
        named = {"alg": alg} | ({"kid": kid} if kid else {}) | (header or {})
        text = f"{coded(named)}.{coded(self.claims(**changes))}"
        signature = JWSRegistry.algorithms[alg].sign(text.encode(), key or self.keys[str(kid)])
        return f"{text}.{coded(signature)}"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.asked.append(path)
        listed = {"keys": [key.as_dict(private=False) for key in self.keys.values()]}
        found = {DISCOVERY: {"issuer": self.issuer, "jwks_uri": self.address + KEYS}, KEYS: listed} | self.documents
        told = found.get(path, (404, {}, b""))
        status, headers, body = told if isinstance(told, tuple) else (200, {}, json.dumps(told).encode())
        start_response(f"{status} x", [("Content-Type", "application/json"), *headers.items()])
        return [body]

    @property
    def address(self) -> str:
        return self.issuer.removesuffix("/hospital")

    @property
    def environment(self) -> dict[str, str]:
        return {"HISTORIA_OIDC_ISSUER": self.issuer, "HISTORIA_OIDC_CLIENT_ID": CLIENT}


@contextlib.contextmanager
def provided(clock: Clock, tls: ssl.SSLContext | None = None) -> Iterator[Provider]:
    provider = Provider(clock)
    server = make_server("127.0.0.1", 0, provider, threaded=True, ssl_context=tls)
    scheme = "https" if tls else "http"
    provider.issuer = f"{scheme}://127.0.0.1:{server.server_port}/hospital"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def exchanged(api: FlaskClient, documento: str, id_token: str) -> Any:
    return api.post(f"{SESIONES}/oidc", json={"documento_id": documento, "id_token": id_token})


def linked(api: FlaskClient, headers: Headers, **more: Any) -> Person:
    """Somebody with an account that enters by the provider; the headers are an administrator's."""
    made = Person(user(api, headers))
    body = {"rol": "admisionista", "sujeto_oidc": SUBJECT, "motivo": "m"} | more
    answer = api.post(made.account, json=body, headers=headers)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert answer.get_json()["clave"] is None
    return made


def put(api: FlaskClient, headers: Headers, somebody: Person, **more: Any) -> Any:
    """The account as the administrator wants it from now on."""
    tag = if_match(api.get(somebody.account, headers=headers).headers["ETag"])
    body = {"rol": "admisionista", "motivo": "m"} | more
    return api.put(f"{USUARIOS}/{somebody.documento}/cuenta", json=body, headers=headers | tag)
