"""/api/v1/pacientes/{cedula}/consentimientos

Registered where papers are signed, and by patients for themselves. What is denied is looked at with each request
(access/consent.py): nothing has to be done here for it to hold, or to hold no longer.
"""

from datetime import UTC, datetime

from historia_clinica.access.consent import is_minor
from historia_clinica.access.people import Rol
from historia_clinica.db import Transaction
from historia_clinica.errors import FieldError, Forbidden, InvalidInput
from historia_clinica.http import audit, authorization
from historia_clinica.http.authorship import authorship
from historia_clinica.http.conditional import Answer, wanted_versions, written
from historia_clinica.http.context import context
from historia_clinica.http.fields import Schema
from historia_clinica.http.identity import persona
from historia_clinica.records.place import OF_A_PATIENT
from historia_clinica.records.routes import Resource, blueprint_of
from historia_clinica.records.schemas import RegistroEnRuta
from historia_clinica.records.store import is_user, refuse_without_patient
from historia_clinica.resources.consentimientos.repository import REVOKE, STORE, born
from historia_clinica.resources.consentimientos.schemas import (
    EXAMPLE_REVOCATION,
    EXAMPLE_REVOKED,
    EXAMPLES,
    Consentimiento,
    ConsentimientoCorregido,
    ConsentimientoNuevo,
    Revocacion,
)

A_MINOR = FieldError("/calidad", "El paciente es menor de edad ese día: lo otorga un representante.")
NO_USER = "No hay un usuario activo con ese documento, ni un rol que se llame así."
BY_A_REPRESENTATIVE = "Es menor de edad: lo revoca su representante, donde se registró."


def _check(transaction: Transaction, paciente_id: str, sent: ConsentimientoNuevo | ConsentimientoCorregido) -> None:
    """Whoever gives it must be able to, and whom it names must be somebody: a slip would deny it to nobody."""
    signed = min(sent.desde or datetime.now(UTC), datetime.now(UTC))  # it may hold from a later day on
    wrong = []
    if sent.calidad == "titular" and _is_minor(transaction, paciente_id, signed):
        wrong.append(A_MINOR)
    # Whoever may not read the users is not told by this who is one.
    if authorization.may_read("usuarios"):
        named = enumerate(sent.destinatarios)
        unknown = [at for at, one in named if one not in set(Rol) and not is_user(transaction, one)]
        wrong += [FieldError(f"/destinatarios/{at}", NO_USER) for at in unknown]
    if wrong:
        refuse_without_patient(transaction, {"paciente_id": paciente_id})  # said before what is not there either
        raise InvalidInput(errors=tuple(wrong))


def _is_minor(transaction: Transaction, paciente_id: str, moment: datetime) -> bool:
    day = born(transaction, paciente_id)
    return day is not None and is_minor(day, moment)


RESOURCE = Resource(STORE, ConsentimientoNuevo, ConsentimientoCorregido, Consentimiento, EXAMPLES, _check)
blueprint = blueprint_of(RESOURCE)


@blueprint.post("/consentimientos/<id>/revocacion")
@blueprint.input(RegistroEnRuta, location="path", arg_name="ruta")
@blueprint.input(Revocacion, arg_name="revocacion", example=EXAMPLE_REVOCATION)
@blueprint.output(Consentimiento, description="Consentimiento revocado", example=EXAMPLE_REVOKED)
@blueprint.doc(
    summary="Revocar un consentimiento del paciente",
    description="Deja de valer desde la petición siguiente, y ya no se cambia ni se anula: si el paciente decide otra "
    "cosa, se registra otro.",
    operation_id="revocarConsentimiento",
)
def revoke(ruta: RegistroEnRuta, revocacion: Revocacion, **_path: str) -> Answer[Schema]:
    wanted = wanted_versions()
    with context().database.transaction(paciente=ruta.cedula) as transaction:
        if persona().rol is Rol.PACIENTE and _is_minor(transaction, ruta.cedula, datetime.now(UTC)):
            raise Forbidden(BY_A_REPRESENTATIVE)
        signed = authorship(revocacion.motivo)
        key = OF_A_PATIENT.key(ruta)
        revoked = STORE.versions.change(transaction, REVOKE, key, wanted, signed, authorization.owned)
        audit.about(version=revoked.version)
    return written(RESOURCE.shown(revoked), revoked.version)
