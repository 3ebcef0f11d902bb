"""GET /usuarios, one of the seed's paths."""

from apiflask import APIBlueprint

from historia_clinica.errors import Unauthorized
from historia_clinica.http.context import context
from historia_clinica.resources.usuarios import repository
from historia_clinica.resources.usuarios.schemas import Usuario, Usuarios

blueprint = APIBlueprint("usuarios", __name__, tag="Sistema")


@blueprint.get("/usuarios")
@blueprint.output(Usuarios, description="Los usuarios")
@blueprint.doc(
    summary="Listar los usuarios",
    description="Sin identificarse solo responde si la instalación lo permite (HISTORIA_COMPAT_ANONYMOUS_USUARIOS).",
    operation_id="listarUsuarios",
    responses={401: "Falta autenticación"},
)
def index() -> Usuarios:
    if not context().settings.historia_compat_anonymous_usuarios:
        raise Unauthorized
    with context().database.transaction() as transaction:
        rows = repository.list_all(transaction)
    return Usuarios(usuarios=[Usuario.model_validate(row) for row in rows])
