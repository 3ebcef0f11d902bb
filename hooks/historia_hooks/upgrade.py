"""Plans what a new image asks of the database: the extension follows the library, never the other way round. Pure.

Citus counts its library and its extension alike (`14.1-1`); where they are far apart it refuses to work at all.
The order is that of its manual: the images of all nodes, the extension of the workers, that of the coordinator.
"""

import re

from historia_hooks.errors import UPGRADE_RUNBOOK, Misconfigured, TryAgain
from historia_hooks.model import Running, Server
from historia_hooks.steps import FinishUpgrade, NodeStep, UpgradeExtension

Version = tuple[int, ...]


def read_version(text: str) -> Version:
    """`14.1-1` and `14.1.0` are both (14, 1, …)."""
    return tuple(map(int, re.findall(r"\d+", text)))


def release(text: str) -> Version:
    """What an image and an extension can be compared by: their third numbers count different things."""
    return read_version(text)[:2]


def is_behind(server: Server) -> bool:
    """The extension is older than the library: Citus may refuse whatever needs it."""
    return bool(server.extension and server.library) and _extension(server) < _library(server)


def runs_image(library: str | None, citus_version: str) -> bool:
    """Whether a node already runs an image with that Citus; nodes without any, and an unknown image, do not count."""
    return not (library and citus_version) or release(library) >= release(citus_version)


def plan_upgrade(coordinator: Server, others: tuple[Server, ...]) -> tuple[NodeStep, ...]:
    """Workers first. Empty when each extension is as new as its library; TryAgain while images are being changed."""
    servers = (coordinator, *others)
    _refuse_older(servers)
    _refuse_mixed(servers)
    workers = tuple(UpgradeExtension(one.address, one.library or "") for one in others if is_behind(one))
    last = (FinishUpgrade(coordinator.address, coordinator.library or ""),) if is_behind(coordinator) else ()
    return workers + last


def refuse_image(running: Running, *, postgres_major: str, citus_version: str) -> None:
    """Raise before a pod gets an image that cannot open the data that are there; empty: not known."""
    if postgres_major and int(postgres_major) != running.major:
        raise Misconfigured(
            f"la imagen nueva trae PostgreSQL {postgres_major} y los datos son de PostgreSQL {running.major}: ningún"
            f" nodo arrancaría. No se cambió nada. Elija una imagen con PostgreSQL {running.major}"
            " (postgresql.image.tag); si la que pide ya lo trae, dígalo con postgresql.image.postgresqlMajor."
            f" {UPGRADE_RUNBOOK}"
        )
    if citus_version and running.extension and release(citus_version) < release(running.extension):
        raise Misconfigured(
            f"la imagen nueva trae Citus {citus_version} y la extensión instalada es {running.extension}: Citus no"
            " vuelve a una versión anterior. No se cambió nada. Elija una imagen con la misma versión o una posterior"
            " (postgresql.image.tag); si la que pide ya la trae, dígalo con postgresql.image.citusVersion."
            f" {UPGRADE_RUNBOOK}"
        )


def _refuse_older(servers: tuple[Server, ...]) -> None:
    older = [one for one in servers if one.library and one.extension and _library(one) < _extension(one)]
    if older:
        listed = ", ".join(f"{one.address} tiene {one.extension} y su imagen trae {one.library}" for one in older)
        raise Misconfigured(
            f"la extensión citus es más nueva que la imagen: {listed}. Citus no vuelve a una versión anterior:"
            f" devuelva la imagen que había (postgresql.image.tag). {UPGRADE_RUNBOOK}"
        )


def _refuse_mixed(servers: tuple[Server, ...]) -> None:
    """Not for ever: a StatefulSet changes its pods one after the other."""
    libraries = {str(one.address): one.library for one in servers if one.library}
    if len(set(libraries.values())) > 1:
        listed = ", ".join(f"{address} tiene {library}" for address, library in libraries.items())
        raise TryAgain(
            f"los nodos no tienen todos la misma versión de Citus: {listed}. El cambio de imagen va por la mitad:"
            f" espere a que todos los pods tengan la nueva y repita la orden. {UPGRADE_RUNBOOK}"
        )


def _extension(server: Server) -> Version:
    return read_version(server.extension or "")


def _library(server: Server) -> Version:
    return read_version(server.library or "")
