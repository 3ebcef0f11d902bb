"""What the audit costs: reads and writes of the API with and without it, interleaved in one run of about a minute.

Starts a coordinator and two workers with Citus on loopback, and ends them. Through Flask's test client, without HTTP:
the rest of a request would only hide the ratio.

    .venv/bin/python bench/auditoria.py
"""

import itertools
import os
import random
import statistics
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

from historia_clinica import create_app
from historia_clinica.http import access_log, audit
from historia_clinica.settings import Settings
from historia_local.nodes import Cluster
from nodes import system

PATIENTS = 40
ROUNDS = 30
ASKED = 20  # requests of one kind in one round
WORKERS = 2
ROUTINGS = ("coordinator", "owner")
CONSULTA = {"diagnostico": "Control", "observaciones": "Sin novedad"}

Ask = Callable[[], Any]


def main() -> None:
    access_log.configure("ERROR")
    with system(WORKERS) as cluster:
        print(f"{os.cpu_count()} CPU; un coordinador y {WORKERS} workers; medianas de {ROUNDS * ASKED} peticiones")
        for routing in ROUTINGS:
            for what, ask in requests(cluster, routing).items():
                show(f"{routing}: {what}", *interleaved(ask))


def requests(cluster: Cluster, routing: str) -> dict[str, Ask]:
    environment = {name.lower(): value for name, value in cluster.api_environment().items()}
    api = create_app(Settings(**environment, historia_routing=routing)).test_client()  # type: ignore[arg-type]
    addresses = []
    for number in range(PATIENTS):
        body = {"cedula": f"{routing.upper()}-{number}", "nombre": "Ana", "apellido": "Paz"}
        addresses.append(api.post("/api/v1/pacientes", json=body).headers["Location"])
    turns = itertools.cycle(addresses)
    return {
        "leer un paciente": lambda: api.get(next(turns)),
        "registrar una consulta": lambda: api.post(f"{next(turns)}/consultas", json=CONSULTA),
    }


def interleaved(ask: Ask) -> tuple[float, float]:
    """Milliseconds without and with the audit, in an order drawn anew each round."""
    taken: dict[bool, list[float]] = {False: [], True: []}
    for audited in [*taken, *(one for _ in range(ROUNDS) for one in random.sample([False, True], 2))]:
        with mock.patch.object(audit, "audited_operation", audit.audited_operation if audited else lambda _one: None):
            for _ in range(ASKED):
                started = time.perf_counter()
                assert ask().status_code < 300
                taken[audited].append((time.perf_counter() - started) * 1000)
    return statistics.median(taken[False]), statistics.median(taken[True])


def show(what: str, without: float, with_it: float) -> None:
    print(f"{what:40} {without:6.2f} ms sin, {with_it:6.2f} ms con: {with_it / without:.2f}")


if __name__ == "__main__":
    main()
