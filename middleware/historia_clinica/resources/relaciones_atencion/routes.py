"""/api/v1/pacientes/{cedula}/relaciones-atencion

Registered by those who receive a patient, never by those who attend: the matrix allows no physician to write one, and
what a physician writes about a patient makes none. It ends by a correction that says when.
"""

from historia_clinica.db import Transaction
from historia_clinica.errors import FieldError, InvalidInput
from historia_clinica.records.routes import Resource, blueprint_of
from historia_clinica.records.store import is_user, refuse_without_patient
from historia_clinica.resources.relaciones_atencion.repository import STORE
from historia_clinica.resources.relaciones_atencion.schemas import (
    EXAMPLES,
    RelacionAtencion,
    RelacionAtencionCorregida,
    RelacionAtencionNueva,
)

NO_USER = FieldError("/usuario_id", "No hay un usuario activo con ese documento.")


def _check_user(
    transaction: Transaction, paciente_id: str, sent: RelacionAtencionNueva | RelacionAtencionCorregida
) -> None:
    """Nobody attends whose account is made later: a slip in the number would wait for whoever gets it."""
    if isinstance(sent, RelacionAtencionCorregida):
        return
    if not is_user(transaction, sent.usuario_id):
        refuse_without_patient(transaction, {"paciente_id": paciente_id})  # said before what is not there either
        raise InvalidInput(errors=(NO_USER,))


RESOURCE = Resource(
    STORE, RelacionAtencionNueva, RelacionAtencionCorregida, RelacionAtencion, EXAMPLES, check=_check_user
)
blueprint = blueprint_of(RESOURCE)
