"""What a person may get wrong, and the laboratory's own lines."""

import json
import re
import secrets
from typing import Any

import pytest
from cluster.release import WORKERS, Release, request, run


def test_single_node(another_release: Release) -> None:
    release = another_release
    release.install("workers.count=0")
    assert release.get("/status").body["engine"] == "postgresql"
    assert release.get("/citus/workers").body == {"workers": [], "detail": []}
    release.test()


def test_the_lines_of_the_laboratory_work_to_the_letter(minikube_release: Release) -> None:
    release = minikube_release
    release.install(*([] if WORKERS else ["workers.count=0"]))
    kubectl = release.kubectl
    kubectl("wait", "--for=condition=ready", "pod", "-l", "app=middleware", "--timeout=60s")
    assert kubectl("logs", "-l", "app=middleware")
    assert "citus-coordinator" in kubectl("describe", "pod", "-l", "app=citus-coordinator")
    kubectl("get", "service/citus-coordinator", "service/middleware-service")
    with release.forwarded() as url:
        usuarios = request(f"{url}/usuarios")
    assert usuarios.body == {"usuarios": []}
    if WORKERS:
        assert len(release.sql("SELECT * FROM master_get_active_worker_nodes()")) == 2


def test_a_misspelt_value_is_refused_by_the_schema(another_release: Release) -> None:
    refused = another_release.install("worker.count=3", check=False)
    assert refused.returncode
    assert "worker" in refused.stderr


def test_existing_data_is_never_left_behind_by_a_name_or_a_password(another_release: Release) -> None:
    release = another_release
    release.install("workers.count=0")
    moved = ("coordinator.fullnameOverride=db", "middleware.database.host=db")
    refused = release.upgrade("workers.count=0", *moved, check=False)
    assert 'los datos están en el StatefulSet "hc-coordinator"' in refused.stderr
    kept = release.kubectl("get", "secret", "hc-auth", "-o", "json")
    release.kubectl("delete", "secret", "hc-auth")
    refused = release.upgrade("workers.count=0", check=False)
    assert 'no se encuentra el Secret "hc-auth"' in refused.stderr
    release.kubectl("create", "-f", "-", input=kept)
    release.kubectl(
        "patch", "secret", "hc-auth", "--type=json", "-p", '[{"op": "remove", "path": "/data/app-password"}]'
    )
    refused = release.upgrade("workers.count=0", check=False)
    assert 'al Secret "hc-auth" le falta la clave "app-password"' in refused.stderr


def test_a_secret_of_ones_own_needs_the_key_that_signs(another_release: Release) -> None:
    """Not where there is no API; the line that the refusal prints adds it."""
    release = another_release
    held = {key: secrets.token_hex(24) for key in ("postgres-password", "app-password")}
    made: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mine"}, "stringData": held}
    release.kubectl("create", "-f", "-", input=json.dumps(made))
    own = ("workers.count=0", "auth.existingSecret=mine", "middleware.database.existingSecret=mine")
    release.install(*own, "middleware.enabled=false")
    refused = release.upgrade(*own, check=False)
    assert 'al Secret "mine" le falta la clave "signing-key"' in refused.stderr
    cure = re.search(r"kubectl --namespace .*", refused.stderr)
    assert cure
    run("bash", "-c", cure[0])
    release.upgrade(*own, "middleware.replicaCount=1")
    release.test()


@pytest.mark.skipif(WORKERS > 0, reason="the PostgreSQL image holds Citus")
def test_workers_without_citus_are_refused_with_what_to_do(another_release: Release) -> None:
    refused = another_release.install("workers.count=1", check=False)
    assert refused.returncode
    assert "no tiene Citus instalado" in refused.stderr  # Helm shows what a hook that failed printed
    assert "pida cero workers (workers.count: 0)" in refused.stderr
