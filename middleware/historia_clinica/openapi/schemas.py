"""One schema for one thing: what pydantic publishes once more within each schema that holds it is named once."""

import json
from typing import Any

SCHEMAS = "#/components/schemas/"


def fold(spec: dict[str, Any]) -> dict[str, Any]:
    """The same document, where `Page.Thing` is called `Thing` unless another thing has that name."""
    while renamed := _equal(spec["components"]["schemas"]):
        for name, short in renamed.items():
            spec["components"]["schemas"][short] = spec["components"]["schemas"].pop(name)
        text = json.dumps(spec)
        for name, short in renamed.items():
            text = text.replace(f'"{SCHEMAS}{name}"', f'"{SCHEMAS}{short}"')
        spec = json.loads(text)
    return spec


def _equal(schemas: dict[str, Any]) -> dict[str, str]:
    """Those whose short name is free or means the same, one of each short name at a time."""
    found: dict[str, str] = {}
    for name, schema in schemas.items():
        short = name.rpartition(".")[2]
        if name != short and short not in found.values() and schemas.get(short, schema) == schema:
            found[name] = short
    return found
