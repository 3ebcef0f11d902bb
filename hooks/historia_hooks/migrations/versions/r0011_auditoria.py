"""The audit: chains of rows that are only added, their heads, the one function that adds, and the seals."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0011", "0010"


def upgrade() -> None:
    run_sql("0011_auditoria")
