"""Runs of the hooks that are killed: who runs them, and the moments to kill at."""

import itertools
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
from dataclasses import dataclass

from historia_local.nodes import Cluster

RUNNER = pathlib.Path(__file__).with_name("killing_runner.py")
EVERY = os.environ.get("HISTORIA_KILL_EVERY") == "1"
READ = re.compile(r"SELECT\b.*\bFROM\b|SHOW\b", re.IGNORECASE)
COMMENT = "COMMENT ON "  # the many comments of a revision are one transaction and have a test of their own


class Runner:
    """The process that forks the runs."""

    def __init__(self, cluster: Cluster, log: pathlib.Path, command: str, workers: int, **more: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "POSTGRES_"))}
        self._log = log
        with log.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, RUNNER, command],
                env=environment | cluster.hooks_environment(workers) | more,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
            )

    def order(self, text: str) -> tuple[int, list[str]]:
        """The exit code, negative for a signal, and the statements that were sent."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return os.waitstatus_to_exitcode(answer["status"]), answer["statements"]

    def plain(self) -> list[str]:
        """A run that nobody disturbs, which succeeds; its statements."""
        code, statements = self.order("plain")
        assert code == 0, self.said()
        return statements

    def kill(self, moment: str) -> str:
        """The statement at which a run was killed."""
        code, sent = self.order(moment)
        assert code == -signal.SIGKILL, f"{moment}: {self.said()}"
        return sent[-1]

    def said(self) -> str:
        return self._log.read_text()[-4000:]

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@dataclass(frozen=True)
class Moment:
    """`before`, `during` or `after` the statement of that number."""

    when: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.when} {self.number} {self.text[:100]}"

    def kill(self, runner: Runner) -> None:
        killed = runner.kill(f"{self.when} {self.number}")
        assert killed == self.text, f"{self}: it was killed at another statement, {killed}"


def moments(statements: list[str], few: int) -> list[Moment]:
    """Before each statement, during each that may change something, and after the last.

    Unless HISTORIA_KILL_EVERY is 1: that many of them, each from another stretch of the run, drawn anew in each run of
    the tests (pytest-randomly shows the seed).
    """
    numbered = [(n, text) for n, text in enumerate(statements, 1) if not text.startswith(COMMENT)]
    found = []
    for number, text in numbered:
        found.append(Moment("before", number, text))
        if not READ.match(text):
            found.append(Moment("during", number, text))
    found.append(Moment("after", len(statements), statements[-1]))
    if EVERY or few >= len(found):
        return found
    bounds = [round(part * len(found) / few) for part in range(few + 1)]
    return [random.choice(found[low:high]) for low, high in itertools.pairwise(bounds)]
