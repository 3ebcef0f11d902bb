"""Brings the schema to the newest revision with Alembic, each revision in a transaction of its own."""

from functools import partial
from importlib.resources import files

import psycopg2
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from psycopg2.extensions import connection as Connection  # noqa: N812
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from historia_hooks.connections import Nodes
from historia_hooks.errors import MOVES_RUNBOOK, TryAgain
from historia_hooks.jobs import read_balance, watch
from historia_hooks.log import logger
from historia_hooks.state import has_extension, read_revision


def migrate(nodes: Nodes) -> bool:
    """Whether anything changed."""
    revisions = pending(nodes)
    if not revisions:
        logger.info("nada que hacer", orden="migrate")
        return False
    _wait_for_moves(nodes, revisions)
    logger.info("plan", orden="migrate", pasos=[f"aplicar la revisión {revision}" for revision in revisions])
    _upgrade(nodes, _script())
    if left := pending(nodes):
        raise TryAgain(f"migrate: falta aplicar {', '.join(left)}")
    logger.info("hecho", orden="migrate")
    return True


def _wait_for_moves(nodes: Nodes, revisions: tuple[str, ...]) -> None:
    """A table that moves cannot be altered, and whoever wants to read it would queue behind an ALTER that waits."""
    job = read_balance(nodes.coordinator).job if has_extension(nodes.coordinator) else None
    if job is None:
        return
    logger.info("las migraciones esperan a que terminen los movimientos de fragmentos", trabajo=job)
    try:
        watch(nodes, job)
    except TryAgain as error:
        waiting = ", ".join(revisions)
        raise TryAgain(
            f"la revisión {waiting} espera a que terminen los movimientos: {error}. Para no esperar, deténgalos en el"
            f" coordinador con SELECT citus_rebalance_stop(). {MOVES_RUNBOOK}"
        ) from None


def pending(nodes: Nodes) -> tuple[str, ...]:
    """The revisions still to apply, oldest first; none when the database is newer than this program (a rollback)."""
    script = _script()
    known = [revision.revision for revision in script.walk_revisions()][::-1]
    current = read_revision(nodes.coordinator)
    if current is None:
        return tuple(known)
    if current not in known:
        logger.warning("la base de datos es más nueva que este programa: se deja como está", revision=current)
        return ()
    return tuple(known[known.index(current) + 1 :])


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(files("historia_hooks.migrations")))


def _open(nodes: Nodes) -> Connection:
    """Our connections are in autocommit, and SQLAlchemy would leave that as it is: a revision is a transaction."""
    opened = nodes.open_owner(nodes.settings.entrance)
    opened.autocommit = False
    return opened


def _upgrade(nodes: Nodes, script: ScriptDirectory) -> None:
    engine = create_engine(
        "postgresql+psycopg2://",
        creator=partial(_open, nodes),
        poolclass=NullPool,
        use_native_hstore=False,
    )

    context = EnvironmentContext(
        Config(), script, fn=lambda revision, _: script._upgrade_revs("head", revision), destination_rev="head"
    )
    try:
        with context, engine.connect() as connection:
            context.configure(connection=connection, transaction_per_migration=True, version_table_schema="public")
            with context.begin_transaction():
                context.run_migrations()
    except DBAPIError as error:  # the rest of this program knows the driver's errors
        if isinstance(error.orig, psycopg2.Error):
            raise error.orig from None
        raise
