"""Records of each kind that the API keeps versions of, for tests on one node and on many."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient

PACIENTES = "/api/v1/pacientes"
MEDICOS = "/api/v1/medicos"
_numbers = itertools.count(time.time_ns() // 1000 % 10**12)


def _paciente(api: FlaskClient) -> Any:
    body = {"cedula": f"V-{next(_numbers)}", "nombre": "Ana", "apellido": "Peña", "ciudad": "Popayán"}
    return api.post(PACIENTES, json=body)


def _medico(api: FlaskClient) -> Any:
    return api.post(MEDICOS, json={"nombre": "Luz", "apellido": "Gómez", "codigo_medico": f"V{next(_numbers)}"})


def _consulta(api: FlaskClient) -> Any:
    address = _paciente(api).headers["Location"]
    return api.post(f"{address}/consultas", json={"diagnostico": "Asma\nleve", "observaciones": "«°»"})


def _other_medico(number: int) -> dict[str, Any]:
    return {"nombre": f"Luz {number}", "apellido": "Gómez", "codigo_medico": f"V{next(_numbers)}"}


@dataclass(frozen=True)
class Kind:
    """How one is made, what corrects it the nth time, its name in a list of versions, its state when annulled."""

    name: str
    make: Callable[[FlaskClient], Any]
    correction: Callable[[int], dict[str, Any]]
    annulled: str

    def created(self, api: FlaskClient) -> Any:
        answer = self.make(api)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return answer

    def body(self, number: int = 1) -> dict[str, Any]:
        return {**self.correction(number), "motivo": f"motivo {number}"}


KINDS = [
    Kind("paciente", _paciente, lambda n: {"nombre": f"Ana {n}", "apellido": "Peña"}, "anulado"),
    Kind("medico", _medico, _other_medico, "anulado"),
    Kind(
        "consulta",
        _consulta,
        lambda n: {"diagnostico": f"Asma {n}", "fecha_consulta": "2026-01-31T08:30:00-05:00", "estado": "cerrada"},
        "anulada",
    ),
]


def if_match(tag: str) -> dict[str, str]:
    return {"If-Match": tag}
