"""checkov finds nothing beside what .checkov.yaml excuses; `make checkov` installs it and runs this."""

import itertools
import json
import pathlib
import subprocess
from typing import Any

import pytest
from chart.render import EXAMPLES, ROOT, manifest

CHECKOV = ROOT / ".tools/checkov/bin/checkov"
CONFIG = ROOT / ".checkov.yaml"
SKIPS = [line.strip() for line in CONFIG.read_text().partition("skip-check:\n")[2].splitlines()]


@pytest.fixture(scope="module")
def checkov() -> str:
    if not CHECKOV.exists():
        pytest.skip("no checkov: make checkov")
    return str(CHECKOV)


def check(checkov: str, folder: pathlib.Path, text: str) -> dict[str, Any]:
    (folder / "manifest.yaml").write_text(text)
    argv = [checkov, f"--config-file={CONFIG}", f"--directory={folder}", "--output=json", "--soft-fail"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=300)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_each_skip_has_its_reason() -> None:
    assert SKIPS[0].startswith("# ")
    assert len(SKIPS) > 5
    for before, line in itertools.pairwise(SKIPS):
        assert line.startswith(("# ", "- CKV_"))
        assert not (before.startswith("#") and line.startswith("#"))


@pytest.mark.parametrize("name", ["default", "production"])
def test_nothing_fails(checkov: str, tmp_path: pathlib.Path, name: str) -> None:
    found = check(checkov, tmp_path, manifest("hc", files=() if name == "default" else (EXAMPLES[name],)))
    failed = [f"{one['check_id']} {one['check_name']}: {one['resource']}" for one in found["results"]["failed_checks"]]
    assert failed == []
    assert found["summary"]["passed"] > 400


def test_a_pod_of_root_would_be_found(checkov: str, tmp_path: pathlib.Path) -> None:
    text = manifest("hc", values='{"hooks": {"securityContext": {"privileged": true}}}')
    found = check(checkov, tmp_path, text)
    assert {one["check_id"] for one in found["results"]["failed_checks"]} == {"CKV_K8S_16"}
