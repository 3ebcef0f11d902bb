"""SQL of the audit."""

from dataclasses import asdict
from typing import Any

from historia_clinica.audit.entries import Chain, Entry, Tie
from historia_clinica.db import Parameters, Scope, Statement, Transaction
from historia_clinica.errors import AuditUnavailable, HistoriaError, Unavailable

# The function goes to the node of the chain, in the transaction of whoever calls it: see the revision 0011.
APPEND = Statement(
    """
    SELECT anotar_auditoria(%(cadena)s, %(sistema)s, %(conocido)s, %(usuario_id)s, %(rol)s, %(accion)s, %(recurso)s,
                            %(recurso_id)s, %(version)s::integer, %(proposito)s, %(resultado)s, %(ip)s, %(agente)s,
                            %(peticion_id)s, %(consulta)s, %(vinculo)s, %(vinculado)s) AS seq
    """,
    Scope.PATIENT,
)
# Runs as the owner, like the change before it in the same transaction, which is of two patients.
APPEND_TIED = Statement(
    """
    SELECT anotar_vinculo(%(paciente)s, %(otro)s, %(aqui)s, %(alla)s, %(usuario_id)s, %(rol)s, %(accion)s, %(recurso)s,
                          %(recurso_id)s, %(version)s::integer, %(proposito)s, %(resultado)s, %(ip)s, %(agente)s,
                          %(peticion_id)s, %(consulta)s)::text AS anotado
    """,
    Scope.CLUSTER,
)


def append(transaction: Transaction, chain: Chain, entry: Entry, *, known: bool) -> bool:
    """False where nobody has that number and `known` does not say otherwise. Raises Unavailable."""
    said = {"cadena": chain.name, "sistema": chain.system, "conocido": known, "vinculo": None, "vinculado": None}
    return _run(transaction, APPEND, asdict(entry) | said)["seq"] is not None


def append_tied(transaction: Transaction, entry: Entry, paciente: str, tie: Tie) -> None:
    """To the chains of both. Raises Unavailable."""
    said = {"paciente": paciente, "otro": tie.number, "aqui": tie.here, "alla": tie.there}
    _run(transaction, APPEND_TIED, asdict(entry) | said)


def _run(transaction: Transaction, statement: Statement, parameters: Parameters) -> dict[str, Any]:
    try:
        return transaction.rows(statement, parameters, dict)[0]
    except Unavailable:
        raise
    except HistoriaError as error:
        raise AuditUnavailable from error
