"""CIE-10 out of the installed package `cie`, as a file of ours would have it; no file of this repository has its text.

Only its data are read. Its code is not imported: it unpacks them into its own folder, which an image has read-only.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

PACKAGE, ARCHIVE, MEMBER = "cie", "cie/data/cie-10.zip", "cie-10.csv"
CATEGORY = re.compile(r"[A-Z][0-9]{2}")
SOFT_HYPHEN = "\u00ad"  # cuts words in two, for who searches them
DAMAGED = {"O860": ("nfección", "Infección"), "T190": ("/span>", "")}  # what a web page left of them

Row = tuple[str, str, str, str]  # code, description, parent, and whose the text is


def content() -> bytes:
    """A CSV in UTF-8 with the codes in order: the same package gives the same bytes."""
    rows = _read(Path(str(distribution(PACKAGE).locate_file(ARCHIVE))).read_bytes())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("codigo", "descripcion", "padre", "atributos"))
    for code, description, parent, origin in sorted((*rows, *_undivided(rows))):
        writer.writerow((code, description, parent, _more(_level(code, parent), origin)))
    return text.getvalue().encode()


def _read(archive: bytes) -> list[Row]:
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        lines = io.StringIO(packed.read(MEMBER).decode())
    return [_row(row) for row in csv.DictReader(lines, strict=True)]


def _row(row: dict[str, str]) -> Row:
    """Where it names ranges as parents, some have the dash of a printer and not that of the range itself."""
    code, depth = row["code"].strip(), int(row["level"])
    parent = row[f"code_{depth - 1}"].strip().replace("–", "-") if depth else ""
    description = row["description"].replace(SOFT_HYPHEN, "").strip()
    return code, description.replace(*DAMAGED.get(code, ("", ""))), parent, row["source"]


def _undivided(rows: list[Row]) -> Iterator[Row]:
    """RIPS writes four characters: a category that nothing divides has an X behind it, which the package leaves out."""
    parents = {parent for _, _, parent, _ in rows}
    for code, description, _, _ in rows:
        if CATEGORY.fullmatch(code) and code not in parents:
            yield f"{code}X", description, code, "agregado"


@cache  # there are few, and as many calls as codes
def _more(level: str, origin: str) -> str:
    return json.dumps({"nivel": level, "origen": origin}, ensure_ascii=False)


def _level(code: str, parent: str) -> str:
    if "-" in code:
        return "grupo" if parent else "capítulo"
    return "categoría" if CATEGORY.fullmatch(code) else "subcategoría"
