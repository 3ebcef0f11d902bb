"""/api/v1/medicos"""

from collections.abc import Iterator
from contextlib import contextmanager

from apiflask import APIBlueprint
from flask import url_for

from historia_clinica.errors import Annulled, Conflict
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
from historia_clinica.http.pagination import PageQuery, RecordPageQuery, decode_number
from historia_clinica.http.pagination import page as paginate
from historia_clinica.resources.medicos import repository
from historia_clinica.resources.medicos.repository import VERSIONS
from historia_clinica.resources.medicos.schemas import (
    EXAMPLE,
    EXAMPLE_ANNULLED,
    EXAMPLE_ANNULMENT,
    EXAMPLE_ANSWER,
    EXAMPLE_CHANGE,
    EXAMPLE_CHANGED,
    HistorialMedico,
    Medico,
    MedicoCorregido,
    MedicoEnRuta,
    MedicoNuevo,
    PaginaMedicos,
    VersionDeMedico,
)

blueprint = APIBlueprint("medicos", __name__, url_prefix="/api/v1", tag="Médicos")


@contextmanager
def _one_code() -> Iterator[None]:
    try:
        yield
    except Annulled:
        raise
    except Conflict as error:
        raise Conflict("Ya hay un médico con ese código.") from error


@blueprint.post("/medicos")
@blueprint.input(MedicoNuevo, arg_name="nuevo", example=EXAMPLE)
@blueprint.output(Medico, status_code=201, description="Médico registrado", example=EXAMPLE_ANSWER)
@blueprint.doc(
    summary="Registrar un médico",
    operation_id="crearMedico",
    responses={400: "Petición mal formada", 409: "Ya existe", 413: "Cuerpo demasiado grande", 415: "No es JSON"},
)
def create(nuevo: MedicoNuevo) -> Answer[Medico]:
    with context().database.transaction() as transaction, _one_code():
        created = VERSIONS.create(transaction, nuevo.model_dump() | authorship())
    return written(Medico.model_validate(created), created.version, url_for("medicos.get", id=created.id))


@blueprint.get("/medicos")
@blueprint.input(RecordPageQuery, location="query", arg_name="query")
@blueprint.output(PaginaMedicos, description="Una página de médicos, por orden de registro")
@blueprint.doc(summary="Listar los médicos", operation_id="listarMedicos")
def index(query: RecordPageQuery) -> tuple[PaginaMedicos, int, dict[str, str]]:
    after = decode_number(query)
    with context().database.transaction() as transaction:
        rows = repository.page(transaction, after, query.anulados, query.limite + 1)
    page = paginate(rows, query, lambda row: (row.id,))
    shown = [Medico.model_validate(row) for row in page.rows]
    return PaginaMedicos(medicos=shown, siguiente=page.next_cursor), 200, page.headers


@blueprint.get("/medicos/<id>")
@blueprint.input(MedicoEnRuta, location="path", arg_name="ruta")
@blueprint.input(VersionQuery, location="query", arg_name="query")
@blueprint.output(Medico, description="El médico", example=EXAMPLE_ANSWER)
@blueprint.doc(summary="Leer un médico", operation_id="leerMedico")
def get(ruta: MedicoEnRuta, query: VersionQuery, **_path: str) -> Answer[Medico]:
    with context().database.transaction() as transaction:
        found = VERSIONS.find(transaction, ruta.model_dump(), query.version, query.en)
    return read(Medico.model_validate(found), found.version)


@blueprint.put("/medicos/<id>")
@blueprint.input(MedicoEnRuta, location="path", arg_name="ruta")
@blueprint.input(MedicoCorregido, arg_name="corregido", example=EXAMPLE_CHANGE)
@blueprint.output(Medico, description="Médico corregido", example=EXAMPLE_CHANGED)
@blueprint.doc(
    summary="Corregir un médico",
    description="Reemplaza todos los datos: lo que no se envía queda vacío. La versión anterior pasa al historial.",
    operation_id="corregirMedico",
)
def replace(ruta: MedicoEnRuta, corregido: MedicoCorregido, **_path: str) -> Answer[Medico]:
    wanted = wanted_versions()
    values = corregido.model_dump() | authorship(corregido.motivo)
    with context().database.transaction() as transaction, _one_code():
        changed = VERSIONS.replace(transaction, ruta.model_dump(), wanted, values)
    return written(Medico.model_validate(changed), changed.version)


@blueprint.post("/medicos/<id>/anulacion")
@blueprint.input(MedicoEnRuta, location="path", arg_name="ruta")
@blueprint.input(Anulacion, arg_name="anulacion", example=EXAMPLE_ANNULMENT)
@blueprint.output(Medico, description="Médico anulado", example=EXAMPLE_ANNULLED)
@blueprint.doc(
    summary="Anular un médico",
    description="Nada se borra: queda anulado, se omite de las listas y se puede seguir leyendo.",
    operation_id="anularMedico",
)
def annul(ruta: MedicoEnRuta, anulacion: Anulacion, **_path: str) -> Answer[Medico]:
    wanted = wanted_versions()
    with context().database.transaction() as transaction:
        annulled = VERSIONS.annul(transaction, ruta.model_dump(), wanted, authorship(anulacion.motivo))
    return written(Medico.model_validate(annulled), annulled.version)


@blueprint.get("/medicos/<id>/historial")
@blueprint.input(MedicoEnRuta, location="path", arg_name="ruta")
@blueprint.input(PageQuery, location="query", arg_name="query")
@blueprint.output(HistorialMedico, description="Una página de versiones, la actual primero")
@blueprint.doc(summary="Ver las versiones de un médico", operation_id="historialMedico")
def history(ruta: MedicoEnRuta, query: PageQuery, **_path: str) -> tuple[HistorialMedico, int, dict[str, str]]:
    before = decode_number(query)
    with context().database.transaction() as transaction:
        rows = VERSIONS.history(transaction, ruta.model_dump(), before, query.limite + 1)
    page = paginate(rows, query, lambda version: (version.row.version,))
    shown = [VersionDeMedico(**meta(one), medico=Medico.model_validate(one.row)) for one in page.rows]
    return HistorialMedico(versiones=shown, siguiente=page.next_cursor), 200, page.headers
