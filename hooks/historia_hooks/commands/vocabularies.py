"""Loads vocabularies: those this program carries, and an operator's own. What is loaded is never changed or deleted."""

from collections.abc import Callable

from psycopg2.errors import UndefinedTable

from historia_hooks.apply import apply_nodes
from historia_hooks.commands.progress import converge
from historia_hooks.connections import Nodes
from historia_hooks.errors import Misconfigured
from historia_hooks.log import logger
from historia_hooks.plan import Loaded, differing_vocabularies, plan_vocabularies
from historia_hooks.state import read_vocabularies
from historia_hooks.steps import LoadVocabulary
from historia_hooks.vocabularies import Vocabulary, carried


def vocabularies(nodes: Nodes) -> bool:
    """Whether anything changed."""
    return _load(nodes, carried(), _leave)


def pending(nodes: Nodes) -> tuple[LoadVocabulary, ...]:
    """What `vocabularies` would still load."""
    return plan_vocabularies(carried(), _read(nodes))


def load_vocabulary(nodes: Nodes, one: Vocabulary) -> None:
    """A vocabulary that is none of ours; loading it again changes nothing. Misconfigured: its version is taken."""
    _load(nodes, (one,), _refuse)


def _load(nodes: Nodes, wanted: tuple[Vocabulary, ...], other_content: Callable[[Vocabulary], None]) -> bool:
    def plan() -> tuple[LoadVocabulary, ...]:
        loaded = _read(nodes)
        for one in differing_vocabularies(wanted, loaded):
            other_content(one)
        return plan_vocabularies(wanted, loaded)

    return converge("vocabularies", plan, lambda found: found, lambda found: apply_nodes(nodes, found))


def _read(nodes: Nodes) -> Loaded:
    try:
        return read_vocabularies(nodes.coordinator)
    except UndefinedTable:
        raise Misconfigured("faltan las tablas de los vocabularios. Ejecute antes historia-hooks sync") from None


def _leave(one: Vocabulary) -> None:
    nombre, version = one.key
    logger.warning(
        "un vocabulario está cargado con otro contenido que el de este programa: se deja como está",
        vocabulario=nombre,
        version=version,
    )


def _refuse(one: Vocabulary) -> None:
    raise Misconfigured(
        f"{' '.join(one.key)} ya está cargado con otro contenido, y lo que está en uso no se cambia."
        " Cárguelo con otra versión (--version)"
    )
