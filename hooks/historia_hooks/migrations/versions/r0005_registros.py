"""Records of a patient of each kind, and the tables of their former rows, bare."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0005", "0003"


def upgrade() -> None:
    run_sql("0005_registros")
