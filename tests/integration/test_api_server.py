"""The API as it is deployed: gunicorn with our settings, without a writable home or a database, until SIGTERM."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

GUNICORN = pathlib.Path(sys.executable).with_name("gunicorn")
COMMAND = [GUNICORN, "-c", "python:historia_clinica.gunicorn_conf", "historia_clinica.wsgi:app"]
CEDULA = "1012345678"


class Server:
    """One gunicorn and what it wrote."""

    def __init__(self, environment: dict[str, str], folder: pathlib.Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.output = folder / "output"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                COMMAND,
                env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "HISTORIA_BIND": self.address} | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
            )

    def get(self, path: str) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}", timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def wait(self, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                self.get("/livez")
                return
            time.sleep(0.2)
        pytest.fail(self.output.read_text())


@contextlib.contextmanager
def running(environment: dict[str, str], folder: pathlib.Path) -> Iterator[Server]:
    server = Server(environment, folder)
    try:
        server.wait()
        yield server
    finally:
        server.process.terminate()
        server.process.wait(30)


def test_it_serves_logs_json_and_stops_politely(postgres_system: Any, tmp_path: pathlib.Path) -> None:
    with running(postgres_system.api_environment(), tmp_path) as server:
        assert server.get("/status")[0] == 200
        assert server.get("/readyz")[0] == 200
        assert server.get(f"/api/v1/pacientes/{CEDULA}?otro={CEDULA}")[0] == 422
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
    text = server.output.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert [line["ruta"] for line in lines if "ruta" in line] == ["/status", "/api/v1/pacientes/<cedula>"]
    assert all({"request_id", "timestamp", "level"} <= line.keys() for line in lines)
    assert CEDULA not in text
    assert "Error" not in text


def test_it_starts_without_a_database(postgres_system: Any, tmp_path: pathlib.Path) -> None:
    with running(postgres_system.api_environment() | {"POSTGRES_PORT": "1"}, tmp_path) as server:
        assert server.get("/")[0] == 200
        assert server.get("/readyz")[0] == 503
        status, body = server.get("/status")
        assert (status, body["status"]) == (503, "error")


def test_a_wrong_setting_stops_it_with_its_name(postgres_system: Any, tmp_path: pathlib.Path) -> None:
    server = Server(postgres_system.api_environment() | {"HISTORIA_POOL_SISE": "9"}, tmp_path)
    assert server.process.wait(30) != 0
    assert "HISTORIA_POOL_SISE" in server.output.read_text()
