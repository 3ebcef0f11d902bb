"""Writers whose API is killed under their hands repeat what had no answer: each write is done exactly once.

HISTORIA_EXACTLY_ONCE    how many writes; the default is a sample
"""

import contextlib
import http.client
import json
import os
import pathlib
import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from historia_local.nodes import Cluster
from serving import Server, running

WRITES = int(os.environ.get("HISTORIA_EXACTLY_ONCE", "600"))
WRITERS = 6
WRITTEN = """
SELECT c.id::text, c.diagnostico, c.version, c.peticion, array_agg(h.peticion) FILTER (WHERE h.version IS NOT NULL)
  FROM consultas c LEFT JOIN consultas_historial h USING (paciente_id, id)
 WHERE paciente_id LIKE 'UNA-%%' GROUP BY c.id, c.diagnostico, c.version, c.peticion
"""


class Killed:
    """An API of which a worker, or all of it, is killed every now and then."""

    def __init__(self, environment: dict[str, str], folder: pathlib.Path) -> None:
        self.environment, self.folder, self.kills = environment, folder, 0
        self.stop, self.dice = threading.Event(), random.SystemRandom()
        self.stack = contextlib.ExitStack()
        self.server = self._serve()

    def __enter__(self) -> "Killed":
        self.thread = threading.Thread(target=self._kill)
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop.set()
        self.thread.join()
        self.stack.close()

    def _serve(self) -> Server:
        return self.stack.enter_context(running(self.environment, self.folder))

    def _kill(self) -> None:
        while not self.stop.wait(self.dice.uniform(0.1, 0.6)):
            process = self.server.process
            workers = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            whole = self.dice.random() < 0.15
            for pid in workers if whole else workers[:1]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            if whole:
                process.kill()
                process.wait()
                self.server = self._serve()
            self.kills += 1
            self.server.wait()  # on a busy machine it would never be up for long enough to answer anybody


class Writer:
    """Sends each request until it is answered, always with the key of the first time."""

    def __init__(self, api: Killed, name: str) -> None:
        self.api, self.name, self.number, self.repeated = api, name, 0, 0

    def ask(self, method: str, path: str, body: dict[str, Any], **headers: str) -> tuple[int, Any, str]:
        """Status and body of the answer, and the X-Request-ID of the attempt that was answered."""
        self.number += 1
        key = f"{self.name}.{self.number}"
        end = time.monotonic() + 60
        for attempt in range(10_000):
            sent = {"Idempotency-Key": key, "X-Request-ID": f"{key}.{attempt}", "Content-Type": "application/json"}
            with contextlib.suppress(OSError, http.client.HTTPException):
                status, answer = self._send(method, path, body, sent | headers)
                if status < 500:
                    return status, answer, sent["X-Request-ID"]
            assert time.monotonic() < end, f"no answer to {method} {path}"
            self.repeated += 1
            time.sleep(0.05)
        raise AssertionError

    def _send(self, method: str, path: str, body: dict[str, Any], headers: dict[str, str]) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(self.api.server.address, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())


def write(writer: Writer, pairs: int) -> Iterator[tuple[str, str, list[str]]]:
    """Of each consulta that was made and corrected: its id, its text, the attempts that were answered."""
    cedula = writer.name
    status, _body, _ = writer.ask(
        "POST", "/api/v1/pacientes", {"cedula": cedula, "nombre": "Ana", "apellido": "Prueba"}
    )
    assert status == 201
    consultas = f"/api/v1/pacientes/{cedula}/consultas"
    for number in range(pairs):
        status, made, first = writer.ask("POST", consultas, {"diagnostico": f"{cedula} {number}"})
        assert (status, made["version"]) == (201, 1), made
        corrected = {"diagnostico": f"{cedula} {number} corregida", "estado": "cerrada", "motivo": "m"}
        corrected["fecha_consulta"] = "2026-01-31T08:30:00-05:00"
        status, made, second = writer.ask("PUT", f"{consultas}/{made['id']}", corrected, **{"If-Match": '"1"'})
        assert (status, made["version"]) == (200, 2), made
        yield made["id"], made["diagnostico"], [first, second]


@pytest.mark.timeout(900)
def test_each_write_is_done_once_however_often_the_api_is_killed(
    postgres_system: Cluster, tmp_path: pathlib.Path
) -> None:
    writers = []
    with Killed(postgres_system.api_environment(), tmp_path) as api, ThreadPoolExecutor(WRITERS) as pool:
        writers = [Writer(api, f"UNA-{number}") for number in range(WRITERS)]
        answered = [
            one for found in pool.map(lambda w: list(write(w, WRITES // 2 // WRITERS)), writers) for one in found
        ]
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        rows = cursor.fetchall()
    assert {(row[0], row[1], row[2]) for row in rows} == {(one, text, 2) for one, text, _ in answered}
    assert len(rows) == len(answered)
    assert all(len(row[4]) == 1 for row in rows)
    done = {row[0]: [row[4][0], row[3]] for row in rows}
    earlier = sum(a != b for one, _, attempts in answered for a, b in zip(done[one], attempts, strict=True))
    repeated = sum(writer.repeated for writer in writers)
    print(f"{2 * len(rows)} writes, {api.kills} kills, {repeated} repetitions, {earlier} of writes already done")  # noqa: T201
    assert repeated
