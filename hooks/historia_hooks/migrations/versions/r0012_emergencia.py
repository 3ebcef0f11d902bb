"""Emergency accesses to a patient's record, and the one review that each gets."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0012", "0011"


def upgrade() -> None:
    run_sql("0012_emergencia")
