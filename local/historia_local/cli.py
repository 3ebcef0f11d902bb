"""`historia-local up|status|psql|logs|down|clean`: what `make` calls. It talks to a person, in Spanish."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import NoReturn, ParamSpec

import click

from historia_local.containers import Containers
from historia_local.ending import end_all
from historia_local.errors import LocalError
from historia_local.options import Options
from historia_local.server import DATABASE, OWNER
from historia_local.state import alone, load, started
from historia_local.system import System, decide

P = ParamSpec("P")
NAMES = {"citus": "PostgreSQL con Citus", "docker": "contenedores de Docker con Citus", "postgresql": "PostgreSQL"}
NEXT_STEPS = """
Pruebe:
  curl {url}/
  curl {url}/status
  curl {url}/usuarios
  curl {url}/citus/workers
  make psql      consola SQL en el coordinador
  make status    qué está en marcha
  make logs      registros de todo
  make down      parar (los datos se quedan)
  make clean     parar y borrarlo todo
La documentación de la API: {url}/docs"""


def _explains(command: Callable[P, None]) -> Callable[P, None]:
    """Our errors are sentences with an exit code; others are bugs and show where they are."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except LocalError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(error.exit_code)

    return wrapped


@click.group(help="El sistema entero como procesos de esta máquina.")
def main() -> None:
    pass


@main.command(help="Arranca los nodos, aplica los hooks y arranca la API. Puede repetirse.")
@_explains
def up() -> None:
    options = Options.read()
    with alone(options.state):
        earlier = load(options.state)
        state = decide(options, earlier)
        click.echo(f"Motor: {NAMES[state.kind]}. {state.reason}.")
        System.of(options.state, state).up(earlier, click.echo)
    click.echo(NEXT_STEPS.format(url=f"http://127.0.0.1:{state.api_port}"))


@main.command(help="Dice qué está en marcha; el código de salida es 1 si falta algo.")
@_explains
def status() -> None:
    system = _existing()
    click.echo(f"Motor: {NAMES[system.state.kind]}. {system.state.reason}.")
    complete = True
    for node in system.nodes.nodes:
        running = system.nodes.running(node)
        complete &= running
        click.echo(f"{node.name}: {'en marcha' if running else 'parado'}, {node.address}")
    answer = system.api.status()
    complete &= system.api.pid is not None and answer is not None and answer.get("status") == "connected"
    state = f" ({answer.get('status')})" if answer else ""
    click.echo(f"API: {'en marcha' if system.api.pid else 'parada'}, {system.api.url}{state}")
    click.echo(f"Carpeta: {system.folder}")
    if system.nodes.running(system.nodes.coordinator):
        report, in_order = system.report()
        complete &= in_order
        click.echo(f"\n{report}")
    sys.exit(0 if complete else 1)


@main.command(context_settings={"ignore_unknown_options": True}, help="Abre psql en el coordinador como admin.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@_explains
def psql(arguments: tuple[str, ...]) -> None:
    system = _existing()
    node = system.nodes.coordinator
    program = shutil.which("psql", path=system.state.binaries or None) or shutil.which("psql")
    where = ["--username", OWNER, "--dbname", DATABASE, "--port", str(node.port)]
    if program:
        os.environ["PGPASSFILE"] = str(system.pgpass)
        _become([program, "--host", node.host, *where, *arguments])
    if not isinstance(system.nodes, Containers):
        raise LocalError("No hay programa psql en esta máquina.")
    terminal = ["--tty"] if sys.stdin.isatty() else []
    _become(
        [
            os.environ.get("DOCKER") or "docker",
            "exec",
            "--interactive",
            *terminal,
            node.name,
            "psql",
            *where,
            *arguments,
        ]
    )


@main.command(help="Muestra los registros de todo, y los sigue.")
@_explains
def logs() -> None:
    system = _existing()
    files = [str(path) for path in sorted((system.folder / "logs").glob("*.log"))]
    if isinstance(system.nodes, Containers):
        docker = os.environ.get("DOCKER") or "docker"
        for node in system.nodes.nodes:
            subprocess.Popen([docker, "logs", "--follow", "--tail", "20", node.name], start_new_session=False)
    _become(["tail", "-n", "20", "-F", *files])


@main.command(help="Para todo; los datos se quedan.")
@_explains
def down() -> None:
    _end("Parado. Los datos están en {folder}; make up los usa de nuevo.", data=False)


@main.command(help="Para todo y borra datos, contraseñas y registros, sin preguntar.")
@_explains
def clean() -> None:
    _end("Borrado {folder}.", data=True)


def _end(said: str, *, data: bool) -> None:
    folder = Options.read().state
    if not started(folder):
        click.echo(f"No hay nada en {folder}.")
        return
    with alone(folder):
        end_all(folder, data=data)
    click.echo(said.format(folder=folder))


def _existing() -> System:
    folder: Path = Options.read().state
    state = load(folder)
    if state is None:
        raise LocalError(f"No hay nada en {folder}; make up lo arranca.")
    return System.of(folder, state)


def _become(argv: list[str]) -> NoReturn:
    """Be that program from now on: the terminal and its signals are its own."""
    sys.stdout.flush()
    os.execvp(argv[0], argv)  # noqa: S606  no shell is wanted
