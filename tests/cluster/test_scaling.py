"""`workers.count` up, the same again, and back: nodes are joined, nothing is destroyed."""

import pytest
from cluster.release import WORKERS, Release

pytestmark = pytest.mark.skipif(not WORKERS, reason="the PostgreSQL image holds no Citus")


def active_workers(release: Release) -> list[str]:
    return [row[0].split(".")[0] for row in release.sql("SELECT * FROM citus_get_active_worker_nodes() ORDER BY 1")]


def test_a_third_worker_joins_stays_idle_and_leaves_by_rollback(another_release: Release) -> None:
    release = another_release
    release.install("workers.count=2")
    release.upgrade("workers.count=3")
    assert active_workers(release) == ["hc-worker-0", "hc-worker-1", "hc-worker-2"]
    with release.watched_sync() as logs:
        release.upgrade("workers.count=3")
    assert "nada que hacer" in logs.text()
    patient = {"cedula": "0102030405", "nombre": "Ana", "apellido": "Prueba"}
    assert release.post("/api/v1/pacientes", patient).status == 201

    release.helm("rollback", "hc", "1", "--wait", "--timeout=5m")
    assert active_workers(release) == ["hc-worker-0", "hc-worker-1"]
    assert release.get("/api/v1/pacientes/0102030405").status == 200
    doctor = {"codigo_medico": "MED900", "nombre": "Eva", "apellido": "Prueba"}
    assert release.post("/api/v1/medicos", doctor).status == 201  # reaches every registered node
    release.test()


def test_a_worker_that_holds_patients_is_never_taken_away(another_release: Release) -> None:
    release = another_release
    release.install("workers.count=2")
    refused = release.upgrade("workers.count=1", check=False)
    assert refused.returncode
    assert "hc-worker-1" in refused.stdout + refused.stderr + release.kubectl("logs", "job/hc-drain", check=False)
    assert active_workers(release) == ["hc-worker-0", "hc-worker-1"]
    release.kubectl("rollout", "status", "statefulset/hc-worker", "--timeout=60s")
    release.upgrade("workers.count=2")
    release.test()
