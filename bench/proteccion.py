"""What protection costs: reads and writes without TLS, audit and authorisation, with each of them, and with all.

Starts two clusters of a coordinator and two workers with Citus on loopback, one of which speaks TLS alone, and ends
them. In an order drawn anew each round, through Flask's test client: HTTP would only hide the ratios. Authorised is
what a physician asks who attends the patient; the rest asks nobody in particular. It takes about two minutes.

    .venv/bin/python bench/proteccion.py
"""

import contextlib
import itertools
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

from flask.testing import FlaskClient
from historia_clinica import create_app
from historia_clinica.http import access_log, audit
from historia_clinica.settings import Settings
from historia_local.nodes import Cluster
from nodes import encrypt, hooks, system

PATIENTS = 40
ROUNDS = 40
ASKED = 10  # requests of one kind in one round
WORKERS = 2
ROUTINGS = ("coordinator", "owner")
CONSULTA = {"diagnostico": "Control", "observaciones": "Sin novedad"}
PHYSICIAN, ONE_USE, PASSWORD = "MED-1", "vale una sola vez", "cuatro palabras nada comunes"
ADMIN = {
    "HISTORIA_ADMIN_DOCUMENTO": "ADMIN-1",
    "HISTORIA_ADMIN_NOMBRE": "Ada",
    "HISTORIA_ADMIN_CORREO": "a@b.co",
    "HISTORIA_ADMIN_PASSWORD": ONE_USE,
}


@dataclass(frozen=True)
class Protection:
    name: str
    tls: bool = False
    audit: bool = False
    authorisation: bool = False


NONE = Protection("nada")
MEASURED = (
    NONE,
    Protection("TLS", tls=True),
    Protection("auditoría", audit=True),
    Protection("autorización", authorisation=True),
    Protection("todo", tls=True, audit=True, authorisation=True),
)
# ask(protected) -> status of one request
Ask = Callable[[Protection], int]


def main() -> None:
    access_log.configure("ERROR")
    with system(WORKERS) as plain, system(WORKERS) as encrypted:
        hooks(plain, "sync", WORKERS, **ADMIN)
        hooks(encrypted, "sync", WORKERS, **ADMIN)
        verify = encrypt(encrypted)
        print(f"{os.cpu_count()} CPU; un coordinador y {WORKERS} workers; medianas de {ROUNDS * ASKED} peticiones")
        clusters = {False: _Asked(plain, {}), True: _Asked(encrypted, verify)}
        for routing in ROUTINGS:
            clients = {tls: one.client(routing) for tls, one in clusters.items()}
            for what, ask in _requests(clients, {tls: one.token for tls, one in clusters.items()}).items():
                _show(f"{routing}: {what}", _interleaved(ask))


class _Asked:
    """A cluster with patients whom a physician attends; `token` is the physician's."""

    def __init__(self, cluster: Cluster, trust: dict[str, str]) -> None:
        self._environment = cluster.api_environment() | trust
        api = self.client(ROUTINGS[0])
        boss = _entered(api, ADMIN["HISTORIA_ADMIN_DOCUMENTO"], ONE_USE)
        _said(api, "usuarios", {"documento_id": PHYSICIAN, "nombre": "Luz", "email": "luz@hospital.com"}, boss)
        number = _said(api, "medicos", {"nombre": "Luz", "apellido": "Paz", "codigo_medico": "RM-1"}, boss)["id"]
        account = {"rol": "medico", "medico_id": number, "motivo": "Medir"}
        self.token = _entered(api, PHYSICIAN, _said(api, f"usuarios/{PHYSICIAN}/cuenta", account, boss)["clave"])
        for one in _patients():
            _said(api, "pacientes", {"cedula": one, "nombre": "Ana", "apellido": "Paz"})
            _said(api, f"pacientes/{one}/relaciones-atencion", {"usuario_id": PHYSICIAN, "origen": "admision"})

    def client(self, routing: str) -> FlaskClient:
        environment = {name.lower(): value for name, value in self._environment.items()}
        return create_app(Settings(**environment, historia_routing=routing)).test_client()  # type: ignore[arg-type]


def _patients() -> Iterator[str]:
    return (f"P-{number}" for number in range(PATIENTS))


def _entered(api: FlaskClient, documento: str, one_use: str) -> str:
    """The token of whoever comes in for the first time."""
    token = str(_said(api, "sesiones", {"documento_id": documento, "clave": one_use})["access_token"])
    _said(api, "sesiones/clave", {"clave_actual": one_use, "clave_nueva": PASSWORD}, token)
    return token


def _said(api: FlaskClient, path: str, body: dict[str, Any], token: str | None = None) -> Any:
    answer = api.post(f"/api/v1/{path}", json=body, headers=_headers(token))
    assert answer.status_code < 300, answer.get_data(as_text=True)
    return answer.get_json(silent=True)


def _headers(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _requests(clients: dict[bool, FlaskClient], tokens: dict[bool, str]) -> dict[str, Ask]:
    turns = itertools.cycle(f"/api/v1/pacientes/{one}" for one in _patients())

    def headers(protected: Protection) -> dict[str, str]:
        return _headers(tokens[protected.tls] if protected.authorisation else None)

    def read(protected: Protection) -> int:
        return clients[protected.tls].get(next(turns), headers=headers(protected)).status_code

    def write(protected: Protection) -> int:
        return (
            clients[protected.tls]
            .post(f"{next(turns)}/consultas", json=CONSULTA, headers=headers(protected))
            .status_code
        )

    return {"leer un paciente": read, "registrar una consulta": write}


def _interleaved(ask: Ask) -> dict[Protection, float]:
    """Milliseconds of a request, the median."""
    taken: dict[Protection, list[float]] = {one: [] for one in MEASURED}
    for protected in (one for _ in range(ROUNDS) for one in random.sample(MEASURED, len(MEASURED))):
        kept = contextlib.nullcontext() if protected.audit else _unaudited()
        with kept:
            for _ in range(ASKED):
                started = time.perf_counter()
                assert ask(protected) < 300
                taken[protected].append((time.perf_counter() - started) * 1000)
    return {one: statistics.median(each) for one, each in taken.items()}


def _unaudited() -> contextlib.AbstractContextManager[Any]:
    return mock.patch.object(audit, "audited_operation", return_value=None)


def _show(what: str, taken: dict[Protection, float]) -> None:
    for protected, milliseconds in taken.items():
        print(f"{what:38} {protected.name:13} {milliseconds:6.2f} ms; caudal {taken[NONE] / milliseconds:.2f}")


if __name__ == "__main__":
    main()
