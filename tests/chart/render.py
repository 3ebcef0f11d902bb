"""What Helm makes of the chart, as parsed objects. HELM names the program; otherwise `helm` on PATH."""

import functools
import json
import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import yaml

ROOT = pathlib.Path(__file__).parents[2]
CHART = ROOT / "charts/historia-clinica"
SUBCHART = CHART / "charts/middleware"
CI = {path.name.removesuffix("-values.yaml"): path for path in sorted((CHART / "ci").glob("*-values.yaml"))}
EXAMPLES = {path.stem: path for path in sorted((ROOT / "examples").glob("*.yaml"))}
HELM = os.environ.get("HELM") or shutil.which("helm")
# said, because what a Helm takes when no cluster is asked depends on how it was built
KUBERNETES = "--kube-version=1.34.0"

Object = dict[str, Any]


class HelmError(Exception):
    """Helm refused; the message is what it printed."""


def helm(*argv: str, values: str = "") -> str:
    """Run Helm, away from any cluster of the person who tests; `values` is what `--values=-` reads."""
    assert HELM
    env = {**os.environ, "KUBECONFIG": os.devnull}
    done = subprocess.run([HELM, *argv], input=values, capture_output=True, text=True, env=env, timeout=60, check=False)
    if done.returncode:
        raise HelmError(f"helm {' '.join(argv)}\n{done.stdout}\n{done.stderr}")
    return done.stdout


@functools.cache
def manifest(*argv: str, files: tuple[pathlib.Path, ...] = (), values: str = "{}", chart: pathlib.Path = CHART) -> str:
    """The text of `helm template`; `values` is JSON."""
    release = argv[0] if argv and not argv[0].startswith("-") else "hc"
    rest = argv[1:] if argv and argv[0] == release else argv
    # the last of a flag counts; values by a file, as Helm 3 takes no whole object with --set-json
    given = ["--namespace=clinic", KUBERNETES, *(f"--values={path}" for path in files), "--values=-"]
    return helm("template", release, str(chart), *given, *rest, values=values)


@functools.cache
def major() -> int:
    """3 or 4."""
    return int(helm("version", "--template={{.Version}}").lstrip("v").partition(".")[0])


def render(
    release: str = "hc",
    *argv: str,
    file: pathlib.Path | None = None,
    values: Object | None = None,
    chart: pathlib.Path = CHART,
) -> list[Object]:
    """The objects of a release."""
    files = (file,) if file else ()
    text = manifest(release, *argv, files=files, values=json.dumps(values or {}), chart=chart)
    return [found for found in yaml.safe_load_all(text) if found]


def refusal(values: Object, *argv: str, chart: pathlib.Path = CHART) -> str:
    """What Helm says to values that it must not accept."""
    try:
        render("hc", *argv, values=values, chart=chart)
    except HelmError as error:
        return str(error)
    raise AssertionError(f"accepted: {values}")


def find(objects: list[Object], kind: str, name: str) -> Object:
    (found,) = (one for one in objects if (one["kind"], one["metadata"]["name"]) == (kind, name))
    return found


def template(one: Object) -> Object | None:
    """The pod that an object makes, with `metadata` and `spec`."""
    maker = one["spec"]["jobTemplate"] if one["kind"] == "CronJob" else one
    return maker if maker.get("kind") == "Pod" else maker.get("spec", {}).get("template")


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Each pod with the name of what makes it."""
    for one in objects:
        if pod := template(one):
            yield f"{one['kind']}/{one['metadata']['name']}", pod


def environment(pod: Object) -> dict[str, Any]:
    """Environment of the only container; a reference stands as the map that it is."""
    (container,) = pod["spec"]["containers"]
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in container["env"]}
