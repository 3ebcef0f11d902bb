"""What is noted when all is well: which nodes were found so, and how many patients each shard holds."""

import psycopg2

from historia_hooks import ledger
from historia_hooks.apply import Transaction
from historia_hooks.connections import Nodes
from historia_hooks.log import logger


def take_census(nodes: Nodes) -> None:
    """At the end of a command that has done its work: what fails here is only said."""
    coordinator, settings = nodes.coordinator, nodes.settings
    try:
        if ledger.observe(coordinator) is None:
            return
        ledger.see(coordinator, (settings.coordinator, *settings.workers))
        with Transaction(coordinator):
            ledger.count_patients(coordinator)
    except psycopg2.Error as error:
        said = error.diag.message_primary or "se perdió la conexión"
        logger.warning("los pacientes de cada fragmento no se contaron: queda la cuenta anterior", motivo=said)
