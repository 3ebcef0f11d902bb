"""What a reader is told agrees with what there is."""

import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not {".venv", ".tools", "node_modules", ".pytest_cache"} & set(path.relative_to(ROOT).parts)
)


def shell_lines(page: pathlib.Path) -> list[str]:
    """The commands in a page's ```sh blocks, without comments."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    lines = [re.sub(r"\s+#.*$", "", line).strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: pathlib.Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_runbooks_are_those_that_messages_and_alerts_name() -> None:
    code = "".join(path.read_text() for path in (ROOT / "hooks").rglob("*.py"))
    code += (ROOT / "charts/historia-clinica/files/alerts.yaml").read_text()
    named = set(re.findall(r"docs/runbooks/[-a-z]+\.md", code))
    assert named
    assert {str(page.relative_to(ROOT)) for page in (ROOT / "docs/runbooks").iterdir()} == named


def test_the_readmes_of_both_languages_give_the_same_commands() -> None:
    assert shell_lines(ROOT / "README.md") == shell_lines(ROOT / "README.es.md")


def test_every_make_target_that_a_page_names_exists() -> None:
    code = [text for page in PAGES for text in [*shell_lines(page), *re.findall(r"`([^`\n]+)`", page.read_text())]]
    named = {target for text in code for target in re.findall(r"\bmake (?:-s )?([a-z][a-z-]*)", text)}
    targets = set(re.findall(r"^([a-z -]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named
    assert named <= {target for line in targets for target in line.split()}


def test_the_operators_page_explains_every_command_of_the_hooks() -> None:
    from historia_hooks.cli import main  # noqa: PLC0415  the page is about the program as it is

    section = (ROOT / "docs/operar.md").read_text().split("## Los trabajos")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == set(main.commands)


@pytest.mark.parametrize("script", ["docs.py", "chart_docs.py"])
def test_the_generated_parts_are_as_the_code_says(script: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / "tools" / script)], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("page", "tier", "least"),
    [("chart.md", "chart/", 40), ("gobierno.md", "integration/", 10), ("amenazas.md", "", 55)],
)
def test_every_test_that_a_page_names_exists(page: str, tier: str, least: int) -> None:
    named = re.findall(r"`((?:\w+/)?)(test_\w+\.py)::(test_\w+)`", (ROOT / "docs" / page).read_text())
    assert len(named) > least
    missing = [
        f"{folder}{file}::{name}"
        for folder, file, name in named
        if f"def {name}(" not in (ROOT / "tests" / (folder or tier) / file).read_text()
    ]
    assert missing == []


def test_every_test_that_the_page_of_governance_names_exists() -> None:
    named = re.findall(
        r"`(unit|integration|citus)/(test_\w+\.py)::(test_\w+)`", (ROOT / "docs/gobierno.md").read_text()
    )
    assert len(named) > 15
    missing = [
        f"{folder}/{file}::{name}"
        for folder, file, name in named
        if f"def {name}(" not in (ROOT / "tests" / folder / file).read_text()
    ]
    assert missing == []
