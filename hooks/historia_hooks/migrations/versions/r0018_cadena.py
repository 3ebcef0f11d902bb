"""The same work to add to a chain, whoever's number it is."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0018", "0017"


def upgrade() -> None:
    run_sql("0018_cadena")
