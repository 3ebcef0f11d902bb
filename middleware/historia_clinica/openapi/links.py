"""What an answer leads to: the operations that may follow, and which of the answer's values they take."""

import re
from typing import Any

from historia_clinica.openapi.conditions import is_access

Paths = dict[str, dict[str, Any]]

# A change goes on from the version that was answered.
VERSION = {"header.If-Match": "$response.header.ETag"}


def complete(paths: Paths) -> None:
    """Adds links to lists (the next page), to what makes a row (what there is to do with it) and to what reads or
    corrects one (its next change).
    """
    for path, operations in paths.items():
        for method, operation in operations.items():
            responses = operation["responses"]
            if is_access(path):
                continue
            if method == "post" and "201" in responses:
                [item] = [other for other in paths if re.fullmatch(rf"{re.escape(path)}/{{\w+}}", other)]
                responses["201"]["links"] = _row(paths, item, made=True)
            elif f"{path}/historial" in paths:
                responses["200"]["links"] = _row(paths, path, made=False)
            elif "cursor" in (asked := _queried(operation)):
                page = _asked(path) | {f"query.{name}": f"$request.query.{name}" for name in asked}
                page["query.cursor"] = "$response.body#/siguiente"
                responses["200"]["links"] = {"siguiente": {"operationId": operation["operationId"], "parameters": page}}


def _row(paths: Paths, item: str, *, made: bool) -> dict[str, Any]:
    key = item[item.rindex("{") + 1 : -1]
    parameters = _asked(item) | ({f"path.{key}": f"$response.body#/{key}"} if made else {})
    links = {}
    for path in paths:
        if path == item or (re.fullmatch(rf"{re.escape(item)}/[\w-]+", path) and not is_access(path)):
            for operation in paths[path].values():
                changes = {"$ref": "#/components/parameters/IfMatch"} in operation.get("parameters", ())
                if made or changes:
                    identifier = operation["operationId"]
                    taken = parameters | (VERSION if changes else {})
                    links[identifier] = {"operationId": identifier, "parameters": taken}
    return links


def _asked(path: str) -> dict[str, str]:
    """The keys of the path itself, as they were in the request."""
    return {f"path.{name}": f"$request.path.{name}" for name in re.findall(r"{(\w+)}", path)}


def _queried(operation: dict[str, Any]) -> list[str]:
    return [one["name"] for one in operation.get("parameters", ()) if one.get("in") == "query"]
