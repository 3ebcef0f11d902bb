"""/api/v1/sesiones: what everybody may do about himself. What is answered is not to be kept by caches: http.headers."""

from apiflask import APIBlueprint

from historia_clinica.errors import FieldError, InvalidInput
from historia_clinica.http import audit
from historia_clinica.http.body import BODY
from historia_clinica.http.context import context
from historia_clinica.http.identity import identified
from historia_clinica.identity.sessions import Given
from historia_clinica.resources.sesiones.schemas import (
    EXAMPLE,
    EXAMPLE_ANSWER,
    EXAMPLE_CHANGE,
    EXAMPLE_LIST,
    EXAMPLE_PROVIDER,
    EXAMPLE_RENEWAL,
    Acceso,
    AccesoConProveedor,
    CambioClave,
    Concedido,
    ListaSesiones,
    Renovacion,
    Sesion,
)

blueprint = APIBlueprint("sesiones", __name__, url_prefix="/api/v1/sesiones", tag="Sesiones")
SAME = FieldError("/clave_nueva", "Es la misma.")
HOLDS_DOCUMENT = FieldError("/clave_nueva", "Lleva su documento.")


@blueprint.post("")
@blueprint.input(Acceso, arg_name="acceso", example=EXAMPLE)
@blueprint.output(Concedido, description="Los tokens de una sesión nueva", example=EXAMPLE_ANSWER)
@blueprint.doc(
    summary="Entrar con documento y contraseña",
    description="También las cuentas de programas, con el secreto que se les dio. La respuesta es la misma, y tarda lo "
    "mismo, si la contraseña no es esa, si era de un solo uso y pasaron siete días, si no hay tal cuenta, si no puede "
    "entrar o si se falló demasiadas veces.",
    operation_id="entrar",
    responses={401: "No se pudo entrar", **BODY},
)
def create(acceso: Acceso) -> Concedido:
    audit.about_somebody(acceso.documento_id)
    given = context().sessions.log_in(acceso.documento_id, acceso.clave)
    audit.about(recurso_id=acceso.documento_id)
    return _shown(given)


@blueprint.post("/oidc")
@blueprint.input(AccesoConProveedor, arg_name="acceso", example=EXAMPLE_PROVIDER)
@blueprint.output(Concedido, description="Los tokens de una sesión nueva", example=EXAMPLE_ANSWER)
@blueprint.doc(
    summary="Entrar con el proveedor de identidad",
    description="Donde la instalación tiene uno (OpenID Connect), para las cuentas que un administrador vinculó. El "
    "ID token se cambia por una sesión de aquí, como la de quien entra con contraseña. La respuesta es la misma si el "
    "token no vale, si ya sirvió, si es de otro, si no hay tal cuenta o si no puede entrar.",
    operation_id="entrarConProveedor",
    responses={401: "No se pudo entrar", 404: "No hay un proveedor de identidad", **BODY},
)
def exchange(acceso: AccesoConProveedor) -> Concedido:
    audit.about_somebody(acceso.documento_id)
    given = context().sessions.log_in_with_provider(acceso.documento_id, acceso.id_token)
    audit.about(recurso_id=acceso.documento_id)
    return _shown(given)


@blueprint.post("/renovacion")
@blueprint.input(Renovacion, arg_name="renovacion", example=EXAMPLE_RENEWAL)
@blueprint.output(Concedido, description="Los tokens siguientes de la sesión", example=EXAMPLE_ANSWER)
@blueprint.doc(
    summary="Pedir los tokens siguientes de una sesión",
    description="Cada token de renovación vale una vez, y unos segundos más por si la respuesta se perdió. Si llega "
    "uno de antes, lo tienen dos y la sesión termina: hay que entrar de nuevo.",
    operation_id="renovarSesion",
    responses={401: "No vale, o la sesión terminó", **BODY},
)
def renew(renovacion: Renovacion) -> Concedido:
    return _shown(context().sessions.renew(renovacion.refresh_token))


@blueprint.delete("/actual")
@blueprint.output({}, 204, description="La sesión terminó")
@blueprint.doc(
    summary="Salir",
    description="La sesión de esta petición termina: sus tokens no valen desde la petición siguiente, en ningún nodo.",
    operation_id="salir",
    responses={401: "Falta autenticación"},
)
def end() -> str:
    context().sessions.log_out(identified())
    return ""


@blueprint.get("")
@blueprint.output(ListaSesiones, description="Las sesiones abiertas, la más reciente primero", example=EXAMPLE_LIST)
@blueprint.doc(
    summary="Listar las sesiones propias que siguen abiertas",
    description="Como mucho las 100 más recientes.",
    operation_id="listarSesiones",
    responses={401: "Falta autenticación"},
)
def index() -> ListaSesiones:
    who = identified()
    found = context().sessions.open(who)
    return ListaSesiones(
        sesiones=[
            Sesion(
                id=one.id,
                actual=one.id == who.sesion,
                creada_en=one.creada_en,
                renovada_en=one.renovada_en,
                expira_en=one.expira_en,
            )
            for one in found
        ]
    )


@blueprint.post("/cierre")
@blueprint.output({}, 204, description="Todas terminaron")
@blueprint.doc(
    summary="Terminar todas las sesiones propias",
    description="También la de esta petición.",
    operation_id="cerrarSesiones",
    responses={401: "Falta autenticación"},
)
def end_all() -> str:
    context().sessions.log_out_everywhere(identified())
    return ""


@blueprint.post("/clave")
@blueprint.input(CambioClave, arg_name="cambio", example=EXAMPLE_CHANGE)
@blueprint.output({}, 204, description="La contraseña es la nueva")
@blueprint.doc(
    summary="Cambiar la contraseña propia",
    description="Las demás sesiones terminan; la de esta petición sigue.",
    operation_id="cambiarClave",
    responses={401: "Falta autenticación", **BODY},
)
def change_password(cambio: CambioClave) -> str:
    who = identified()
    if cambio.clave_nueva == cambio.clave_actual:
        raise InvalidInput(errors=(SAME,))
    if who.usuario.casefold() in cambio.clave_nueva.casefold():
        raise InvalidInput(errors=(HOLDS_DOCUMENT,))
    context().sessions.change_password(who, cambio.clave_actual, cambio.clave_nueva)
    return ""


def _shown(given: Given) -> Concedido:
    return Concedido(
        access_token=given.access_token,
        token_type="Bearer",  # noqa: S106  of the kind of token
        expires_in=given.expires_in,
        refresh_token=given.refresh_token,
        sesion=given.sesion,
        debe_cambiar_clave=given.debe_cambiar_clave,
    )
