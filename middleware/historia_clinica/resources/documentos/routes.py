"""/api/v1/pacientes/{cedula}/documentos"""

import hashlib
from typing import Any
from urllib.parse import quote

from flask import Response

from historia_clinica.db import Transaction
from historia_clinica.errors import NotFound
from historia_clinica.http.context import context
from historia_clinica.records.place import OF_A_PATIENT
from historia_clinica.records.routes import Resource, blueprint_of
from historia_clinica.records.schemas import RegistroEnRuta
from historia_clinica.resources.documentos.repository import CONTENT, KEEP, STORE, Content
from historia_clinica.resources.documentos.schemas import (
    EXAMPLES,
    MIMES,
    Documento,
    DocumentoCorregido,
    DocumentoNuevo,
)


def _values(sent: DocumentoNuevo) -> dict[str, Any]:
    made = {"bytes": len(sent.contenido), "sha256": hashlib.sha256(sent.contenido).hexdigest()}
    return sent.model_dump(exclude={"contenido"}) | made


def _keep(transaction: Transaction, row: Documento, sent: DocumentoNuevo) -> None:
    transaction.run(KEEP, {"paciente_id": row.paciente_id, "id": row.id, "contenido": sent.contenido})


DOWNLOAD: dict[int | str, Any] = {
    200: {
        "description": "Los bytes, como adjunto",
        "content": {mime: {"schema": {"type": "string", "format": "binary"}} for mime in MIMES},
    }
}
RESOURCE = Resource(STORE, DocumentoNuevo, DocumentoCorregido, Documento, EXAMPLES, values=_values, keep=_keep)
blueprint = blueprint_of(RESOURCE)


@blueprint.get("/documentos/<id>/contenido")
@blueprint.input(RegistroEnRuta, location="path", arg_name="ruta")
@blueprint.doc(
    summary="Descargar el contenido de un documento",
    operation_id="descargarDocumento",
    responses=DOWNLOAD,
)
def content(ruta: RegistroEnRuta, **_path: str) -> Response:
    with context().database.transaction(paciente=ruta.cedula) as transaction:
        found = transaction.row(CONTENT, OF_A_PATIENT.key(ruta), Content)
        if found is None:
            raise NotFound(STORE.versions.missing)
    response = Response(bytes(found.contenido), mimetype=found.mime)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.nombre, safe='')}"
    return response
