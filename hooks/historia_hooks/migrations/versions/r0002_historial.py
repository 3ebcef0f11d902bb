"""Who wrote each row, when and why; the tables of former rows."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    run_sql("0002_historial")
