"""The archive that `make package` makes is the chart, nothing less and nothing more, and made again it is the same."""

import os
import pathlib
import subprocess
import sys
import tarfile

import pytest
import yaml
from chart.render import CHART, CI, EXAMPLES, HELM, KUBERNETES, ROOT, helm, major, manifest

TIME = 1_700_000_000


def pack(folder: pathlib.Path) -> pathlib.Path:
    env = {**os.environ, "HELM": HELM or "", "SOURCE_DATE_EPOCH": str(TIME)}
    argv = [sys.executable, str(ROOT / "tools/package.py"), f"--destination={folder}"]
    subprocess.run(argv, env=env, check=True, capture_output=True)
    (archive,) = folder.iterdir()
    return archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return pack(tmp_path_factory.mktemp("dist"))


def contents(archive: pathlib.Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        members = [member for member in tar.getmembers() if member.isfile()]
        assert all(member.uid == member.gid == 0 for member in members)
        found = {member.name: tar.extractfile(member) for member in members}
        return {name: file.read() for name, file in found.items() if file}


def test_is_named_by_chart_and_version(archive: pathlib.Path) -> None:
    about = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert archive.name == f"{about['name']}-{about['version']}.tgz"


def test_holds_the_chart_and_its_subchart_without_what_tests_them(archive: pathlib.Path) -> None:
    tree = {path.relative_to(CHART) for path in CHART.rglob("*") if path.is_file()}
    wanted = {f"{CHART.name}/{path}" for path in tree if path.parts[0] != "ci"}
    found = contents(archive)
    assert set(found) == wanted
    for name in wanted - {f"{CHART.name}/Chart.yaml", f"{CHART.name}/charts/middleware/Chart.yaml"}:
        assert found[name] == (CHART.parent / name).read_bytes(), name


@pytest.mark.parametrize("path", [CI["existing-secret"], CI["everything"], EXAMPLES["argo-cd"]], ids=lambda p: p.stem)
def test_renders_what_the_tree_renders(archive: pathlib.Path, path: pathlib.Path) -> None:
    text = manifest("hc", files=(path,), chart=archive)
    assert text.count("\nkind: ") > 15
    assert text == manifest("hc", files=(path,))


def test_is_clean_and_strict_as_the_tree_is(archive: pathlib.Path) -> None:
    assert helm("lint", "--strict", "--quiet", KUBERNETES, str(archive)).strip() == ""
    shown = [yaml.safe_load(helm("show", "chart", str(chart))) for chart in (archive, CHART)]
    assert shown[0] == shown[1]


def test_packed_again_it_is_the_same(archive: pathlib.Path, tmp_path: pathlib.Path) -> None:
    again = pack(tmp_path / "dist")
    assert contents(again) == contents(archive)
    if major() > 3:  # which writes the time of packing
        assert again.read_bytes() == archive.read_bytes()
        with tarfile.open(again) as tar:
            assert {member.mtime for member in tar.getmembers()} == {TIME}


def test_git_ignores_where_it_is_put() -> None:
    assert "dist/" in (ROOT / ".gitignore").read_text().splitlines()
