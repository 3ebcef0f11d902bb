"""The seed's shape, to the letter."""

from typing import Annotated

from pydantic import WithJsonSchema

from historia_clinica.http.fields import Schema

# Said with `items` alone: tools for OpenAPI still stumble over `prefixItems`.
PAIR = {
    "type": "array",
    "description": "Nombre y puerto.",
    "items": {"type": ["string", "integer"]},
    "minItems": 2,
    "maxItems": 2,
}
Worker = Annotated[tuple[str, int], WithJsonSchema(PAIR)]


class Workers(Schema):
    workers: list[Worker]


EXAMPLE = {"workers": [["hc-worker-0.hc-worker-nodes.default.svc.cluster.local", 5432]]}
