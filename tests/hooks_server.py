"""`historia-hooks` without its start: a process that has imported the program forks itself for each order.

It is started with the path of a socket. An order is one line of JSON; the answers are the number of the process that
runs it and, when that has ended by itself, its exit code.
"""

import json
import os
import pathlib
import socketserver
import sys
import traceback

from historia_hooks import bucket, cli  # noqa: F401  some commands import bucket, slowly

PARENT = os.getppid()


class Order(socketserver.StreamRequestHandler):
    """In a process of its own."""

    def handle(self) -> None:
        self.wfile.write(b"%d\n" % os.getpid())
        self.wfile.write(b"%d\n" % run(**json.loads(self.rfile.readline())))


def run(arguments: list[str], environment: dict[str, str], output: str, errors: str) -> int:
    """With the output in two files, as a program of its own that was given that environment."""
    os.environ.clear()
    os.environ.update(environment)
    for number, name in ((1, output), (2, errors)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    try:
        cli.main(arguments, prog_name="historia-hooks")
    except SystemExit as stop:
        return int(stop.code or 0)
    except BaseException:  # noqa: BLE001 - as the interpreter would
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


class Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    block_on_close = False

    def service_actions(self) -> None:
        super().service_actions()
        if os.getppid() != PARENT:
            sys.exit()


def main() -> None:
    path = pathlib.Path(sys.argv[1])
    with Server(str(path.with_suffix(".new")), Order) as server:
        path.with_suffix(".new").rename(path)  # there: it listens
        server.serve_forever()


if __name__ == "__main__":
    main()
