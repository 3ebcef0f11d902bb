"""Entry with the identity provider of the hospital: whose account is whose there, and which tokens have been used."""

from historia_hooks.migrations import run_sql

revision, down_revision = "0015", "0014"


def upgrade() -> None:
    run_sql("0015_proveedor")
