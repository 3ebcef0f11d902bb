"""Alembic loads these files by path."""
