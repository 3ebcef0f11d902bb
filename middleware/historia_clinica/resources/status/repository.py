"""SQL about the server. Asks first what exists, so that it answers with and without Citus and the schema."""

from dataclasses import dataclass

from historia_clinica.db import Scope, Statement, Transaction

SERVER = Statement(
    """
    SELECT version() AS postgres_version,
           (SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'citus') AS citus_version,
           coalesce(has_table_privilege(to_regclass('public.alembic_version'), 'SELECT'), false) AS migrated
    """,
    Scope.CLUSTER,
)
DISTRIBUTION = Statement(
    """
    SELECT (SELECT count(*) FROM citus_get_active_worker_nodes()) AS workers,
           EXISTS (SELECT FROM pg_catalog.pg_dist_partition
                    WHERE logicalrelid = to_regclass('public.pacientes')) AS distributed
    """,
    Scope.CLUSTER,
)
SCHEMA_VERSION = Statement("SELECT version_num FROM public.alembic_version", Scope.CLUSTER)


@dataclass(frozen=True)
class Server:
    postgres_version: str
    citus_version: str | None
    migrated: bool


@dataclass(frozen=True)
class Distribution:
    workers: int
    distributed: bool


@dataclass(frozen=True)
class SchemaVersion:
    version_num: str


def server(transaction: Transaction) -> Server:
    return transaction.rows(SERVER, {}, Server)[0]


def distribution(transaction: Transaction) -> Distribution:
    return transaction.rows(DISTRIBUTION, {}, Distribution)[0]


def schema_version(transaction: Transaction) -> str | None:
    found = transaction.row(SCHEMA_VERSION, {}, SchemaVersion)
    return found.version_num if found else None
