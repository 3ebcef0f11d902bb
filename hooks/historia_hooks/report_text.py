"""The report as a table for people, within 100 columns while names are short enough, and as plain values. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from historia_hooks.addresses import DEFAULT_PORT
from historia_hooks.report import Node, Report
from historia_hooks.units import decimal, size

ENGINES = {"citus": "Citus", "postgresql": "PostgreSQL", "unknown": "desconocido"}
IDENTITIES = {"ok": "la misma", "changed": "CAMBIÓ", "unreachable": "NO RESPONDE", "unrecorded": "sin anotar"}
HEAD = ("nodo", "papel", "identidad", "estado", "fragmentos", "tamaño", "pacientes", "%")
NUMBERS = {"fragmentos", "tamaño", "pacientes", "%"}
NOTHING = "–"


def render(report: Report) -> str:
    names = short_names([node.address.name for node in report.nodes])
    rows = [HEAD, *(_row(node, names[node.address.name], report) for node in report.nodes)]
    return "\n".join([*_top(report), "", *_aligned(rows), "", *_bottom(report, names)])


def short_names(names: list[str]) -> dict[str, str]:
    """Host names by what tells them apart: the pod's alone where that is enough; addresses in numbers stay whole."""
    first = {name: name if name.replace(".", "").isdecimal() else name.partition(".")[0] for name in names}
    return first if len(set(first.values())) == len(first) else {name: name for name in names}


def as_values(report: Report) -> dict[str, Any]:
    """What `--json` prints."""
    moves = report.moves
    return {
        "engine": report.engine,
        "citus_version": report.citus_version,
        "schema_version": report.revision,
        "nodes": [_node_values(node) for node in report.nodes],
        "patients_counted": report.patients_counted,
        "skew": report.skew,
        "moves": moves
        and {
            "job": moves.job,
            "state": moves.state,
            "done": moves.done,
            "total": moves.total,
            "seconds": moves.seconds,
            "bytes_copied": moves.bytes_copied,
            "bytes_total": moves.bytes_total,
            "groups_per_minute": moves.groups_per_minute,
            "complaint": moves.complaint or None,
        },
        "pending_cleanup": report.pending_cleanup,
        "tables": dict(report.tables),
        "wanted_workers": [str(one.address) for one in report.nodes if one.role == "worker" and one.wanted],
        "state": report.verdict.state,
        "verdict": report.verdict.sentence,
    }


def _node_values(node: Node) -> dict[str, Any]:
    return {
        "node": str(node.address),
        "name": node.address.name,
        "port": node.address.port,
        "role": node.role,
        "wanted": node.wanted,
        "registered": node.registered,
        "identity": node.identity,
        "reason": node.reason or None,
        "active": node.active,
        "metadata_synced": node.metadata_synced,
        "should_have_shards": node.should_have_shards,
        "shards": node.shards,
        "bytes": node.bytes,
        "patients": node.patients,
        "share": node.share,
    }


def _top(report: Report) -> Iterator[str]:
    version = f" {report.citus_version}" if report.citus_version else ""
    yield f"Motor     {ENGINES[report.engine]}{version if report.engine == 'citus' else ''}"
    yield f"Revisión  {report.revision or NOTHING}"


def _row(node: Node, name: str, report: Report) -> tuple[str, ...]:
    single = report.engine == "postgresql" and not node.registered and node.role == "coordinator"
    port = "" if node.address.port == DEFAULT_PORT else f":{node.address.port}"
    return (
        name + port,
        "único" if single else "coordinador" if node.role == "coordinator" else "worker",
        IDENTITIES[node.identity] if node.registered or single or node.reason else NOTHING,
        "activo" if single else _state(node),
        NOTHING if single else str(node.shards),
        NOTHING if node.bytes is None else size(node.bytes),
        NOTHING if node.patients is None else str(node.patients),
        NOTHING if node.share is None else decimal(node.share),
    )


def _state(node: Node) -> str:
    """What is not as it should be, or that it is."""
    if not node.registered:
        return "sin registrar"
    wrong = [
        "" if node.active else "inactivo",
        "" if node.metadata_synced else "sin metadatos",
        "" if node.wanted else "sobra",
    ]
    return ", ".join(filter(None, wrong)) or "activo"


def _aligned(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, HEAD, widths, strict=True)
        yield "  ".join(
            cell.rjust(width) if title in NUMBERS else cell.ljust(width) for cell, title, width in cells
        ).rstrip()


def _bottom(report: Report, names: Mapping[str, str]) -> Iterator[str]:
    ends = {node.address.name.removeprefix(names[node.address.name]): node.role for node in report.nodes}
    for end, role in ends.items():
        if end:
            yield f"Nombres   {'el coordinador termina' if role == 'coordinator' else 'los workers terminan'} en {end}"
    if report.patients_counted == "ledger":
        yield "Pacientes los del último recuento (sync o drain): no se puede preguntar a todos los nodos"
    if report.skew is not None:
        yield f"Desvío    {decimal(report.skew, 2)} (el worker con más, entre la media; 1 es parejo)"
    if moves := report.moves:
        copied = (
            ""
            if moves.bytes_total is None
            else f", {size(moves.bytes_copied or 0)} de {size(moves.bytes_total)} en curso"
        )
        rate = f", {decimal(moves.groups_per_minute)} por minuto" if moves.groups_per_minute else ""
        yield f"Traslado  trabajo {moves.job} ({moves.state}): {moves.done}/{moves.total} grupos{copied}{rate}"
    if report.pending_cleanup:
        yield f"Limpieza  {report.pending_cleanup} restos por borrar"
    yield f"Veredicto {report.verdict.sentence}"
