"""Metrics on a real cluster: who may read them, what they say, and what nobody publishes."""

import json

import pytest
from cluster.clients import bystander
from cluster.release import WORKERS, Release, until

PORT = 9464
ASK = """
import sys, urllib.request
try:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=6) as answer:
        print(answer.read().decode())
except OSError as error:
    print('refused', type(error).__name__)
"""
SETTINGS = (
    f"workers.count={WORKERS}",
    "middleware.metrics.enabled=true",
    "networkPolicy.monitoring[0].podSelector.matchLabels.team=monitoring",
    "monitoring.dashboard.enabled=true",
)


@pytest.fixture(scope="module")
def installed(release: Release) -> Release:
    release.install(*SETTINGS)
    for name, labels in (("prometheus", {"team": "monitoring"}), ("neighbour", {})):
        release.kubectl("create", "-f", "-", input=json.dumps(bystander(release, name, labels)))
        release.kubectl("wait", "--for=condition=ready", f"pod/{name}", "--timeout=60s")
    return release


def ask(release: Release, pod: str, url: str) -> str:
    return release.kubectl("exec", pod, "--", "python", "-c", ASK, url)


def addresses(release: Release) -> list[str]:
    pods = json.loads(release.kubectl("get", "pods", "-l", "app.kubernetes.io/component=middleware", "-o", "json"))
    return [pod["status"]["podIP"] for pod in pods["items"] if "deletionTimestamp" not in pod["metadata"]]


def test_only_who_is_named_reads_the_metrics(installed: Release) -> None:
    service = f"http://hc-middleware-metrics:{PORT}/metrics"
    until(lambda: "historia_database_up 1.0" in ask(installed, "prometheus", service), "metrics for Prometheus", 30)
    assert ask(installed, "neighbour", service).startswith("refused")
    assert "ok" in ask(installed, "neighbour", "http://hc-middleware:8080/livez"), "it is not cut off altogether"


def test_who_reads_the_metrics_need_not_be_a_client_of_the_api(installed: Release) -> None:
    installed.upgrade(*SETTINGS, "networkPolicy.clients[0].podSelector.matchLabels.team=portal")
    assert ask(installed, "prometheus", "http://hc-middleware:8080/livez").startswith("refused")
    assert "historia_build_info" in ask(installed, "prometheus", f"http://hc-middleware-metrics:{PORT}/metrics")
    installed.upgrade(*SETTINGS)


def test_every_pod_tells_of_every_node(installed: Release) -> None:
    pods = addresses(installed)
    assert pods
    for address in pods:
        lines = ask(installed, "prometheus", f"http://{address}:{PORT}/metrics").splitlines()
        up = [line for line in lines if line.startswith("historia_node_up{")]
        assert len(up) == 1 + WORKERS
        assert all(line.endswith(" 1.0") for line in up)
        assert {line.rsplit(" ", 1)[1] for line in lines if line.startswith("historia_scrape_success{")} == {"1.0"}


def test_the_port_of_the_api_has_none(installed: Release) -> None:
    assert installed.get("/metrics").status == 404


def test_the_dashboard_is_there_for_grafana(installed: Release) -> None:
    found = json.loads(installed.kubectl("get", "configmap", "-l", "grafana_dashboard=1", "-o", "json"))["items"]
    [one] = [item["data"] for item in found]
    assert json.loads(one["historia-clinica.json"])["uid"] == "historia-clinica"


def test_the_release_works_with_metrics(installed: Release) -> None:
    installed.test()
