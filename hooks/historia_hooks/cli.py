"""`historia-hooks`: options, logging, exit codes. What the commands do is in historia_hooks.commands."""

import json
import pathlib
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, BinaryIO, NoReturn, TextIO

import click
import psycopg2
from psycopg2.errorcodes import LOCK_NOT_AVAILABLE
from pydantic import SecretStr

from historia_hooks import log
from historia_hooks.audit.seals import read_key
from historia_hooks.audit.store import Store
from historia_hooks.audit.verdict import Verdict, fault_line, verdict_line
from historia_hooks.commands.certificates import certificates as check_certificates
from historia_hooks.commands.create_admin import Wanted
from historia_hooks.commands.create_admin import create_admin as create_first_account
from historia_hooks.commands.distribute import distribute as distribute_tables
from historia_hooks.commands.drain import drain as drain_workers
from historia_hooks.commands.load_sample import load_sample as load_sample_rows
from historia_hooks.commands.matrix import matrix as load_matrix
from historia_hooks.commands.migrate import migrate as migrate_schema
from historia_hooks.commands.rebalance import rebalance as rebalance_shards
from historia_hooks.commands.register import refuse_strangers
from historia_hooks.commands.register import register as register_nodes
from historia_hooks.commands.seal_audit import seal_audit as seal_heads
from historia_hooks.commands.selftest import selftest as test_system
from historia_hooks.commands.status import status as read_status
from historia_hooks.commands.sync import sync as sync_all
from historia_hooks.commands.verify import verify as verify_system
from historia_hooks.commands.verify_audit import Seals
from historia_hooks.commands.verify_audit import verify_audit as find_tampering
from historia_hooks.commands.vocabularies import load_vocabulary as load_one_vocabulary
from historia_hooks.commands.vocabularies import vocabularies as load_vocabularies
from historia_hooks.commands.wait import wait as wait_nodes
from historia_hooks.connections import Nodes, Unreachable, explain, hooks_lock
from historia_hooks.errors import MOVES_RUNBOOK, UPGRADE_RUNBOOK, HookError, Misconfigured, Tampered, TryAgain
from historia_hooks.log import logger
from historia_hooks.report import Report
from historia_hooks.report_text import as_values, render
from historia_hooks.settings import Settings, read_settings
from historia_hooks.vocabularies import FIELDS, Heading, read

EPILOG = """\b
Códigos de salida:
  0   hecho, o nada que hacer
  1   una comprobación de selftest falla
  2   uso incorrecto
  65  la auditoría no está como se escribió
  75  todavía no es posible: vuelva a intentarlo
  78  configuración: alguien debe cambiar un valor

La configuración se lee del entorno: POSTGRES_HOST, POSTGRES_PORT, POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB,
HISTORIA_APP_PASSWORD, HISTORIA_COORDINATOR, HISTORIA_WORKERS, HISTORIA_USUARIO, HISTORIA_TIMEOUT,
HISTORIA_REBALANCE, HISTORIA_DRAIN, HISTORIA_FIRST_LEAVING, HISTORIA_API_URL, POSTGRES_SSLMODE, POSTGRES_SSLROOTCERT,
HISTORIA_TLS_CERT, POSTGRES_PASSWORD_PREVIOUS, HISTORIA_APP_PASSWORD_B, HISTORIA_POSTGRES_MAJOR,
HISTORIA_CITUS_VERSION, HISTORIA_ADMIN_PASSWORD, HISTORIA_AUDIT_KEY, HISTORIA_AUDIT_SEALS, HISTORIA_AUDIT_STORED,
HISTORIA_AUDIT_BUCKET, HISTORIA_AUDIT_BUCKET_ENDPOINT, HISTORIA_AUDIT_BUCKET_REGION, HISTORIA_AUDIT_BUCKET_PREFIX,
HISTORIA_AUDIT_BUCKET_CA; las credenciales del bucket, de AWS_ACCESS_KEY_ID y AWS_SECRET_ACCESS_KEY.
"""

STATUS_EPILOG = """\b
Códigos de salida:
  0   todo en orden, o se mueven fragmentos
  75  falta algo, o un nodo no responde
  78  un volumen se perdió, se cambió o se clonó, o la configuración no sirve
"""


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(
    package_name="historia-hooks", message="%(prog)s %(version)s", help="Muestra la versión y termina."
)
def main() -> None:
    """Une los nodos de historia-clinica, crea el esquema y reparte las tablas.

    Toda orden se puede repetir, también después de haber sido interrumpida en cualquier punto.
    """
    log.configure()


def _stop_at_sigterm(nodes: Nodes) -> None:
    """The statement that runs ends first; then an open transaction is rolled back."""

    def stop(*_: object) -> NoReturn:
        raise TryAgain(f"interrumpido (SIGTERM); último paso: {nodes.doing}. Vuelva a ejecutar la orden para seguir")

    signal.signal(signal.SIGTERM, stop)


def _run(work: Callable[[Nodes], object], *, wait: bool = True, lock: bool = True) -> None:
    """Wait, take the lock, work."""
    with _exit_codes():
        _work(work, wait=wait, lock=lock)


@contextmanager
def _exit_codes() -> Iterator[None]:
    """Every expected failure becomes one line and an exit code."""
    try:
        yield
    except HookError as error:
        logger.error(str(error), codigo_de_salida=error.exit_code)
        sys.exit(error.exit_code)


def _work(work: Callable[[Nodes], object], *, wait: bool, lock: bool) -> None:
    nodes = Nodes(read_settings())
    _stop_at_sigterm(nodes)
    try:
        if wait:
            wait_nodes(nodes)
        if lock:
            with hooks_lock(nodes):
                work(nodes)
        else:
            work(nodes)
    except Unreachable as error:
        raise explain(error, nodes.settings) from None
    except psycopg2.Error as error:
        raise _from_database(error) from None
    finally:
        nodes.close()


def _on_known_nodes(work: Callable[[Nodes], object]) -> Callable[[Nodes], None]:
    """For commands that do not look at the nodes by themselves."""

    def checked(nodes: Nodes) -> None:
        refuse_strangers(nodes)
        work(nodes)

    return checked


def _from_database(error: psycopg2.Error) -> HookError:
    """Only the server's primary message: other parts can quote a statement."""
    said = error.diag.message_primary or "se perdió la conexión"
    if "Citus library version differs" in said:
        return TryAgain(
            "la imagen trae otra versión de Citus que la extensión de la base de datos. Ejecute historia-hooks sync,"
            f" que la actualiza. {UPGRADE_RUNBOOK}"
        )
    if error.pgcode == LOCK_NOT_AVAILABLE:
        return TryAgain(
            "otra sesión tiene ocupada una tabla desde hace más de un minuto. Espere a que termine, o búsquela en"
            f" citus_lock_waits y citus_stat_activity, y repita la orden. {MOVES_RUNBOOK}"
        )
    return TryAgain(f"PostgreSQL se negó (SQLSTATE {error.pgcode}): {said}")


@main.command()
def sync() -> None:
    """Todo en orden: wait, register, migrate, distribute, vocabularies, matrix, administrator, rebalance, verify."""
    _run(sync_all)


@main.command()
def wait() -> None:
    """Espera a que el coordinador y los workers pedidos respondan."""
    _run(lambda _: None, lock=False)


@main.command()
def register() -> None:
    """Crea roles y extensiones y registra los workers pedidos."""
    _run(register_nodes)


@main.command()
def migrate() -> None:
    """Lleva el esquema a la última revisión."""
    _run(_on_known_nodes(migrate_schema))


@main.command()
def distribute() -> None:
    """Reparte las tablas; después, llaves foráneas y permisos."""
    _run(_on_known_nodes(distribute_tables))


@main.command()
def vocabularies() -> None:
    """Carga los vocabularios que trae este programa y faltan."""
    _run(_on_known_nodes(load_vocabularies))


@main.command()
def matrix() -> None:
    """Pone en vigor la matriz de acceso que trae este programa."""
    _run(_on_known_nodes(load_matrix))


@main.command()
def rebalance() -> None:
    """Mueve fragmentos hasta que cada worker tenga su parte."""
    _run(_on_known_nodes(rebalance_shards))


@main.command()
def verify() -> None:
    """Comprueba que todo está como se pide y funciona."""
    _run(verify_system, lock=False)


@main.command()
def certificates() -> None:
    """Pone en uso los certificados nuevos y dice cuándo vencen."""
    _run(check_certificates, lock=False)


@main.command()
def drain() -> None:
    """Mueve los datos de los workers que sobran y los retira."""
    _run(drain_workers, wait=False, lock=False)


@main.command(epilog=STATUS_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Un documento JSON, para programas.")
def status(*, as_json: bool) -> None:
    """Muestra los nodos, qué guarda cada uno, lo que se mueve y lo que falta.

    No cambia nada y no espera: un nodo que no responde, o que volvió con otro volumen, es parte de la respuesta.
    """
    log.configure(sys.stderr)
    report: Report | None = None

    def work(nodes: Nodes) -> None:
        nonlocal report
        report = read_status(nodes)
        click.echo(json.dumps(as_values(report), indent=2, ensure_ascii=False) if as_json else render(report))

    _run(work, wait=False, lock=False)
    sys.exit(report.verdict.exit_code if report else 0)


def _file(_context: click.Context, _parameter: click.Parameter, said: str | None) -> pathlib.Path | None:
    return pathlib.Path(said) if said else None


KEY = click.option(
    "--clave", envvar="HISTORIA_AUDIT_KEY", callback=_file, help="Archivo con la clave Ed25519 de los sellos, en PEM."
)
SEALS = click.option(
    "--sellos", envvar="HISTORIA_AUDIT_SEALS", callback=_file, help="Archivo de los sellos, fuera de la base de datos."
)


STORED = click.option(
    "--del-bucket",
    "stored",
    envvar="HISTORIA_AUDIT_STORED",
    metavar="NOMBRE",
    help="Nombre del archivo cuyos sellos se leen del bucket (HISTORIA_AUDIT_BUCKET); con --sellos, se comparan.",
)


def _bucket(settings: Settings, file: str) -> Store:
    """For seals of a file of that name."""
    if not settings.bucket:
        raise Misconfigured("falta HISTORIA_AUDIT_BUCKET, el bucket donde están los sellos")
    from historia_hooks.bucket import Bucket  # noqa: PLC0415  what speaks S3 takes long to import

    return Bucket(settings, file)


@main.command("seal-audit")
@KEY
@SEALS
def seal_audit(clave: pathlib.Path | None, sellos: pathlib.Path | None) -> None:
    """Sella la auditoría: firma hasta dónde llega cada cadena.

    El sello va a la base de datos, a la salida estándar y, con las cabezas que cambiaron, al archivo, al que solo se
    añaden líneas. Guarde el archivo donde quien administra la base de datos no lo pueda cambiar. Cada sello
    del archivo va también al bucket de HISTORIA_AUDIT_BUCKET, si lo hay, como un objeto más.
    """
    log.configure(sys.stderr)
    if clave is None:
        raise click.UsageError("falta la clave de los sellos: --clave o HISTORIA_AUDIT_KEY")

    def work(nodes: Nodes) -> None:
        store = _bucket(nodes.settings, sellos.name) if sellos and nodes.settings.bucket else None
        seal_heads(nodes, read_key(clave), sellos, store, lambda seal: click.echo(seal.line()))

    _run(_on_known_nodes(work))


@main.command("verify-audit")
@KEY
@SEALS
@STORED
@click.option("--json", "as_json", is_flag=True, help="Un documento JSON por línea, para programas.")
@click.option("--sin-nombres", "nameless", is_flag=True, help="Calla de quién es cada hallazgo: para registros.")
def verify_audit(
    clave: pathlib.Path | None, sellos: pathlib.Path | None, stored: str | None, *, as_json: bool, nameless: bool
) -> None:
    """Recalcula todas las cadenas de la auditoría y las compara con sus cabezas y con los sellos.

    Nombra el paciente y la fila de cada alteración. Basta la clave pública. Sin los sellos no se nota que
    falte una cadena entera, ni una que se rehízo con todos sus hashes.
    """
    log.configure(sys.stderr)
    if (sellos or stored) and clave is None:
        raise click.UsageError("con los sellos hace falta la clave: --clave o HISTORIA_AUDIT_KEY")
    if sellos and not sellos.is_file():
        raise click.UsageError(f"no hay un archivo de sellos en {sellos}")
    verdict = Verdict()

    def work(nodes: Nodes) -> None:
        store = _bucket(nodes.settings, stored) if stored else None
        key = read_key(clave) if clave else None
        seals = Seals(key, sellos, store) if key and (sellos or store) else None
        for fault in find_tampering(nodes, seals, verdict):
            shown = replace(fault, chain=None) if nameless else fault
            click.echo(fault_line(shown, as_json=as_json))
        click.echo(verdict_line(verdict, as_json=as_json))

    _run(_on_known_nodes(work), lock=False)
    sys.exit(Tampered.exit_code if verdict.faults else 0)


@main.command("load-sample")
def load_sample() -> None:
    """Carga los datos de ejemplo del laboratorio."""
    _run(_on_known_nodes(load_sample_rows))


def _password(file: TextIO) -> SecretStr:
    try:
        return SecretStr(file.read().removesuffix("\n"))
    except UnicodeDecodeError:
        raise Misconfigured("el archivo de la contraseña no está en UTF-8") from None


@main.command("create-admin")
@click.option("--documento", required=True, help="Documento del usuario que administrará.")
@click.option("--nombre", help="Su nombre, si todavía no está registrado como usuario.")
@click.option("--correo", help="Su correo, si todavía no está registrado como usuario.")
@click.option(
    "--clave-archivo",
    "archivo",
    type=click.File(encoding="utf-8"),
    help="Archivo con la contraseña; «-» es la entrada estándar. Si falta, HISTORIA_ADMIN_PASSWORD.",
)
@click.option("--otro", is_flag=True, help="Aunque ya haya un administrador.")
@click.option("--restablecer", is_flag=True, help="Si esa cuenta de administrador existe, le pone esta contraseña.")
def create_admin(archivo: TextIO | None, **said: Any) -> None:
    """Crea la primera cuenta, la de quien da las demás.

    La contraseña vale para entrar una vez y cambiarla. Nunca va entre los argumentos, que otros programas ven.
    """
    with _exit_codes():
        password = _password(archivo) if archivo else read_settings().admin_password
    wanted = Wanted(
        said["documento"], said["nombre"], said["correo"], password, another=said["otro"], again=said["restablecer"]
    )
    _run(_on_known_nodes(lambda nodes: create_first_account(nodes, wanted)))


def _columns(_context: click.Context, _parameter: click.Parameter, said: tuple[str, ...]) -> dict[str, str]:
    columns = dict(one.partition("=")[::2] for one in said)
    if not all(columns.values()) or not columns.keys() <= set(FIELDS):
        raise click.BadParameter(f"debe ser CAMPO=NOMBRE, y el campo, uno de {', '.join(FIELDS)}")
    return columns


@main.command("load-vocabulary")
@click.argument("archivo", type=click.File("rb"))
@click.option("--nombre", required=True, help="Nombre corto, por ejemplo cie10.")
@click.option("--version", required=True, help="Versión; una nueva se agrega al lado de las demás.")
@click.option("--titulo", required=True, help="Nombre completo.")
@click.option("--fuente", required=True, help="De quién es y de dónde se tomó.")
@click.option("--licencia", required=True, help="Licencia o permiso con que se usa.")
@click.option("--aviso", help="Texto que la licencia obliga a mostrar.")
@click.option("--desde", type=click.DateTime(["%Y-%m-%d"]), help="Día desde el que rige; si falta, hoy.")
@click.option("--parcial", is_flag=True, help="No trae todos los códigos de la fuente.")
@click.option("--separador", type=click.Choice([",", ";", "|"]), default=",", help="Entre columnas; una coma.")
@click.option(
    "--columna", "columns", multiple=True, callback=_columns, metavar="CAMPO=NOMBRE", help="Otro nombre de una columna."
)
def load_vocabulary(archivo: BinaryIO, columns: dict[str, str], separador: str, **said: Any) -> None:
    """Carga un vocabulario de un ARCHIVO propio; «-» es la entrada estándar.

    CSV en UTF-8, también en gzip, con una línea de nombres: codigo, descripcion y, si las hay, padre, vigente_desde,
    vigente_hasta y atributos (un objeto JSON).
    """
    with _exit_codes():
        said["vigente_desde"] = (said.pop("desde") or datetime.now(UTC)).date()
        said["completo"] = not said.pop("parcial")
        one = read(Heading(**said), archivo.read(), columns=columns, separator=separador)
    _run(_on_known_nodes(lambda nodes: load_one_vocabulary(nodes, one)))


@main.command()
@click.option("--url", envvar="HISTORIA_API_URL", help="Dirección de la API, http://middleware:8080")
def selftest(url: str | None) -> None:
    """Prueba el sistema de punta a punta y borra lo que escribió."""
    if not url:
        raise click.UsageError("falta la dirección de la API: --url o HISTORIA_API_URL")
    passed = True

    def work(nodes: Nodes) -> None:
        nonlocal passed
        passed = test_system(nodes, url)

    _run(_on_known_nodes(work), lock=False)
    sys.exit(0 if passed else 1)
