"""SQL of tables of people who belong to no patient: physicians, users."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from historia_clinica.db import Scope, Statement
from historia_clinica.records.noun import Noun
from historia_clinica.records.store import Store
from historia_clinica.versions import REGISTERED, Current, Versioned, common, since, statements


class Numbered(Current, Protocol):
    """What every row of a roster has."""

    @property
    def id(self) -> int: ...


Listed = TypeVar("Listed", bound=Numbered)


def roster(  # noqa: PLR0913  each is one thing that a table has or has not
    noun: Noun,
    into: type[Listed],
    *,
    table: str,
    key: Mapping[str, str],
    columns: Sequence[str],
    unique: Mapping[str, str],
    missing: str,
    registered: str = REGISTERED,
    scope: Scope,
) -> Store[Listed]:
    """Of people whom the database numbers, in a column `id`, in the order in which they are registered.

    `key`, `columns`, `registered`: see `versions.statements`; `unique`, `missing`: see `Versioned`.
    """
    made = statements(
        table,
        key=key,
        columns=columns,
        fixed=("id",),
        generated=("id",),
        registered=registered,
        scope=scope,
    )
    annulled = noun.ending("anulad")
    held = ", ".join(dict.fromkeys((*key, "id", *columns, *common(registered))))
    listing = Statement(
        f"""
        SELECT {held}, {since(registered)} AS actualizado_en
          FROM {table}
         WHERE (%(after_id)s::bigint IS NULL OR id > %(after_id)s::bigint)
           AND (%(anulados)s OR estado <> '{annulled}')
         ORDER BY id
         LIMIT %(rows)s
        """,
        Scope.REFERENCE if scope is Scope.REFERENCE else Scope.CLUSTER,
    )
    return Store(noun, into, Versioned(made, into, missing, annulled, unique=unique), listing, lambda row: (row.id,))
