"""One version everywhere, and files that a person can read."""

import pathlib
import re
import statistics
import tomllib

import pytest
import yaml
import yamllint.config
import yamllint.linter
from chart.render import CHART, ROOT, SUBCHART

LINT = yamllint.config.YamlLintConfig("{extends: default, rules: {line-length: {max: 120}, document-start: disable}}")
OURS = [path for path in sorted(CHART.rglob("*")) if path.is_file()] + sorted((ROOT / "examples").glob("*.yaml"))
PLAIN_YAML = [path for path in OURS if path.suffix == ".yaml" and "templates" not in path.parts]


def test_chart_images_and_packages_have_one_version() -> None:
    versions = {
        tomllib.loads((ROOT / package / "pyproject.toml").read_text())["project"]["version"]
        for package in ("middleware", "hooks", "local")
    }
    for chart in (CHART, SUBCHART):
        about = yaml.safe_load((chart / "Chart.yaml").read_text())
        versions |= {about["version"], about["appVersion"]}
        versions |= {dependency["version"] for dependency in about.get("dependencies", [])}
    assert len(versions) == 1


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


@pytest.mark.parametrize("path", PLAIN_YAML, ids=lambda path: str(path.relative_to(ROOT)))
def test_yaml_is_clean(path: pathlib.Path) -> None:
    assert list(yamllint.linter.run(path.read_text(), LINT)) == []


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
