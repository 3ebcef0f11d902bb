"""GET /citus/workers, one of the seed's paths."""

from apiflask import APIBlueprint

from historia_clinica.http.context import context
from historia_clinica.resources.citus import repository
from historia_clinica.resources.citus.schemas import EXAMPLE, WorkerDetail, Workers

blueprint = APIBlueprint("citus", __name__, tag="Sistema")


@blueprint.get("/citus/workers")
@blueprint.output(Workers, description="Los workers activos, por nombre", example=EXAMPLE)
@blueprint.doc(summary="Listar los workers", operation_id="listarNodos")
def index() -> Workers:
    with context().database.transaction() as transaction:
        workers = repository.workers(transaction)
    members = context().members.nodes() if workers else ()
    return Workers(
        workers=[(worker.node_name, worker.node_port) for worker in workers],
        detail=[WorkerDetail.of(member) for member in members if not member.is_coordinator],
    )
