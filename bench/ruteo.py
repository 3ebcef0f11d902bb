"""Ratios of GET /api/v1/pacientes/{cedula} through the three routings, interleaved in one run of under two minutes.

Starts a coordinator and two workers with Citus and one API for each routing on loopback, and ends them. Twice: over
HTTP as a client sees it, and the API's transaction alone, without Flask. Only ratios mean anything: servers, API and
client share the machine.

    .venv/bin/python bench/ruteo.py
"""

import contextlib
import http.client
import os
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from historia_clinica.database import Database
from historia_clinica.resources.pacientes import repository
from historia_clinica.settings import Settings
from historia_local.nodes import Cluster
from nodes import apis, system

ROUTINGS = ("coordinator", "workers", "owner")
PATIENTS = 5000
ROUNDS = 8
SLICE = 0.7  # seconds of one routing in one round
WARM = 200  # requests
CLIENTS = (1, 4)
WORKERS = 2

Ask = Callable[[str], None]


@dataclass
class Measured:
    seconds: float = 0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, percent: int) -> float:
        return statistics.quantiles(self.latencies, n=100)[percent - 1] * 1000


def main() -> None:
    with system(WORKERS) as cluster, apis(cluster, *ROUTINGS) as ports:
        databases = {routing: Database(Settings(**settings(cluster, routing))) for routing in ROUTINGS}
        cedulas = fill(cluster)
        print(f"{os.cpu_count()} CPU; un coordinador y {WORKERS} workers; {PATIENTS} pacientes; {ROUNDS} vueltas")
        for clients in CLIENTS:
            show("HTTP", clients, interleaved(lambda routing: over_http(ports[routing]), clients, cedulas))
            show("solo la transacción", clients, interleaved(lambda r: alone(databases[r]), clients, cedulas))
        for database in databases.values():
            database.close()


def interleaved(door: Callable[[str], Callable[[], Ask]], clients: int, cedulas: list[str]) -> dict[str, Measured]:
    """Slices of all routings in an order drawn anew each round."""
    measured = {routing: Measured() for routing in ROUTINGS}
    opened = {routing: [door(routing)() for _ in range(clients)] for routing in ROUTINGS}
    for asks in opened.values():
        for ask in asks:
            for cedula in random.sample(cedulas, WARM):
                ask(cedula)
    for _ in range(ROUNDS):
        for routing in random.sample(ROUTINGS, len(ROUTINGS)):
            one_slice(measured[routing], opened[routing], cedulas)
    return measured


def one_slice(measured: Measured, asks: list[Ask], cedulas: list[str]) -> None:
    begin = time.perf_counter()

    def work(ask: Ask) -> None:
        while (started := time.perf_counter()) < begin + SLICE:
            ask(random.choice(cedulas))
            measured.latencies.append(time.perf_counter() - started)

    threads = [threading.Thread(target=work, args=(ask,)) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    measured.seconds += time.perf_counter() - begin


def over_http(port: int) -> Callable[[], Ask]:
    def opened() -> Ask:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

        def ask(cedula: str) -> None:
            connection.request("GET", f"/api/v1/pacientes/{cedula}")
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                sys.exit(f"respuesta {answer.status}")

        return ask

    return opened


def alone(database: Database) -> Callable[[], Ask]:
    def ask(cedula: str) -> None:
        with database.transaction(paciente=cedula) as transaction:
            repository.VERSIONS.find(transaction, {"cedula": cedula})

    return lambda: ask


def show(what: str, clients: int, measured: dict[str, Measured]) -> None:
    base = measured["coordinator"]
    print(f"\n{what}, clientes: {clients} (coordinator = 1,00)")
    print(f"{'':12} {'caudal':>8} {'p50':>8} {'p95':>8}")
    for routing, one in measured.items():
        ratios = one.rate / base.rate, *(one.percentile(p) / base.percentile(p) for p in (50, 95))
        seen = f"({one.rate:.0f}/s, {one.percentile(50):.2f} ms, {one.percentile(95):.2f} ms; n={len(one.latencies)})"
        print(f"{routing:12} " + " ".join(f"{ratio:8.2f}" for ratio in ratios) + f"   {seen}")


def fill(cluster: Cluster) -> list[str]:
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO pacientes (cedula, nombre, apellido) SELECT (1000000000 + n)::text, 'Ana', 'Paz'"
            " FROM generate_series(1, %s) AS n RETURNING cedula",
            (PATIENTS,),
        )
        cedulas = [row[0] for row in cursor.fetchall()]
        cursor.execute("ANALYZE pacientes")
    return cedulas


def settings(cluster: Cluster, routing: str) -> dict[str, Any]:
    return {name.lower(): value for name, value in cluster.api_environment().items()} | {"historia_routing": routing}


if __name__ == "__main__":
    main()
