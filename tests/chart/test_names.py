"""Parent and subchart compute names apart; they must agree."""

import base64
from typing import Any

import pytest
from chart.render import CI, EXAMPLES, environment, find, render, template

RELEASES = ["hc", "a", "historia-clinica", "x" * 53, "abcdefghijklmnopqrstuvwxyz-abcdefghijkl-nopqrstuvwxyz"]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", ["default", "everything", "existing-secret", "minikube", "production"])
def test_the_api_asks_the_service_and_the_secret_of_its_release(release: str, name: str) -> None:
    objects = render(release, file=(CI | EXAMPLES)[name])
    (deployment,) = (one for one in objects if one["kind"] == "Deployment")
    pod = template(deployment)
    assert pod
    env = environment(pod)
    service = find(objects, "Service", env["POSTGRES_HOST"])
    assert service["metadata"]["labels"]["app.kubernetes.io/component"] == "coordinator"
    job = next(template(one) for one in objects if one["kind"] == "Job")
    assert job
    of_the_role = {"historia_app": "HISTORIA_APP_PASSWORD", "historia_app_b": "HISTORIA_APP_PASSWORD_B"}
    hooks = environment(job)[of_the_role[env["POSTGRES_USER"]]]["secretKeyRef"]
    assert env["POSTGRES_PASSWORD"] == {"secretKeyRef": {"name": hooks["name"], "key": hooks["key"]}}
    assert env["HISTORIA_SIGNING_KEY"]["secretKeyRef"]["name"] == hooks["name"]
    volumes = {volume["name"]: volume.get("secret") for volume in pod["spec"]["volumes"] + job["spec"]["volumes"]}
    assert len({secret["secretName"] for secret in volumes.values() if secret}) == 1


@pytest.mark.parametrize("release", RELEASES)
def test_the_test_pod_asks_the_service_of_the_api(release: str) -> None:
    objects = render(release)
    (test,) = (one for one in objects if one["kind"] == "Pod")
    host = environment(test)["HISTORIA_API_URL"].removeprefix("http://").partition(":")[0]
    assert find(objects, "Service", host)["metadata"]["labels"]["app.kubernetes.io/name"] == "middleware"


@pytest.mark.parametrize("release", RELEASES)
def test_node_names_are_those_of_pods_and_their_headless_services(release: str) -> None:
    objects = render(release, values={"workers": {"count": 3}})
    job = next(template(one) for one in objects if one["kind"] == "Job")
    assert job
    env = environment(job)
    nodes = [env["HISTORIA_COORDINATOR"], *env["HISTORIA_WORKERS"].split(",")]
    expected = []
    for one in objects:
        if one["kind"] == "StatefulSet":
            name, service = one["metadata"]["name"], one["spec"]["serviceName"]
            expected += [f"{name}-{n}.{service}.clinic.svc.cluster.local" for n in range(one["spec"]["replicas"])]
    assert sorted(nodes) == sorted(expected)


def test_the_laboratory_finds_its_names() -> None:
    objects = render(file=EXAMPLES["minikube"])
    for kind, name in (
        ("Service", "citus-coordinator"),
        ("Service", "middleware-service"),
        ("StatefulSet", "citus-coordinator"),
        ("StatefulSet", "citus-worker"),
    ):
        find(objects, kind, name)
    labels = {pod["metadata"]["labels"].get("app") for pod in map(template, objects) if pod}
    assert labels == {"citus-coordinator", "citus-worker", "middleware", None}
    ports = find(objects, "Service", "middleware-service")["spec"]["ports"]
    assert [port["port"] for port in ports] == [8080]
    env = environment(find(objects, "Deployment", "hc-middleware")["spec"]["template"])
    assert env["HISTORIA_COMPAT_ANONYMOUS_USUARIOS"] == "true"


def test_requests_go_where_the_value_says() -> None:
    for routing, values in (("coordinator", {}), ("owner", {"middleware": {"routing": "owner"}})):
        env = environment(find(render(values=values), "Deployment", "hc-middleware")["spec"]["template"])
        assert env["HISTORIA_ROUTING"] == routing
        assert env.get("HISTORIA_WORKERS") == ("hc-worker-nodes" if routing == "owner" else None)


def test_a_broken_glass_lasts_as_long_as_the_value_says() -> None:
    for minutes, file in (("60", None), ("30", CI["everything"])):
        deployment = next(one for one in render(file=file) if one["kind"] == "Deployment")
        assert environment(deployment["spec"]["template"])["HISTORIA_EMERGENCY_MINUTES"] == minutes


def test_who_asks_is_asked_where_the_value_says() -> None:
    for asked, accepted, file in (
        ("required", "signing-keys-accepted", None),
        ("off", "api-signatures-accepted", CI["everything"]),
    ):
        deployment = next(one for one in render(file=file) if one["kind"] == "Deployment")
        env = environment(deployment["spec"]["template"])
        assert env["HISTORIA_AUTH"] == asked
        reference = env["HISTORIA_SIGNING_KEYS_ACCEPTED"]["secretKeyRef"]
        assert reference == env["HISTORIA_SIGNING_KEY"]["secretKeyRef"] | {"key": accepted, "optional": True}


def test_the_api_signs_with_the_key_that_the_secret_holds() -> None:
    def reference(objects: list[Any]) -> Any:
        deployment = find(objects, "Deployment", "hc-middleware")
        return environment(deployment["spec"]["template"])["HISTORIA_SIGNING_KEY"]["secretKeyRef"]

    objects = render()
    named = reference(objects)
    held = find(objects, "Secret", named["name"])["data"]
    assert len(base64.b64decode(held[named["key"]])) >= 32
    assert len(set(held.values())) == len(held)
    assert reference(render(file=CI["existing-secret"])) == {"name": "mine", "key": "signature"}


def test_usuarios_needs_a_token_by_default() -> None:
    env = environment(find(render(), "Deployment", "hc-middleware")["spec"]["template"])
    assert env["HISTORIA_COMPAT_ANONYMOUS_USUARIOS"] == "false"
