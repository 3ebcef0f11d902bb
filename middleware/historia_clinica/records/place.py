"""Where the rows of a table stand among the paths, and how their lists go on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from historia_clinica.http.fields import Schema
from historia_clinica.http.pagination import PageQuery, decode_moment, decode_number
from historia_clinica.records.schemas import PacienteEnRuta, RegistroEnRuta

API = "/api/v1"
Parameters = dict[str, Any]


def _before(query: PageQuery) -> Parameters:
    moment, identifier = decode_moment(query)
    return {"before_moment": moment, "before_id": identifier}


def _after(query: PageQuery) -> Parameters:
    return {"after_id": decode_number(query)}


@dataclass(frozen=True)
class Place:
    """`names`: the parameters in the path of one row and the columns whose values they are; the row's own is the last.

    `one` is the schema of those parameters, `above` that of the list's path, where it has any. `patient`: the column
    that holds the number of the patient to whom a row belongs. `after`: the parameters of a list's statement, out of
    its cursor. `whose` and `order` are what the document says of it.
    """

    prefix: str
    one: type[Schema]
    names: Mapping[str, str]
    after: Callable[[PageQuery], Parameters]
    above: type[Schema] | None = None
    patient: str | None = None
    whose: str = ""
    order: str = "por orden de registro"

    @property
    def own(self) -> str:
        """The last part of the path of one row."""
        return f"<{list(self.names)[-1]}>"

    def key(self, ruta: Schema | None) -> Parameters:
        """By the names of the columns."""
        return {self.names[name]: value for name, value in ruta.model_dump().items()} if ruta else {}

    def patient_of(self, key: Parameters) -> str | None:
        """The number of the patient whom a request with that key is about."""
        return key.get(self.patient) if self.patient else None

    def own_of(self, row: Any) -> object:
        """What the row is called among those of its list; None where that is the patient's number."""
        column = list(self.names.values())[-1]
        return None if column == self.patient else getattr(row, column)

    def address(self, row: Any) -> dict[str, Any]:
        """The parameters in the path of that row."""
        return {name: getattr(row, column) for name, column in self.names.items()}


OF_A_PATIENT = Place(
    f"{API}/pacientes/<cedula>",
    RegistroEnRuta,
    {"cedula": "paciente_id", "id": "id"},
    _before,
    above=PacienteEnRuta,
    patient="paciente_id",
    whose=" del paciente",
    order="",
)


def on_a_roster(one: type[Schema], names: Mapping[str, str]) -> Place:
    """Of a table whose rows belong to no patient; see `roster.roster`."""
    return Place(API, one, names, _after)
