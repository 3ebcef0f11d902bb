"""What patients are searched by: indexes alone."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0004", "0003"


def upgrade() -> None:
    run_sql("0004_busqueda")
