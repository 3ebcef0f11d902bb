"""What is returned of a whole history."""

from typing import Annotated, Any

from pydantic import Field, create_model

from historia_clinica.http.fields import Schema
from historia_clinica.resources.historia.kinds import RESOURCES
from historia_clinica.resources.pacientes.schemas import EXAMPLE_ANSWER, Paciente


def _many(answer: Any) -> tuple[Any, Any]:
    return list[answer], ...


_lists: dict[str, Any] = {resource.noun.members: _many(resource.answer) for resource in RESOURCES}
_withheld = Annotated[list[str], Field(description="Las clases de registro que el paciente negó a quien pide: faltan.")]
_made: Any = create_model("Historia", __base__=Schema, paciente=(Paciente, ...), **_lists, negados=(_withheld, ...))
Historia: Any = _made

EXAMPLE = {
    "paciente": EXAMPLE_ANSWER,
    **{resource.noun.members: [resource.examples.answer] for resource in RESOURCES},
    "negados": [],
}
