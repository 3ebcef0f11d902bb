"""What asks the database as historia_app, by raw SQL, with a context of any kind."""

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg2
from historia_clinica.row_context import signer

NOT_TRUSTED = "HC001"  # errcodes of PostgreSQL have no class for it
AGES_AGO = 400  # seconds


def context_of(cluster: Any, paciente: str, **clock: Any) -> str:
    """As the API of that cluster signs it."""
    return signer(cluster.api_environment()["HISTORIA_SIGNING_KEY"], **clock)(paciente)


def distrusted(cluster: Any, paciente: str, now: float) -> dict[str, str | None]:
    """Contexts that nobody of this installation signed just now."""
    good = context_of(cluster, paciente)
    return {
        "none": None,
        "empty": "",
        "a number alone": paciente,
        "everybody alone": "*",
        "of another key": signer("otra clave de al menos 32 letras")(paciente),
        "of another patient": good[:74] + "OTRO",
        "of everybody": good[:74] + "*",
        "of another time": good[:64] + f"{int(now) + 5:010d}" + paciente,
        "old": context_of(cluster, paciente, clock=lambda: now - AGES_AGO),
        "of tomorrow": context_of(cluster, paciente, clock=lambda: now + AGES_AGO),
    }


@contextlib.contextmanager
def as_the_api(cluster: Any, node: Any = None, paciente: str = "*") -> Iterator[Any]:
    """A cursor of historia_app on that node, in a transaction that is about that patient."""
    with _with_context(cluster, node, context_of(cluster, paciente)) as cursor:
        yield cursor
        cursor.connection.commit()


@contextlib.contextmanager
def _with_context(cluster: Any, node: Any, context: str | None, reservados: str | None = None) -> Iterator[Any]:
    with contextlib.closing(cluster.connect(node, "app")) as connection, connection.cursor() as cursor:
        connection.autocommit = False
        cursor.execute("SET LOCAL citus.propagate_set_commands TO 'local'")
        if context is not None:
            cursor.execute("SET LOCAL historia.contexto = %s", (context,))
        if reservados is not None:
            cursor.execute("SET LOCAL historia.reservados = %s", (reservados,))
        yield cursor


def refusal(cluster: Any, node: Any, context: str | None, statement: str, reservados: str | None = None) -> str | None:
    """The SQLSTATE with which the statement is refused; None: it would be done."""
    try:
        with _with_context(cluster, node, context, reservados) as cursor:
            cursor.execute(statement)
    except psycopg2.Error as error:
        return str(error.pgcode)
    return None


def found(cluster: Any, node: Any, context: str, statement: str, reservados: str | None = None) -> list[Any]:
    with _with_context(cluster, node, context, reservados) as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()]
