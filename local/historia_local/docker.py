"""The Docker command line, as far as the local mode needs it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from historia_local.errors import LocalError

CHART_VALUES = Path(__file__).parents[2] / "charts/historia-clinica/values.yaml"
ANSWER_SECONDS = 20
PULL_SECONDS = 900


def docker(*arguments: str, timeout: float = 120) -> str:
    """Run it and give what it printed; LocalError in its own words when it fails."""
    program = os.environ.get("DOCKER") or "docker"
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=timeout, check=False)
    except OSError as error:
        raise LocalError("no existe el programa docker") from error
    except subprocess.TimeoutExpired as error:
        raise LocalError(f"docker {arguments[0]} no respondió en {timeout:.0f} s") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or f"código {done.returncode}").splitlines()[-1]
        raise LocalError(f"docker {arguments[0]}: {said}")
    return done.stdout.strip()


def answers() -> bool:
    try:
        docker("info", "--format", "{{.ServerVersion}}", timeout=ANSWER_SECONDS)
    except LocalError:
        return False
    return True


def obstacle(image: str) -> str:
    """Why containers of the image cannot run, as part of a sentence; empty when they can. It may pull the image."""
    if not shutil.which(os.environ.get("DOCKER") or "docker"):
        return "no hay programa docker"
    if not answers():
        return "no responde ningún motor de Docker"
    if not image:
        return f"no se sabe qué imagen usar (CITUS_IMAGE está vacía y no existe {CHART_VALUES})"
    try:
        docker("image", "inspect", "--format", "{{.Id}}", image)
    except LocalError:
        return _pull(image)
    return ""


def _pull(image: str) -> str:
    print(f"Descargando la imagen {image}…", flush=True)
    try:
        docker("pull", "--quiet", image, timeout=PULL_SECONDS)
    except LocalError as error:
        return f"no está la imagen {image} ni se puede descargar ({error})"
    return ""


def chart_image(values: Path = CHART_VALUES) -> str:
    """The chart's postgresql.image; empty when there is no chart here."""
    try:
        text = values.read_text()
    except OSError:
        return ""
    block = re.search(r"^postgresql:\n(?:(?:[ #].*)?\n)*?  image:\n((?:(?:    .*| *#.*)?\n)+)", text, re.MULTILINE)
    found = dict(re.findall(r"^    (\w+): *\"?([^\"#\n]*?)\"? *$", block[1], re.MULTILINE)) if block else {}
    if not found.get("repository"):
        return ""
    registry = f"{found['registry']}/" if found.get("registry") else ""
    suffix = f"@{found['digest']}" if found.get("digest") else f":{found.get('tag') or 'latest'}"
    return f"{registry}{found['repository']}{suffix}"
