"""Certificates of the nodes: where the files have changed, the servers read them again; nothing restarts."""

import datetime

from historia_hooks.addresses import Address
from historia_hooks.certificates import parse_certificate, presented, read_certificate
from historia_hooks.connections import Nodes, wait_until
from historia_hooks.errors import CERTIFICATES_RUNBOOK, Misconfigured
from historia_hooks.log import logger
from historia_hooks.state import query

DAYS = 21  # fewer than what tools that renew by themselves leave
ON_THE_NODE = "SELECT pg_read_file(current_setting('ssl_cert_file'))"


def certificates(nodes: Nodes) -> None:
    """Renew, then say how long they last; Misconfigured when that is not long."""
    settings = nodes.settings
    if not settings.sslrootcert:
        logger.info("nada que hacer: los certificados no se comprueban", orden="certificates")
        return
    renew(nodes)
    now = datetime.datetime.now(datetime.UTC)
    for address in (settings.coordinator, *settings.workers):
        shown = presented(address, settings.sslrootcert)
        days = shown.days_left(now)
        logger.info("certificado", nodo=str(address), vence=shown.expires.date().isoformat(), dias=days)
        if days < DAYS:
            raise Misconfigured(
                f"al certificado del nodo {address} le quedan {days} días: renuévelo. {CERTIFICATES_RUNBOOK}"
            )


def renew(nodes: Nodes) -> bool:
    """Whether any node had to read its files again. Kubernetes brings them within a minute or two."""
    settings = nodes.settings
    if not settings.certificate or not settings.sslrootcert:
        return False
    wanted = read_certificate(settings.certificate)
    old = [
        address
        for address in (settings.coordinator, *settings.workers)
        if presented(address, settings.sslrootcert).der != wanted
    ]
    for address in old:
        _renew(nodes, address, wanted)
    return bool(old)


def _renew(nodes: Nodes, address: Address, wanted: bytes) -> None:
    nodes.doing = f"cambiar el certificado de {address}"
    logger.info("paso", hace=nodes.doing)
    connection, authority = nodes.node(address), nodes.settings.sslrootcert

    def has_the_file() -> bool:
        [(text,)] = query(connection, ON_THE_NODE)
        return parse_certificate(text) == wanted

    def shows_it() -> bool:
        return presented(address, authority).der == wanted

    wait_until(nodes.deadline, has_the_file, f"el archivo del certificado nuevo en {address}")
    query(connection, "SELECT pg_reload_conf()")
    wait_until(nodes.deadline, shows_it, f"el certificado nuevo de {address}")
