"""GET / and GET /status, two of the seed's paths, and the probes' /livez and /readyz."""

from apiflask import APIBlueprint

from historia_clinica.errors import Unavailable
from historia_clinica.http.context import context
from historia_clinica.resources.status import repository
from historia_clinica.resources.status.schemas import EXAMPLE, Probe, Problem, Service, Status
from historia_clinica.version import __version__

blueprint = APIBlueprint("status", __name__, tag="Sistema")


@blueprint.get("/")
@blueprint.output(Service, description="El servicio")
@blueprint.doc(summary="Saber que el servicio vive", operation_id="leerServicio")
def index() -> Service:
    return Service(status="healthy", service="middleware-citus", version=__version__)


@blueprint.get("/status")
@blueprint.output(Status, description="El servidor de base de datos", example=EXAMPLE)
@blueprint.doc(summary="Saber cómo está la base de datos", operation_id="leerEstado")
def status() -> Status:
    with context().database.transaction() as transaction:
        server = repository.server(transaction)
        distribution = repository.distribution(transaction) if server.citus_version else None
        schema_version = repository.schema_version(transaction) if server.migrated else None
    problems = context().members.problems() if server.citus_version else []
    return Status(
        status="connected",
        postgres_version=server.postgres_version,
        engine="citus" if distribution and distribution.distributed else "postgresql",
        citus_version=server.citus_version,
        workers=distribution.workers if distribution else 0,
        schema_version=schema_version,
        problems=[Problem.of(member) for member in problems],
    )


@blueprint.get("/livez")
@blueprint.output(Probe, description="Vive")
@blueprint.doc(summary="Sonda de vida; no toca la base de datos", operation_id="sondaVida")
def livez() -> Probe:
    return Probe(status="ok")


@blueprint.get("/readyz")
@blueprint.output(Probe, description="Puede atender")
@blueprint.doc(
    summary="Sonda de disponibilidad: algún nodo que sirve para atender acepta conexiones",
    operation_id="sondaDisponibilidad",
    responses={503: "La base de datos no acepta conexiones"},
)
def readyz() -> Probe:
    if not context().readiness():
        raise Unavailable
    return Probe(status="ok")
