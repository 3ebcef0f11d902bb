"""SQL of consents. Policies of the table let those that are in force alone be changed, whatever is asked here."""

from dataclasses import dataclass
from datetime import date

from historia_clinica.db import Scope, Statement, Transaction
from historia_clinica.errors import ConsentRevoked
from historia_clinica.records.noun import Noun
from historia_clinica.records.store import Table, store
from historia_clinica.resources.consentimientos.schemas import Consentimiento
from historia_clinica.versions import since

REVOKE = "revoke"
BORN = Statement("SELECT fecha_nacimiento FROM pacientes WHERE cedula = %(paciente_id)s", Scope.PATIENT)
STORE = store(
    Table(
        Noun("consentimiento", "consentimientos", feminine=False),
        columns=(
            "tipo",
            "decision",
            "categorias",
            "destinatarios",
            "propositos",
            "desde",
            "hasta",
            "calidad",
            "otorgado_por",
            "evidencia_sha256",
        ),
        moment="desde",
        later=("revocado_en",),
        further={REVOKE: {"estado": "'revocado'", "revocado_en": f"greatest(now(), {since()})"}},
        sealed=ConsentRevoked,
    ),
    into=Consentimiento,
)


@dataclass(frozen=True)
class _Born:
    fecha_nacimiento: date | None


def born(transaction: Transaction, paciente_id: str) -> date | None:
    """When the patient was, as far as it is known and there is one."""
    found = transaction.row(BORN, {"paciente_id": paciente_id}, _Born)
    return found.fecha_nacimiento if found else None
