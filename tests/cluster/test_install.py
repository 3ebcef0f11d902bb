"""One `helm install`, and what must be true of it."""

import base64
import json
import os

import pytest
from cluster.release import WORKERS, Release, request, until
from kubernetes import client
from pytest_helm_charts.clusters import ExistingCluster
from pytest_helm_charts.k8s.deployment import wait_for_deployments_to_run
from pytest_helm_charts.k8s.stateful_set import wait_for_stateful_sets_to_run


@pytest.fixture(scope="module")
def installed(release: Release) -> Release:
    release.install(f"workers.count={WORKERS}")
    return release


def register_ana(release: Release) -> None:
    patient = {"cedula": "0102030405", "nombre": "Ana", "apellido": "Prueba"}
    assert release.post("/api/v1/pacientes", patient).status in (201, 409)


class ThisCluster(ExistingCluster):
    """pytest-helm-charts' view of the cluster of KUBECONFIG."""

    def __init__(self) -> None:
        super().__init__(os.environ["KUBECONFIG"])


def test_every_workload_is_ready(installed: Release) -> None:
    cluster = ThisCluster().create()
    sets = ["hc-coordinator", *(["hc-worker"] if WORKERS else [])]
    for found in wait_for_stateful_sets_to_run(cluster, sets, installed.namespace, timeout_sec=30):
        assert found.obj["status"]["readyReplicas"] == (WORKERS if found.name == "hc-worker" else 1)
    wait_for_deployments_to_run(cluster, ["hc-middleware"], installed.namespace, timeout_sec=30)


def test_helm_test_passes_and_leaves_nothing(installed: Release) -> None:
    installed.test()
    assert installed.sql("SELECT count(*) FROM pacientes WHERE cedula LIKE 'PRUEBA-%'") == [["0"]]


def test_the_four_seed_paths(installed: Release) -> None:
    with installed.forwarded() as url:
        home, status, workers, usuarios = (
            request(url + path) for path in ("/", "/status", "/citus/workers", "/usuarios")
        )
    assert home.body["status"] == "healthy"
    assert home.body["service"] == "middleware-citus"
    assert (status.status, status.body["status"]) == (200, "connected")
    assert status.body["postgres_version"].startswith("PostgreSQL ")
    assert status.body["engine"] == ("citus" if WORKERS else "postgresql")
    suffix = f"hc-worker-nodes.{installed.namespace}.svc.cluster.local"
    assert workers.body["workers"] == [[f"hc-worker-{n}.{suffix}", 5432] for n in range(WORKERS)]
    assert usuarios.status == 401
    assert "error" in usuarios.body


@pytest.mark.skipif(not WORKERS, reason="the PostgreSQL image holds no Citus")
def test_patients_live_on_both_workers_beside_their_consultas(installed: Release) -> None:
    placements = installed.sql(
        "SELECT nodename, count(*) FILTER (WHERE table_name = 'pacientes'::regclass), "
        "count(*) FILTER (WHERE table_name = 'consultas'::regclass) FROM citus_shards GROUP BY nodename "
        "HAVING count(*) FILTER (WHERE table_name = 'pacientes'::regclass) > 0 ORDER BY nodename"
    )
    assert [row[0].split(".")[0] for row in placements] == [f"hc-worker-{n}" for n in range(WORKERS)]
    assert all(pacientes == consultas != "0" for _, pacientes, consultas in placements)
    ((groups,),) = installed.sql(
        "SELECT count(DISTINCT colocation_id) FROM citus_tables "
        "WHERE table_name IN ('pacientes'::regclass, 'consultas'::regclass)"
    )
    assert groups == "1"


@pytest.mark.skipif(not WORKERS, reason="the PostgreSQL image holds no Citus")
def test_the_laboratorys_sql_answers(installed: Release) -> None:
    for function in ("master_get_active_worker_nodes", "citus_get_active_worker_nodes"):
        assert len(installed.sql(f"SELECT * FROM {function}()")) == WORKERS


def test_no_password_leaves_the_secret(installed: Release) -> None:
    secret = json.loads(installed.kubectl("get", "secret", "hc-auth", "-o", "json"))["data"]
    passwords = [base64.b64decode(secret[key]).decode() for key in ("postgres-password", "app-password")]
    assert all(len(password) >= 24 for password in passwords)
    shown = [installed.helm("get", what, "hc").stdout for what in ("notes", "values")]
    shown.append(installed.kubectl("get", "pods,configmaps,statefulsets,deployments,jobs", "-o", "yaml"))
    pods = installed.kubectl("get", "pods", "-o", "name").split()
    shown.extend(installed.kubectl("logs", pod, "--tail=-1") for pod in pods)
    assert not [text[:80] for text in shown for password in passwords if password in text]


def test_an_identical_upgrade_changes_nothing(installed: Release) -> None:
    pods = installed.kubectl(
        "get", "pods", "-l", "app.kubernetes.io/instance=hc", "-o", "jsonpath={range .items[*]}{.metadata.uid} {end}"
    )
    before = set(pods.split())
    with installed.watched_sync() as logs:
        installed.upgrade(f"workers.count={WORKERS}")
    after = installed.kubectl(
        "get", "pods", "-l", "app.kubernetes.io/instance=hc", "-o", "jsonpath={range .items[*]}{.metadata.uid} {end}"
    )
    assert before <= set(after.split())
    assert "nada que hacer" in logs.text()


def test_the_database_and_a_worker_come_back_with_their_data(installed: Release) -> None:
    register_ana(installed)
    for pod in ("hc-coordinator-0", *(["hc-worker-0"] if WORKERS else [])):
        installed.kubectl("delete", "pod", pod)
        installed.kubectl("rollout", "status", f"statefulset/{pod.rpartition('-')[0]}", "--timeout=120s")
    found = installed.get("/api/v1/pacientes/0102030405")
    assert (found.status, found.body["nombre"]) == (200, "Ana")
    installed.test()


@pytest.mark.skipif(WORKERS < 2, reason="one worker is never one too many")
def test_workers_are_evicted_one_at_a_time(installed: Release) -> None:
    """As `kubectl drain` does it: the second has to wait until the first is back."""

    api = client.CoreV1Api()

    def evict(pod: str) -> None:
        body = client.V1Eviction(metadata=client.V1ObjectMeta(name=pod, namespace=installed.namespace))
        api.create_namespaced_pod_eviction(pod, installed.namespace, body)

    def is_back() -> bool:
        pods = api.list_namespaced_pod(installed.namespace, field_selector="metadata.name=hc-worker-0").items
        ready = [
            one.ready for pod in pods if pod.metadata.uid != evicted for one in pod.status.container_statuses or []
        ]
        return ready == [True]

    evicted = api.read_namespaced_pod("hc-worker-0", installed.namespace).metadata.uid
    evict("hc-worker-0")
    with pytest.raises(client.ApiException) as refused:
        evict("hc-worker-1")
    assert refused.value.status == 429
    until(is_back, "the evicted worker is back", 120)


def test_reinstalling_over_the_kept_volumes_finds_the_record(installed: Release) -> None:
    register_ana(installed)
    installed.helm("uninstall", "hc", "--wait")
    installed.install(f"workers.count={WORKERS}")
    assert installed.get("/api/v1/pacientes/0102030405").status == 200
    installed.test()
