"""What the policies ask about reserved records, and what is known of a person and a patient, in one call."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0017", "0016"


def upgrade() -> None:
    run_sql("0017_funciones")
