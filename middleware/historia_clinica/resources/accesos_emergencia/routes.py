"""/api/v1/pacientes/{cedula}/acceso-emergencia and /api/v1/accesos-emergencia

Who breaks the glass may see the patient for a while, in that session alone, and somebody else reviews why.
"""

from apiflask import APIBlueprint
from flask import Response, url_for

from historia_clinica.access.people import Persona
from historia_clinica.errors import Forbidden, NotFound
from historia_clinica.http import audit, authorization, idempotency, problems, purpose
from historia_clinica.http.body import BODY
from historia_clinica.http.context import context
from historia_clinica.http.identity import identified, persona
from historia_clinica.http.pagination import PageQuery, decode_moment
from historia_clinica.http.pagination import page as paginate
from historia_clinica.records.schemas import PacienteEnRuta, RegistroEnRuta
from historia_clinica.resources.accesos_emergencia import repository
from historia_clinica.resources.accesos_emergencia.schemas import (
    EXAMPLE,
    EXAMPLE_ANSWER,
    EXAMPLE_PAGE,
    EXAMPLE_QUEUE,
    EXAMPLE_REVIEW,
    EXAMPLE_REVIEWED,
    AccesoEmergencia,
    AccesoEmergenciaNuevo,
    ColaQuery,
    PaginaAccesosEmergencia,
    RevisionNueva,
)

NAME = "accesos_emergencia"
ONE = "/pacientes/<cedula>/acceso-emergencia"
IN_A_SESSION = "El acceso de emergencia es de una persona, en la sesión que abrió al entrar."
Headers = dict[str, str]
Page = tuple[PaginaAccesosEmergencia, int, Headers]

blueprint = APIBlueprint(NAME, __name__, url_prefix="/api/v1", tag="Acceso de emergencia")
ASKED = {**BODY, 401: "Falta autenticación"}


@blueprint.post(ONE)
@blueprint.input(PacienteEnRuta, location="path", arg_name="ruta")
@blueprint.input(AccesoEmergenciaNuevo, arg_name="nuevo", example=EXAMPLE)
@blueprint.output(AccesoEmergencia, 201, description="El acceso y hasta cuándo vale", example=EXAMPLE_ANSWER)
@blueprint.doc(
    summary="Abrir la historia de un paciente en una emergencia",
    description="Para quien atiende y no tiene una relación de atención con él, o a quien él negó algo: la ve hasta "
    "`expira`, en esta sesión. Lo que haga entretanto con ese paciente queda en la auditoría con el propósito BTG, y "
    "otra persona lo revisa.",
    operation_id="abrirEnEmergencia",
    responses={**ASKED, 404: "No existe"},
)
def create(
    ruta: PacienteEnRuta, nuevo: AccesoEmergenciaNuevo, **_path: str
) -> tuple[AccesoEmergencia, int, Headers] | Response:
    who = _in_a_session()
    key = idempotency.key(who.usuario)
    values = {
        **nuevo.model_dump(),
        "paciente_id": ruta.cedula,
        "id": idempotency.new_id(key),
        "usuario_id": who.usuario,
        "sesion": who.sesion,
        "minutos": context().settings.historia_emergency_minutes,
        "huella": idempotency.fingerprint() if key else None,
    }
    purpose.broke_the_glass()
    try:
        with context().database.transaction(paciente=ruta.cedula) as transaction:
            made = repository.create(transaction, values)
            audit.about(recurso_id=made.id)
    except NotFound as error:
        # not raised: a former number would lead to the one of today without any access being made
        return problems.answer(error)
    return _shown(made), 201, {"Location": url_for(f"{NAME}.get", cedula=made.paciente_id, id=made.id)}


@blueprint.get(ONE)
@blueprint.input(PacienteEnRuta, location="path", arg_name="ruta")
@blueprint.input(PageQuery, location="query", arg_name="query")
@blueprint.output(
    PaginaAccesosEmergencia, description="Una página de accesos, el más reciente primero", example=EXAMPLE_PAGE
)
@blueprint.doc(
    summary="Listar los accesos de emergencia a un paciente",
    description="Quien atiende ve los suyos.",
    operation_id="listarAccesosEmergencia",
)
def index(ruta: PacienteEnRuta, query: PageQuery, **_path: str) -> Page:
    moment, identifier = decode_moment(query)
    before = {"before_moment": moment, "before_id": identifier}
    with context().database.transaction(paciente=ruta.cedula) as transaction:
        rows = repository.page(transaction, ruta.cedula, _whose(), before, query.limite + 1)
    return _page(rows, query)


@blueprint.get(f"{ONE}/<id>")
@blueprint.input(RegistroEnRuta, location="path", arg_name="ruta")
@blueprint.output(AccesoEmergencia, description="El acceso de emergencia", example=EXAMPLE_REVIEWED)
@blueprint.doc(summary="Leer un acceso de emergencia", operation_id="leerAccesoEmergencia")
def get(ruta: RegistroEnRuta, **_path: str) -> AccesoEmergencia:
    with context().database.transaction(paciente=ruta.cedula) as transaction:
        return _shown(repository.get(transaction, ruta.cedula, ruta.id, _whose()))


@blueprint.post(f"{ONE}/<id>/revision")
@blueprint.input(RegistroEnRuta, location="path", arg_name="ruta")
@blueprint.input(RevisionNueva, arg_name="revision", example=EXAMPLE_REVIEW)
@blueprint.output(AccesoEmergencia, description="El acceso revisado", example=EXAMPLE_REVIEWED)
@blueprint.doc(
    summary="Revisar un acceso de emergencia",
    description="Una sola vez, y nunca quien abrió la historia.",
    operation_id="revisarAccesoEmergencia",
    responses={**ASKED, 409: "Ya se revisó"},
)
def review(ruta: RegistroEnRuta, revision: RevisionNueva, **_path: str) -> AccesoEmergencia:
    by = identified().usuario
    with context().database.transaction(paciente=ruta.cedula) as transaction:
        return _shown(repository.review(transaction, ruta.cedula, ruta.id, by, revision.model_dump()))


@blueprint.get("/accesos-emergencia")
@blueprint.input(ColaQuery, location="query", arg_name="query")
@blueprint.output(
    PaginaAccesosEmergencia, description="Una página de accesos, el más antiguo primero", example=EXAMPLE_QUEUE
)
@blueprint.doc(
    summary="Listar los accesos de emergencia de todos los pacientes",
    description="Con `pendientes=true`, la cola de quien los revisa.",
    operation_id="colaAccesosEmergencia",
)
def queue(query: ColaQuery) -> Page:
    moment, identifier = decode_moment(query)
    after = {"after_moment": moment, "after_id": identifier}
    with context().database.transaction() as transaction:
        rows = repository.queue(transaction, after, query.limite + 1, pending=query.pendientes)
    return _page(rows, query)


def _in_a_session() -> Persona:
    """Raises Unauthorized where nobody asks, Forbidden for a program: it has scopes and needs no emergency."""
    who = identified()
    if who.rol is None or who.sesion is None:
        raise Forbidden(IN_A_SESSION)
    return who


def _whose() -> str | None:
    """Whose accesses alone may be seen; None: everybody's."""
    return persona().usuario if authorization.decision().solo_autor else None


def _page(rows: list[repository.Acceso], query: PageQuery) -> Page:
    page = paginate(rows, query, lambda row: (row.inicio, row.id))
    shown = [_shown(row) for row in page.rows]
    return PaginaAccesosEmergencia(accesos_emergencia=shown, siguiente=page.next_cursor), 200, page.headers


def _shown(row: repository.Acceso) -> AccesoEmergencia:
    said = {name: getattr(row, name) for name in AccesoEmergencia.model_fields}
    return authorization.visible(AccesoEmergencia.model_validate(said), NAME)
