"""Requests that make a record, to be sent under an Idempotency-Key, for tests on one node and on many."""

import itertools
import time
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

PACIENTES, MEDICOS = "/api/v1/pacientes", "/api/v1/medicos"
_numbers = itertools.count(time.time_ns() // 1000 % 10**12)
New = Callable[[FlaskClient], tuple[str, dict[str, Any]]]


def paciente(_api: FlaskClient) -> tuple[str, dict[str, Any]]:
    return PACIENTES, {"cedula": f"K-{next(_numbers)}", "nombre": "Ana", "apellido": "Peña"}


def medico(_api: FlaskClient) -> tuple[str, dict[str, Any]]:
    return MEDICOS, {"codigo_medico": f"K{next(_numbers)}", "nombre": "Luz", "apellido": "Gómez"}


def consulta(api: FlaskClient) -> tuple[str, dict[str, Any]]:
    address, body = paciente(api)
    created = api.post(address, json=body)
    return f"{created.headers['Location']}/consultas", {"diagnostico": "Asma", "observaciones": "«°»"}


NEW: list[New] = [paciente, medico, consulta]


def key() -> dict[str, str]:
    return {"Idempotency-Key": f"clave-{next(_numbers)}"}
