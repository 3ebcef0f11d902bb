"""Rows of which nothing is lost: whoever changes one first keeps it as it is, in the same transaction.

Three plain statements: the row is read and locked, kept among the former rows, replaced under its version. Each is one
task on Citus where the row is a patient's. Fewer were tried and are not better there (docs/desarrollar.md).

A version that was written under an Idempotency-Key keeps it, with the fingerprint of what was asked. A repetition is
looked for only where it must be one: the row is there already, or is no longer as the client read it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Generic, NoReturn, Protocol, TypeVar

from historia_clinica.db import Parameters, Scope, Statement, Transaction
from historia_clinica.errors import (
    Annulled,
    Conflict,
    FieldError,
    HistoriaError,
    KeyReused,
    NotFound,
    PreconditionFailed,
    Unavailable,
)

REGISTERED = "fecha_registro"
AUTHORSHIP = ("cambiado_por", "motivo", "peticion")
KEY = ("clave", "huella")


def since(registered: str = REGISTERED) -> str:
    """From when a row holds: one that never changed since it was registered."""
    return f"coalesce(actualizado_en, {registered})"


def common(registered: str = REGISTERED) -> tuple[str, ...]:
    """The columns of every table of this kind, current and former."""
    return ("estado", registered, "version")


Computed = Callable[[Parameters], Parameters]


def as_sent(_current: Parameters) -> Parameters:
    return {}


class Current(Protocol):
    """What every row has."""

    @property
    def version(self) -> int: ...
    @property
    def estado(self) -> str: ...


Row = TypeVar("Row", bound=Current)


@dataclass(frozen=True)
class Version(Generic[Row]):
    """A row as it was, or is where `vigente_hasta` is None; who wrote it, why, in which request."""

    row: Row
    cambiado_por: str | None
    motivo: str | None
    peticion: str | None
    vigente_desde: datetime
    vigente_hasta: datetime | None


@dataclass(frozen=True)
class Statements:
    """Of one table and the table of its former rows. Their parameters: the key; see `Versioned` for the others."""

    read: Statement
    at_version: Statement
    at_moment: Statement
    history: Statement
    repeated: Statement
    create: Statement
    lock: Statement
    keep: Statement
    replace: Statement
    annul: Statement
    further: Mapping[str, Statement]
    key: tuple[str, ...]
    found_by_key: bool  # a row that is to be created has no key of its own yet


def statements(  # noqa: PLR0913  each is one thing that a table has or has not
    table: str,
    *,
    key: Mapping[str, str],
    columns: Sequence[str],
    fixed: Sequence[str] = (),
    generated: Sequence[str] = (),
    defaults: Mapping[str, str] = MappingProxyType({}),
    further: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    registered: str = REGISTERED,
    hidden: str | None = None,
    as_now: bool = False,
    scope: Scope,
) -> Statements:
    """`key`: the type of each column of the primary key; `columns` are those that a change replaces, `fixed` not.

    The database makes the `generated` ones of them when a row is created, and has `defaults` (SQL) for values left out.
    `further` are changes by their names, with SQL for each column that they set. `registered` is the column that says
    when the first version was written. In the state `hidden` a row is there for its key alone: with all its versions it
    is as if it were not. `as_now`: former rows are there for those alone whom the policies show the current one.
    Each relation carries the whole key, so that the statements of a patient's table plan to one task.
    """
    former = f"{table}_historial"
    names = tuple(dict.fromkeys((*key, *fixed, *columns, *common(registered))))
    held, kept = ", ".join(names), ", ".join(f"%({name})s" for name in (*names, *AUTHORSHIP, *KEY))
    signed, stored = ", ".join(AUTHORSHIP), ", ".join((*AUTHORSHIP, *KEY))
    given = tuple(column for column in (*key, *fixed, *columns) if column not in generated)
    where = " AND ".join(f"{column} = %({column})s::{kind}" for column, kind in key.items())
    known = " AND ".join(f"{column} = %({column})s::{key[column]}" for column in key if column in given)
    same_key = f"{known + ' AND ' if known else ''}clave = %(clave)s::uuid"
    beginning = since(registered)
    now = f"SELECT {held}, {beginning} AS actualizado_en"
    then = f"SELECT {held}, vigente_desde AS actualizado_en"
    instant = "%(en)s::timestamptz"
    earlier = "(%(before)s::bigint IS NULL OR version < %(before)s::bigint)"

    standing = f" AND estado <> '{hidden}'" if hidden else ""
    still = f" AND EXISTS (SELECT FROM {table} WHERE {where}{standing})" if hidden or as_now else ""

    def sent(names: Sequence[str]) -> dict[str, str]:
        return {name: f"%({name})s" for name in names}

    def inserted(column: str) -> str:
        return f"coalesce(%({column})s, {defaults[column]})" if column in defaults else f"%({column})s"

    def change(replaced: dict[str, str]) -> str:
        values = ", ".join(f"{column} = {value}" for column, value in (replaced | sent(AUTHORSHIP + KEY)).items())
        return f"""
            UPDATE {table} SET {values}, version = version + 1, actualizado_en = greatest(now(), {beginning})
             WHERE {where} AND version = %(version)s
            RETURNING {now.removeprefix("SELECT ")}
            """

    return Statements(
        read=Statement(f"{now} FROM {table} WHERE {where}{standing}", scope),
        at_version=Statement(
            f"""
            {now} FROM {table} WHERE {where}{standing} AND version = %(version)s
             UNION ALL
            {then} FROM {former} WHERE {where}{still} AND version = %(version)s
            """,
            scope,
        ),
        at_moment=Statement(
            f"""
            {now} FROM {table} WHERE {where}{standing} AND {beginning} <= {instant}
             UNION ALL
            {then} FROM {former} WHERE {where}{still} AND vigente_desde <= {instant} AND {instant} < vigente_hasta
            """,
            scope,
        ),
        history=Statement(
            f"""
            {now}, {signed}, NULL::timestamptz AS vigente_hasta FROM {table} WHERE {where}{standing} AND {earlier}
             UNION ALL
            {then}, {signed}, vigente_hasta FROM {former} WHERE {where}{still} AND {earlier}
             ORDER BY version DESC
             LIMIT %(rows)s
            """,
            scope,
        ),
        repeated=Statement(
            f"""
            {now}, huella FROM {table} WHERE {same_key}
             UNION ALL
            {then}, huella FROM {former} WHERE {same_key}
            """,
            scope,
        ),
        create=Statement(
            f"""
            INSERT INTO {table} ({", ".join((*given, *AUTHORSHIP, *KEY))})
            VALUES ({", ".join(inserted(column) for column in (*given, *AUTHORSHIP, *KEY))})
            ON CONFLICT DO NOTHING
            RETURNING {now.removeprefix("SELECT ")}
            """,
            scope,
        ),
        # not FOR UPDATE: that would make whoever refers to the row wait
        lock=Statement(f"{now}, {stored} FROM {table} WHERE {where}{standing} FOR NO KEY UPDATE", scope),
        keep=Statement(
            f"""
            INSERT INTO {former} ({held}, {stored}, vigente_desde, vigente_hasta)
            VALUES ({kept}, %(actualizado_en)s, greatest(now(), %(actualizado_en)s::timestamptz))
            """,
            scope,
        ),
        replace=Statement(change(sent(columns)), scope),
        annul=Statement(change(sent(("estado",))), scope),
        further={name: Statement(change(dict(values)), scope) for name, values in further.items()},
        key=tuple(key),
        found_by_key=not known,
    )


@dataclass(frozen=True)
class Versioned(Generic[Row]):
    """The rows of one table. `missing` is the sentence about one that does not exist, `annulled` the state of one.

    `sealed` is raised about a row that can be read, but that the policies of its table give nobody to change. `unique`:
    the columns of which no two rows have the same value, with the sentence about a value that another row has.
    """

    statements: Statements
    into: Callable[..., Row]
    missing: str
    annulled: str
    sealed: type[HistoriaError] = Annulled
    unique: Mapping[str, str] = field(default_factory=dict)

    def find(
        self, transaction: Transaction, key: Parameters, version: int | None = None, moment: datetime | None = None
    ) -> Row:
        """The row as it is, in one of its versions, or as of an instant; raises NotFound."""
        missing = self.missing
        if version is not None:
            found = transaction.row(self.statements.at_version, {**key, "version": version}, self.into)
            missing = "Ese registro no existe o no tiene esa versión."
        elif moment is not None:
            found = transaction.row(self.statements.at_moment, {**key, "en": moment}, self.into)
            missing = "Ese registro no existía en ese instante."
        else:
            found = transaction.row(self.statements.read, key, self.into)
        if found is None:
            raise NotFound(missing)
        return found

    def history(self, transaction: Transaction, key: Parameters, before: int | None, rows: int) -> list[Version[Row]]:
        """Versions before that one, the newest first, the current one among them; raises NotFound."""
        found = transaction.rows(self.statements.history, {**key, "before": before, "rows": rows}, self._version)
        if not found and before is None:
            raise NotFound(self.missing)
        return found

    def create(self, transaction: Transaction, values: Parameters) -> Row:
        """The first version of a row; the one that is there if it was made under the same Idempotency-Key.

        `values` are the columns and the authorship. Raises Conflict, ForeignKeyMissing, KeyReused.
        """
        made = self.repeated(transaction, values) if self.statements.found_by_key else None
        # Whoever makes the same row at this moment is waited for.
        made = made or transaction.row(self.statements.create, values, self.into)
        made = made or self.repeated(transaction, values)
        if made is None:
            raise self._taken(self._is_there(transaction, values))
        return made

    def replace(
        self,
        transaction: Transaction,
        key: Parameters,
        versions: Sequence[int],
        values: Parameters,
        computed: Computed = as_sent,
    ) -> Row:
        """A next version in the place of the one it has, if it is among those; the one that the same request made.

        `values` are the columns and the authorship, but for those that `computed` makes out of the row as it is, or
        raises why it may not be changed. Raises NotFound, PreconditionFailed, Annulled, KeyReused.
        """
        return self._change(transaction, self.statements.replace, key, versions, values, computed)

    def annul(
        self,
        transaction: Transaction,
        key: Parameters,
        versions: Sequence[int],
        values: Parameters,
        computed: Computed = as_sent,
    ) -> Row:
        """The same with the row as it is, annulled; `values` are the authorship."""
        annulled = {**values, "estado": self.annulled}
        return self._change(transaction, self.statements.annul, key, versions, annulled, computed)

    def refuse(self, transaction: Transaction, key: Parameters, versions: Sequence[int]) -> NoReturn:
        """Why a change by other means was not made: raises NotFound, PreconditionFailed, Annulled.

        Raises Unavailable where nothing stands in its way any more.
        """
        current = self.find(transaction, key)
        if current.version not in versions:
            raise PreconditionFailed(current.version)
        raise Annulled if current.estado == self.annulled else Unavailable

    def change(
        self,
        transaction: Transaction,
        name: str,
        key: Parameters,
        versions: Sequence[int],
        values: Parameters,
        computed: Computed,
    ) -> Row:
        """The same by the further statement of that name; `computed` makes what it needs out of the row as it is."""
        return self._change(transaction, self.statements.further[name], key, versions, values, computed)

    def _change(
        self,
        transaction: Transaction,
        change: Statement,
        key: Parameters,
        versions: Sequence[int],
        values: Parameters,
        computed: Computed = as_sent,
    ) -> Row:
        locked = transaction.row(self.statements.lock, key, _as_it_is)
        # A policy about changes hides a row from whoever would lock it, not from whoever reads it.
        current = locked or transaction.row(self.statements.read, key, _as_it_is)
        if current is None:
            if repeated := self.repeated(transaction, {**values, **key}):
                return repeated
            raise NotFound(self.missing)
        if not locked or current["version"] not in versions or current["estado"] == self.annulled:
            if repeated := self.repeated(transaction, {**values, **key}):
                return repeated
            if current["version"] not in versions:
                raise PreconditionFailed(current["version"])
            raise Annulled if current["estado"] == self.annulled else self.sealed
        try:
            transaction.run(self.statements.keep, current)
        except Conflict as error:  # a former row has the number of the current one
            raise HistoriaError from error
        values = {**values, **computed(current), **key, "version": current["version"]}
        try:
            changed = transaction.row(change, values, self.into)
        except Conflict as error:
            if type(error) is not Conflict:
                raise
            raise self._taken(key=False) from error
        if changed is None:
            raise HistoriaError
        return changed

    def _is_there(self, transaction: Transaction, values: Parameters) -> bool:
        """Whether it is the key that another row has: only asked where it may also be something else."""
        if not self.unique.keys() - set(self.statements.key):
            return True
        return not self.statements.found_by_key and transaction.row(self.statements.read, values, _as_it_is) is not None

    def _taken(self, key: bool) -> Conflict:
        """What is said of the column, of the key or not, of which another row has the value."""
        for column, sentence in self.unique.items():
            if (column in self.statements.key) == key:
                return Conflict(sentence, (FieldError(f"/{column}", sentence),))
        return Conflict()

    def repeated(self, transaction: Transaction, values: Parameters) -> Row | None:
        """The version that was written under the Idempotency-Key of this request; raises KeyReused."""
        if values["clave"] is None:
            return None
        found = transaction.row(self.statements.repeated, values, _as_it_is)
        if found is None:
            return None
        if bytes(found.pop("huella")) != values["huella"]:
            raise KeyReused
        return self.into(**found)

    def _version(
        self,
        *,
        cambiado_por: str | None,
        motivo: str | None,
        peticion: str | None,
        vigente_hasta: datetime | None,
        **row: Any,
    ) -> Version[Row]:
        return Version(self.into(**row), cambiado_por, motivo, peticion, row["actualizado_en"], vigente_hasta)


def _as_it_is(**columns: Any) -> dict[str, Any]:
    return columns
