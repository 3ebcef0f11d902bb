"""SQL of records of one kind. Every relation carries the patient's key, so that each statement plans to one task."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from historia_clinica.db import Parameters, Scope, Statement, Transaction
from historia_clinica.errors import (
    NO_PATIENT,
    Annulled,
    FieldError,
    ForeignKeyMissing,
    HistoriaError,
    InvalidInput,
    NotFound,
)
from historia_clinica.records.noun import Noun
from historia_clinica.versions import Current, Versioned, common, since, statements

KEY = {"paciente_id": "text", "id": "uuid"}
MEDICO = {"medico_id": "No hay un médico con este número."}
CONSULTA = {"consulta_id": "No hay una consulta de este paciente con este identificador."}
ORDEN = {"orden_id": "No hay una orden de este paciente con este identificador."}
# One that was merged with another is there for its number alone.
PATIENT_EXISTS = Statement(
    "SELECT cedula FROM pacientes WHERE cedula = %(paciente_id)s AND estado <> 'fusionado'", Scope.PATIENT
)
# No foreign key tells: an installation may spread the users by their documents.
USER_EXISTS = Statement(
    "SELECT documento_id FROM usuario WHERE documento_id = %(documento_id)s AND estado = 'activo'", Scope.ROW
)
RESERVA = "reserva"  # once it is said, it holds for the versions of before as well
Position = tuple[datetime, UUID] | tuple[int]


class Record(Current, Protocol):
    """What every row of a patient has."""

    @property
    def paciente_id(self) -> str: ...

    @property
    def id(self) -> UUID: ...


Row = TypeVar("Row", bound=Current)
Own = TypeVar("Own", bound=Record)


@dataclass(frozen=True)
class Table:
    """`columns` are those that a client writes; `moment` is what lists sort by.

    `references`: a column that names another row, and the sentence about one that does not exist. The foreign key has
    the column in its name. `fixed`: columns that are written once, and that the API may make. `later`: columns that
    only a change of `further` writes, which has SQL for what it sets. `sealed`: see `Versioned`.
    """

    noun: Noun
    columns: Sequence[str]
    moment: str = "fecha_registro"
    references: Mapping[str, str] | None = None
    fixed: Sequence[str] = ()
    later: Sequence[str] = ()
    further: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sealed: type[HistoriaError] = Annulled

    @property
    def name(self) -> str:
        return self.noun.members

    @property
    def annulled(self) -> str:
        return self.noun.ending("anulad")

    @property
    def held(self) -> str:
        """The columns of an answer."""
        names = dict.fromkeys((*KEY, *self.fixed, *self.later, *self.columns, *common()))
        return f"{', '.join(names)}, {since()} AS actualizado_en"

    def page(self) -> Statement:
        return Statement(
            f"""
            SELECT {self.held}
              FROM {self.name}
             WHERE paciente_id = %(paciente_id)s
               AND (%(anulados)s OR estado <> '{self.annulled}')
               AND (%(before_moment)s::timestamptz IS NULL
                    OR ({self.moment}, id) < (%(before_moment)s::timestamptz, %(before_id)s::uuid))
             ORDER BY {self.moment} DESC, id DESC
             LIMIT %(rows)s
            """,
            Scope.PATIENT,
        )

    def whole(self) -> str:
        """An expression, under the name of the table: all rows of the patient `cedula` that are in force, as JSON."""
        return f"""
           (SELECT coalesce(json_agg(one ORDER BY {self.moment} DESC, id DESC), '[]')::text
              FROM (SELECT {self.held} FROM {self.name}
                     WHERE paciente_id = %(cedula)s AND estado <> '{self.annulled}') AS one) AS {self.name}"""

    def versions(self, into: type[Own]) -> Versioned[Own]:
        made = statements(
            self.name,
            key=KEY,
            columns=self.columns,
            fixed=(*self.fixed, *self.later),
            generated=self.later,
            defaults={self.moment: "now()"},
            further=self.further,
            as_now=RESERVA in self.columns,
            scope=Scope.PATIENT,
        )
        missing = f"No hay {self.noun.a} de ese paciente con ese identificador."
        return Versioned(made, into, missing, self.annulled, self.sealed)


@dataclass(frozen=True)
class Store(Generic[Row]):
    """The rows of one table. Made by `store`, or by `roster` where they belong to no patient.

    `position`: by which a row stands in the list. `owner` asks for the row to which those of a list belong.
    `whole`: see `Table`; empty where they belong to none.
    """

    noun: Noun
    into: type[Row]
    versions: Versioned[Row]
    listing: Statement
    position: Callable[[Row], Position]
    of_a_patient: bool = False
    references: Mapping[str, str] = field(default_factory=dict)
    whole: str = ""

    def page(
        self, transaction: Transaction, within: Parameters, after: Parameters, asked: Parameters, rows: int
    ) -> list[Row]:
        """In the order of the list; raises NotFound where there is no such patient.

        `within` is the patient's key, where there is one, `after` the position of the last row seen.
        """
        found = transaction.rows(self.listing, {**within, **after, **asked, "rows": rows}, self.into)
        if not found:
            self.refuse_without_patient(transaction, within)
        return found

    def create(self, transaction: Transaction, values: Parameters) -> Row:
        """See `Versioned.create`; raises NotFound where there is no such patient."""
        created = self.versions.create(transaction, values)
        # The foreign key has made whoever merges the patient wait, or has waited: only now is its state sure.
        self.refuse_without_patient(transaction, values)
        return created

    def refuse_without_patient(self, transaction: Transaction, within: Parameters) -> None:
        """Raises NotFound where rows are a patient's and there is no such patient."""
        if self.of_a_patient:
            refuse_without_patient(transaction, within)

    def explain(self, error: ForeignKeyMissing) -> HistoriaError:
        """Which reference was missing; the constraints are named after their columns."""
        for column, sentence in self.references.items():
            if column in error.constraint:
                return InvalidInput(errors=(FieldError(f"/{column}", sentence),))
        return NotFound(NO_PATIENT)


def refuse_without_patient(transaction: Transaction, within: Parameters) -> None:
    """Raises NotFound where there is no patient with the `paciente_id`."""
    if transaction.row(PATIENT_EXISTS, within, dict) is None:
        raise NotFound(NO_PATIENT)


def is_user(transaction: Transaction, documento: str) -> bool:
    """Whether there is an active one of that document."""
    return transaction.row(USER_EXISTS, {"documento_id": documento}, dict) is not None


def store(table: Table, into: type[Own]) -> Store[Own]:
    """Of a patient."""

    def position(row: Own) -> tuple[datetime, UUID]:
        return getattr(row, table.moment), row.id

    return Store(
        table.noun,
        into,
        table.versions(into),
        table.page(),
        position,
        of_a_patient=True,
        references=table.references or {},
        whole=table.whole(),
    )
