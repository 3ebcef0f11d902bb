"""What a patient allows and denies, to whom and what for."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0014", "0013"


def upgrade() -> None:
    run_sql("0014_consentimientos")
