"""/api/v1/pacientes/{cedula}/notas"""

import hashlib
from typing import Any

from flask import request

from historia_clinica.db import Parameters, Transaction
from historia_clinica.errors import FieldError, InvalidInput
from historia_clinica.http import audit, authorization
from historia_clinica.http.authorship import authorship
from historia_clinica.http.conditional import Answer, wanted_versions, written
from historia_clinica.http.context import context
from historia_clinica.http.fields import Schema
from historia_clinica.records.place import OF_A_PATIENT
from historia_clinica.records.routes import Resource, blueprint_of
from historia_clinica.records.schemas import RegistroEnRuta
from historia_clinica.records.store import refuse_without_patient
from historia_clinica.resources.notas.repository import IS_SIGNED, NOTA, SIGN, STORE
from historia_clinica.resources.notas.schemas import EXAMPLE_SIGNED, EXAMPLES, Nota, NotaCorregida, NotaNueva

NO_AUTHOR = FieldError("/medico_id", "La nota no dice quién es su autor: corríjala antes de firmarla.")
NO_BODY = "La firma no lleva datos: lo que se firma es la nota como está."


def _check_addendum(transaction: Transaction, paciente_id: str, sent: NotaNueva | NotaCorregida) -> None:
    if sent.adenda_de is not None:
        named = {"paciente_id": paciente_id, "id": sent.adenda_de}
        if transaction.row(IS_SIGNED, named, dict) is None:
            refuse_without_patient(transaction, named)  # who is not there, or no longer, is said before what is not
            raise InvalidInput(errors=(FieldError("/adenda_de", NOTA["adenda_de"]),))


def _signature(current: Parameters) -> dict[str, Any]:
    """Of the text that is signed, as it is stored: PostgreSQL's own convert_to may not be run on shards."""
    authorization.owned(current)
    if current["medico_id"] is None:
        raise InvalidInput(errors=(NO_AUTHOR,))
    return {"sha256": hashlib.sha256(str(current["texto"]).encode()).hexdigest()}


RESOURCE = Resource(STORE, NotaNueva, NotaCorregida, Nota, EXAMPLES, _check_addendum)
blueprint = blueprint_of(RESOURCE)


@blueprint.post("/notas/<id>/firma")
@blueprint.input(RegistroEnRuta, location="path", arg_name="ruta")
@blueprint.output(Nota, description="Nota firmada", example=EXAMPLE_SIGNED)
@blueprint.doc(
    summary="Firmar una nota del paciente",
    description="Sin cuerpo. La nota firmada ya no se cambia ni se anula: se corrige con una adenda.",
    operation_id="firmarNota",
)
def sign(ruta: RegistroEnRuta, **_path: str) -> Answer[Schema]:
    wanted = wanted_versions()
    if request.get_data() and request.get_json():
        raise InvalidInput(NO_BODY)
    with context().database.transaction(paciente=ruta.cedula) as transaction:
        signed = STORE.versions.change(transaction, SIGN, OF_A_PATIENT.key(ruta), wanted, authorship(), _signature)
        audit.about(version=signed.version)
    return written(RESOURCE.shown(signed), signed.version)
