"""/api/v1/cluster"""

from contextlib import suppress

from apiflask import APIBlueprint

from historia_clinica.errors import NodeUnavailable, TimedOut
from historia_clinica.http.context import context
from historia_clinica.resources.cluster import repository
from historia_clinica.resources.cluster.report import report
from historia_clinica.resources.cluster.schemas import (
    EXAMPLE,
    EXAMPLE_LOCATION,
    Address,
    Cluster,
    Location,
    PacienteEnRuta,
)

blueprint = APIBlueprint("cluster", __name__, url_prefix="/api/v1", tag="Sistema")


@blueprint.get("/cluster")
@blueprint.output(Cluster, description="Nodos, equilibrio y movimientos", example=EXAMPLE)
@blueprint.doc(summary="Saber cómo está el clúster", operation_id="leerCluster")
def index() -> Cluster:
    members = context().members.nodes()
    patients = context().members.patients()
    moves, progress, cleanup = None, None, 0
    with context().database.transaction() as transaction:
        if repository.has_citus(transaction):
            moves = repository.moves(transaction)
            cleanup = repository.pending_cleanup(transaction)
            if moves and all(member.identity in ("ok", "unrecorded") for member in members):
                progress = repository.progress(transaction)
    return report(members, patients, moves, progress, cleanup)


@blueprint.get("/cluster/ubicacion/<cedula>")
@blueprint.input(PacienteEnRuta, location="path", arg_name="cedula")
@blueprint.output(Location, description="Dónde está o estaría ese paciente", example=EXAMPLE_LOCATION)
@blueprint.doc(summary="Saber en qué nodo vive un paciente", operation_id="ubicarPaciente")
def locate(cedula: PacienteEnRuta) -> Location:
    key, settings, database = cedula.cedula, context().settings, context().database
    with database.transaction() as transaction:
        place = repository.location(transaction, key)
    plan = None
    with suppress(NodeUnavailable, TimedOut), database.transaction() as transaction:
        transaction.about(key)
        plan = repository.plan(transaction, key)
    node = Address(name=settings.postgres_host, port=settings.postgres_port)
    task_node = Address(name=plan.node[0], port=plan.node[1]) if plan and plan.node else None
    asked = database.first_node(key)
    return Location(
        shard_id=place.shard_id if place else None,
        shard_name=place.shard_name if place else None,
        node=Address(name=place.name, port=place.port) if place else node,
        tasks=plan.tasks if plan else None,
        task_node=task_node if place else node,
        routing=settings.historia_routing,
        asked_node=Address(name=asked.host, port=asked.port),
    )
