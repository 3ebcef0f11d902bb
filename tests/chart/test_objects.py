"""What must be true of every object under every values file."""

import re

import pytest
from chart.render import Object, pods, render, template

SELECTING = ("app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component")
STANDARD = {
    *SELECTING,
    "app.kubernetes.io/version",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/managed-by",
    "helm.sh/chart",
}


def selector(one: Object) -> dict[str, str]:
    found: dict[str, str] = one["spec"]["selector"]
    return found.get("matchLabels", found)  # type: ignore[return-value]


def test_standard_labels(objects: list[Object]) -> None:
    for one in objects:
        assert set(one["metadata"]["labels"]) >= STANDARD, one["metadata"]["name"]


def test_selectors_hold_only_what_never_changes(objects: list[Object]) -> None:
    for one in objects:
        if one["kind"] in ("Service", "StatefulSet", "Deployment"):
            assert tuple(selector(one)) == SELECTING
        if one["kind"] in ("StatefulSet", "Deployment"):
            pod = one["spec"]["template"]["metadata"]["labels"]
            assert selector(one).items() <= pod.items()
            assert not {"app.kubernetes.io/version", "helm.sh/chart"} & set(pod)
        for claim in one["spec"].get("volumeClaimTemplates", []) if "spec" in one else []:
            assert "labels" not in claim["metadata"]


def test_each_service_selects_the_pods_of_exactly_one_workload(objects: list[Object]) -> None:
    for service in (one for one in objects if one["kind"] == "Service"):
        chosen = [
            name
            for name, pod in pods(objects)
            if service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
        ]
        assert len(chosen) == 1, service["metadata"]["name"]


def test_each_statefulset_has_its_headless_service(objects: list[Object]) -> None:
    services = {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == "Service"}
    for one in (one for one in objects if one["kind"] == "StatefulSet"):
        headless = services[one["spec"]["serviceName"]]
        assert headless["clusterIP"] == "None"
        assert headless["publishNotReadyAddresses"] is True
        assert headless["selector"] == selector(one)


def test_service_ports_exist_in_their_pods(objects: list[Object]) -> None:
    for service in (one for one in objects if one["kind"] == "Service"):
        targets = {port["targetPort"] for port in service["spec"]["ports"]}
        for _, pod in pods(objects):
            if service["spec"]["selector"].items() <= pod["metadata"]["labels"].items():
                assert targets <= {port["name"] for port in pod["spec"]["containers"][0]["ports"]}


def test_references_are_rendered_or_the_users(objects: list[Object]) -> None:
    there = {(one["kind"], one["metadata"]["name"]) for one in objects}
    users = {"theirs", "historia-tls", "mine", "secrets", "historia-auth", "certificate"}
    users |= {one["spec"]["secretName"] for one in objects if one["kind"] == "Certificate"}
    for name, pod in pods(objects):
        spec = pod["spec"]
        for volume in spec["volumes"]:
            assert (
                "configMap" not in volume
                or volume["configMap"]["name"] in users
                or (
                    "ConfigMap",
                    volume["configMap"]["name"],
                )
                in there
            ), name
            secret = volume.get("secret", {}).get("secretName")
            assert secret is None or secret in users or ("Secret", secret) in there, name
        keys = [env["valueFrom"].get("secretKeyRef") for env in spec["containers"][0]["env"] if "valueFrom" in env]
        for secret in {key["name"] for key in keys if key} - users:
            assert ("Secret", secret) in there, name
        account = spec["serviceAccountName"]
        assert account == "default" or ("ServiceAccount", account) in there, name


def test_nothing_has_rights_in_the_kubernetes_api(objects: list[Object]) -> None:
    assert not [one["kind"] for one in objects if "Role" in one["kind"]]
    for one in (one for one in objects if one["kind"] == "ServiceAccount"):
        assert one["automountServiceAccountToken"] is False


@pytest.mark.parametrize("release", ["hc", "a", "x" * 53, "historia-clinica-del-hospital-central-40-y-mas"])
def test_names_fit(release: str) -> None:
    for one in render(release):
        name = one["metadata"]["name"]
        assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name), name
        longest = (
            52 if one["kind"] in ("StatefulSet", "CronJob") else 63
        )  # the label of a revision is the name and eleven characters
        assert len(name) <= longest, name
        for value in one["metadata"]["labels"].values():
            assert len(value) <= 63


def test_a_version_of_the_chart_restarts_no_pod(objects: list[Object]) -> None:
    for one in objects:
        if one["kind"] in ("StatefulSet", "Deployment"):
            pod = template(one)
            assert pod
            assert set(pod["metadata"].get("annotations", {})) <= {"checksum/config", "example.org/note"}
