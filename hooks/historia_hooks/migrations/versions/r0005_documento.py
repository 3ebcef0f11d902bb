"""The whole record of a patient moves to another cédula; the former number leads to it."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0005", "0004"


def upgrade() -> None:
    run_sql("0005_documento")
