"""A writer and a reader in a pod of the cluster, who ask the API through its Service as other programs there do."""

import contextlib
import inspect
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import traffic
from cluster.release import Release

POD = "clients"
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@dataclass
class Seen:
    """What the clients saw, once they have ended."""

    requests: dict[str, int] = field(default_factory=dict)
    slowest: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    acknowledged: set[tuple[str, str]] = field(default_factory=set)


@contextlib.contextmanager
def asking(release: Release, cedulas: Sequence[str]) -> Iterator[Seen]:
    """Requests without pause until the block ends."""
    release.kubectl("create", "-f", "-", input=json.dumps(bystander(release, POD)))
    release.kubectl("wait", "--for=condition=ready", f"pod/{POD}", "--timeout=60s")
    program = ["python", "-c", inspect.getsource(traffic), f"http://{release.service}:8080", *cedulas]
    seen = Seen()
    with subprocess.Popen(
        ["kubectl", "--namespace", release.namespace, "exec", "-i", POD, "--", *program],
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as clients:
        assert clients.stdout
        assert clients.stdout.readline() == "asking\n"
        try:
            yield seen
        finally:
            output, _ = clients.communicate(timeout=60)
    told = json.loads(output)
    for kind in ("write", "read"):
        seen.requests[kind] = told[kind]["requests"]
        seen.slowest[kind] = told[kind]["slowest"]
        seen.failed += told[kind]["failed"]
    seen.acknowledged = {(cedula, consulta) for cedula, consulta in told["acknowledged"]}
    release.kubectl("delete", "pod", POD, "--grace-period=0", "--force")


def bystander(release: Release, name: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
    """A pod that is no part of a release, with Python. From the API's own image, which is on the node."""
    image = release.kubectl(
        "get", f"deployment/{release.service}", "-o", "jsonpath={.spec.template.spec.containers[0].image}"
    )
    container = {
        "name": name,
        "image": image,
        "command": ["python", "-c", "import time; time.sleep(3600)"],
        "securityContext": RESTRICTED,
    }
    spec = {"containers": [container], "automountServiceAccountToken": False, "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels or {}}, "spec": spec}
