"""/api/v1/vocabularios"""

from apiflask import APIBlueprint

from historia_clinica.db import Transaction
from historia_clinica.errors import NotFound
from historia_clinica.http.context import context
from historia_clinica.http.pagination import decode_texts
from historia_clinica.http.pagination import page as paginate
from historia_clinica.resources.vocabularios import repository
from historia_clinica.resources.vocabularios.schemas import (
    EXAMPLE,
    EXAMPLE_LIST,
    EXAMPLE_PAGE,
    Concepto,
    ConceptoEnRuta,
    ConceptosQuery,
    PaginaConceptos,
    VersionQuery,
    Vocabulario,
    VocabularioEnRuta,
    Vocabularios,
)

blueprint = APIBlueprint("vocabularios", __name__, url_prefix="/api/v1", tag="Vocabularios")


@blueprint.get("/vocabularios")
@blueprint.output(Vocabularios, description="Los vocabularios cargados, con su fuente y licencia", example=EXAMPLE_LIST)
@blueprint.doc(summary="Listar los vocabularios y sus versiones", operation_id="listarVocabularios")
def index() -> Vocabularios:
    with context().database.transaction() as transaction:
        rows = repository.list_all(transaction)
    return Vocabularios(vocabularios=[Vocabulario.model_validate(row) for row in rows])


@blueprint.get("/vocabularios/<nombre>/conceptos")
@blueprint.input(VocabularioEnRuta, location="path", arg_name="ruta")
@blueprint.input(ConceptosQuery, location="query", arg_name="query")
@blueprint.output(PaginaConceptos, description="Una página de conceptos, por código", example=EXAMPLE_PAGE)
@blueprint.doc(summary="Buscar conceptos de un vocabulario", operation_id="buscarConceptos")
def concepts(
    ruta: VocabularioEnRuta, query: ConceptosQuery, **_path: str
) -> tuple[PaginaConceptos, int, dict[str, str]]:
    """A cursor holds its version: the pages of a list are of one version, also when another is loaded meanwhile."""
    version, after = decode_texts(query) or (query.version, None)
    wanted = repository.Wanted(query.codigo, query.buscar)
    with context().database.transaction() as transaction:
        key = _version(transaction, ruta.nombre, version)
        rows = repository.page(transaction, key, wanted, after, query.limite + 1)
    page = paginate(rows, query, lambda row: (row.version, row.codigo))
    shown = [Concepto.model_validate(row) for row in page.rows]
    return PaginaConceptos(conceptos=shown, siguiente=page.next_cursor), 200, page.headers


@blueprint.get("/vocabularios/<nombre>/conceptos/<codigo>")
@blueprint.input(ConceptoEnRuta, location="path", arg_name="ruta")
@blueprint.input(VersionQuery, location="query", arg_name="query")
@blueprint.output(Concepto, description="El concepto, también si ya no está vigente", example=EXAMPLE)
@blueprint.doc(summary="Leer un concepto", operation_id="leerConcepto")
def get(ruta: ConceptoEnRuta, query: VersionQuery, **_path: str) -> Concepto:
    with context().database.transaction() as transaction:
        found = repository.get(transaction, _version(transaction, ruta.nombre, query.version), ruta.codigo)
    if found is None:
        raise NotFound("No hay un concepto con ese código en ese vocabulario.")
    return Concepto.model_validate(found)


def _version(transaction: Transaction, nombre: str, wanted: str | None) -> tuple[str, str]:
    found = repository.version(transaction, nombre, wanted)
    if found is None:
        raise NotFound("No hay un vocabulario con ese nombre, o no está cargada esa versión.")
    return nombre, found
