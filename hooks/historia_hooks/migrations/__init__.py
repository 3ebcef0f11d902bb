"""The revisions of the schema: a plain SQL file in sql/ and a three-line shell in versions/ for each."""

from collections.abc import Iterator
from importlib.resources import files

from alembic import op


def statements(text: str) -> Iterator[str]:
    """The statements of an SQL file: each ends where a line ends with a semicolon; a line with -- is a comment.

    What stands between $$ and $$, the body of a function, ends nothing.
    """
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("--"):
            lines.append(line)
            inside = sum(one.count("$$") for one in lines) % 2
            if line.rstrip().endswith(";") and not inside:
                yield "\n".join(lines).rstrip().removesuffix(";")
                lines.clear()
    if lines:
        raise ValueError(f"the last statement has no semicolon: {lines[0]}")


def run_sql(name: str) -> None:
    """Run sql/NAME.sql statement by statement, in the transaction of the revision."""
    connection = op.get_bind().execution_options(no_parameters=True)
    for statement in statements((files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8")):
        connection.exec_driver_sql(statement)
