"""The generated parts of docs/desarrollar.md, from the code they describe; without --write, only compares.

A part stands between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

import argparse
import pathlib
import re
import sys

from historia_clinica.settings import Settings as ApiSettings
from historia_hooks.schema import FOREIGN_KEYS, UNIQUES, Distributed, Schema, Table, declared
from historia_hooks.settings import Settings as HooksSettings
from pydantic_settings import BaseSettings

PAGE = pathlib.Path(__file__).parents[1] / "docs/desarrollar.md"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _spread(table: Table) -> str:
    match table.spread:
        case Distributed(column, None):
            return f"distributed by `{column}`"
        case Distributed(column, other):
            return f"distributed by `{column}`, beside `{other}`"
        case _:
            return "reference"


def tables() -> str:
    """How each table is spread, for both values of citus.usuario."""
    schemas: dict[str, Schema] = {"reference": declared("reference"), "documento_id": declared("documento_id")}
    lines = [_row("table", "spread", "foreign keys", "unique after distribution"), _row(*["---"] * 4)]
    for table in schemas["reference"].tables:
        spreads = {value: _spread(Table(table.name, schema.spread_of(table.name))) for value, schema in schemas.items()}
        same = len(set(spreads.values())) == 1
        spread = (
            spreads["reference"]
            if same
            else "; ".join(f"{text} (`citus.usuario={value}`)" for value, text in spreads.items())
        )
        keys = [
            f"`{', '.join(key.columns)}` → `{key.target}({', '.join(key.target_columns)})`"
            for key in FOREIGN_KEYS
            if key.table == table.name
        ]
        uniques = [
            f"`{unique.column}`, unless spread by another column" for unique in UNIQUES if unique.table == table.name
        ]
        lines.append(_row(f"`{table.name}`", spread, ", ".join(keys), ", ".join(uniques)))
    return "\n".join(lines)


def environment(settings: type[BaseSettings]) -> str:
    """The environment variables of one program."""
    prefix = settings.model_config.get("env_prefix", "")
    lines = [_row("variable", "default", "meaning"), _row(*["---"] * 3)]
    for name, field in settings.model_fields.items():
        default = "required" if field.is_required() else f"`{field.default}`" if str(field.default).strip("*()") else ""
        lines.append(_row(f"`{field.alias or (prefix + name).upper()}`", default, field.description or ""))
    return "\n".join(lines)


PARTS = {
    "tables": tables,
    "hooks environment": lambda: environment(HooksSettings),
    "api environment": lambda: environment(ApiSettings),
}


def written(page: str) -> str:
    """The page with its generated parts as they should be."""
    for name, make in PARTS.items():
        pattern = re.compile(rf"<!-- {name} -->\n.*?<!-- /{name} -->", re.DOTALL)
        part = f"<!-- {name} -->\n{make()}\n<!-- /{name} -->".replace("\\", r"\\")
        page, found = pattern.subn(part, page)
        if not found:
            sys.exit(f"{PAGE.name}: no part named {name}")
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the page; otherwise only compare")
    page = PAGE.read_text()
    new = written(page)
    if parser.parse_args().write:
        PAGE.write_text(new)
    elif new != page:
        sys.exit(f"{PAGE} is behind the code: make docs")


if __name__ == "__main__":
    main()
