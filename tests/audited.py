"""What the audit holds, for tests on one node and on many."""

import contextlib
from collections.abc import Iterator
from typing import Any

from historia_local.nodes import Cluster
from row_contexts import as_the_api

SAID = (
    "paciente_id, seq, usuario_id, rol, accion, recurso, recurso_id, version, proposito, resultado, ip, agente,"
    " peticion_id, consulta, vinculo, vinculado"
)
IN_BOTH = f"""
SELECT {SAID} FROM auditoria WHERE peticion_id = %(peticion)s
 UNION ALL
SELECT {SAID.replace("paciente_id", "cadena")} FROM auditoria_sistema WHERE peticion_id = %(peticion)s
 ORDER BY 1
"""


def query(cluster: Cluster, statement: str, node: Any = None, role: Any = "owner", **values: Any) -> list[Any]:
    """What the API's role asks is about everybody."""
    with as_the_api(cluster, node) if role == "app" else _as_the_owner(cluster, node) as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


@contextlib.contextmanager
def _as_the_owner(cluster: Cluster, node: Any) -> Iterator[Any]:
    with contextlib.closing(cluster.connect(node)) as connection, connection.cursor() as cursor:
        yield cursor


def kept(cluster: Cluster, answer: Any) -> list[dict[str, Any]]:
    """The rows about the request with that answer, in every chain."""
    names = SAID.split(", ")
    found = query(cluster, IN_BOTH, peticion=answer.headers["X-Request-ID"])
    return [dict(zip(names, row, strict=True)) for row in found]


def chain(cluster: Cluster, cedula: str) -> list[int]:
    """The numbers of the rows of a patient's chain."""
    statement = "SELECT seq FROM auditoria WHERE paciente_id = %(cedula)s ORDER BY seq"
    return [seq for (seq,) in query(cluster, statement, cedula=cedula)]
