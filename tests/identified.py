"""Accounts and those who have them, for tests on one node and on many. Time is told by the test."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from historia_local.nodes import Cluster

SESIONES = "/api/v1/sesiones"
USUARIOS = "/api/v1/usuarios"
# as little memory and time as is taken
QUICK = {"HISTORIA_ARGON2_MEMORY": "7168", "HISTORIA_ARGON2_TIME": "1"}
REQUIRED = QUICK | {"HISTORIA_AUTH": "required"}
ONE_USE = "vale una sola vez"
PASSWORD = "cuatro palabras nada comunes"
_numbers = itertools.count(time.time_ns() // 1000 % 10**12)

Headers = dict[str, str]


class Clock:
    """Stands still until a test moves it on."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Person:
    """An account and its password."""

    documento: str
    clave: str = PASSWORD

    def log_in(self, api: FlaskClient, clave: str | None = None) -> Any:
        return api.post(SESIONES, json={"documento_id": self.documento, "clave": clave or self.clave})

    def given(self, api: FlaskClient) -> dict[str, Any]:
        """What a new session gives."""
        answer = self.log_in(api)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        given: dict[str, Any] = answer.get_json()
        return given

    def headers(self, api: FlaskClient) -> Headers:
        return bearer(self.given(api)["access_token"])

    @property
    def account(self) -> str:
        return f"{USUARIOS}/{self.documento}/cuenta"


def bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


def renewed(api: FlaskClient, refresh_token: str) -> Any:
    return api.post(f"{SESIONES}/renovacion", json={"refresh_token": refresh_token})


def changed(api: FlaskClient, headers: Headers, current: str, new: str = PASSWORD) -> Any:
    return api.post(f"{SESIONES}/clave", json={"clave_actual": current, "clave_nueva": new}, headers=headers)


def admin(cluster: Cluster, run_hooks: Callable[..., Any], api: FlaskClient, workers: int = 0) -> Person:
    """An administrator made as an operator makes one, with a password of his own."""
    documento = f"A-{next(_numbers)}"
    said = ["--documento", documento, "--nombre", "Ada Ruiz", "--correo", f"{documento.lower()}@hospital.com", "--otro"]
    done = run_hooks(cluster, "create-admin", *said, workers=workers, HISTORIA_ADMIN_PASSWORD=ONE_USE)
    assert done.returncode == 0, done.stdout
    made = Person(documento, ONE_USE)
    assert changed(api, made.headers(api), ONE_USE).status_code == 204
    return Person(documento)


def user(api: FlaskClient, headers: Headers) -> str:
    """The document of a new one, without an account."""
    documento = f"P-{next(_numbers)}"
    body = {"documento_id": documento, "nombre": "Inés Peña", "email": f"{documento.lower()}@hospital.com"}
    assert api.post(USUARIOS, json=body, headers=headers).status_code == 201
    return documento


def person(api: FlaskClient, headers: Headers, rol: str = "admisionista", **more: Any) -> Person:
    """Somebody with an account and a password of his own; the headers are an administrator's."""
    made = Person(user(api, headers))
    answer = api.post(made.account, json={"rol": rol, "motivo": "m"} | more, headers=headers)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    one_use = answer.get_json()["clave"]
    first = Person(made.documento, one_use).headers(api)
    assert changed(api, first, one_use).status_code == 204
    return made
