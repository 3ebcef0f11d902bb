"""Every member of every request body of the published document, with what it is not: made from the document itself."""

import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

from contract.bad_inputs.case import MARK, Case, as_json, send

DOCUMENT = json.loads((pathlib.Path(__file__).parents[3] / "docs" / "openapi.json").read_text())
KINDS: dict[str, Any] = {
    "null": None,
    "array": [MARK],
    "object": {MARK: MARK},
    "number": 1.5,
    "string": MARK,
    "boolean": True,
}
TEXTS = {"nul": f"{MARK}\0", "lone-surrogate": f"{MARK}\ud800", "empty": "", "only-spaces": " \t\u00a0\u2003 "}


def operations() -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Method, path, schema and a valid body of each operation that takes one."""
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                if "schema" in media and "example" in media:
                    name = media["schema"]["$ref"].rsplit("/", 1)[1]
                    yield method.upper(), path, DOCUMENT["components"]["schemas"][name], media["example"]


def alternatives(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for part in schema.get("anyOf", [schema]) for one in part.get("anyOf", [part])]


def wrong(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Values that none of the schema's alternatives admits."""
    parts = alternatives(schema)
    types = {part["type"] for part in parts}
    yield from ((kind, value) for kind, value in KINDS.items() if kind not in types and kind != "string")
    if not any(_takes(part, MARK) for part in parts):
        yield "string", MARK
    for part in parts:
        yield from _beyond(part)


def _takes(part: dict[str, Any], text: str) -> bool:
    if part["type"] != "string" or part.keys() & {"enum", "format", "contentEncoding"}:
        return False
    return re.search(part.get("pattern", ""), text) is not None


def _beyond(part: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if part["type"] == "string":
        yield from TEXTS.items()
        yield "too-long", MARK + "a" * part.get("maxLength", 30_000)
    if part["type"] in {"integer", "number"}:
        highest, lowest = (part.get(f"{end}imum", part.get(f"exclusive{end.title()}imum", 0)) for end in ("max", "min"))
        yield "too-high", highest + 1
        yield "too-low", lowest - 1
        yield "huge", 10**400
        yield "digits-as-text", "1"
    if part["type"] == "integer":
        yield "fraction", 1.0000000001


def creations(text: str) -> Iterator[tuple[str, dict[str, Any], set[str]]]:
    """Each operation that makes a row: its path, a body with the text wherever it may be, and the members that have it.

    What would have to exist (a physician, a consultation) is left out, and so is what the example leaves out, and what
    is for those who have an account.
    """
    for method, path, schema, example in operations():
        operation = DOCUMENT["paths"][path][method.lower()]
        if method != "POST" or "201" not in operation["responses"] or "security" in operation:
            continue
        body, texts = {}, {}
        for member, value in example.items():
            if value is None:
                continue
            parts = alternatives(schema["properties"][member])
            cut = text[: min(part.get("maxLength", len(text)) for part in parts)].strip()
            if any(_takes(part, cut) for part in parts):
                texts[member] = cut
            elif member != "medico_id" and not any(part.get("format") == "uuid" for part in parts):
                body[member] = value
        yield path, body | texts, set(texts)


def cases() -> Iterator[Case]:
    for method, path, schema, example in operations():
        where = f"{method}-{path.removeprefix('/api/v1/')}"

        def made(
            name: str, body: Any, *pointers: str, where: str = where, to: tuple[str, str] = (method, path)
        ) -> Case:
            case = send(f"{where}-{name}", {422}, as_json(body), to[1], to[0], If_Match='"1"')
            return Case(**{**vars(case), "pointers": frozenset(pointers)})

        for member, rules in schema["properties"].items():
            for name, value in wrong(rules):
                yield made(f"{member}-{name}", example | {member: value}, f"/{member}")
        for member in schema.get("required", []):
            yield made(f"{member}-missing", {name: example[name] for name in example if name != member}, f"/{member}")
        for name in ("otro", "__proto__", "constructor", "id", "version"):
            yield made(f"unknown-{name}", example | {name: MARK}, f"/{name}")
        for name in (MARK, "", "\ud800", f"{MARK}\0", "a" * 5000, f"{MARK}/~"):
            yield made(f"unknown-{ascii(name)[:20]}", example | {name: MARK})


CASES = list(cases())
