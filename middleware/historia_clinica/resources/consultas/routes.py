"""/api/v1/pacientes/{cedula}/consultas"""

from apiflask import APIBlueprint
from flask import url_for

from historia_clinica.errors import ForeignKeyMissing, NotFound
from historia_clinica.http.context import context
from historia_clinica.http.pagination import PageQuery, decode_moment
from historia_clinica.http.pagination import page as paginate
from historia_clinica.resources.consultas import repository
from historia_clinica.resources.consultas.schemas import (
    EXAMPLE,
    EXAMPLE_ANSWER,
    Consulta,
    ConsultaEnRuta,
    ConsultaNueva,
    PacienteDeConsultas,
    PaginaConsultas,
)

CURSOR = "consultas"
blueprint = APIBlueprint("consultas", __name__, url_prefix="/api/v1/pacientes/<cedula>", tag="Consultas")


@blueprint.post("/consultas")
@blueprint.input(PacienteDeConsultas, location="path", arg_name="cedula")
@blueprint.input(ConsultaNueva, arg_name="nueva", example=EXAMPLE)
@blueprint.output(Consulta, status_code=201, description="Consulta registrada", example=EXAMPLE_ANSWER)
@blueprint.doc(
    summary="Registrar una consulta del paciente",
    operation_id="crearConsulta",
    responses={400: "Petición mal formada", 413: "Cuerpo demasiado grande", 415: "No es JSON"},
)
def create(cedula: PacienteDeConsultas, nueva: ConsultaNueva) -> tuple[Consulta, int, dict[str, str]]:
    with context().database.transaction(paciente=cedula.cedula) as transaction:
        try:
            created = repository.create(transaction, cedula.cedula, nueva.model_dump())
        except ForeignKeyMissing as error:
            raise repository.explain(error) from error
    location = url_for("consultas.get", cedula=created.paciente_id, id=created.id)
    return Consulta.model_validate(created), 201, {"Location": location}


@blueprint.get("/consultas")
@blueprint.input(PacienteDeConsultas, location="path", arg_name="cedula")
@blueprint.input(PageQuery, location="query", arg_name="query")
@blueprint.output(PaginaConsultas, description="Una página de consultas, la más reciente primero")
@blueprint.doc(summary="Listar las consultas del paciente", operation_id="listarConsultas")
def index(cedula: PacienteDeConsultas, query: PageQuery) -> tuple[PaginaConsultas, int, dict[str, str]]:
    before = decode_moment(CURSOR, query.cursor)
    with context().database.transaction(paciente=cedula.cedula) as transaction:
        rows = repository.page(transaction, cedula.cedula, before, query.limite + 1)
        if not rows and not repository.patient_exists(transaction, cedula.cedula):
            raise NotFound("No hay un paciente con esa cédula.")
    page = paginate(rows, query.limite, CURSOR, lambda row: (row.fecha_consulta, row.id))
    shown = [Consulta.model_validate(row) for row in page.rows]
    return PaginaConsultas(consultas=shown, siguiente=page.next_cursor), 200, page.headers


@blueprint.get("/consultas/<id>")
@blueprint.input(ConsultaEnRuta, location="path", arg_name="ruta")
@blueprint.output(Consulta, description="La consulta", example=EXAMPLE_ANSWER)
@blueprint.doc(summary="Leer una consulta del paciente", operation_id="leerConsulta")
def get(ruta: ConsultaEnRuta, **_path: str) -> Consulta:
    with context().database.transaction(paciente=ruta.cedula) as transaction:
        found = repository.get(transaction, ruta.cedula, ruta.id)
    if found is None:
        raise NotFound("No hay una consulta de ese paciente con ese identificador.")
    return Consulta.model_validate(found)
