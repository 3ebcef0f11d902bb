"""The API on a real socket: of this process, for programs that ask it over HTTP, and as it is deployed."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

GUNICORN = pathlib.Path(sys.executable).with_name("gunicorn")
COMMAND = [GUNICORN, "-c", "python:historia_clinica.gunicorn_conf", "historia_clinica.wsgi:app"]


@contextlib.contextmanager
def served(application: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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
        return self.ask("GET", path)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Names of headers with _ for -."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        sent |= {"Content-Type": "application/json"} if data else {}
        asked = urllib.request.Request(f"http://{self.address}{path}", data, sent, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
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
