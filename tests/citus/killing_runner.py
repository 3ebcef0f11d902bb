"""Runs `historia-hooks COMMAND` in forked processes and kills them with SIGKILL at a chosen statement. Only for tests.

It reads orders from standard input, one a line, and answers each with one line:
    plain           a run that nobody disturbs
    before N        a run killed right before its N-th statement (counted from 1)
    before TEXT     a run killed right before the statement with that text
    during N        a run killed while the server works on its N-th statement
    after N         a run killed right after its N-th statement
The answer is a JSON object: the exit status as os.waitpid gives it, and the statements in order, the one of the kill
last. What a function asks again after it has slept is a wait, which may be longer or shorter: it is not counted, so
that the numbers are the same in each run from the same state. One process imports everything once: each run is quick.
"""

import json
import os
import re
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn

import psycopg2
import psycopg2.extensions
from historia_hooks import cli

CONNECT, SLEEP = psycopg2.connect, time.sleep
OURS = "historia_hooks"


class Watch:
    """Counts statements over all connections and kills at the wanted one."""

    def __init__(self, moment: str, wanted: str, record: int) -> None:
        self.moment, self.wanted, self.record = moment, wanted, record
        self.count = 0
        self._waiting: list[FrameType] = []  # functions that have slept; kept, so that no other takes their place

    def around(self, statement: str, run: Callable[[], Any]) -> Any:
        if any(frame in self._waiting for frame in frames()):
            return run()
        self.count += 1
        os.write(self.record, (json.dumps(one_line(statement)) + "\n").encode())
        hit = self.wanted in (str(self.count), one_line(statement))
        if hit and self.moment == "before":
            die()
        if hit and self.moment == "during":
            threading.Thread(target=die_soon, daemon=True).start()
        result = run()
        if hit:
            die()
        return result

    def sleep(self, seconds: float) -> None:
        """In the place of time.sleep."""
        self._waiting.append(next(frame for frame in frames() if frame.f_globals["__name__"].startswith(OURS)))
        SLEEP(seconds)


def frames() -> Iterator[FrameType]:
    """The running functions, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame:
        yield frame
        frame = frame.f_back


def one_line(statement: str) -> str:
    """Without what is another one in each run: the verifier of a password, the signature of a context."""
    return re.sub(r"'(SCRAM-|[0-9a-f]{64})[^']*'", "'…'", " ".join(statement.split()))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_soon() -> None:
    SLEEP(0.002)
    die()


def watched(watch: Watch) -> Callable[..., Any]:
    """psycopg2.connect with a connection and a cursor that report to the watch; Alembic's connection is one of them."""

    class Cursor(psycopg2.extensions.cursor):
        def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002
            text = query if isinstance(query, str) else query.as_string(self)
            return watch.around(text, lambda: super(Cursor, self).execute(query, vars))

        def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
            return watch.around(sql, lambda: super(Cursor, self).copy_expert(sql, file, size))

    class Connection(psycopg2.extensions.connection):
        def commit(self) -> None:
            watch.around("COMMIT", super().commit)

    def connect(*args: Any, **kwargs: Any) -> Any:
        return CONNECT(*args, **kwargs, connection_factory=Connection, cursor_factory=Cursor)

    return connect


def run(moment: str, wanted: str) -> dict[str, Any]:
    """One command in a forked process; its output goes where ours goes wrong: standard error."""
    with tempfile.TemporaryFile() as record:
        child = os.fork()
        if not child:
            work(Watch(moment, wanted, record.fileno()))
        status = os.waitpid(child, 0)[1]
        record.seek(0)
        return {"status": status, "statements": [json.loads(line) for line in record]}


def work(watch: Watch) -> NoReturn:
    status = 1
    try:
        os.dup2(2, 1)
        psycopg2.connect = watched(watch)
        time.sleep = watch.sleep
        cli.main([sys.argv[1]], standalone_mode=False)
        status = 0
    except SystemExit as stop:
        status = int(stop.code or 0)
    except BaseException:  # noqa: BLE001 - whatever it is, the test shows it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)


def main() -> None:
    for line in sys.stdin:
        moment, _, wanted = line.strip().partition(" ")
        sys.__stdout__.write(json.dumps(run(moment, wanted)) + "\n")  # type: ignore[union-attr]
        sys.__stdout__.flush()  # type: ignore[union-attr]


if __name__ == "__main__":
    main()
