"""/api/v1/usuarios, and GET /usuarios, one of the seed's paths."""

from apiflask import APIBlueprint

from historia_clinica.access.people import ANONYMOUS
from historia_clinica.errors import Unauthorized
from historia_clinica.http import authorization
from historia_clinica.http.context import context
from historia_clinica.http.identity import persona
from historia_clinica.records.place import on_a_roster
from historia_clinica.records.routes import Resource, blueprint_of
from historia_clinica.resources.usuarios import repository
from historia_clinica.resources.usuarios.repository import STORE
from historia_clinica.resources.usuarios.schemas import (
    EXAMPLES,
    Usuario,
    UsuarioCorregido,
    UsuarioEnRuta,
    UsuarioNuevo,
    UsuariosHeredados,
)

RESOURCE = Resource(
    STORE,
    UsuarioNuevo,
    UsuarioCorregido,
    Usuario,
    EXAMPLES,
    place=on_a_roster(UsuarioEnRuta, {"documento_id": "documento_id"}),
)
blueprint = blueprint_of(RESOURCE)
inherited = APIBlueprint("usuarios-heredados", __name__, tag="Sistema")


@inherited.get("/usuarios")
@inherited.output(UsuariosHeredados, description="Los usuarios")
@inherited.doc(
    summary="Listar los usuarios, como en el laboratorio",
    description="Sin los anulados. Sin identificarse solo responde si la instalación lo permite "
    "(HISTORIA_COMPAT_ANONYMOUS_USUARIOS).",
    operation_id="listarUsuariosHeredado",
    responses={401: "Falta autenticación"},
)
def index() -> UsuariosHeredados:
    if persona() is ANONYMOUS and not context().settings.historia_compat_anonymous_usuarios:
        raise Unauthorized
    with context().database.transaction() as transaction:
        shown = [authorization.visible(one, RESOURCE.noun.members) for one in repository.list_all(transaction)]
    return UsuariosHeredados(usuarios=shown)
