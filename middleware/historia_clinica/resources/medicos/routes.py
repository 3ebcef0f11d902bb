"""/api/v1/medicos"""

from apiflask import APIBlueprint
from flask import url_for

from historia_clinica.errors import Conflict, NotFound
from historia_clinica.http.context import context
from historia_clinica.http.pagination import PageQuery, decode_number
from historia_clinica.http.pagination import page as paginate
from historia_clinica.resources.medicos import repository
from historia_clinica.resources.medicos.schemas import (
    EXAMPLE,
    EXAMPLE_ANSWER,
    Medico,
    MedicoEnRuta,
    MedicoNuevo,
    PaginaMedicos,
)

CURSOR = "medicos"
blueprint = APIBlueprint("medicos", __name__, url_prefix="/api/v1", tag="Médicos")


@blueprint.post("/medicos")
@blueprint.input(MedicoNuevo, arg_name="nuevo", example=EXAMPLE)
@blueprint.output(Medico, status_code=201, description="Médico registrado", example=EXAMPLE_ANSWER)
@blueprint.doc(
    summary="Registrar un médico",
    operation_id="crearMedico",
    responses={400: "Petición mal formada", 409: "Ya existe", 413: "Cuerpo demasiado grande", 415: "No es JSON"},
)
def create(nuevo: MedicoNuevo) -> tuple[Medico, int, dict[str, str]]:
    with context().database.transaction() as transaction:
        try:
            created = repository.create(transaction, nuevo.model_dump())
        except Conflict as error:
            raise Conflict("Ya hay un médico con ese código.") from error
    return Medico.model_validate(created), 201, {"Location": url_for("medicos.get", id=created.id)}


@blueprint.get("/medicos")
@blueprint.input(PageQuery, location="query", arg_name="query")
@blueprint.output(PaginaMedicos, description="Una página de médicos, por orden de registro")
@blueprint.doc(summary="Listar los médicos", operation_id="listarMedicos")
def index(query: PageQuery) -> tuple[PaginaMedicos, int, dict[str, str]]:
    after = decode_number(CURSOR, query.cursor)
    with context().database.transaction() as transaction:
        rows = repository.page(transaction, after, query.limite + 1)
    page = paginate(rows, query.limite, CURSOR, lambda row: (row.id,))
    shown = [Medico.model_validate(row) for row in page.rows]
    return PaginaMedicos(medicos=shown, siguiente=page.next_cursor), 200, page.headers


@blueprint.get("/medicos/<id>")
@blueprint.input(MedicoEnRuta, location="path", arg_name="id")
@blueprint.output(Medico, description="El médico", example=EXAMPLE_ANSWER)
@blueprint.doc(summary="Leer un médico", operation_id="leerMedico")
def get(id: MedicoEnRuta) -> Medico:  # noqa: A002 the name of the path's parameter
    with context().database.transaction() as transaction:
        found = repository.get(transaction, id.id)
    if found is None:
        raise NotFound("No hay un médico con ese número.")
    return Medico.model_validate(found)
