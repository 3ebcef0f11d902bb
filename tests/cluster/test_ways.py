"""Other ways to install: without waiting, and by a tool that only applies manifests and brings the Secrets itself."""

import base64
import json
import os
import secrets
from typing import Any

import pytest
import yaml
from cluster.release import ANYBODY, CHART, HELM, ROOT, WORKERS, Release, run

# without a cluster a Helm takes a version that depends on how it was built
KUBERNETES = "--kube-version=1.34.0"
ARGO = ROOT / "examples/argo-cd.yaml"


def test_the_example_for_kind_installed_without_waiting_ends_with_the_tables(another_release: Release) -> None:
    """`sync` starts at once, beside pods that do not exist yet, and does the waiting itself."""
    release = another_release
    release.values = (str(ROOT / "examples/kind.yaml"),)
    run(*(part for part in release.command("install", f"workers.count={WORKERS}") if part != "--wait"))
    assert release.sql("SELECT count(*) FROM pacientes") == [["0"]]
    release.kubectl("rollout", "status", "deployment/hc-middleware", "--timeout=120s")
    release.test()


def template(release: Release, *argv: str) -> str:
    return run(HELM, "template", "hc", str(CHART), KUBERNETES, "--namespace", release.namespace, *argv).stdout


def rendered(release: Release, *argv: str) -> str:
    values = [ARGO, *([given] if (given := os.environ.get("HISTORIA_TEST_VALUES")) else [])]
    files = [f"--values={path}" for path in values]
    return template(release, *files, f"--set={ANYBODY}", *argv)


def bring_secrets(release: Release) -> None:
    """Passwords and certificate that no Helm has made here."""
    certificate = next(
        one
        for one in yaml.safe_load_all(template(release))
        if one and (one["kind"], one["metadata"]["name"]) == ("Secret", "hc-tls")
    )
    passwords = {key: secrets.token_hex(24) for key in ("postgres-password", "app-password", "signing-key")}
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in passwords.items()}
    for name, data in (("historia-auth", encoded), ("historia-tls", certificate["data"])):
        made: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
        release.kubectl("create", "-f", "-", input=json.dumps(made))


def apply(release: Release, workers: int) -> str:
    """Apply what the chart renders, and wait for the Job that this brings; what kubectl printed."""
    said = release.kubectl("apply", "-f", "-", input=rendered(release, "--no-hooks", f"--set=workers.count={workers}"))
    (job,) = (line.split()[0] for line in said.splitlines() if line.startswith("job.batch/"))
    release.kubectl("wait", "--for=condition=complete", job, "--timeout=240s")
    return said


def active_workers(release: Release) -> list[str]:
    return [row[0].split(".")[0] for row in release.sql("SELECT * FROM citus_get_active_worker_nodes() ORDER BY 1")]


@pytest.mark.skipif(not WORKERS, reason="the PostgreSQL image holds no Citus")
def test_plain_manifests_and_secrets_of_ones_own(another_release: Release) -> None:
    release = another_release
    bring_secrets(release)
    apply(release, 2)
    assert active_workers(release) == ["hc-worker-0", "hc-worker-1"]
    release.kubectl("rollout", "status", "deployment/hc-middleware", "--timeout=120s")
    patient = {"cedula": "0102030405", "nombre": "Ana", "apellido": "Prueba"}
    assert release.post("/api/v1/pacientes", patient).status == 201
    pods = release.kubectl("get", "pods", "-o", "name")
    assert "job.batch/hc-sync-" in (again := apply(release, 2))
    assert [line for line in again.splitlines() if "job" in line and not line.endswith(" unchanged")] == []
    assert release.kubectl("get", "pods", "-o", "name") == pods

    # docs/operar.md, "Con Argo CD"
    drain = rendered(
        release, "--set=hooks.mode=helm", "--set=workers.count=1", "--show-only=templates/hooks/drain-job.yaml"
    )
    release.kubectl("create", "-f", "-", input=drain)
    release.kubectl("wait", "--for=condition=complete", "job/hc-drain", "--timeout=240s")
    apply(release, 1)
    assert active_workers(release) == ["hc-worker-0"]
    assert release.get("/api/v1/pacientes/0102030405").body["nombre"] == "Ana"
