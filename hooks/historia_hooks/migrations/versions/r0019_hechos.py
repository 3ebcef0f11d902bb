"""What is known of a person and a patient, in a call that needs no transaction around it."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0019", "0018"


def upgrade() -> None:
    run_sql("0019_hechos")
