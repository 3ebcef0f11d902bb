"""The generated parts of pages in docs/, from the code and the data they describe; without --write, only compares.

A part stands between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

import argparse
import pathlib
import re
import sys

from historia_clinica.access.operations import Accion
from historia_clinica.access.purpose import OF_ROLE, Proposito
from historia_clinica.settings import Settings as ApiSettings
from historia_hooks.matrix import Permission, carried
from historia_hooks.schema import FOREIGN_KEYS, UNIQUES, Distributed, Schema, Table, declared
from historia_hooks.settings import Settings as HooksSettings
from pydantic_settings import BaseSettings

DOCS = pathlib.Path(__file__).parents[1] / "docs"
CONDITIONS = {
    "siempre": "",
    "relacion": " con relación",
    "autor": " con relación, lo suyo",
    "orden": " con orden",
    "emergencia": " en emergencia",
    "propio": " lo propio",
}


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


def roles() -> str:
    """Who is what."""
    rows = (_row(f"`{rol}`", descripcion) for rol, descripcion in carried().roles)
    return "\n".join([_row("rol", "para qué"), _row("---", "---"), *rows])


def matrix() -> str:
    """A line a resource, a column a role."""
    carries = carried()
    names = [rol for rol, _ in carries.roles]
    lines = [_row("recurso", *(f"`{rol}`" for rol in names)), _row(*["---"] * (1 + len(names)))]
    for recurso in dict.fromkeys(one.recurso for one in carries.permissions):
        cells = (
            _cell([one for one in carries.permissions if (one.recurso, one.rol) == (recurso, rol)]) for rol in names
        )
        lines.append(_row(f"`{recurso}`", *cells))
    return "\n".join(lines)


def _cell(found: list[Permission]) -> str:
    order = list(Accion)
    said = []
    for condition, words in CONDITIONS.items():
        actions = [one.accion for one in found if one.condicion == condition]
        if actions:
            said.append(f"{', '.join(sorted(actions, key=lambda one: order.index(Accion(one))))}{words}")
    return "; ".join(said) or "–"


def fields() -> str:
    """What a role does not see, and what it does not change."""
    lines = [_row("rol", "recurso", "al", "no ve", "no cambia"), _row(*["---"] * 5)]
    for one in carried().permissions:
        if one.campos_ocultos or one.campos_solo_lectura:
            lists = (
                ", ".join(f"`{name}`" for name in names) for names in (one.campos_ocultos, one.campos_solo_lectura)
            )
            lines.append(_row(f"`{one.rol}`", f"`{one.recurso}`", one.accion, *lists))
    return "\n".join(lines)


def purposes() -> str:
    """What a request may be made for: the word of the header, the code that the audit keeps, whose it may be."""
    lines = [_row("`X-Proposito`", "código", "quién puede declararlo"), _row(*["---"] * 3)]
    for one in Proposito:
        whose = (f"`{rol}`" for rol, said in OF_ROLE.items() if one in said.admitidos)
        lines.append(_row(f"`{one}`", f"`{one.codigo}`", ", ".join(whose)))
    return "\n".join(lines)


def silences() -> str:
    """What a role asks for where it states nothing."""
    lines = [_row("rol", "código si no dice nada"), _row(*["---"] * 2)]
    return "\n".join([*lines, *(_row(f"`{rol}`", f"`{said.callado}`") for rol, said in OF_ROLE.items())])


PAGES = {
    DOCS / "desarrollar.md": {
        "tables": tables,
        "hooks environment": lambda: environment(HooksSettings),
        "api environment": lambda: environment(ApiSettings),
    },
    DOCS / "gobierno.md": {
        "roles": roles,
        "matriz": matrix,
        "campos": fields,
        "propositos": purposes,
        "silencios": silences,
    },
}


def written(path: pathlib.Path) -> str:
    """The page with its generated parts as they should be."""
    page = path.read_text()
    for name, make in PAGES[path].items():
        pattern = re.compile(rf"<!-- {name} -->\n.*?<!-- /{name} -->", re.DOTALL)
        part = f"<!-- {name} -->\n{make()}\n<!-- /{name} -->".replace("\\", r"\\")
        page, found = pattern.subn(part, page)
        if not found:
            sys.exit(f"{path.name}: no part named {name}")
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the pages; otherwise only compare")
    write = parser.parse_args().write
    for path in PAGES:
        new = written(path)
        if write:
            path.write_text(new)
        elif new != path.read_text():
            sys.exit(f"{path} is behind the code: make docs")


if __name__ == "__main__":
    main()
