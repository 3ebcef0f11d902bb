"""Who wrote each user, when and why; the table of their former rows."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0008", "0007"


def upgrade() -> None:
    run_sql("0008_usuarios")
