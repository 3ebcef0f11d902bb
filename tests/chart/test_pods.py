"""Every pod: databases, API, Job and test Pod, under every values file."""

from collections import Counter

import pytest
from chart.render import CI, Object, environment, find, pods, refusal, render, template

SHAPE = ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints", "priorityClassName")


def test_fits_the_restricted_pod_security_standard(objects: list[Object]) -> None:
    volumes = {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"}
    for name, pod in pods(objects):
        spec = pod["spec"]
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(spec), name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] > 0, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert all(volumes & set(volume) for volume in spec["volumes"]), name
        for container in spec["containers"]:
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False, name
            assert security["capabilities"] == {"drop": ["ALL"]}, name
            assert security["readOnlyRootFilesystem"] is True, name
            assert "privileged" not in security, name
            assert not any("hostPort" in port for port in container.get("ports", [])), name


def test_has_no_token_and_no_service_variables(objects: list[Object]) -> None:
    for name, pod in pods(objects):
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        assert pod["spec"]["enableServiceLinks"] is False, name


def test_asks_for_resources_and_is_limited_in_memory(objects: list[Object]) -> None:
    for name, pod in pods(objects):
        resources = pod["spec"]["containers"][0]["resources"]
        assert set(resources["requests"]) == {"cpu", "memory"}, name
        assert "memory" in resources["limits"], name


def test_lists_have_no_key_twice(objects: list[Object]) -> None:
    for name, pod in pods(objects):
        (container,) = pod["spec"]["containers"]
        for key, items in (
            ("name", container["env"]),
            ("mountPath", container["volumeMounts"]),
            ("name", container.get("ports", [])),
            ("name", pod["spec"]["volumes"]),
        ):
            assert [value for value, n in Counter(item[key] for item in items).items() if n > 1] == [], name


def test_each_mount_has_its_volume_and_each_volume_its_mount(objects: list[Object]) -> None:
    for one in objects:
        if pod := template(one):
            claims = one.get("spec", {}).get("volumeClaimTemplates", [])
            volumes = {item["name"] for item in pod["spec"]["volumes"]} | {item["metadata"]["name"] for item in claims}
            assert volumes == {item["name"] for item in pod["spec"]["containers"][0]["volumeMounts"]}


def test_servers_have_three_probes(objects: list[Object]) -> None:
    for name, pod in pods(objects):
        if name.startswith(("StatefulSet", "Deployment")):
            (container,) = pod["spec"]["containers"]
            for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
                probe = container[kind]
                if name.startswith("StatefulSet"):
                    assert probe["exec"]["command"][:3] == ["pg_isready", "-h", "127.0.0.1"]
                else:
                    path = "/readyz" if kind == "readinessProbe" else "/livez"
                    assert probe["httpGet"]["path"] == path
                    assert probe["httpGet"]["httpHeaders"] == [{"name": "Host", "value": "localhost"}]


def test_no_image_floats(objects: list[Object]) -> None:
    for name, pod in pods(objects):
        image = pod["spec"]["containers"][0]["image"]
        assert "@sha256:" in image or (":" in image.rpartition("/")[2] and not image.endswith(":latest")), name


def test_passwords_come_from_secrets_only(objects: list[Object]) -> None:
    for name, pod in pods(objects):
        for variable, value in environment(pod).items():
            assert "PASSWORD" not in variable or set(value) == {"secretKeyRef"}, name
            assert variable != "PGPASSWORD"


def test_each_workload_takes_the_same_settings() -> None:
    objects = render(file=CI["everything"])
    for name, pod in pods(objects):
        spec = pod["spec"]
        assert [key for key in SHAPE if key not in spec] == [], name
        assert spec["imagePullSecrets"] == [{"name": "pull"}], name
        assert spec["containers"][0]["image"].startswith("registry.example.org/mirror/"), name
        assert spec["containers"][0]["imagePullPolicy"] == "Always", name
        assert environment(pod)["TZ"] == "America/Bogota", name
        assert pod["metadata"]["labels"]["team"] == "health", name
        assert pod["metadata"]["annotations"]["example.org/note"] == "x", name
        assert spec["securityContext"]["runAsUser"] in (70, 20001), name
        assert {"name": "extra", "configMap": {"name": "theirs"}} in spec["volumes"], name
        mount = {"name": "extra", "mountPath": "/extra", "readOnly": True}
        assert mount in spec["containers"][0]["volumeMounts"], name


def test_workers_and_api_prefer_different_machines() -> None:
    for name, pod in pods(render()):
        constraints = pod["spec"].get("topologySpreadConstraints", [])
        if name not in ("StatefulSet/hc-worker", "Deployment/hc-middleware"):
            assert constraints == [], name
            continue
        (one,) = constraints
        assert (one["topologyKey"], one["whenUnsatisfiable"]) == ("kubernetes.io/hostname", "ScheduleAnyway")
        assert one["labelSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
        assert "app.kubernetes.io/component" in one["labelSelector"]["matchLabels"]


def test_a_constraint_with_a_selector_keeps_it() -> None:
    theirs = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}
    theirs["labelSelector"] = {"matchLabels": {"a": "b"}}
    for name in ("coordinator", "workers", "hooks", "middleware"):
        found = [pod for _, pod in pods(render(values={name: {"topologySpreadConstraints": [theirs]}}))]
        assert [pod for pod in found if pod["spec"].get("topologySpreadConstraints") == [theirs]], name


def test_no_variable_is_empty(objects: list[Object]) -> None:
    """Kubernetes drops an empty value, and `kubectl apply` then calls every object with one changed, each time."""
    assert [(name, key) for name, pod in pods(objects) for key, value in environment(pod).items() if value == ""] == []


def test_security_can_be_loosened_value_by_value() -> None:
    security = {"readOnlyRootFilesystem": False}
    spec = find(render(values={"coordinator": {"securityContext": security}}), "StatefulSet", "hc-coordinator")["spec"]
    assert spec["template"]["spec"]["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": False,
    }


@pytest.mark.parametrize("label", ["app.kubernetes.io/name", "app.kubernetes.io/instance"])
def test_a_users_label_cannot_break_a_selector(label: str) -> None:
    values = {key: {"podLabels": {label: "mine"}} for key in ("coordinator", "workers", "hooks", "middleware")}
    for name, pod in pods(render(values=values)):
        assert pod["metadata"]["labels"][label] != "mine", name


def test_every_variable_of_the_chart_is_refused_among_the_users() -> None:
    """Given twice, the last would win; with server-side apply Kubernetes would refuse the pod."""
    workload = {"coordinator": "coordinator", "worker": "workers", "middleware": "middleware"}
    own: dict[str, set[str]] = {}
    audit = {part: {"enabled": True, "existingSecret": "mine"} for part in ("seals", "verify")}
    audit["seals"]["persistence"] = {"enabled": True}
    audit["verify"]["existingSecret"] = "theirs"
    for _, pod in pods(render(values={"audit": audit})):
        key = workload.get(pod["metadata"]["labels"]["app.kubernetes.io/component"], "hooks")
        own.setdefault(key, set()).update(environment(pod))
    assert own.keys() == {"coordinator", "workers", "hooks", "middleware"}
    said = refusal({key: {"extraEnv": dict.fromkeys(names, "x")} for key, names in own.items()})
    for key, names in own.items():
        assert [name for name in names if f'{key}.extraEnv: "{name}" lo fija el chart' not in said] == []
