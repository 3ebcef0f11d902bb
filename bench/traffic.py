"""A writer and a reader that ask the API over HTTP until told to end: what failed, what was stored, how long it took.

Nothing but the standard library, so that tests on Kubernetes run this file in a pod: `python -c SOURCE URL CEDULA…`
asks until its standard input ends, then prints one line of JSON. Nothing is asked twice: each failure is one.
"""

import http.client
import json
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import count, cycle
from types import TracebackType
from typing import Any

PACIENTES = "/api/v1/pacientes"
PAUSE = 0.005  # seconds between two requests of one client
TIMEOUT = 30


@dataclass
class Seen:
    """What one client saw since it was last asked."""

    requests: int = 0
    slowest: float = 0.0
    failed: list[str] = field(default_factory=list)


class Traffic:
    """`with Traffic(url, cedulas):` the patients with these cédulas are read, and new ones are written with a consulta.

    `acknowledged` holds (cédula, id of the consulta) of each consulta that the API said it had stored. The cédulas of
    new patients begin with `prefix`.
    """

    def __init__(self, url: str, cedulas: Sequence[str], prefix: str = "W") -> None:
        self._host = urllib.parse.urlsplit(url).netloc
        self._cedulas = cedulas
        self._prefix = f"{prefix}{time.time_ns() // 1_000_000_000 % 10**9}-"
        self._end = threading.Event()
        self._seen = {"write": Seen(), "read": Seen()}
        self._threads = [threading.Thread(target=work) for work in (self._write, self._read)]
        self.acknowledged: list[tuple[str, str]] = []

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def lap(self) -> dict[str, Seen]:
        """What each client saw since the last lap."""
        lap, self._seen = self._seen, {"write": Seen(), "read": Seen()}
        return lap

    def _write(self) -> None:
        with self._client("write") as ask:
            for number in count():
                cedula = f"{self._prefix}{number}"
                if self._end.wait(PAUSE):
                    return
                if ask("POST", PACIENTES, 201, {"cedula": cedula, "nombre": "Ana", "apellido": "Ejemplo"}) is None:
                    continue
                stored = ask("POST", f"{PACIENTES}/{cedula}/consultas", 201, {"diagnostico": "Control"})
                if stored is not None:
                    self.acknowledged.append((cedula, stored["id"]))

    def _read(self) -> None:
        with self._client("read") as ask:
            for cedula in self._cedulas_without_end():
                if self._end.wait(PAUSE):
                    return
                found = ask("GET", f"{PACIENTES}/{cedula}", 200)
                page = ask("GET", f"{PACIENTES}/{cedula}/consultas", 200)
                if (found and found["cedula"] != cedula) or (page and not page["consultas"]):
                    self._seen["read"].failed.append(f"otro paciente, o sin sus consultas: {found} {page}")

    def _cedulas_without_end(self) -> Iterator[str]:
        """Far from each other, so that all shards are asked in turn."""
        step = 7919  # a prime that no usual count of patients is a multiple of
        return (self._cedulas[number * step % len(self._cedulas)] for number in cycle(range(len(self._cedulas))))

    @contextmanager
    def _client(self, kind: str) -> Iterator[Callable[..., Any]]:
        connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT)

        def ask(method: str, path: str, wanted: int, body: dict[str, str] | None = None) -> Any:
            sent = None if body is None else json.dumps(body)
            begun = time.monotonic()
            try:
                connection.request(method, path, sent, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                status, text = answer.status, answer.read()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                status, text = 0, repr(error).encode()
            took = time.monotonic() - begun
            seen = self._seen[kind]
            seen.requests += 1
            seen.slowest = max(seen.slowest, took)
            if status != wanted:
                seen.failed.append(f"{method} {path}: {status} tras {took:.2f} s {text.decode(errors='replace')[:200]}")
                return None
            return json.loads(text)

        try:
            yield ask
        finally:
            connection.close()


def main() -> None:
    """For a pod; see above."""
    with Traffic(sys.argv[1], sys.argv[2:]) as traffic:
        print("asking", flush=True)
        sys.stdin.read()
    lap = {kind: asdict(seen) for kind, seen in traffic.lap().items()}
    print(json.dumps(lap | {"acknowledged": traffic.acknowledged}), flush=True)


if __name__ == "__main__":
    main()
