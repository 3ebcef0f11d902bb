"""Exactly these objects, no more, for each values file of ci/."""

import re

import pytest
from chart.render import CI, render

API = {
    "Deployment/hc-middleware",
    "NetworkPolicy/hc-middleware",
    "NetworkPolicy/hc-test",
    "PodDisruptionBudget/hc-middleware",
    "Service/hc-middleware",
    "ServiceAccount/hc-middleware",
}
ALWAYS = {
    "ConfigMap/hc-postgresql",
    "Job/hc-drain",
    "Job/hc-sync",
    "Pod/hc-test",
    "Service/hc-coordinator",
    "Service/hc-coordinator-nodes",
    "StatefulSet/hc-coordinator",
}
WORKERS = {
    "NetworkPolicy/hc-worker",
    "PodDisruptionBudget/hc-worker",
    "Service/hc-worker-nodes",
    "StatefulSet/hc-worker",
}
POLICIES = {f"NetworkPolicy/hc-{name}" for name in ("coordinator", "default-deny", "dns", "hooks")}
IDENTITY, SECRET = "ServiceAccount/hc", "Secret/hc-auth"
RENEWAL = "CronJob/hc-tls"
SEAL, VERIFY, SEALS = "CronJob/hc-seal-audit", "CronJob/hc-verify-audit", "PersistentVolumeClaim/hc-audit-seals"
TLS = {RENEWAL, "Secret/hc-tls"}
EXPECTED = {
    "default": ALWAYS | WORKERS | API | POLICIES | TLS | {IDENTITY, SECRET},
    "minimal": (ALWAYS | WORKERS | {SECRET}) - {"Pod/hc-test", "NetworkPolicy/hc-worker"},
    "single-node": ALWAYS | API | POLICIES | TLS | {IDENTITY, SECRET},
    "existing-secret": ALWAYS | WORKERS | API | POLICIES | {IDENTITY, RENEWAL, SEAL, VERIFY},
    "job-mode": (ALWAYS | WORKERS | API | POLICIES | {IDENTITY, RENEWAL, SEAL, SEALS, "Job/hc-sync-…"})
    - {"Job/hc-drain", "Job/hc-sync"},
    "everything": POLICIES
    | {SEAL, VERIFY, SEALS}
    | {
        "NetworkPolicy/hc-bucket",
        "NetworkPolicy/hc-middleware",
        "NetworkPolicy/hc-monitoring",
        "NetworkPolicy/hc-test",
        "NetworkPolicy/hc-worker",
        "PodDisruptionBudget/api",
        "PodDisruptionBudget/db",
        "PodDisruptionBudget/shard",
        "Certificate/hc-tls",
        "CronJob/hc-tls",
        "ConfigMap/hc-dashboard",
        "ConfigMap/hc-postgresql",
        "Deployment/api",
        "HorizontalPodAutoscaler/api",
        "Ingress/api",
        "Job/hc-drain",
        "Job/hc-sync",
        "Pod/hc-test",
        "PrometheusRule/hc",
        "Service/api-metrics",
        "Service/api-service",
        "Service/db",
        "Service/db-nodes",
        "Service/shard-nodes",
        "ServiceAccount/api-identity",
        "ServiceAccount/identity",
        "ServiceMonitor/hc",
        "StatefulSet/db",
        "StatefulSet/shard",
    },
}


def test_each_values_file_is_expected() -> None:
    assert set(CI) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_objects_of(name: str) -> None:
    found = [f"{one['kind']}/{one['metadata']['name']}" for one in render(file=CI[name])]
    assert len(found) == len(set(found))
    assert {re.sub(r"(?<=-sync-)[0-9a-f]{8}$", "…", one) for one in found} == EXPECTED[name]
