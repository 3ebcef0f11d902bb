"""/api/v1/gobierno"""

from apiflask import APIBlueprint

from historia_clinica import permissions
from historia_clinica.http.context import context
from historia_clinica.resources.gobierno.schemas import EXAMPLE, Matriz, Permiso, Rol

blueprint = APIBlueprint("gobierno", __name__, url_prefix="/api/v1/gobierno", tag="Gobierno")


@blueprint.get("/matriz")
@blueprint.output(Matriz, description="La matriz de acceso en vigor", example=EXAMPLE)
@blueprint.doc(
    summary="Leer la matriz de acceso",
    description="Qué puede hacer cada rol, sobre qué y con qué condición, tal como la tiene la base de datos.",
    operation_id="leerMatriz",
)
def index() -> Matriz:
    with context().database.transaction() as transaction:
        in_force = transaction.row(permissions.IN_FORCE, {}, permissions.InForce)
        roles = transaction.rows(permissions.ROLES, {}, permissions.Role)
        rows = permissions.rows(transaction)
    return Matriz(
        version=in_force and in_force.version,
        sha256=in_force and in_force.sha256,
        vigente_desde=in_force and in_force.fecha_registro,
        roles=[Rol.model_validate(one) for one in roles],
        permisos=[Permiso.model_validate(one) for one in rows],
    )
