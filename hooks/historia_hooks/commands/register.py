"""Joins the nodes: extension, roles and logins on each, then the coordinator and the workers in Citus."""

import dataclasses
from collections.abc import Iterator

from psycopg2.extensions import encrypt_password
from pydantic import SecretStr

from historia_hooks import ledger, topology
from historia_hooks.commands.progress import converge_nodes
from historia_hooks.connections import PASSWORD_REFUSED, Nodes, Unreachable
from historia_hooks.conninfo import authinfo
from historia_hooks.context_key import context_verifier
from historia_hooks.errors import Misconfigured
from historia_hooks.jobs import read_balance
from historia_hooks.log import logger
from historia_hooks.logins import WantedLogins, plan_logins
from historia_hooks.model import Balance, Member, Server
from historia_hooks.schema import APP_ROLE, SECOND_LOGIN
from historia_hooks.state import read_members, read_reference_shards, read_second_login, read_server
from historia_hooks.steps import NodeStep
from historia_hooks.topology import ObservedNodes, WantedNodes, plan_nodes, strangers
from historia_hooks.upgrade import is_behind


def register(nodes: Nodes) -> bool:
    """Whether anything changed."""
    if not nodes.settings.app_password.get_secret_value():
        raise Misconfigured("falta HISTORIA_APP_PASSWORD: la contraseña del rol historia_app")
    observed = observe(nodes)
    if not nodes.settings.signing_keys:
        logger.warning("falta HISTORIA_SIGNING_KEY: si no se guardó antes, la API no podrá leer nada de pacientes")
    _warn(observed)
    first = [observed]

    def plan() -> tuple[NodeStep, ...]:
        now = first.pop() if first else observe(nodes)
        return plan_nodes(_wanted(nodes, now.coordinator), now, _plan_logins(nodes, now))

    return converge_nodes("register", nodes, plan)


def pending(nodes: Nodes) -> tuple[NodeStep, ...]:
    """What `register` would still do."""
    observed = observe(nodes)
    return plan_nodes(_wanted(nodes, observed.coordinator), observed, _plan_logins(nodes, observed))


def refuse_strangers(nodes: Nodes) -> None:
    """Raise, before anything changes, when another server answers in place of a worker that holds patients."""
    topology.refuse_strangers(observe(nodes))


def observe(nodes: Nodes) -> ObservedNodes:
    """The wanted nodes must answer; of the others registered, those that do."""
    settings = nodes.settings
    coordinator = read_server(nodes.coordinator, settings.coordinator)
    members = read_members(nodes.coordinator) if coordinator.extension else ()
    readable = members and not is_behind(coordinator)
    observed = ObservedNodes(
        coordinator=coordinator,
        workers=tuple(read_server(nodes.node(worker), worker) for worker in settings.workers),
        members=members,
        others=tuple(_others(nodes, members)),
        reference_shards=read_reference_shards(nodes.coordinator) if readable else frozenset(),
        balance=read_balance(nodes.coordinator) if members else Balance(),
        ledger=ledger.observe(nodes.coordinator) if members else None,
    )
    lost = [member.group for member in strangers(observed) if member.shards]
    return dataclasses.replace(observed, losses={group: ledger.read_loss(nodes.coordinator, group) for group in lost})


def _others(nodes: Nodes, members: tuple[Member, ...]) -> Iterator[Server]:
    for member in members:
        if member.is_coordinator or member.address in nodes.settings.workers:
            continue
        try:
            yield read_server(nodes.node(member.address), member.address)
        except Unreachable as error:
            logger.warning("un nodo registrado que ya no se pide no responde", nodo=str(error))


def _wanted(nodes: Nodes, coordinator: Server) -> WantedNodes:
    settings = nodes.settings
    return WantedNodes(
        workers=settings.workers,
        verifier=_verifier(nodes, coordinator),
        authinfo={
            settings.owner: authinfo(settings.password.get_secret_value()),
            APP_ROLE: authinfo(settings.app_password.get_secret_value()),
        },
        context=context_verifier(settings.signing_keys) if settings.signing_keys else None,
    )


def _plan_logins(nodes: Nodes, observed: ObservedNodes) -> tuple[NodeStep, ...]:
    settings = nodes.settings
    second = settings.second_password.get_secret_value()
    addresses = [server.address for server in (*observed.servers, *observed.others)]
    seen = tuple(read_second_login(nodes.node(address), address) for address in addresses) if second else ()
    wanted = WantedLogins(
        owner_verifiers={
            node: _encrypted(nodes, settings.owner, settings.password) for node in addresses if node in nodes.outdated
        },
        second_verifier=_kept(nodes, SECOND_LOGIN, settings.second_password, seen[0].verifier) if second else None,
        second_authinfo=authinfo(second),
    )
    return plan_logins(wanted, seen, observed.balance.job)


def _verifier(nodes: Nodes, coordinator: Server) -> str:
    return _kept(nodes, APP_ROLE, nodes.settings.app_password, coordinator.verifier)


def _kept(nodes: Nodes, role: str, password: SecretStr, verifier: str | None) -> str:
    """The stored one while a login with the password succeeds; else a new one, computed here: no clear text travels."""
    if verifier:
        try:
            with nodes.login(nodes.settings.entrance, role, password):
                return verifier
        except Unreachable as error:
            if error.failure is not PASSWORD_REFUSED:
                raise
    return _encrypted(nodes, role, password)


def _encrypted(nodes: Nodes, role: str, password: SecretStr) -> str:
    return encrypt_password(password.get_secret_value(), role, nodes.coordinator, "scram-sha-256")


def _warn(observed: ObservedNodes) -> None:
    if observed.workers:
        for server in observed.servers:
            if server.wal_level != "logical":
                logger.warning(
                    "wal_level no es logical: los fragmentos no se podrán mover",
                    nodo=str(server.address),
                    wal_level=server.wal_level,
                )
    for member in strangers(observed):
        if not member.shards:
            logger.warning(
                f"en lugar del worker {member.address} responde otro servidor; no guardaba pacientes: se registra de"
                " nuevo",
                nodo=str(member.address),
            )
    for member in observed.unwanted:
        if member.shards:
            logger.warning(
                f"el worker {member.address} ya no se pide, pero guarda {member.shards} fragmentos con pacientes: sigue"
                " sirviendo y no se retira. No borre su volumen ni lo apague, y pídalo de nuevo (workers.count)",
                nodo=str(member.address),
                fragmentos=member.shards,
            )
