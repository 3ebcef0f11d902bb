"""The seed's shape, to the letter, and beside it what became of each worker."""

from typing import Annotated, Self

from pydantic import Field, WithJsonSchema

from historia_clinica.http.fields import Schema
from historia_clinica.members import Identity, Member

# Said with `items` alone: tools for OpenAPI still stumble over `prefixItems`.
PAIR = {
    "type": "array",
    "description": "Nombre y puerto.",
    "items": {"type": ["string", "integer"]},
    "minItems": 2,
    "maxItems": 2,
}
Worker = Annotated[tuple[str, int], WithJsonSchema(PAIR)]


class WorkerDetail(Schema):
    node: str
    port: int
    active: bool
    state: Identity = Field(description="Si quien responde es el servidor que se registró.")
    detail: str | None

    @classmethod
    def of(cls, member: Member) -> Self:
        found = member.found
        return cls(node=found.name, port=found.port, active=found.active, state=member.identity, detail=member.detail)


class Workers(Schema):
    workers: list[Worker]
    detail: list[WorkerDetail]


NAME = "hc-worker-0.hc-worker-nodes.default.svc.cluster.local"


EXAMPLE = {
    "workers": [[NAME, 5432]],
    "detail": [{"node": NAME, "port": 5432, "active": True, "state": "ok", "detail": None}],
}
