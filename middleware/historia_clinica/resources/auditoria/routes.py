"""/api/v1/auditoria and /api/v1/pacientes/{cedula}/accesos"""

from apiflask import APIBlueprint

from historia_clinica.http import audit
from historia_clinica.http.body import BODY
from historia_clinica.http.context import context
from historia_clinica.http.pagination import PageQuery, decode_number, decode_texts
from historia_clinica.http.pagination import page as paginate
from historia_clinica.records.schemas import PacienteEnRuta
from historia_clinica.records.store import refuse_without_patient
from historia_clinica.resources.auditoria import repository
from historia_clinica.resources.auditoria.schemas import (
    EXAMPLE,
    EXAMPLE_ACCESSES,
    EXAMPLE_PAGE,
    EXAMPLE_VERIFIED,
    Acceso,
    AuditoriaQuery,
    Evento,
    Hallazgo,
    PaginaAccesos,
    PaginaAuditoria,
    Verificacion,
    Verificado,
)

blueprint = APIBlueprint("auditoria", __name__, url_prefix="/api/v1", tag="Auditoría")
accesses = APIBlueprint("accesos", __name__, url_prefix="/api/v1/pacientes/<cedula>", tag="Auditoría")


@blueprint.get("/auditoria")
@blueprint.input(AuditoriaQuery, location="query", arg_name="query")
@blueprint.output(PaginaAuditoria, description="Una página de hechos, el más reciente primero", example=EXAMPLE_PAGE)
@blueprint.doc(
    summary="Ver la auditoría de un paciente",
    description="La cadena de un número, con sus hashes. Los vínculos dicen en qué otra cadena sigue.",
    operation_id="listarAuditoria",
    responses={404: "No existe"},
)
def index(query: AuditoriaQuery) -> tuple[PaginaAuditoria, int, dict[str, str]]:
    before = decode_number(query)
    audit.about(query.paciente)
    with context().database.transaction(paciente=query.paciente) as transaction:
        repository.refuse_unknown(transaction, query.paciente)
        rows = repository.page(transaction, query.paciente, before, query.limite + 1)
    page = paginate(rows, query, lambda row: (row.seq,))
    shown = [Evento.model_validate(row) for row in page.rows]
    return PaginaAuditoria(eventos=shown, siguiente=page.next_cursor), 200, page.headers


@blueprint.post("/auditoria/verificar")
@blueprint.input(Verificacion, arg_name="asked", example=EXAMPLE)
@blueprint.output(Verificado, description="Lo que se halló", example=EXAMPLE_VERIFIED)
@blueprint.doc(
    summary="Verificar la cadena de auditoría de un paciente",
    description="Recalcula los hashes de hasta 5000 filas y, si son las últimas, los compara con la cabeza. Que falte "
    "la cadena entera solo lo dicen los sellos: eso lo mira `historia-hooks verify-audit`.",
    operation_id="verificarAuditoria",
    responses={**BODY, 404: "No existe"},
)
def verify(asked: Verificacion) -> Verificado:
    audit.about(asked.paciente)
    with context().database.transaction(paciente=asked.paciente) as transaction:
        repository.refuse_unknown(transaction, asked.paciente)
        found, last, whole = repository.verify(transaction, asked.paciente, asked.desde)
    return Verificado(
        paciente=asked.paciente,
        desde=asked.desde,
        hasta=last,
        completo=whole,
        estado="alterada" if found else "sana",
        hallazgos=[Hallazgo.model_validate(one) for one in found],
    )


@accesses.get("/accesos")
@accesses.input(PacienteEnRuta, location="path", arg_name="cedula")
@accesses.input(PageQuery, location="query", arg_name="query")
@accesses.output(PaginaAccesos, description="Una página de accesos, el más reciente primero", example=EXAMPLE_ACCESSES)
@accesses.doc(
    summary="Saber quién abrió la historia de un paciente",
    description="También bajo los números que tuvo antes y los de los duplicados que se fusionaron con él.",
    operation_id="listarAccesos",
)
def list_accesses(cedula: PacienteEnRuta, query: PageQuery) -> tuple[PaginaAccesos, int, dict[str, str]]:
    texts = decode_texts(query)
    before = (int(texts[0]), int(texts[1])) if texts else None
    with context().database.transaction(paciente=cedula.cedula) as transaction:
        refuse_without_patient(transaction, {"paciente_id": cedula.cedula})
        rows = repository.accesses(transaction, cedula.cedula, before, query.limite + 1)
    page = paginate(rows, query, lambda row: (str(row[0]), str(row[2].seq)))
    shown = [Acceso.model_validate({**_said(row), "numero": number}) for _, number, row in page.rows]
    return PaginaAccesos(accesos=shown, siguiente=page.next_cursor), 200, page.headers


def _said(row: object) -> dict[str, object]:
    return {name: getattr(row, name) for name in Acceso.model_fields if name != "numero"}
