"""Records of a patient of each kind, and the tables of their former rows, bare."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0006", "0005"


def upgrade() -> None:
    run_sql("0006_registros")
