"""One version everywhere, and files that a person can read."""

import json
import pathlib
import re
import statistics
import subprocess
import sys
import tomllib

import pytest
import yaml
import yamllint.config
import yamllint.linter
from chart.render import CHART, ROOT, SUBCHART, pods, render

LINT = yamllint.config.YamlLintConfig(file=str(ROOT / ".yamllint.yaml"))
OURS = [path for path in sorted(CHART.rglob("*")) if path.is_file()] + sorted((ROOT / "examples").glob("*.yaml"))
ABOUT = yaml.safe_load((CHART / "Chart.yaml").read_text())
HUB = ABOUT["annotations"]
# https://artifacthub.io/docs/topics/annotations/helm
HUB_TEXTS = {"alternativeName", "category", "license", "operatorCapabilities"}
HUB_FLAGS = {"containsSecurityUpdates", "operator", "prerelease"}
HUB_LISTS = {
    "changes": {"kind", "description", "links"},
    "crds": {"kind", "version", "name", "displayName", "description"},
    "images": {"name", "image", "platforms", "whitelisted"},
    "links": {"name", "url"},
    "maintainers": {"name", "email"},
    "recommendations": {"url"},
    "screenshots": {"title", "url"},
}
HUB_CATEGORIES = {
    "ai-machine-learning",
    "database",
    "integration-delivery",
    "monitoring-logging",
    "networking",
    "security",
    "skip-prediction",
    "storage",
    "streaming-messaging",
}


def test_chart_images_and_packages_have_one_version() -> None:
    versions = {
        tomllib.loads((ROOT / package / "pyproject.toml").read_text())["project"]["version"]
        for package in ("middleware", "hooks", "local")
    }
    for chart in (CHART, SUBCHART):
        about = yaml.safe_load((chart / "Chart.yaml").read_text())
        versions |= {about["version"], about["appVersion"]}
        versions |= {dependency["version"] for dependency in about.get("dependencies", [])}
    versions.add(json.loads((ROOT / "docs/openapi.json").read_text())["info"]["version"])
    assert versions == {ABOUT["version"]}


def test_pages_and_examples_name_no_other_version() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *CHART.rglob("*.md"), *(ROOT / "examples").iterdir()]
    named = r"(?:IMAGE|historia-clinica(?:/middleware|/hooks)?)[:-]([0-9]+\.[0-9]+\.[0-9]+)"
    found = {(version, path.name) for path in pages for version in re.findall(named, path.read_text())}
    assert found
    assert {version for version, _ in found} == {ABOUT["version"]}, found


def test_what_to_know_before_an_upgrade_begins_with_this_version() -> None:
    page = (ROOT / "UPGRADING.md").read_text()
    newest = re.findall(r"^## ([0-9]+\.[0-9]+\.[0-9]+)\b", page, re.MULTILINE)[0]
    assert newest == ABOUT["version"]
    row = next(line for line in page.splitlines() if line.startswith(f"| {newest} |"))
    oldest_kubernetes = ABOUT["kubeVersion"].removeprefix(">=").removesuffix(".0-0")
    image = yaml.safe_load((CHART / "values.yaml").read_text())["postgresql"]["image"]["tag"]
    citus, _, major = image.partition("-pg")
    for said in (oldest_kubernetes, f"Citus {citus.partition('.')[0]}", f"{major}"):
        assert said in row, said


def test_annotations_are_those_that_artifact_hub_documents() -> None:
    hub = {key.removeprefix("artifacthub.io/"): value for key, value in HUB.items()}
    assert set(hub) <= HUB_TEXTS | HUB_FLAGS | set(HUB_LISTS)
    assert {key: value for key, value in hub.items() if key in HUB_FLAGS and value not in ("true", "false")} == {}
    assert hub["category"] in HUB_CATEGORIES
    for key in hub.keys() & HUB_LISTS.keys():
        entries = yaml.safe_load(hub[key])
        assert entries
        assert [entry for entry in entries if not set(entry) <= HUB_LISTS[key]] == []
        assert all(entry.get("url", "https://").startswith("https://") for entry in entries)
    assert {entry["kind"] for entry in yaml.safe_load(hub["changes"])} <= {
        "added",
        "changed",
        "deprecated",
        "removed",
        "fixed",
        "security",
    }


def test_annotations_name_the_images_that_are_run_by_default() -> None:
    named = {entry["image"] for entry in yaml.safe_load(HUB["artifacthub.io/images"])}
    assert named == {pod["spec"]["containers"][0]["image"] for _, pod in pods(render())}


@pytest.mark.parametrize("chart", [CHART, SUBCHART])
def test_charts_say_their_licence_and_their_kubernetes(chart: pathlib.Path) -> None:
    about = yaml.safe_load((chart / "Chart.yaml").read_text())
    assert about["annotations"]["artifacthub.io/license"] == "MIT"
    assert about["kubeVersion"] == ">=1.31.0-0"


# a list of values is as long as there are values
SHORT = [path for path in OURS if path.name not in ("values.yaml", "values.schema.json", "README.md")]


@pytest.mark.parametrize("path", SHORT, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_long(path: pathlib.Path) -> None:
    assert len(path.read_text().splitlines()) <= 250


def test_most_templates_fit_a_screen() -> None:
    lengths = [len(path.read_text().splitlines()) for path in OURS if "templates" in path.parts]
    assert statistics.median(lengths) <= 40
    assert max(lengths) <= 250


def test_yaml_is_clean() -> None:
    argv = [sys.executable, "-m", "yamllint", "--strict", "--format=parsable", "."]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_yamllint_sees_values_examples_and_wrong_values_and_no_template() -> None:
    argv = [sys.executable, "-m", "yamllint", "--list-files", "."]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    seen = {pathlib.PurePath(line) for line in done.stdout.splitlines()}
    plain = [path.relative_to(ROOT) for path in OURS if path.suffix == ".yaml" and "templates" not in path.parts]
    plain += [path.relative_to(ROOT) for path in (ROOT / "tests/chart/wrong").iterdir()]
    assert set(plain) <= seen
    assert not [path for path in seen if {"templates", ".venv", ".tools"} & set(path.parts)]


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.stem)
def test_values_that_a_page_shows_are_clean_yaml(page: pathlib.Path) -> None:
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL):
        assert list(yamllint.linter.run(block, LINT)) == []
        shown = yaml.safe_load(block)
        assert set(shown) <= set(yaml.safe_load((CHART / "values.yaml").read_text())), block


def test_one_resource_a_file() -> None:
    for path in OURS:
        if "templates" in path.parts and path.suffix == ".yaml":
            text = path.read_text()
            assert len(re.findall(r"^kind:", text, re.MULTILINE)) == (path.name != "validate.yaml"), path


def test_defines_are_prefixed_and_explained() -> None:
    for chart, prefix in ((CHART, "historia-clinica."), (SUBCHART, "middleware.")):
        for path in (chart / "templates").rglob("_*.tpl"):
            lines = path.read_text().splitlines()
            for number, line in enumerate(lines):
                if found := re.match(r'\{\{- define "([^"]+)"', line):
                    assert found[1].startswith(prefix), line
                    assert lines[number - 1].endswith("*/ -}}") or "define" in lines[number - 1], line


def test_randomness_has_one_place_and_time_none() -> None:
    texts = {path.name: path.read_text() for path in OURS if "templates" in path.parts}
    made = r"\brand[A-Z]|\bgen(CA|Signed|PrivateKey|Self)|\buuidv4"
    assert [name for name, text in texts.items() if re.search(made, text)] == ["_secrets.tpl", "_tls.tpl"]
    assert [name for name, text in texts.items() if re.search(r"\bnow\b", text)] == []
    # a plain Job is immutable: a revision needs another name; nothing else may differ from one revision to the next
    assert [name for name, text in texts.items() if ".Release.Revision" in text] == ["_hooks.tpl"]
