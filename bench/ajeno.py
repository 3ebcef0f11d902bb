"""Whether the time of an answer tells a foreign patient from one who does not exist: both, interleaved, in one run.

Starts a coordinator and two workers with Citus and one API for each routing on loopback, and ends them. A physician
who attends nobody asks over HTTP for patients who are there and for numbers that nobody has. Two samples are alike
where the share of pairs in which the first took longer lies near a half; what it may differ by chance is told as well.

    .venv/bin/python bench/ajeno.py
"""

import bisect
import contextlib
import http.client
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from historia_local.nodes import Cluster
from nodes import apis, hooks, system

ROUTINGS = ("coordinator", "owner")
ASKED = 2000  # requests of each kind
PATIENTS = 2000
WARM = 200
WORKERS = 2
ADMIN, PHYSICIAN = "ADMIN-1", "MED-1"
ONE_USE, PASSWORD = "vale una sola vez", "cuatro palabras nada comunes"

Ask = Callable[[str], None]


def main() -> None:
    with system(WORKERS, disposable=False) as cluster:  # what waits for the disk is what could tell
        named = {"HISTORIA_ADMIN_DOCUMENTO": ADMIN, "HISTORIA_ADMIN_NOMBRE": "Ada", "HISTORIA_ADMIN_CORREO": "a@b.co"}
        hooks(cluster, "sync", WORKERS, **named, HISTORIA_ADMIN_PASSWORD=ONE_USE)
        there = fill(cluster)
        nobodys = [str(int(one) + 5_000_000) for one in there]
        with apis(cluster, *ROUTINGS) as ports:
            token = physician(ports[ROUTINGS[0]])
            print(f"{os.cpu_count()} CPU; un coordinador y {WORKERS} workers; {ASKED} peticiones de cada clase")
            for routing, port in ports.items():
                with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
                    show(routing, *interleaved(asker(connection, token), there, nobodys))


def interleaved(ask: Ask, there: list[str], nobodys: list[str]) -> tuple[list[float], list[float]]:
    """Milliseconds of each; every number is asked for once, so no answer is of one that was asked before."""
    foreign, absent = (random.sample(each, WARM + ASKED) for each in (there, nobodys))
    for cedula in foreign[:WARM] + absent[:WARM]:
        ask(cedula)
    taken: tuple[list[float], list[float]] = ([], [])
    pairs = zip(foreign[WARM:], absent[WARM:], strict=True)
    for which, cedula in (one for pair in pairs for one in random.sample(list(enumerate(pair)), 2)):
        begun = time.perf_counter()
        ask(cedula)
        taken[which].append((time.perf_counter() - begun) * 1000)
    return taken


def show(routing: str, foreign: list[float], absent: list[float]) -> None:
    cuts = [statistics.quantiles(each, n=100) for each in (foreign, absent)]
    for percent in (50, 95):
        one, other = (each[percent - 1] for each in cuts)
        print(f"{routing:12} p{percent}: ajeno {one:6.2f} ms, de nadie {other:6.2f} ms: {one / other:.3f}")
    ordered = sorted(absent)
    slower = sum(bisect.bisect_left(ordered, one) for one in foreign) / (len(foreign) * len(absent))
    chance = 2.576 * ((len(foreign) + len(absent) + 1) / (12 * len(foreign) * len(absent))) ** 0.5
    print(f"{routing:12} el ajeno tarda más en {slower:.3f} de los pares; por azar 0,5 ± {chance:.3f} (99 %)")


def asker(connection: http.client.HTTPConnection, token: str) -> Ask:
    def ask(cedula: str) -> None:
        connection.request("GET", f"/api/v1/pacientes/{cedula}", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 404:
            sys.exit(f"respuesta {answer.status}")

    return ask


def physician(port: int) -> str:
    """The token of one who attends nobody."""
    boss = entered(port, ADMIN, ONE_USE)
    user = {"documento_id": PHYSICIAN, "nombre": "Luz", "email": "luz@hospital.com"}
    said(port, "usuarios", user, boss)
    number = said(port, "medicos", {"nombre": "Luz", "apellido": "Paz", "codigo_medico": "RM-1"}, boss)["id"]
    account = {"rol": "medico", "medico_id": number, "motivo": "Medir"}
    return entered(port, PHYSICIAN, said(port, f"usuarios/{PHYSICIAN}/cuenta", account, boss)["clave"])


def entered(port: int, documento: str, one_use: str) -> str:
    """The token of whoever comes in for the first time."""
    token = str(said(port, "sesiones", {"documento_id": documento, "clave": one_use})["access_token"])
    said(port, "sesiones/clave", {"clave_actual": one_use, "clave_nueva": PASSWORD}, token)
    return token


def said(port: int, path: str, body: dict[str, Any], token: str | None = None) -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
    if answer.status >= 300:
        sys.exit(f"{path}: respuesta {answer.status}")
    return json.loads(text) if text else None


def fill(cluster: Cluster) -> list[str]:
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO pacientes (cedula, nombre, apellido) SELECT (1000000000 + n)::text, 'Ana', 'Paz'"
            " FROM generate_series(1, %s) AS n RETURNING cedula",
            (len(ROUTINGS) * PATIENTS + WARM * len(ROUTINGS),),
        )
        cedulas = [row[0] for row in cursor.fetchall()]
        cursor.execute(  # of half of them nobody has asked yet
            "INSERT INTO auditoria_cabeza SELECT cedula, 1, sha256(cedula::bytea) FROM pacientes"
            " WHERE right(cedula, 1)::integer % 2 = 0"
        )
        cursor.execute("ANALYZE")
    return cedulas


if __name__ == "__main__":
    main()
