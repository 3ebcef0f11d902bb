"""Every edge of the network, tried from the pod at its beginning: those of the policies pass, and no other."""

import json
from collections.abc import Iterator

import pytest
from cluster.clients import bystander
from cluster.conftest import fresh_release
from cluster.release import WORKERS, Release
from kubernetes import client

KNOCK = """
import socket, sys
for target in sys.argv[1:]:
    host, port = target.rsplit(':', 1)
    try:
        socket.create_connection((host, int(port)), timeout=4).close()
        print(target, 'open')
    except ConnectionRefusedError:
        print(target, 'open')  # it arrived, and nobody listens there
    except OSError as error:
        assert not isinstance(error, socket.gaierror), error  # names are resolved by all
        print(target, 'closed')
"""
BASH = (
    'for t in "$@"; do h=${t%:*}; getent hosts "$h" >/dev/null || exit 3;'
    ' if timeout 4 bash -c "</dev/tcp/$h/${t##*:}" 2>/tmp/said || grep -q refused /tmp/said;'
    ' then echo "$t open"; else echo "$t closed"; fi; done'
)
API, COORDINATOR = "hc-middleware:8080", "hc-coordinator:5432"
WORKER = "hc-worker-0.hc-worker-nodes:5432"
NODES = (COORDINATOR, *([WORKER] if WORKERS else []))
OUTSIDE = "kubernetes.default.svc:443"  # stands for whatever a pod has no business with


def opened(printed: str) -> set[str]:
    answers = dict(line.rsplit(" ", 1) for line in printed.splitlines())
    assert set(answers.values()) <= {"open", "closed"}
    return {target for target, answer in answers.items() if answer == "open"}


def from_pod(release: Release, pod: str, *targets: str) -> set[str]:
    return opened(release.kubectl("exec", pod, "--", "python", "-c", KNOCK, *targets))


def from_node(release: Release, pod: str, *targets: str) -> set[str]:
    return opened(release.kubectl("exec", pod, "--", "bash", "-c", BASH, "bash", *targets))


def from_job(release: Release, component: str, *targets: str) -> set[str]:
    return opened(release.run_python(f"as-{component}", KNOCK, *targets, component=component))


def add(release: Release, namespace: str, name: str, **labels: str) -> None:
    """A pod that is no part of the release."""
    pod = json.dumps(bystander(release, name, labels))
    release.kubectl("create", "--namespace", namespace, "-f", "-", input=pod)
    release.kubectl("wait", "--namespace", namespace, "--for=condition=ready", f"pod/{name}", "--timeout=60s")


@pytest.fixture(scope="module")
def installed(release: Release) -> Release:
    """Installed before there were policies, with a neighbour that shows what their absence looks like."""
    release.install(f"workers.count={WORKERS}", "networkPolicy.enabled=false")
    add(release, release.namespace, "neighbour")
    add(release, release.namespace, "reports", team="reports")
    assert from_pod(release, "neighbour", API, *NODES) == {API, *NODES}
    release.upgrade(f"workers.count={WORKERS}")
    return release


@pytest.fixture(scope="module")
def elsewhere(installed: Release, kubernetes_api: client.CoreV1Api) -> Iterator[Release]:
    """A pod of another namespace."""
    with fresh_release(kubernetes_api) as other:
        add(installed, other.namespace, "stranger")
        yield other


def test_a_neighbour_reaches_the_api_and_no_node(installed: Release) -> None:
    assert from_pod(installed, "neighbour", API, *NODES) == {API}


def test_a_stranger_reaches_nothing(installed: Release, elsewhere: Release) -> None:
    targets = [f"{host}.{installed.namespace}.svc:{port}" for host, port in (one.split(":") for one in (API, *NODES))]
    assert from_pod(elsewhere, "stranger", *targets, OUTSIDE) == {OUTSIDE}


def test_the_api_reaches_the_nodes_and_nothing_else(installed: Release) -> None:
    assert from_pod(installed, "deployment/hc-middleware", *NODES, OUTSIDE) == set(NODES)


@pytest.mark.parametrize("node", ["hc-coordinator-0", *(["hc-worker-0"] if WORKERS else [])])
def test_a_node_reaches_the_nodes_and_nothing_else(installed: Release, node: str) -> None:
    assert from_node(installed, node, *NODES, API, OUTSIDE) == set(NODES)


@pytest.mark.parametrize(
    ("component", "reached"),
    [
        ("sync", NODES),
        ("drain", NODES),
        ("certificates", NODES),
        ("seal-audit", NODES),
        ("verify-audit", NODES),
        ("test", (*NODES, API)),
        ("other", ()),
    ],
)
def test_a_job_reaches_what_it_works_on(installed: Release, component: str, reached: tuple[str, ...]) -> None:
    assert from_job(installed, component, *NODES, API, OUTSIDE) == set(reached)


def test_the_release_works_behind_its_policies(installed: Release) -> None:
    installed.test()


def test_clients_of_the_database_are_let_in_by_name_and_people_of_the_namespace_can_be_kept_out(
    installed: Release,
) -> None:
    installed.upgrade(
        f"workers.count={WORKERS}",
        "networkPolicy.databaseClients[0].podSelector.matchLabels.team=reports",
        "networkPolicy.clients[0].podSelector.matchLabels.team=portal",
    )
    assert from_pod(installed, "reports", API, *NODES) == {COORDINATOR}
    assert from_pod(installed, "neighbour", API, *NODES) == set()
    installed.upgrade(f"workers.count={WORKERS}")
