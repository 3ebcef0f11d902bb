"""/api/v1/pacientes/{cedula}/fusion, /separacion and /fusiones"""

from apiflask import APIBlueprint

from historia_clinica.audit.entries import Vinculo
from historia_clinica.http import audit, authorization
from historia_clinica.http.authorship import authorship
from historia_clinica.http.conditional import Answer, wanted_versions, written
from historia_clinica.http.context import context, transaction_after_commit
from historia_clinica.http.pagination import PageQuery, decode_moment
from historia_clinica.http.pagination import page as paginate
from historia_clinica.records.schemas import PacienteEnRuta
from historia_clinica.resources.fusiones import repository
from historia_clinica.resources.fusiones.schemas import (
    EXAMPLE,
    EXAMPLE_MERGED,
    EXAMPLE_PAGE,
    EXAMPLE_SEPARATED,
    EXAMPLE_SEPARATION,
    Fusion,
    FusionNueva,
    PaginaFusiones,
    Separacion,
)
from historia_clinica.resources.pacientes.schemas import Paciente

blueprint = APIBlueprint("fusiones", __name__, url_prefix="/api/v1/pacientes/<cedula>", tag="Pacientes")


@blueprint.post("/fusion")
@blueprint.input(PacienteEnRuta, location="path", arg_name="cedula")
@blueprint.input(FusionNueva, arg_name="fusion", example=EXAMPLE)
@blueprint.output(Paciente, description="El paciente que queda, con lo de los dos", example=EXAMPLE_MERGED)
@blueprint.doc(
    summary="Fusionar un paciente duplicado con este",
    description="Todo lo registrado bajo el número del duplicado, con todas sus versiones, pasa a este paciente; ese "
    "número lleva a este (308). El duplicado queda con el estado «fusionado», y las listas lo omiten. `If-Match` dice "
    "la versión del paciente que queda.",
    operation_id="fusionarPacientes",
)
def merge(cedula: PacienteEnRuta, fusion: FusionNueva) -> Answer[Paciente]:
    return _changed(repository.merge, cedula.cedula, fusion, (Vinculo.RECIBE, Vinculo.FUSIONADO_EN))


@blueprint.post("/separacion")
@blueprint.input(PacienteEnRuta, location="path", arg_name="cedula")
@blueprint.input(Separacion, arg_name="separacion", example=EXAMPLE_SEPARATION)
@blueprint.output(Paciente, description="El paciente sin lo del otro", example=EXAMPLE_SEPARATED)
@blueprint.doc(
    summary="Separar un paciente que se fusionó con este",
    description="Lo que vino del duplicado vuelve a él, con las correcciones que tuvo desde entonces, y con lo que se "
    "registró desde entonces y nombra algo suyo. Lo demás se queda. `If-Match` dice la versión del paciente que queda.",
    operation_id="separarPacientes",
)
def split(cedula: PacienteEnRuta, separacion: Separacion) -> Answer[Paciente]:
    return _changed(repository.split, cedula.cedula, separacion, (Vinculo.DEVUELVE, Vinculo.SEPARADO_DE))


def _changed(
    change: repository.Change, cedula: str, asked: FusionNueva | Separacion, ties: tuple[Vinculo, Vinculo]
) -> Answer[Paciente]:
    wanted = wanted_versions()
    signed = authorship(asked.motivo)
    with context().database.transaction() as transaction:
        outcome = change(transaction, cedula, asked.duplicado, wanted, signed)
        if outcome.obstaculo is None:
            audit.about(version=outcome.version)
            audit.joins(ties[0], asked.duplicado, ties[1])
        else:
            audit.not_yet()
    # only what is committed can be read: see the repository
    with transaction_after_commit(cedula) as transaction:
        survivor = repository.survivor(transaction, cedula, outcome, signed)
    shown = authorization.visible(Paciente.model_validate(survivor), "pacientes")
    return written(shown, survivor.version)


@blueprint.get("/fusiones")
@blueprint.input(PacienteEnRuta, location="path", arg_name="cedula")
@blueprint.input(PageQuery, location="query", arg_name="query")
@blueprint.output(PaginaFusiones, description="Una página de fusiones, la más reciente primero", example=EXAMPLE_PAGE)
@blueprint.doc(
    summary="Listar los duplicados que se fusionaron con un paciente",
    description="También los que se separaron después, y los que vinieron con un duplicado.",
    operation_id="listarFusiones",
)
def index(cedula: PacienteEnRuta, query: PageQuery) -> tuple[PaginaFusiones, int, dict[str, str]]:
    before = decode_moment(query)
    with context().database.transaction(paciente=cedula.cedula) as transaction:
        rows = repository.page(transaction, cedula.cedula, before, query.limite + 1)
    page = paginate(rows, query, lambda row: (row.fecha_registro, row.id))
    shown = [authorization.visible(Fusion.model_validate(row), "fusiones") for row in page.rows]
    return PaginaFusiones(fusiones=shown, siguiente=page.next_cursor), 200, page.headers
