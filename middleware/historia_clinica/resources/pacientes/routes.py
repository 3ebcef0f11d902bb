"""/api/v1/pacientes"""

from typing import Any

from historia_clinica.audit.entries import Vinculo
from historia_clinica.errors import FieldError, InvalidInput
from historia_clinica.http import audit, authorization
from historia_clinica.http.authorship import authorship
from historia_clinica.http.conditional import Answer, wanted_versions, written
from historia_clinica.http.context import context, transaction_after_commit
from historia_clinica.http.pagination import PageQuery, decode_moment
from historia_clinica.records.place import API, Place
from historia_clinica.records.routes import Listing, Resource, blueprint_of
from historia_clinica.records.schemas import PacienteEnRuta
from historia_clinica.resources.pacientes import repository
from historia_clinica.resources.pacientes.repository import STORE, VERSIONS
from historia_clinica.resources.pacientes.schemas import (
    EXAMPLE_NUMBER,
    EXAMPLE_NUMBERED,
    EXAMPLES,
    CambioDeDocumento,
    Paciente,
    PacienteCorregido,
    PacienteNuevo,
    PacientesQuery,
)
from historia_clinica.words import as_query

SPOKEN_OF = {
    "nombre": frozenset({"nombre", "apellido"}),
    "documento": frozenset({"cedula"}),
    "fecha_nacimiento": frozenset({"fecha_nacimiento"}),
}


def _after(query: PageQuery) -> dict[str, Any]:
    """Every search has the order of the list, so a cursor holds nothing of what is searched."""
    moment, identifier = decode_moment(query)
    return {"after_moment": moment, "after_id": identifier}


def _asked(query: PacientesQuery) -> dict[str, Any]:
    """Which patients: words of the name, each perhaps cut short; the beginning of the cédula; the date of birth; and of
    those, whoever asks may see.
    """
    authorization.refuse_search(SPOKEN_OF, query, STORE.noun.members)
    return {
        "anulados": query.anulados,
        "words": as_query(query.nombre) if query.nombre else None,
        "documento": query.documento,
        "fecha_nacimiento": query.fecha_nacimiento,
        **authorization.reach(),
    }


RESOURCE = Resource(
    STORE,
    PacienteNuevo,
    PacienteCorregido,
    Paciente,
    EXAMPLES,
    place=Place(API, PacienteEnRuta, {"cedula": "cedula"}, _after, patient="cedula"),
    listing=Listing(
        PacientesQuery,
        _asked,
        summary="Listar o buscar pacientes",
        description="Sin condiciones los da todos; con varias, los que cumplen todas.",
    ),
)
blueprint = blueprint_of(RESOURCE)


@blueprint.post("/pacientes/<cedula>/cambio-documento")
@blueprint.input(PacienteEnRuta, location="path", arg_name="cedula")
@blueprint.input(CambioDeDocumento, arg_name="cambio", example=EXAMPLE_NUMBER)
@blueprint.output(Paciente, description="El paciente con su número nuevo", example=EXAMPLE_NUMBERED)
@blueprint.doc(
    summary="Cambiar el número de documento de un paciente",
    description="Pasa la historia entera, con todas sus versiones, al número nuevo. El anterior lleva a él (308) "
    "mientras no se registre otro paciente con él.",
    operation_id="cambiarDocumento",
)
def change_number(cedula: PacienteEnRuta, cambio: CambioDeDocumento) -> Answer[Paciente]:
    wanted = wanted_versions()
    signed = authorship(cambio.motivo)
    if cambio.cedula == cedula.cedula:
        raise InvalidInput(errors=(FieldError("/cedula", "Es el número que ya tiene."),))
    with context().database.transaction() as transaction:
        version = repository.change_number(transaction, cedula.cedula, cambio.cedula, wanted, signed)
        if version is None:
            audit.not_yet()
        else:
            audit.about(version=version)
            audit.joins(Vinculo.PASA_A, cambio.cedula, Vinculo.VIENE_DE)
    # only what is committed can be read: see the repository
    with transaction_after_commit(cedula.cedula if version is None else cambio.cedula) as transaction:
        if version is None:
            moved = repository.changed_before(transaction, cedula.cedula, wanted, signed)
        else:
            moved = VERSIONS.find(transaction, {"cedula": cambio.cedula}, version)
    shown = authorization.visible(Paciente.model_validate(moved), STORE.noun.members)
    return written(shown, moved.version)
