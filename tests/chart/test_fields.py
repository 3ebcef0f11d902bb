"""Every field that the chart writes exists in Kubernetes, by the models of its official client."""

import re
from typing import Any

import kubernetes.client as models
from chart.render import Object


def unknown(value: Any, kind: str, path: str) -> list[str]:
    """Paths below a value whose key the model does not have."""
    if inner := re.fullmatch(r"list\[(.+)\]", kind):
        assert isinstance(value, list), path
        return [bad for index, item in enumerate(value) for bad in unknown(item, inner[1], f"{path}[{index}]")]
    if inner := re.fullmatch(r"dict\(str, (.+)\)", kind):
        return [bad for key, item in value.items() for bad in unknown(item, inner[1], f"{path}.{key}")]
    model = getattr(models, kind, None)
    if model is None:
        plain = {"str": str, "int": int, "bool": bool}.get(kind, object)
        return [] if isinstance(value, plain) else [f"{path}: {value!r} is no {kind}"]
    attributes = {field: name for name, field in model.attribute_map.items()}
    found = []
    for key, item in value.items():
        if key not in attributes:
            found.append(f"{path}.{key}")
        else:
            found += unknown(item, model.openapi_types[attributes[key]], f"{path}.{key}")
    return found


def test_every_field_is_known_to_kubernetes(objects: list[Object]) -> None:
    assert [bad for one in objects for bad in unknown(one, f"V1{one['kind']}", one["kind"])] == []
