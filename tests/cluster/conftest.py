"""Fixtures: namespaces for releases, and what a person would look at first when a test fails."""

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from cluster.release import HELM, ROOT, Release
from kubernetes import client, config

_current: list[Release] = []  # what to describe when a test fails


@pytest.fixture(scope="session", autouse=True)
def kubernetes_api() -> client.CoreV1Api:
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("no cluster: KUBECONFIG is not set")
    for program in (HELM, "kubectl"):
        if not shutil.which(program):
            pytest.skip(f"no {program} on PATH")
    config.load_kube_config()
    return client.CoreV1Api()


@contextlib.contextmanager
def fresh_release(api: client.CoreV1Api, **fields: Any) -> Iterator[Release]:
    namespace = f"hc-test-{uuid.uuid4().hex[:6]}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    api.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=namespace, labels=labels)))
    release = Release(namespace, **fields)
    _current.append(release)
    try:
        yield release
    finally:
        _current.remove(release)
        api.delete_namespace(namespace, grace_period_seconds=0)


@pytest.fixture(scope="module")
def release(kubernetes_api: client.CoreV1Api) -> Iterator[Release]:
    """An empty namespace for the release of one module."""
    with fresh_release(kubernetes_api) as made:
        yield made


@pytest.fixture
def another_release(kubernetes_api: client.CoreV1Api) -> Iterator[Release]:
    """An empty namespace for one test."""
    with fresh_release(kubernetes_api) as made:
        yield made


@pytest.fixture
def minikube_release(kubernetes_api: client.CoreV1Api) -> Iterator[Release]:
    """An empty namespace for the laboratory's own values and names."""
    with fresh_release(
        kubernetes_api,
        coordinator="citus-coordinator",
        service="middleware-service",
        values=(str(ROOT / "examples/minikube.yaml"),),
    ) as made:
        yield made


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    if report.failed and "cluster" in item.path.parts:
        for shown in _current:
            report.sections.append((f"namespace {shown.namespace}", shown.report()))
