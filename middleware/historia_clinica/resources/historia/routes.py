"""/api/v1/pacientes/{cedula}/historia"""

from typing import Any

from apiflask import APIBlueprint
from pydantic import TypeAdapter

from historia_clinica.errors import NO_PATIENT, NotFound
from historia_clinica.http import authorization
from historia_clinica.http.context import context
from historia_clinica.http.fields import Schema
from historia_clinica.records.schemas import PacienteEnRuta
from historia_clinica.resources.historia import repository
from historia_clinica.resources.historia.kinds import RESOURCES
from historia_clinica.resources.historia.schemas import EXAMPLE, Historia
from historia_clinica.resources.pacientes.schemas import Paciente


def _many(into: Any) -> TypeAdapter[list[Any]]:
    return TypeAdapter(list[into])


ROWS = {resource.noun.members: _many(resource.store.into) for resource in RESOURCES}
MEMBERS = {"paciente": "pacientes"} | {name: name for name in ROWS}  # of the answer, and the resource of each
blueprint = APIBlueprint("historia", __name__, url_prefix="/api/v1/pacientes/<cedula>", tag="Pacientes")


@blueprint.get("/historia")
@blueprint.input(PacienteEnRuta, location="path", arg_name="cedula")
@blueprint.output(Historia, description="El paciente y lo que hay de él", example=EXAMPLE)
@blueprint.doc(
    summary="Leer la historia completa de un paciente",
    description="El paciente y sus registros vigentes de cada clase, el más reciente primero, tal como estaban en un "
    "mismo instante. Lo anulado se omite. Lo que el paciente negó a quien pide falta, y `negados` lo nombra.",
    operation_id="leerHistoria",
)
def read(cedula: PacienteEnRuta) -> Schema:
    with context().database.transaction(paciente=cedula.cedula) as transaction:
        found: dict[str, str] = transaction.rows(repository.READ, cedula.model_dump(), dict)[0]
        if found["paciente"] is None:
            raise NotFound(NO_PATIENT)
    unreadable = {member for member, name in MEMBERS.items() if not authorization.may_read(name)}
    records = {
        resource.noun.members: [
            resource.shown(row) for row in ROWS[resource.noun.members].validate_json(found[resource.noun.members])
        ]
        for resource in RESOURCES
    }
    patient = authorization.visible(Paciente.model_validate_json(found["paciente"]), "pacientes")
    withheld = [name for name in records if authorization.denied(name)]
    whole: Schema = Historia(paciente=patient, **records, negados=withheld)
    return authorization.without(whole, authorization.hidden("historia") | unreadable)
