"""/api/v1/pacientes/{cedula}/consultas"""

from apiflask import APIBlueprint
from flask import url_for

from historia_clinica.errors import ForeignKeyMissing, NotFound
from historia_clinica.http.authorship import authorship
from historia_clinica.http.conditional import (
    Answer,
    Anulacion,
    VersionQuery,
    meta,
    read,
    wanted_versions,
    written,
)
from historia_clinica.http.context import context
from historia_clinica.http.idempotency import new_id
from historia_clinica.http.pagination import PageQuery, RecordPageQuery, decode_moment, decode_number
from historia_clinica.http.pagination import page as paginate
from historia_clinica.resources.consultas import repository
from historia_clinica.resources.consultas.repository import VERSIONS
from historia_clinica.resources.consultas.schemas import (
    EXAMPLE,
    EXAMPLE_ANNULLED,
    EXAMPLE_ANNULMENT,
    EXAMPLE_ANSWER,
    EXAMPLE_CHANGE,
    EXAMPLE_CHANGED,
    Consulta,
    ConsultaCorregida,
    ConsultaEnRuta,
    ConsultaNueva,
    HistorialConsulta,
    PacienteDeConsultas,
    PaginaConsultas,
    VersionDeConsulta,
)

CURSOR, VERSIONS_CURSOR = "consultas", "consultas-historial"
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
def create(cedula: PacienteDeConsultas, nueva: ConsultaNueva) -> Answer[Consulta]:
    signed = authorship()
    key = {"paciente_id": cedula.cedula, "id": new_id(signed["clave"])}
    with context().database.transaction(paciente=cedula.cedula) as transaction:
        try:
            created = VERSIONS.create(transaction, nueva.model_dump() | signed | key)
        except ForeignKeyMissing as error:
            raise repository.explain(error) from error
    location = url_for("consultas.get", cedula=created.paciente_id, id=created.id)
    return written(Consulta.model_validate(created), created.version, location)


@blueprint.get("/consultas")
@blueprint.input(PacienteDeConsultas, location="path", arg_name="cedula")
@blueprint.input(RecordPageQuery, location="query", arg_name="query")
@blueprint.output(PaginaConsultas, description="Una página de consultas, la más reciente primero")
@blueprint.doc(summary="Listar las consultas del paciente", operation_id="listarConsultas")
def index(cedula: PacienteDeConsultas, query: RecordPageQuery) -> tuple[PaginaConsultas, int, dict[str, str]]:
    before = decode_moment(CURSOR, query.cursor)
    with context().database.transaction(paciente=cedula.cedula) as transaction:
        rows = repository.page(transaction, cedula.cedula, before, query.anulados, query.limite + 1)
        if not rows and not repository.patient_exists(transaction, cedula.cedula):
            raise NotFound("No hay un paciente con esa cédula.")
    page = paginate(rows, query.limite, CURSOR, lambda row: (row.fecha_consulta, row.id))
    shown = [Consulta.model_validate(row) for row in page.rows]
    return PaginaConsultas(consultas=shown, siguiente=page.next_cursor), 200, page.headers


@blueprint.get("/consultas/<id>")
@blueprint.input(ConsultaEnRuta, location="path", arg_name="ruta")
@blueprint.input(VersionQuery, location="query", arg_name="query")
@blueprint.output(Consulta, description="La consulta", example=EXAMPLE_ANSWER)
@blueprint.doc(summary="Leer una consulta del paciente", operation_id="leerConsulta")
def get(ruta: ConsultaEnRuta, query: VersionQuery, **_path: str) -> Answer[Consulta]:
    with context().database.transaction(paciente=ruta.cedula) as transaction:
        found = VERSIONS.find(transaction, ruta.key, query.version, query.en)
    return read(Consulta.model_validate(found), found.version)


@blueprint.put("/consultas/<id>")
@blueprint.input(ConsultaEnRuta, location="path", arg_name="ruta")
@blueprint.input(ConsultaCorregida, arg_name="corregida", example=EXAMPLE_CHANGE)
@blueprint.output(Consulta, description="Consulta corregida", example=EXAMPLE_CHANGED)
@blueprint.doc(
    summary="Corregir una consulta del paciente",
    description="Reemplaza todos los datos: lo que no se envía queda vacío. La versión anterior pasa al historial.",
    operation_id="corregirConsulta",
)
def replace(ruta: ConsultaEnRuta, corregida: ConsultaCorregida, **_path: str) -> Answer[Consulta]:
    wanted = wanted_versions()
    values = corregida.model_dump() | authorship(corregida.motivo)
    with context().database.transaction(paciente=ruta.cedula) as transaction:
        try:
            changed = VERSIONS.replace(transaction, ruta.key, wanted, values)
        except ForeignKeyMissing as error:
            raise repository.explain(error) from error
    return written(Consulta.model_validate(changed), changed.version)


@blueprint.post("/consultas/<id>/anulacion")
@blueprint.input(ConsultaEnRuta, location="path", arg_name="ruta")
@blueprint.input(Anulacion, arg_name="anulacion", example=EXAMPLE_ANNULMENT)
@blueprint.output(Consulta, description="Consulta anulada", example=EXAMPLE_ANNULLED)
@blueprint.doc(
    summary="Anular una consulta del paciente",
    description="Nada se borra: queda anulado, se omite de las listas y se puede seguir leyendo.",
    operation_id="anularConsulta",
)
def annul(ruta: ConsultaEnRuta, anulacion: Anulacion, **_path: str) -> Answer[Consulta]:
    wanted = wanted_versions()
    with context().database.transaction(paciente=ruta.cedula) as transaction:
        annulled = VERSIONS.annul(transaction, ruta.key, wanted, authorship(anulacion.motivo))
    return written(Consulta.model_validate(annulled), annulled.version)


@blueprint.get("/consultas/<id>/historial")
@blueprint.input(ConsultaEnRuta, location="path", arg_name="ruta")
@blueprint.input(PageQuery, location="query", arg_name="query")
@blueprint.output(HistorialConsulta, description="Una página de versiones, la actual primero")
@blueprint.doc(summary="Ver las versiones de una consulta", operation_id="historialConsulta")
def history(ruta: ConsultaEnRuta, query: PageQuery, **_path: str) -> tuple[HistorialConsulta, int, dict[str, str]]:
    before = decode_number(VERSIONS_CURSOR, query.cursor)
    with context().database.transaction(paciente=ruta.cedula) as transaction:
        rows = VERSIONS.history(transaction, ruta.key, before, query.limite + 1)
    page = paginate(rows, query.limite, VERSIONS_CURSOR, lambda version: (version.row.version,))
    shown = [VersionDeConsulta(**meta(one), consulta=Consulta.model_validate(one.row)) for one in page.rows]
    return HistorialConsulta(versiones=shown, siguiente=page.next_cursor), 200, page.headers
