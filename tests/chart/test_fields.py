"""Every object is what Kubernetes takes, in the oldest and in the newest version that the chart supports.

The schemas are Kubernetes' own, made strict (no unknown field), as the package kubernetes-validate ships them.
"""

import functools
from typing import Any

import jsonschema
import kubernetes_validate.utils as schemas
import pytest
import yaml
from chart.render import CHART, EXAMPLES, Object, render
from referencing import Registry, Resource

OLDEST, NEWEST = "1.31.0", "1.37.0"
OTHERS = {"cert-manager.io/v1", "monitoring.coreos.com/v1"}  # kinds that cert-manager and Prometheus' operator bring


@functools.cache
def definitions(folder: str) -> Registry[Any]:
    return Resource.from_contents(schemas.schema_contents(f"{folder}/_definitions.json", folder)) @ Registry()


@functools.cache
def validator(version: str, kind: str, api: str) -> jsonschema.Draft202012Validator:
    folder = f"kubernetes-json-schema/v{version}-local-strict"
    group, _, number = api.rpartition("/")
    name = "-".join([kind.lower(), *([group.partition(".")[0]] if group else []), number])
    schema = schemas.schema_contents(f"{folder}/{name}.json", version)
    return jsonschema.Draft202012Validator(schema, registry=definitions(folder))


def faults(objects: list[Object], version: str) -> list[str]:
    return [
        f"{one['kind']}/{one['metadata']['name']} {error.json_path}: {error.message}"
        for one in objects
        if one["apiVersion"] not in OTHERS
        for error in validator(version, one["kind"], one["apiVersion"]).iter_errors(one)
    ]


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_object_fits_the_schema_of_its_kind(objects: list[Object], version: str) -> None:
    assert faults(objects, version) == []


def test_a_field_that_kubernetes_does_not_know_would_be_seen() -> None:
    values = {"workers": {"affinity": {"nodeAfinity": {}}}}
    assert len(faults(render(values=values), NEWEST)) == 1


def test_the_oldest_version_is_the_one_that_the_chart_asks_for() -> None:
    about = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert about["kubeVersion"] == f">={OLDEST}-0"
    assert schemas.latest_version() == NEWEST


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_helm_renders_for_each_version(version: str) -> None:
    assert render("hc", f"--kube-version={version}", file=EXAMPLES["minikube"])
