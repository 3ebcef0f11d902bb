"""What verifies whose rows a transaction of the API may touch."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0013", "0012"


def upgrade() -> None:
    run_sql("0013_contexto")
