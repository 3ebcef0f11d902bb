"""Who may do what, as rows; and which user attends which patient, which is what most of those rows ask."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0010", "0009"


def upgrade() -> None:
    run_sql("0010_matriz")
