"""What `helm install` tells the person, and that nothing is different the second time."""

import base64
import functools
import pathlib
import re
import shutil
import tempfile

import pytest
import yaml
from chart.render import CHART, CI, EXAMPLES, KUBERNETES, find, helm, major, manifest, render

FILES = CI | EXAMPLES


@functools.cache
def install(path: pathlib.Path | None = None) -> tuple[str, str]:
    """Manifest and notes of an installation that does not happen."""
    values = [f"--values={path}"] if path else []
    if major() == 3:
        return template_with_notes(values)
    shown = helm("install", "hc", str(CHART), "--namespace=clinic", "--dry-run=client", *values)
    before, _, notes = shown.partition("\nNOTES:\n")
    return before.partition("MANIFEST:\n")[2], notes


def template_with_notes(values: list[str]) -> tuple[str, str]:
    """Where Helm asks a cluster for any dry run: a copy of the chart whose notes are one more document."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(CHART, pathlib.Path(folder) / CHART.name)
        notes = copy / "templates/NOTES.txt"
        (copy / "templates/_notes.tpl").write_text(f'{{{{ define "notes" }}}}{notes.read_text()}{{{{ end }}}}')
        notes.unlink()
        (copy / "templates/notes.yaml").write_text('kind: Notes\ntext: {{ include "notes" . | toJson }}\n')
        shown = helm("template", "hc", str(copy), "--namespace=clinic", KUBERNETES, *values)
    (text,) = (one["text"] for one in yaml.safe_load_all(shown) if one and one["kind"] == "Notes")
    return re.sub(r"---\n# Source: \S+/notes\.yaml\n.*?(?=\n---\n|\Z)", "", shown, flags=re.DOTALL), text


@pytest.mark.parametrize("name", FILES)
def test_are_short(name: str) -> None:
    notes = install(FILES[name])[1]
    assert 15 < len(notes.splitlines()) <= 60
    assert "\n\n\n" not in notes
    assert "<no value>" not in notes


def test_hold_no_password() -> None:
    shown, notes = install()
    objects = yaml.safe_load_all(shown)
    secrets = {one["metadata"]["name"]: one["data"] for one in objects if one and one["kind"] == "Secret"}
    assert {name: len(data) for name, data in secrets.items()} == {"hc-auth": 4, "hc-tls": 4}
    for value in (value for data in secrets.values() for value in data.values()):
        assert value not in notes
        assert base64.b64decode(value).decode() not in notes


def test_every_object_that_they_name_exists() -> None:
    for path in FILES.values():
        notes, objects = install(path)[1], render(file=path)
        for kind, name in re.findall(r"\b(service|statefulset|job)/([-a-z0-9]+)", notes):
            find(objects, {"service": "Service", "statefulset": "StatefulSet", "job": "Job"}[kind], name)


def test_say_how_to_read_the_password_and_to_test() -> None:
    notes = install()[1]
    assert "helm test hc -n clinic --logs" in notes
    assert """get secret hc-auth -o go-template='{{index .data "postgres-password" | base64decode}}'""" in notes
    assert 'get secret mine -o go-template=\'{{index .data "owner"' in install(CI["existing-secret"])[1]


@pytest.mark.parametrize(
    ("name", "said", "unsaid"),
    [
        ("default", "2 workers", "un solo nodo ("),
        ("single-node", "Un solo nodo: si su volumen se pierde", "workers.count puede subir"),
        ("minikube", "/usuarios muestra nombres y correos a cualquiera", "un solo nodo ("),
        ("default", "antes de quitar un worker, sus pacientes pasan a los demás", "drain.enabled: false"),
        ("everything", "drain.enabled: false", "sus pacientes pasan a los demás"),
        ("everything", "middleware.service.type es NodePort", "Guarde una copia del Secret"),
        ("everything", "https://historia.example.org/\n  http://*.clinic.example.org/api\n", "un solo nodo ("),
        ("everything", "middleware.ingress.tls no cubre todos los nombres", "sus pacientes pasan a los demás"),
        ("default", "port-forward service/hc-middleware", "Ingress"),
        ("minimal", "Todavía no hay copias de seguridad", "API:"),
        ("minimal", "tls.mode: off", "PGSSLROOTCERT"),
        ("default", "audit.seals.enabled: false.", "un solo nodo ("),
        ("job-mode", "Todavía no hay copias de seguridad", "audit.seals.enabled: false."),
        ("existing-secret", 'get secret certificate -o go-template=\'{{index .data "ca.crt"', "tls.mode: off"),
    ],
)
def test_warn_of_what_is_so(name: str, said: str, unsaid: str) -> None:
    notes = install(FILES[name])[1]
    assert said in notes
    assert unsaid not in notes


def test_an_api_that_asks_nobody_is_not_recommended_to_the_world() -> None:
    assert "no la publique fuera del clúster" in install(EXAMPLES["minikube"])[1]
    for closed in (install()[1], install(EXAMPLES["production"])[1]):
        assert "no la publique" not in closed
        assert "Que el controlador pida credenciales" not in closed


def test_say_how_the_first_one_gets_in() -> None:
    assert "La primera, ADMIN-1, con esta clave de un solo uso:" in install()[1]
    assert "administrator-password" in install()[1]
    assert "La primera: historia-hooks create-admin." in install(CI["existing-secret"])[1]


def test_two_renders_are_equal() -> None:
    """Where nothing is generated."""
    files = (CI["existing-secret"],)
    texts = {manifest("hc", flag, files=files) for flag in ("--no-hooks=false", "--skip-tests=false")}
    assert len(texts) == 1
