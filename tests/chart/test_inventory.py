"""Exactly these objects, no more, for each values file of ci/."""

import pytest
from chart.render import CI, render

API = {"Deployment/hc-middleware", "Service/hc-middleware", "ServiceAccount/hc-middleware"}
ALWAYS = {
    "ConfigMap/hc-postgresql",
    "Job/hc-drain",
    "Job/hc-sync",
    "Pod/hc-test",
    "Service/hc-coordinator",
    "Service/hc-coordinator-nodes",
    "StatefulSet/hc-coordinator",
}
WORKERS = {"Service/hc-worker-nodes", "StatefulSet/hc-worker"}
IDENTITY, SECRET = "ServiceAccount/hc", "Secret/hc-auth"
RENEWAL = "CronJob/hc-tls"
TLS = {RENEWAL, "Secret/hc-tls"}
EXPECTED = {
    "default": ALWAYS | WORKERS | API | TLS | {IDENTITY, SECRET},
    "minimal": (ALWAYS | WORKERS | {SECRET}) - {"Pod/hc-test"},
    "single-node": ALWAYS | API | TLS | {IDENTITY, SECRET},
    "existing-secret": ALWAYS | WORKERS | API | {IDENTITY, RENEWAL},
    "everything": {
        "Certificate/hc-tls",
        "CronJob/hc-tls",
        "ConfigMap/hc-postgresql",
        "Deployment/api",
        "Job/hc-drain",
        "Job/hc-sync",
        "Pod/hc-test",
        "Service/api-service",
        "Service/db",
        "Service/db-nodes",
        "Service/shard-nodes",
        "ServiceAccount/api-identity",
        "ServiceAccount/identity",
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
    assert set(found) == EXPECTED[name]
