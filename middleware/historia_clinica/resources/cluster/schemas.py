"""What is told of the cluster: nothing about a patient but what follows from the key that was asked for."""

from typing import Literal

from pydantic import Field

from historia_clinica.http.fields import Cedula, Schema
from historia_clinica.members import Identity
from historia_clinica.routing import Routing

State = Literal["ok", "moving", "pending", "unreachable", "lost"]


class Node(Schema):
    name: str
    port: int
    role: Literal["coordinator", "worker"]
    active: bool
    identity: Identity = Field(description="Si quien responde es el servidor que se registró.")
    detail: str | None
    shards: int = Field(description="Fragmentos de tablas distribuidas.")
    bytes: int | None = Field(description="Tamaño de la base de datos en su disco.")
    patients: int | None
    share: float | None = Field(description="Porcentaje de los pacientes.")


class Balance(Schema):
    skew: float | None = Field(description="El worker con más, entre la media; 1 es parejo.")
    patients: int | None
    patients_counted: Literal["now", "ledger"] | None = Field(
        description="`now`: contados hace segundos; `ledger`: al final del último sync o drain."
    )


class Moves(Schema):
    state: str
    done: int = Field(description="Grupos de fragmentos ya movidos.")
    total: int
    bytes_copied: int | None = Field(description="De los que se copian ahora; nulo si un nodo no responde.")
    bytes_total: int | None


class Cluster(Schema):
    state: State
    verdict: str
    nodes: list[Node]
    balance: Balance
    moves: Moves | None = Field(description="Nulo si no se mueve nada.")
    pending_cleanup: int = Field(description="Restos de movimientos por borrar.")


class Address(Schema):
    name: str
    port: int


class Location(Schema):
    shard_id: int | None = Field(description="Nulo si las tablas no están distribuidas.")
    shard_name: str | None
    node: Address = Field(description="Dónde está o estaría el paciente; no dice si existe.")
    tasks: int | None = Field(
        description="Tareas en que la base de datos divide la lectura del paciente, según EXPLAIN; nulo si su nodo no "
        "responde."
    )
    task_node: Address | None = Field(description="El nodo de esa tarea; nulo si no responde.")
    routing: Routing
    asked_node: Address = Field(description="El nodo al que la API haría la pregunta.")


class PacienteEnRuta(Schema):
    cedula: Cedula


HOSTS = [f"hc-{pod}.hc-nodes.default.svc.cluster.local" for pod in ("coordinator-0", "worker-0", "worker-1")]
EXAMPLE = {
    "state": "moving",
    "verdict": "se mueven fragmentos: 3/10",
    "nodes": [
        {
            "name": host,
            "port": 5432,
            "role": role,
            "active": True,
            "identity": "ok",
            "detail": None,
            "shards": shards,
            "bytes": size,
            "patients": patients,
            "share": share,
        }
        for host, role, shards, size, patients, share in zip(
            HOSTS,
            ["coordinator", "worker", "worker"],
            [0, 38, 26],
            [10427751, 120934503, 91288423],
            [0, 59120, 40880],
            [0.0, 59.1, 40.9],
            strict=True,
        )
    ],
    "balance": {"skew": 1.18, "patients": 100000, "patients_counted": "now"},
    "moves": {"state": "running", "done": 3, "total": 10, "bytes_copied": 1048576, "bytes_total": 4194304},
    "pending_cleanup": 0,
}
EXAMPLE_LOCATION = {
    "shard_id": 102018,
    "shard_name": "pacientes_102018",
    "node": {"name": HOSTS[1], "port": 5432},
    "tasks": 1,
    "task_node": {"name": HOSTS[1], "port": 5432},
    "routing": "owner",
    "asked_node": {"name": HOSTS[1], "port": 5432},
}
