"""Ends what an earlier `make up` left by pid files and names alone: its state may be unreadable, its programs gone."""

from pathlib import Path

from historia_local.containers import had_containers, prefix_of, remove_containers, remove_volumes
from historia_local.docker import answers
from historia_local.errors import LocalError
from historia_local.programs import stop_api
from historia_local.server import stop_server
from historia_local.state import remove


def end_all(folder: Path, *, data: bool) -> None:
    """Stop everything, clients first; with `data` nothing is left of it. LocalError last if Docker was needed."""
    stop_api(folder)
    for node in sorted(folder.glob("nodes/*")):  # the coordinator, then the workers
        stop_server(node, immediate=data)
    trouble = _end_containers(folder, data=data)
    if data:
        remove(folder)
    if trouble:
        raise LocalError(trouble)


def _end_containers(folder: Path, *, data: bool) -> str:
    """What may be left where Docker does not answer, as a sentence; empty: nothing."""
    if not answers():
        kept = f"Docker no responde y puede conservar contenedores y volúmenes {prefix_of(folder)}*."
        return kept if had_containers(folder) else ""
    remove_containers(folder)
    if data:
        remove_volumes(folder)
    return ""
