"""Loads the laboratory's sample rows, all invented. Loading them again changes nothing."""

from importlib.resources import files

from historia_hooks.apply import Transaction
from historia_hooks.connections import Nodes
from historia_hooks.log import logger
from historia_hooks.migrations import statements
from historia_hooks.state import query

ROWS = """
SELECT (SELECT count(*) FROM public.usuario) + (SELECT count(*) FROM public.medicos)
     + (SELECT count(*) FROM public.pacientes) + (SELECT count(*) FROM public.consultas)
"""


def load_sample(nodes: Nodes) -> None:
    text = (files("historia_hooks") / "sample_data.sql").read_text(encoding="utf-8")
    connection = nodes.coordinator
    [(before,)] = query(connection, ROWS)
    with Transaction(connection), connection.cursor() as cursor:
        cursor.execute("SET LOCAL citus.multi_shard_modify_mode TO 'sequential'")
        for statement in statements(text):
            cursor.execute(statement)
    [(after,)] = query(connection, ROWS)  # Citus counts the rows of INSERT … SELECT that met a conflict, too
    rows = after - before
    logger.info("datos de ejemplo cargados" if rows else "datos de ejemplo: nada que hacer", filas=rows)
