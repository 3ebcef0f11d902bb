"""values.yaml, schema, templates and README say the same."""

import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml
from chart.render import CHART, CI, EXAMPLES, KUBERNETES, SUBCHART, find, helm, refusal, render

CHARTS = {"parent": CHART, "subchart": SUBCHART}
both = pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)


def load(chart: pathlib.Path) -> tuple[dict[str, Any], dict[str, Any]]:
    values = yaml.safe_load((chart / "values.yaml").read_text())
    return values, json.loads((chart / "values.schema.json").read_text())


def resolve(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = root["definitions"][reference] if reference else schema
    return found


def closed(schema: dict[str, Any], root: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every property that a schema names, as a path."""
    for name, inner in resolve(schema, root).get("properties", {}).items():
        yield (*path, name)
        yield from closed(inner, root, (*path, name))


def paths(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every key of the values, as a path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from paths(inner, (*path, name))


def described(path: tuple[str, ...], schema: dict[str, Any]) -> bool:
    """Whether the schema names the path, or leaves its contents open."""
    current = schema
    for name in path:
        current = resolve(current, schema)
        if name not in current.get("properties", {}):
            return current.get("additionalProperties", True) is not False
        current = current["properties"][name]
    return True


@both
def test_no_value_is_null(chart: pathlib.Path) -> None:
    assert "null" not in json.dumps(load(chart)[0])


@both
def test_the_schema_is_draft_07_and_accepts_the_defaults(chart: pathlib.Path) -> None:
    values, schema = load(chart)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(values, schema)


@both
def test_values_and_schema_have_the_same_keys(chart: pathlib.Path) -> None:
    values, schema = load(chart)
    have = set(paths(values))
    # `enabled` is the parent's to say
    assert set(closed(schema, schema)) - have <= {("enabled",)}
    assert [path for path in have if not described(path, schema)] == []


@both
def test_every_value_is_used_by_a_template(chart: pathlib.Path) -> None:
    values, schema = load(chart)
    templates = "".join(path.read_text() for path in (chart / "templates").rglob("*.*"))
    named = set(closed(schema, schema)) & set(paths(values))
    leaves = [path for path in named if not any(other[: len(path)] == path and other != path for other in named)]
    unused = [path for path in leaves if not re.search(rf"\.{path[-1]}\b", templates)]
    assert [path for path in unused if path[-2:-1] != ("retention",)] == []  # that map goes through as it is
    assert "storage.retention" in templates or chart == SUBCHART


@both
def test_every_value_that_a_template_uses_exists(chart: pathlib.Path) -> None:
    values, _ = load(chart)
    subchart, _ = load(SUBCHART)
    have = set(paths(values))
    if chart == CHART:
        have |= {("middleware", *path) for path in paths(subchart)}
    templates = "".join(path.read_text() for path in (chart / "templates").rglob("*.*"))
    used = {tuple(match.split(".")) for match in re.findall(r"\.Values\.([\w.]+)", templates)}
    assert used - have == set()


def levels(chart: pathlib.Path) -> list[str]:
    """Every map that the chart owns, as a path for --set."""
    values, schema = load(chart)
    found = [""]
    for path in paths(values):
        current = schema
        for name in path:
            current = resolve(current, schema).get("properties", {}).get(name, {})
        if resolve(current, schema).get("additionalProperties") is False:
            found.append(".".join(path))
    return found


@both
def test_an_unknown_key_is_refused_at_every_level(chart: pathlib.Path) -> None:
    found = levels(chart)
    assert len(found) > (12 if chart == CHART else 5)
    for level in found:
        values: dict[str, Any] = {"typo": 1}
        for name in reversed(level.split(".") if level else []):
            values = {name: values}
        assert "additional properties 'typo' not allowed" in refusal(values, chart=chart)


def test_the_parent_passes_typing_errors_of_the_subchart_on() -> None:
    assert "typo" in refusal({"middleware": {"database": {"typo": 1}}})


@pytest.mark.parametrize(
    "values",
    [
        {"workers": {"count": -1}},
        {"workers": {"count": "2"}},
        {"citus": {"usuario": "email"}},
        {"hooks": {"image": {"digest": "md5:1"}}},
        {"coordinator": {"fullnameOverride": "Mayúscula"}},
        {"workers": {"fullnameOverride": "x" * 53}},
        {"middleware": {"service": {"port": 0}}},
        {"middleware": {"routing": "nearest"}},
        {"postgresql": {"parameters": {"a b": 1}}},
    ],
    ids=json.dumps,
)
def test_the_schema_refuses(values: dict[str, Any]) -> None:
    assert "schema" in refusal(values)


def test_the_subchart_stands_alone_and_accepts_what_a_parent_adds() -> None:
    objects = render("api", values={"enabled": True, "global": {"anything": {"at": "all"}}}, chart=SUBCHART)
    names = {f"{one['kind']}/{one['metadata']['name']}" for one in objects}
    kinds = ("Deployment", "PodDisruptionBudget", "Service", "ServiceAccount")
    assert names == {f"{kind}/api-middleware" for kind in kinds}
    (container,) = find(objects, "Deployment", "api-middleware")["spec"]["template"]["spec"]["containers"]
    assert {item["name"]: item.get("value") for item in container["env"]}["POSTGRES_HOST"] == "postgresql"


@pytest.mark.parametrize("path", [*CI.values(), *EXAMPLES.values()], ids=lambda path: path.stem)
def test_values_files_fit_the_schema(path: pathlib.Path) -> None:
    values = yaml.safe_load(path.read_text()) or {}
    jsonschema.validate({**load(CHART)[0], **values, "middleware": {"enabled": True}}, load(CHART)[1])
    jsonschema.validate({**load(SUBCHART)[0], **values.get("middleware", {})}, load(SUBCHART)[1])


@both
def test_lint_is_clean(chart: pathlib.Path) -> None:
    assert helm("lint", "--strict", "--quiet", KUBERNETES, str(chart)).strip() == ""


@pytest.mark.parametrize("path", [*CI.values(), *EXAMPLES.values()], ids=lambda path: path.stem)
def test_lint_is_clean_with_each_values_file(path: pathlib.Path) -> None:
    assert helm("lint", "--strict", "--quiet", KUBERNETES, f"--values={path}", str(CHART)).strip() == ""
