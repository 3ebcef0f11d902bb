"""/api/v1/pacientes"""

from apiflask import APIBlueprint
from flask import url_for

from historia_clinica.errors import Conflict, NotFound
from historia_clinica.http.context import context
from historia_clinica.http.pagination import PageQuery, decode_moment
from historia_clinica.http.pagination import page as paginate
from historia_clinica.resources.pacientes import repository
from historia_clinica.resources.pacientes.schemas import (
    EXAMPLE,
    EXAMPLE_ANSWER,
    Paciente,
    PacienteEnRuta,
    PacienteNuevo,
    PaginaPacientes,
)

CURSOR = "pacientes"
blueprint = APIBlueprint("pacientes", __name__, url_prefix="/api/v1", tag="Pacientes")


@blueprint.post("/pacientes")
@blueprint.input(PacienteNuevo, arg_name="nuevo", example=EXAMPLE)
@blueprint.output(Paciente, status_code=201, description="Paciente registrado", example=EXAMPLE_ANSWER)
@blueprint.doc(
    summary="Registrar un paciente",
    operation_id="crearPaciente",
    responses={400: "Petición mal formada", 409: "Ya existe", 413: "Cuerpo demasiado grande", 415: "No es JSON"},
)
def create(nuevo: PacienteNuevo) -> tuple[Paciente, int, dict[str, str]]:
    with context().database.transaction(paciente=nuevo.cedula) as transaction:
        try:
            created = repository.create(transaction, nuevo.model_dump())
        except Conflict as error:
            raise Conflict("Ya hay un paciente con esa cédula.") from error
    location = url_for("pacientes.get", cedula=created.cedula)
    return Paciente.model_validate(created), 201, {"Location": location}


@blueprint.get("/pacientes")
@blueprint.input(PageQuery, location="query", arg_name="query")
@blueprint.output(PaginaPacientes, description="Una página de pacientes, por orden de registro")
@blueprint.doc(summary="Listar los pacientes", operation_id="listarPacientes")
def index(query: PageQuery) -> tuple[PaginaPacientes, int, dict[str, str]]:
    after = decode_moment(CURSOR, query.cursor)
    with context().database.transaction() as transaction:
        rows = repository.page(transaction, after, query.limite + 1)
    page = paginate(rows, query.limite, CURSOR, lambda row: (row.fecha_registro, row.id))
    shown = [Paciente.model_validate(row) for row in page.rows]
    return PaginaPacientes(pacientes=shown, siguiente=page.next_cursor), 200, page.headers


@blueprint.get("/pacientes/<cedula>")
@blueprint.input(PacienteEnRuta, location="path", arg_name="cedula")
@blueprint.output(Paciente, description="El paciente", example=EXAMPLE_ANSWER)
@blueprint.doc(summary="Leer un paciente", operation_id="leerPaciente")
def get(cedula: PacienteEnRuta) -> Paciente:
    with context().database.transaction(paciente=cedula.cedula) as transaction:
        found = repository.get(transaction, cedula.cedula)
    if found is None:
        raise NotFound("No hay un paciente con esa cédula.")
    return Paciente.model_validate(found)
