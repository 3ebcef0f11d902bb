"""Writes the table of values in the README of each chart from the comments in its values.yaml.

`python tools/chart_docs.py --write` replaces what is between the two markers; `--check` fails if that would
change it.
A value is documented by the comment "# -- …" right above it; such a comment on a map documents the map as one value.
"""

import argparse
import dataclasses
import json
import pathlib
import sys
from collections.abc import Iterator

import yaml

ROOT = pathlib.Path(__file__).parents[1]
CHARTS = (ROOT / "charts/historia-clinica", ROOT / "charts/historia-clinica/charts/middleware")
BEGIN, END = "<!-- values: written by tools/chart_docs.py -->", "<!-- end of values -->"
MARK = "# -- "


@dataclasses.dataclass(frozen=True)
class Value:
    path: str
    default: object
    comment: str | None


def comment_above(lines: list[str], line: int) -> str | None:
    """The text of the "# --" comment that ends right above a line, on one line."""
    found: list[str] = []
    for text in (raw.strip() for raw in reversed(lines[:line])):
        if text.startswith(MARK):
            return " ".join([text.removeprefix(MARK), *reversed(found)])
        if not text.startswith("#"):
            return None
        found.append(text.removeprefix("#").strip())
    return None


def walk(node: yaml.MappingNode, lines: list[str], prefix: str = "") -> Iterator[Value]:
    """Each value below a map, in the order of the file."""
    for key, value in node.value:
        name = key.value.replace(".", "\\.")
        path = f"{prefix}.{name}" if prefix else name
        comment = comment_above(lines, key.start_mark.line)
        if isinstance(value, yaml.MappingNode) and value.value and comment is None:
            yield from walk(value, lines, path)
        else:
            yield Value(path, yaml.safe_load(yaml.serialize(value)), comment)


def values(chart: pathlib.Path) -> list[Value]:
    """The values of a chart."""
    text = (chart / "values.yaml").read_text()
    root = yaml.compose(text)
    assert isinstance(root, yaml.MappingNode)  # noqa: S101 - a values file is a map
    return list(walk(root, text.splitlines()))


def row(value: Value) -> str:
    default = json.dumps(value.default, ensure_ascii=False)
    return f"| `{value.path}` | `{default}` | {(value.comment or '').replace('|', chr(92) + '|')} |"


def table(chart: pathlib.Path) -> str:
    """The table of values in Markdown."""
    return "\n".join(["| value | default | meaning |", "|---|---|---|", *map(row, values(chart))])


def documented(chart: pathlib.Path) -> str:
    """The README as it should be."""
    head, _, rest = (chart / "README.md").read_text().partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise SystemExit(f"{chart}/README.md: the markers of the table are missing")
    return f"{head}{BEGIN}\n\n{table(chart)}\n\n{END}{tail}"


def main() -> int:
    """Write or check; 1 when a README is not up to date or a value has no comment."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--write", action="store_true", help="write the tables; otherwise only compare")
    write = parser.parse_args().write
    complaints = []
    for chart in CHARTS:
        bare = [value.path for value in values(chart) if not value.comment]
        complaints += [f"{chart}/values.yaml: {path} has no comment" for path in bare]
        readme, wanted = chart / "README.md", documented(chart)
        if write:
            readme.write_text(wanted)
        elif readme.read_text() != wanted:
            complaints.append(f"{readme} is not up to date: python tools/chart_docs.py --write")
    sys.stdout.writelines(f"{complaint}\n" for complaint in complaints)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
