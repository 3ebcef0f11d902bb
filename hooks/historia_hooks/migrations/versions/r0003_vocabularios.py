"""The two tables of the vocabularies, bare."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    run_sql("0003_vocabularios")
