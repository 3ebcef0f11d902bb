"""Records that are reserved to their physician."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0016", "0015"


def upgrade() -> None:
    run_sql("0016_reservados")
