"""`historia-hooks` as the Job runs it, from a process that has already imported it: a start takes a second of two."""

import atexit
import functools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping

SERVER = pathlib.Path(__file__).with_name("hooks_server.py")
SECONDS = 300
START_SECONDS = 60


def run(arguments: tuple[str, ...], environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """The program's exit code and output; subprocess.TimeoutExpired when it does not end."""
    with tempfile.TemporaryDirectory(dir=_server()) as name, socket.socket(socket.AF_UNIX) as client:
        folder = pathlib.Path(name)
        output, errors = folder / "output", folder / "errors"
        order = {"arguments": arguments, "environment": dict(environment), "output": str(output), "errors": str(errors)}
        client.settimeout(SECONDS)
        client.connect(str(_server() / "socket"))
        client.sendall(json.dumps(order).encode() + b"\n")
        with client.makefile("r") as answers:
            process = int(answers.readline())
            try:
                code = answers.readline()
            except TimeoutError:
                os.kill(process, signal.SIGKILL)
                raise subprocess.TimeoutExpired(["historia-hooks", *arguments], SECONDS) from None
        assert code, f"historia-hooks {arguments} was killed"
        return subprocess.CompletedProcess(
            ["historia-hooks", *arguments], int(code), output.read_text(), errors.read_text()
        )


@functools.cache
def _server() -> pathlib.Path:
    """The folder of a server that runs as long as we do."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="historia-hooks-"))
    server = subprocess.Popen([sys.executable, SERVER, folder / "socket"], stdin=subprocess.DEVNULL)

    def end() -> None:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    late = time.monotonic() + START_SECONDS
    while not (folder / "socket").exists():
        assert server.poll() is None, "the hooks cannot be imported"
        assert time.monotonic() < late
        time.sleep(0.02)
    return folder
