"""/api/v1/pacientes"""

from apiflask import APIBlueprint
from flask import url_for

from historia_clinica.errors import Conflict, FieldError, InvalidInput
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
from historia_clinica.http.pagination import PageQuery, decode_moment, decode_number
from historia_clinica.http.pagination import page as paginate
from historia_clinica.resources.pacientes import repository
from historia_clinica.resources.pacientes.repository import VERSIONS
from historia_clinica.resources.pacientes.schemas import (
    EXAMPLE,
    EXAMPLE_ANNULLED,
    EXAMPLE_ANNULMENT,
    EXAMPLE_ANSWER,
    EXAMPLE_CHANGE,
    EXAMPLE_CHANGED,
    EXAMPLE_NUMBER,
    EXAMPLE_NUMBERED,
    CambioDeDocumento,
    HistorialPaciente,
    Paciente,
    PacienteCorregido,
    PacienteEnRuta,
    PacienteNuevo,
    PacientesQuery,
    PaginaPacientes,
    VersionDePaciente,
)

blueprint = APIBlueprint("pacientes", __name__, url_prefix="/api/v1", tag="Pacientes")


@blueprint.post("/pacientes")
@blueprint.input(PacienteNuevo, arg_name="nuevo", example=EXAMPLE)
@blueprint.output(Paciente, status_code=201, description="Paciente registrado", example=EXAMPLE_ANSWER)
@blueprint.doc(
    summary="Registrar un paciente",
    operation_id="crearPaciente",
    responses={400: "Petición mal formada", 409: "Ya existe", 413: "Cuerpo demasiado grande", 415: "No es JSON"},
)
def create(nuevo: PacienteNuevo) -> Answer[Paciente]:
    with context().database.transaction(paciente=nuevo.cedula) as transaction:
        try:
            created = VERSIONS.create(transaction, nuevo.model_dump() | authorship())
        except Conflict as error:
            raise Conflict("Ya hay un paciente con esa cédula.") from error
    location = url_for("pacientes.get", cedula=created.cedula)
    return written(Paciente.model_validate(created), created.version, location)


@blueprint.get("/pacientes")
@blueprint.input(PacientesQuery, location="query", arg_name="query")
@blueprint.output(PaginaPacientes, description="Una página de pacientes, por orden de registro")
@blueprint.doc(
    summary="Listar o buscar pacientes",
    description="Sin condiciones los da todos; con varias, los que cumplen todas.",
    operation_id="listarPacientes",
)
def index(query: PacientesQuery) -> tuple[PaginaPacientes, int, dict[str, str]]:
    """Every search has the order of the list, so a cursor holds nothing of what is searched."""
    after = decode_moment(query)
    wanted = repository.Wanted(query.nombre, query.documento, query.fecha_nacimiento, query.anulados)
    with context().database.transaction() as transaction:
        rows = repository.page(transaction, after, wanted, query.limite + 1)
    page = paginate(rows, query, lambda row: (row.fecha_registro, row.id))
    shown = [Paciente.model_validate(row) for row in page.rows]
    return PaginaPacientes(pacientes=shown, siguiente=page.next_cursor), 200, page.headers


@blueprint.get("/pacientes/<cedula>")
@blueprint.input(PacienteEnRuta, location="path", arg_name="cedula")
@blueprint.input(VersionQuery, location="query", arg_name="query")
@blueprint.output(Paciente, description="El paciente", example=EXAMPLE_ANSWER)
@blueprint.doc(summary="Leer un paciente", operation_id="leerPaciente")
def get(cedula: PacienteEnRuta, query: VersionQuery) -> Answer[Paciente]:
    with context().database.transaction(paciente=cedula.cedula) as transaction:
        found = VERSIONS.find(transaction, cedula.model_dump(), query.version, query.en)
    return read(Paciente.model_validate(found), found.version)


@blueprint.put("/pacientes/<cedula>")
@blueprint.input(PacienteEnRuta, location="path", arg_name="cedula")
@blueprint.input(PacienteCorregido, arg_name="corregido", example=EXAMPLE_CHANGE)
@blueprint.output(Paciente, description="Paciente corregido", example=EXAMPLE_CHANGED)
@blueprint.doc(
    summary="Corregir un paciente",
    description="Reemplaza todos los datos: lo que no se envía queda vacío. La versión anterior pasa al historial.",
    operation_id="corregirPaciente",
)
def replace(cedula: PacienteEnRuta, corregido: PacienteCorregido) -> Answer[Paciente]:
    wanted = wanted_versions()
    values = corregido.model_dump() | authorship(corregido.motivo)
    with context().database.transaction(paciente=cedula.cedula) as transaction:
        changed = VERSIONS.replace(transaction, cedula.model_dump(), wanted, values)
    return written(Paciente.model_validate(changed), changed.version)


@blueprint.post("/pacientes/<cedula>/anulacion")
@blueprint.input(PacienteEnRuta, location="path", arg_name="cedula")
@blueprint.input(Anulacion, arg_name="anulacion", example=EXAMPLE_ANNULMENT)
@blueprint.output(Paciente, description="Paciente anulado", example=EXAMPLE_ANNULLED)
@blueprint.doc(
    summary="Anular un paciente",
    description="Nada se borra: queda anulado, se omite de las listas y se puede seguir leyendo.",
    operation_id="anularPaciente",
)
def annul(cedula: PacienteEnRuta, anulacion: Anulacion) -> Answer[Paciente]:
    wanted = wanted_versions()
    with context().database.transaction(paciente=cedula.cedula) as transaction:
        annulled = VERSIONS.annul(transaction, cedula.model_dump(), wanted, authorship(anulacion.motivo))
    return written(Paciente.model_validate(annulled), annulled.version)


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
    database = context().database
    with database.transaction() as transaction:
        version = repository.change_number(transaction, cedula.cedula, cambio.cedula, wanted, signed)
    # only what is committed can be read: see the repository
    with database.transaction() as transaction:
        if version is None:
            moved = repository.changed_before(transaction, cedula.cedula, wanted, signed)
        else:
            moved = VERSIONS.find(transaction, {"cedula": cambio.cedula}, version)
    return written(Paciente.model_validate(moved), moved.version)


@blueprint.get("/pacientes/<cedula>/historial")
@blueprint.input(PacienteEnRuta, location="path", arg_name="cedula")
@blueprint.input(PageQuery, location="query", arg_name="query")
@blueprint.output(HistorialPaciente, description="Una página de versiones, la actual primero")
@blueprint.doc(summary="Ver las versiones de un paciente", operation_id="historialPaciente")
def history(cedula: PacienteEnRuta, query: PageQuery) -> tuple[HistorialPaciente, int, dict[str, str]]:
    before = decode_number(query)
    with context().database.transaction(paciente=cedula.cedula) as transaction:
        rows = VERSIONS.history(transaction, cedula.model_dump(), before, query.limite + 1)
    page = paginate(rows, query, lambda version: (version.row.version,))
    shown = [VersionDePaciente(**meta(one), paciente=Paciente.model_validate(one.row)) for one in page.rows]
    return HistorialPaciente(versiones=shown, siguiente=page.next_cursor), 200, page.headers
