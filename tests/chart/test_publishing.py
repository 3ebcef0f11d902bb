"""How the API is published and how many pods it has: Ingress, HorizontalPodAutoscaler, and what goes with them."""

from typing import Any

import pytest
from chart.render import CI, EXAMPLES, SUBCHART, Object, find, refusal, render

CONTROLLER = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}


def published(**ingress: Any) -> Object:
    """Values with an Ingress whose controller may come in."""
    asked = {"enabled": True, "hosts": [{"host": "historia.example.org"}], **ingress}
    return {"middleware": {"ingress": asked}, "networkPolicy": {"clients": [CONTROLLER]}}


def scaled(resources: Object | None = None, **autoscaling: Any) -> Object:
    asked: Object = {"autoscaling": {"enabled": True, **autoscaling}}
    return {"middleware": asked | ({"resources": resources} if resources else {})}


@pytest.mark.parametrize("name", ["default", "job-mode", "kind", "minikube", "single-node"])
def test_nothing_is_published_or_scaled_unless_somebody_says_so(name: str) -> None:
    kinds = {one["kind"] for one in render(file=(CI | EXAMPLES)[name])}
    assert not kinds & {"Ingress", "HorizontalPodAutoscaler"}


def test_one_name_is_enough_for_an_ingress() -> None:
    objects = render(values=published())
    spec = find(objects, "Ingress", "hc-middleware")["spec"]
    backend = {"service": {"name": "hc-middleware", "port": {"name": "http"}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    assert spec == {"rules": [{"host": "historia.example.org", "http": {"paths": [path]}}]}


@pytest.mark.parametrize("release", ["hc", "x" * 53])
@pytest.mark.parametrize("everything", [False, True])
def test_an_ingress_leads_to_a_port_of_the_service_of_the_api(release: str, everything: bool) -> None:
    objects = render(release, file=CI["everything"]) if everything else render(release, values=published())
    (ingress,) = (one for one in objects if one["kind"] == "Ingress")
    for rule in ingress["spec"]["rules"]:
        for path in rule["http"]["paths"]:
            wanted = path["backend"]["service"]
            service = find(objects, "Service", wanted["name"])
            assert service["metadata"]["labels"]["app.kubernetes.io/component"] == "middleware"
            assert wanted["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}


def test_everything_of_an_ingress_is_a_value() -> None:
    ingress = find(render(file=CI["everything"]), "Ingress", "api")
    assert ingress["metadata"]["annotations"] == {"example.org/auth": "on"}
    assert ingress["spec"]["ingressClassName"] == "internal"
    assert ingress["spec"]["tls"] == [{"secretName": "web", "hosts": ["historia.example.org"]}]
    paths = {
        rule["host"]: [(path["path"], path["pathType"]) for path in rule["http"]["paths"]]
        for rule in ingress["spec"]["rules"]
    }
    assert paths == {
        "historia.example.org": [("/", "Prefix")],
        "*.clinic.example.org": [("/api", "Prefix"), ("/status", "Exact")],
    }


@pytest.mark.parametrize(
    "policy",
    [
        {"clients": [CONTROLLER]},
        {"clients": [{"podSelector": {}}, {"ipBlock": {"cidr": "10.0.0.0/24"}}]},
        {"clients": [{"podSelector": {"matchLabels": {"app": "traefik"}}}]},
        {"extra": {"middleware": {"ingress": [{"from": [CONTROLLER]}]}}},
        {"enabled": False},
    ],
    ids=str,
)
def test_a_controller_that_may_come_in_is_enough(policy: Object) -> None:
    values = published()
    render(values={**values, "networkPolicy": policy})


@pytest.mark.parametrize(
    "wrong",
    [
        {"hosts": [{"host": "Historia.example.org"}]},
        {"hosts": [{"host": "historia.example.org/api"}]},
        {"hosts": [{"paths": [{"path": "/"}]}]},
        {"hosts": [{"host": "a.example.org", "path": "/"}]},
        {"hosts": [{"host": "a.example.org", "paths": [{"path": "api"}]}]},
        {"hosts": [{"host": "a.example.org", "paths": [{"pathType": "prefix"}]}]},
        {"tls": [{"secretName": "web"}]},
        {"tls": [{"secretName": "web", "host": "a.example.org"}]},
    ],
    ids=str,
)
def test_the_schema_refuses(wrong: Object) -> None:
    assert "schema" in refusal(published(**wrong))


def test_the_deployment_leaves_the_number_of_pods_to_the_autoscaler() -> None:
    """Otherwise each upgrade would take back what the autoscaler has done."""
    plain, auto = render(values={"middleware": {"replicaCount": 3}}), render(values=scaled())
    assert find(plain, "Deployment", "hc-middleware")["spec"]["replicas"] == 3
    assert "replicas" not in find(auto, "Deployment", "hc-middleware")["spec"]
    assert find(auto, "HorizontalPodAutoscaler", "hc-middleware")["spec"] == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "hc-middleware"},
        "minReplicas": 2,
        "maxReplicas": 6,
        "metrics": [utilization("cpu", 80)],
    }


def utilization(resource: str, percent: int) -> Object:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": resource, "target": target}}


def test_everything_of_the_autoscaler_is_a_value() -> None:
    spec = find(render(file=CI["everything"]), "HorizontalPodAutoscaler", "api")["spec"]
    assert spec["scaleTargetRef"]["name"] == "api"
    assert (spec["minReplicas"], spec["maxReplicas"]) == (3, 9)
    assert spec["metrics"] == [utilization("cpu", 60), utilization("memory", 75)]
    assert spec["behavior"] == {"scaleDown": {"stabilizationWindowSeconds": 600}}


@pytest.mark.parametrize(
    ("most", "budget"), [({"minReplicas": 1, "maxReplicas": 1}, False), ({"minReplicas": 1, "maxReplicas": 2}, True)]
)
def test_a_budget_counts_the_most_pods_that_there_may_be(most: Object, budget: bool) -> None:
    objects = render(values=scaled(**most))
    assert ("hc-middleware" in {o["metadata"]["name"] for o in objects if o["kind"] == "PodDisruptionBudget"}) == budget


def test_an_autoscaler_that_cannot_work_is_refused_with_every_reason() -> None:
    asked = {"minReplicas": 7, "targetMemoryUtilizationPercentage": 70}
    said = refusal(scaled({"requests": {"cpu": "", "memory": ""}}, **asked))
    assert "middleware.autoscaling.minReplicas: es 7, más que middleware.autoscaling.maxReplicas, que es 6." in said
    assert "middleware.resources.requests.cpu: falta, y middleware.autoscaling mide el procesador" in said
    assert "middleware.resources.requests.memory: falta, y middleware.autoscaling mide la memoria" in said
    assert said.count("\n  - ") == 3
    nothing = refusal(scaled(targetCPUUtilizationPercentage=0))
    assert "autoscaling.targetCPUUtilizationPercentage: es 0, y targetMemoryUtilizationPercentage también" in nothing


def test_memory_alone_needs_no_request_of_cpu() -> None:
    asked = {"targetCPUUtilizationPercentage": 0, "targetMemoryUtilizationPercentage": 70}
    render(values=scaled({"requests": {"cpu": ""}}, **asked))


def test_the_apis_chart_alone_tells_these_mistakes_too() -> None:
    said = refusal({"autoscaling": {"enabled": True, "minReplicas": 9}, "ingress": {"enabled": True}}, chart=SUBCHART)
    assert "- autoscaling.minReplicas: es 9, más que autoscaling.maxReplicas, que es 6." in said
    assert "- ingress.hosts: está vacío y ingress.enabled es true." in said


@pytest.mark.parametrize(
    ("values", "fits"),
    [
        ({"middleware": {"replicaCount": 24}}, True),  # 25 x 8 = 200, the default of max_connections
        ({"middleware": {"replicaCount": 25}}, False),
        ({"middleware": {"replicaCount": 25, "extraEnv": {"HISTORIA_POOL_SIZE": "4"}}}, True),
        ({"middleware": {"replicaCount": 12, "extraEnv": {"HISTORIA_SERVER_WORKERS": "2"}}}, False),
        ({"middleware": {"replicaCount": 25}, "postgresql": {"parameters": {"max_connections": "208"}}}, True),
        ({"middleware": {"replicaCount": 25, "enabled": False}}, True),
        (scaled(maxReplicas=24), True),
        (scaled(maxReplicas=25), False),
    ],
    ids=str,
)
def test_all_pods_of_the_api_fit_into_every_node(values: Object, fits: bool) -> None:
    if fits:
        render(values=values)
    else:
        assert "conexiones con un nodo, y postgresql.parameters.max_connections es 200." in refusal(values)
