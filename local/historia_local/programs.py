"""The two programs of the product that the local mode starts: the hooks, to their end; the API, in the background."""

import collections
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from historia_local.errors import LocalError
from historia_local.processes import end, recorded

API_APP = "historia_clinica.wsgi:app"
API_SECONDS = 40
LOG_LINES = 15


def own_program(name: str) -> str:
    """A program of the Python environment that runs us."""
    return str(Path(sys.executable).with_name(name))


def clean_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Ours without what would lead a program to another database."""
    return {name: value for name, value in environment.items() if not name.startswith(("HISTORIA_", "POSTGRES_", "PG"))}


def run_hooks(command: str, environment: Mapping[str, str], log: Path) -> None:
    """Run it to its end: the JSON lines into the log, what they say onto the terminal as it happens."""
    last: collections.deque[str] = collections.deque(maxlen=LOG_LINES)
    with (
        log.open("a") as kept,
        subprocess.Popen(
            [own_program("historia-hooks"), command],
            env=clean_environment() | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        for line in process.stdout or ():
            kept.write(line)
            last.append(line.rstrip())
            print(f"  · {sentence(line)}", flush=True)
    if process.returncode:
        shown = "\n".join(last)
        raise LocalError(
            f"historia-hooks {command} terminó con código {process.returncode}; el registro está en {log}.\n{shown}"
        )


def cluster_report(environment: Mapping[str, str]) -> tuple[str, bool]:
    """What `historia-hooks status` shows, and whether all is in order."""
    ended = subprocess.run(
        [own_program("historia-hooks"), "status"],
        env=clean_environment() | dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout.rstrip(), ended.returncode == 0


def sentence(line: str) -> str:
    """What one line of the hooks' log says, in short: the step it takes, or the event and whose it is."""
    record = _loads(line)
    if not isinstance(record, dict) or "event" not in record:
        return line.rstrip()
    if "hace" in record:
        return str(record["hace"])
    steps = record.get("pasos")
    said = f"{record['event']}: {len(steps)} pasos" if isinstance(steps, list) else str(record["event"])
    return f"{record['orden']}: {said}" if "orden" in record else said


@dataclass(frozen=True)
class Api:
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "logs/api.log"

    @property
    def pid(self) -> int | None:
        return recorded(_pid_file(self.folder), API_APP)

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it, or have the running one load the code that is there now; then wait until it answers.

        One that was started with another environment keeps it for good, so it ends and another one starts.
        """
        wanted = dict(environment) | {"HISTORIA_BIND": f"127.0.0.1:{self.port}"}
        wanted["HISTORIA_COMPAT_ANONYMOUS_USUARIOS"] = "true"
        given = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
        pid_file = _pid_file(self.folder)
        if pid := self.pid:
            if pid_file.read_text().split()[1:] == [given]:
                os.kill(pid, signal.SIGHUP)
                self._wait_until_ready(None)
                return
            stop_api(self.folder)
        with self.log.open("a") as log:
            process = subprocess.Popen(
                [own_program("gunicorn"), "-c", "python:historia_clinica.gunicorn_conf", API_APP],
                env=clean_environment() | wanted,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        pid_file.write_text(f"{process.pid} {given}\n")
        self._wait_until_ready(process)

    def status(self) -> dict[str, Any] | None:
        """What GET /status says; None when nothing answers. A 503 is an answer too."""
        return get_json(f"{self.url}/status")

    def _wait_until_ready(self, process: "subprocess.Popen[bytes] | None") -> None:
        deadline = time.monotonic() + API_SECONDS
        while (self.status() or {}).get("status") != "connected":
            if (process and process.poll() is not None) or time.monotonic() > deadline:
                shown = "\n".join(tail(self.log))
                raise LocalError(f"La API no llegó a responder en {self.url}; su registro está en {self.log}.\n{shown}")
            time.sleep(0.1)


def stop_api(folder: Path) -> None:
    """Its port does not matter, nor what else is known of it: the recorded process ends."""
    pid = recorded(_pid_file(folder), API_APP)
    if pid and not (end(pid, API_APP) or end(pid, API_APP, how=signal.SIGKILL)):
        raise LocalError(f"La API (proceso {pid}) no termina.")
    _pid_file(folder).unlink(missing_ok=True)


def _pid_file(folder: Path) -> Path:
    return folder / "api.pid"


def get_json(url: str) -> dict[str, Any] | None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback never goes through a proxy
    try:
        with opener.open(url, timeout=5) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            answer = _loads(error.read())
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


def _loads(body: bytes | str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def tail(log: Path, lines: int = LOG_LINES) -> Iterable[str]:
    try:
        return log.read_text(errors="replace").splitlines()[-lines:]
    except OSError:
        return []
