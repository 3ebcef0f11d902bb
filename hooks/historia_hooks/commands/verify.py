"""Checks that what was done works: nothing is pending, the nodes reach each other, historia_app gets in and reads."""

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812
from pydantic import SecretStr

from historia_hooks import citus
from historia_hooks.addresses import Address
from historia_hooks.apply import Transaction
from historia_hooks.commands import distribute, matrix, migrate, register, vocabularies
from historia_hooks.connections import Nodes, Unreachable
from historia_hooks.context_key import signed_context
from historia_hooks.errors import ABSENT_RUNBOOK, LOGIN_RUNBOOK, TryAgain
from historia_hooks.log import logger
from historia_hooks.model import Member
from historia_hooks.schema import APP_ROLE, SECOND_LOGIN
from historia_hooks.state import has_extension, query, read_members

READ = "SELECT 1 FROM public.pacientes LIMIT 1"
ABOUT = "SET LOCAL citus.propagate_set_commands TO 'local'; SET LOCAL historia.contexto TO {}"


def verify(nodes: Nodes) -> None:
    """Everything, for people; `sync` has seen its plans empty and checks only what lives."""
    waiting = [str(step) for step in register.pending(nodes)]
    waiting += [f"aplicar la revisión {revision}" for revision in migrate.pending(nodes)]
    if not waiting:
        waiting = [str(step) for step in distribute.pending(nodes).steps]
        waiting += [str(step) for step in vocabularies.pending(nodes)]
        waiting += [str(step) for step in matrix.pending(nodes)]
    if waiting:
        raise TryAgain(f"falta por hacer: {'; '.join(waiting)}. Ejecute historia-hooks sync")
    check(nodes)


def check(nodes: Nodes, *, just_distributed: bool = False) -> None:
    """The running system; after a first distribution every worker must hold shards."""
    if has_extension(nodes.coordinator):
        members = read_members(nodes.coordinator)
        _check_members(nodes, members)
        _check_shards(nodes, members, just_distributed=just_distributed)
    _check_app(nodes)
    logger.info("verificado", workers=len(nodes.settings.workers))


def _check_members(nodes: Nodes, members: tuple[Member, ...]) -> None:
    active = {member.address for member in members if member.active}
    if missing := [str(worker) for worker in nodes.settings.workers if worker not in active]:
        raise TryAgain(f"workers que se piden y no están activos: {', '.join(missing)}. {ABSENT_RUNBOOK}")
    if members and (pairs := citus.unhealthy_pairs(nodes.coordinator)):
        listed = ", ".join(f"{one}:{port} → {other}:{other_port}" for one, port, other, other_port in pairs)
        raise TryAgain(f"hay nodos que no se alcanzan: {listed}. {ABSENT_RUNBOOK}")


def _check_shards(nodes: Nodes, members: tuple[Member, ...], *, just_distributed: bool) -> None:
    wanted = [member for member in members if member.address in nodes.settings.workers]
    empty = [str(member.address) for member in wanted if not member.shards]
    if not empty:
        return
    if just_distributed or len(empty) == len(wanted):
        raise TryAgain(f"workers sin ningún fragmento: {', '.join(empty)}")
    logger.warning("hay workers sin fragmentos: los recibirán cuando se reequilibre el sistema", nodos=empty)


def _check_app(nodes: Nodes) -> None:
    """As the API does it: on the coordinator and on each worker, where a read reaches all the other nodes."""
    settings = nodes.settings
    logins = [(APP_ROLE, settings.app_password), (SECOND_LOGIN, settings.second_password)]
    for address in (settings.entrance, *settings.workers):
        for role, password in logins:
            if role == APP_ROLE or password.get_secret_value():
                _check_login(nodes, address, role, password)


def _check_login(nodes: Nodes, address: Address, role: str, password: SecretStr) -> None:
    try:
        with nodes.login(address, role, password) as connection, Transaction(connection):
            if keys := nodes.settings.signing_keys:
                _declare(connection, keys[0])
                query(connection, READ)
    except Unreachable as error:
        raise TryAgain(f"{role} no entra: {error}. {LOGIN_RUNBOOK}") from None


def _declare(connection: Connection, signing_key: str) -> None:
    """Whose rows are asked for: all. Each node must know the API's keys to believe it."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(ABOUT).format(sql.Literal(signed_context(signing_key, "*"))))
