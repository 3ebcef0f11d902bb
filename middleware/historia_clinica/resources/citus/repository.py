"""SQL about the nodes."""

from dataclasses import dataclass

from historia_clinica.db import Scope, Statement, Transaction

HAS_CITUS = Statement("SELECT extname FROM pg_catalog.pg_extension WHERE extname = 'citus'", Scope.CLUSTER)
WORKERS = Statement(
    """
    SELECT node_name, node_port::integer AS node_port
      FROM citus_get_active_worker_nodes()
     ORDER BY node_name, node_port
    """,
    Scope.CLUSTER,
)


@dataclass(frozen=True)
class Worker:
    node_name: str
    node_port: int


@dataclass(frozen=True)
class _Extension:
    extname: str


def workers(transaction: Transaction) -> list[Worker]:
    """Empty on plain PostgreSQL, where the extension and its function do not exist."""
    if transaction.row(HAS_CITUS, {}, _Extension) is None:
        return []
    return transaction.rows(WORKERS, {}, Worker)
