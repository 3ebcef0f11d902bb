"""Runs `historia-hooks COMMAND` in forked processes and kills them with SIGKILL at a chosen statement. Only for tests.

It reads orders from standard input, one a line, and answers each with one line:
    list            an undisturbed run; answers a JSON list of its statements
    before N        a run killed right before its N-th statement (counted from 1)
    before TEXT     a run killed right before the statement with that text
    during N        a run killed while the server works on its N-th statement
    after N         a run killed right after its N-th statement
    plain           a run that nobody disturbs
A statement that the same connection repeats at once is a wait, which may be longer or shorter: it counts once.
The answer is the exit status as os.waitpid gives it. One process imports everything once, so that each run is quick.
"""

import json
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extensions
from historia_hooks import cli

CONNECT = psycopg2.connect


class Watch:
    """Counts statements over all connections and kills at the wanted one."""

    def __init__(self, moment: str, wanted: str, record: Path | None = None) -> None:
        self.moment, self.wanted, self.record = moment, wanted, record
        self.count = 0
        self._last: tuple[object, str] | None = None

    def around(self, connection: Any, statement: str, run: Callable[[], Any]) -> Any:
        if self._last == (connection, statement):
            return run()
        self._last = (connection, statement)
        self.count += 1
        if self.record:
            with self.record.open("a") as file:
                file.write(json.dumps(one_line(statement)) + "\n")
        hit = self.wanted in (str(self.count), one_line(statement))
        if hit and self.moment == "before":
            die()
        if hit and self.moment == "during":
            threading.Thread(target=die_soon, daemon=True).start()
        result = run()
        if hit:
            die()
        return result


def one_line(statement: str) -> str:
    return " ".join(statement.split())


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_soon() -> None:
    time.sleep(0.002)
    die()


def watched(watch: Watch) -> Callable[..., Any]:
    """psycopg2.connect with a connection and a cursor that report to the watch; Alembic's connection is one of them."""

    class Cursor(psycopg2.extensions.cursor):
        def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002
            text = query if isinstance(query, str) else query.as_string(self)
            return watch.around(self.connection, text, lambda: super(Cursor, self).execute(query, vars))

        def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
            return watch.around(self.connection, sql, lambda: super(Cursor, self).copy_expert(sql, file, size))

    class Connection(psycopg2.extensions.connection):
        def commit(self) -> None:
            watch.around(self, "COMMIT", super().commit)

    def connect(*args: Any, **kwargs: Any) -> Any:
        return CONNECT(*args, **kwargs, connection_factory=Connection, cursor_factory=Cursor)

    return connect


def run(watch: Watch) -> int:
    """One command in a forked process; its output goes where ours goes wrong: standard error."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    status = 1
    try:
        os.dup2(2, 1)
        psycopg2.connect = watched(watch)
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
        order, _, wanted = line.strip().partition(" ")
        if order == "list":
            with tempfile.NamedTemporaryFile() as file:
                status = run(Watch("never", "", Path(file.name)))
                found = [json.loads(row) for row in Path(file.name).read_text().splitlines()]
            answer = found if status == 0 else status
        else:
            answer = run(Watch(order, wanted))
        sys.__stdout__.write(json.dumps(answer) + "\n")  # type: ignore[union-attr]
        sys.__stdout__.flush()  # type: ignore[union-attr]


if __name__ == "__main__":
    main()
