"""One person under two numbers: the rows of one patient go to the other, and back again."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0007", "0006"


def upgrade() -> None:
    run_sql("0007_fusion")
