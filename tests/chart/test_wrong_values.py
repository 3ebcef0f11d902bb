"""What people get wrong, each in a file: its comment is what Helm must say, with the key and what would be right."""

import pathlib

import pytest
import yaml
from chart.render import refusal

FILES = sorted((pathlib.Path(__file__).parent / "wrong").glob("*.yaml"))


def expected(path: pathlib.Path) -> str:
    return "\n".join(line[2:] for line in path.read_text().splitlines() if line.startswith("# "))


def test_there_are_many() -> None:
    assert len(FILES) >= 20
    assert len({expected(path) for path in FILES}) == len(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_is_refused_with_what_to_do(path: pathlib.Path) -> None:
    said = refusal(yaml.safe_load(path.read_text()))
    assert expected(path) in said
