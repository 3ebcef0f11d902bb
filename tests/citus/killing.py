"""The process that runs commands of the hooks and kills them; what it is told, and what it answers."""

import json
import os
import pathlib
import signal
import subprocess
import sys
from typing import Any

from historia_local.nodes import Cluster

RUNNER = pathlib.Path(__file__).with_name("killing_runner.py")


class Runner:
    """The process that forks the runs."""

    def __init__(self, cluster: Cluster, log: pathlib.Path, command: str, workers: int) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "POSTGRES_"))}
        self._log = log
        with log.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, RUNNER, command],
                env=environment | cluster.hooks_environment(workers),
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
            )

    def order(self, text: str) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def said(self) -> str:
        return self._log.read_text()[-4000:]

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


def kill(runner: Runner, moment: str) -> None:
    status = runner.order(moment)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, f"{moment}: {runner.said()}"
