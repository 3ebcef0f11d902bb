"""A release of the chart on a real cluster, driven as a person would: with helm, kubectl, psql and HTTP.

KUBECONFIG                 the cluster; without it every test here is skipped
HELM                       another Helm than the one on PATH
HISTORIA_TEST_VALUES       a values file for all installations (where the images are)
HISTORIA_TEST_WORKERS      workers of an installation, 0 where the PostgreSQL image holds no Citus
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from kubernetes import client, watch

ROOT = pathlib.Path(__file__).parents[2]
CHART = ROOT / "charts/historia-clinica"
HELM = os.environ.get("HELM") or "helm"
Headers = Mapping[str, str]
NONE: Headers = MappingProxyType({})
ANYBODY = "middleware.auth=off"  # most tests are not about who asks
WORKERS = int(os.environ.get("HISTORIA_TEST_WORKERS", "2"))


def run(*argv: str, check: bool = True, timeout: float = 420, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    """Run a program; a failure carries what it printed."""
    done = subprocess.run(argv, text=True, capture_output=True, timeout=timeout, check=False, **kwargs)
    if check and done.returncode:
        pytest.fail(f"{' '.join(argv)}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}", pytrace=False)
    return done


def until(condition: Callable[[], Any], what: str, seconds: float = 120) -> Any:
    """The condition's first true value; the test fails when there is none in time."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.5)
    return value


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    body: Any


@dataclasses.dataclass
class Logs:
    """What a pod printed; `text` waits until it has ended."""

    parts: list[str] = dataclasses.field(default_factory=list)
    thread: threading.Thread | None = None

    def text(self) -> str:
        if self.thread:
            self.thread.join(30)
        return "".join(self.parts)


@dataclasses.dataclass
class Release:
    """One release in a namespace of its own that enforces the restricted Pod Security Standard."""

    namespace: str
    name: str = "hc"
    coordinator: str = "hc-coordinator"
    service: str = "hc-middleware"
    values: tuple[str, ...] = ()

    def helm(self, *argv: str, **kwargs: Any) -> subprocess.CompletedProcess[str]:
        return run(HELM, *argv, "--namespace", self.namespace, **kwargs)

    def command(self, verb: str, *settings: str) -> list[str]:
        files = [f"--values={path}" for path in (*self.values, os.environ.get("HISTORIA_TEST_VALUES")) if path]
        sets = [f"--set={setting}" for setting in (ANYBODY, *settings)]
        return [
            HELM,
            verb,
            self.name,
            str(CHART),
            "--namespace",
            self.namespace,
            "--wait",
            "--timeout=5m",
            *files,
            *sets,
        ]

    def install(self, *settings: str, extra: tuple[str, ...] = (), **kwargs: Any) -> subprocess.CompletedProcess[str]:
        return run(*self.command("install", *settings), *extra, **kwargs)

    def upgrade(self, *settings: str, extra: tuple[str, ...] = (), **kwargs: Any) -> subprocess.CompletedProcess[str]:
        return run(*self.command("upgrade", *settings), *extra, **kwargs)

    def test(self) -> str:
        """`helm test`: what the test Pod printed."""
        return self.helm("test", self.name, "--logs", "--timeout=3m").stdout

    def kubectl(self, *argv: str, **kwargs: Any) -> str:
        return run("kubectl", "--namespace", self.namespace, *argv, **kwargs).stdout

    def sql(self, statement: str) -> list[list[str]]:
        """Rows of a statement on the coordinator, by the psql of its own pod."""
        out = self.kubectl(
            "exec",
            f"statefulset/{self.coordinator}",
            "--",
            "psql",
            "-U",
            "admin",
            "-d",
            "historia_clinica",
            "-XAt",
            "-F",
            "\t",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            statement,
        )
        return [line.split("\t") for line in out.splitlines()]

    @contextlib.contextmanager
    def forwarded(self) -> Iterator[str]:
        """The API's address through `kubectl port-forward`."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        argv = ["kubectl", "--namespace", self.namespace, "port-forward", f"service/{self.service}", f"{port}:8080"]
        with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                url = f"http://127.0.0.1:{port}"
                until(lambda: request(f"{url}/livez").status == 200, "port-forward", 60)
                yield url
            finally:
                process.terminate()

    def get(self, path: str, headers: Headers = NONE) -> Answer:
        with self.forwarded() as url:
            return request(url + path, headers=headers)

    def post(self, path: str, body: dict[str, Any], headers: Headers = NONE) -> Answer:
        with self.forwarded() as url:
            return request(url + path, body, headers)

    def run_python(self, name: str, program: str, *argv: str, component: str = "test") -> str:
        """What another program prints in a pod like that of a Job, with its environment and CA.

        What it may reach over the network is what that component may.
        """
        made = json.loads(self.kubectl("get", f"cronjob/{self.name}-tls", "-o", "json"))["spec"]["jobTemplate"]["spec"]
        pod: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", **made["template"]}
        pod["metadata"]["name"] = name
        pod["metadata"]["labels"]["app.kubernetes.io/component"] = component
        pod["spec"]["containers"][0] |= {"command": ["python", "-c", program, *argv], "args": []}
        self.kubectl("create", "-f", "-", input=json.dumps(pod))
        phase = ("get", "pod", name, "-o", "jsonpath={.status.phase}")
        until(lambda: self.kubectl(*phase) in ("Succeeded", "Failed"), f"the end of the pod {name}")
        printed = self.kubectl("logs", name)
        self.kubectl("delete", "pod", name, "--wait", "--grace-period=0")
        return printed

    @contextlib.contextmanager
    def watched_sync(self) -> Iterator["Logs"]:
        """What the sync Job prints meanwhile: Helm removes a Job that succeeded, and its pod with it."""
        api, logs, watcher = client.CoreV1Api(), Logs(), watch.Watch()
        seen = {pod.metadata.uid for pod in api.list_namespaced_pod(self.namespace).items}

        def follow() -> None:
            selector = f"batch.kubernetes.io/job-name={self.name}-sync"
            for event in watcher.stream(api.list_namespaced_pod, self.namespace, label_selector=selector):
                pod = event["object"]
                if pod.metadata.uid in seen or pod.status.phase == "Pending":
                    continue
                seen.add(pod.metadata.uid)
                stream = api.read_namespaced_pod_log(
                    pod.metadata.name, self.namespace, follow=True, _preload_content=False
                )
                logs.parts.append(stream.read().decode())
                watcher.stop()

        logs.thread = threading.Thread(target=follow, daemon=True)
        logs.thread.start()
        yield logs
        watcher.stop()

    def kill_sync_pods(self, until: Callable[[], bool], seconds: float) -> int:
        """Delete each pod of the sync Job without grace, each half a second later in its life; how many were killed.

        Its phase is no guide: a pod that ends within a second is never seen running.
        """
        api, killed, age = client.CoreV1Api(), set[str](), 0.5
        end = time.monotonic() + seconds
        selector = f"batch.kubernetes.io/job-name={self.name}-sync"
        while not until() and time.monotonic() < end:
            for pod in api.list_namespaced_pod(self.namespace, label_selector=selector).items:
                if pod.metadata.uid not in killed and pod.status.phase in ("Pending", "Running"):
                    time.sleep(age)
                    self.kubectl("delete", "pod", pod.metadata.name, "--force", "--grace-period=0", check=False)
                    killed.add(pod.metadata.uid)
                    age += 0.5
            time.sleep(0.05)
        return len(killed)

    def report(self) -> str:
        """What a person would look at first after a failure."""
        parts = [
            self.kubectl(*argv, check=False)
            for argv in (
                ("get", "pods,jobs,pvc,services", "-o", "wide"),
                ("get", "events", "--sort-by=.lastTimestamp"),
                ("describe", "pods"),
            )
        ]
        names = self.kubectl("get", "pods", "-o", "name", check=False).split()
        parts += [f"--- {name}\n" + self.kubectl("logs", name, "--tail=60", check=False) for name in names]
        return "\n".join(parts)


def request(url: str, body: dict[str, Any] | None = None, headers: Headers = NONE) -> Answer:
    """One request; status 0 when nobody answers."""
    data = None if body is None else json.dumps(body).encode()
    ask = urllib.request.Request(url, data, {"Content-Type": "application/json"} | dict(headers))
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(ask, timeout=15) as answer:
            return Answer(answer.status, json.loads(answer.read() or "null"))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, json.load(error))
    except (OSError, ValueError):
        return Answer(0, None)
