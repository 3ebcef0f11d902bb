"""Types and rules that several kinds of record share. Codes are checked for their form, not in vocabularies."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from pydantic_core import PydanticCustomError

from historia_clinica.http.fields import WHOLE, BirthDate, Text

LongText = Annotated[Text, Field(max_length=2000)]
PastDate = BirthDate  # the same bounds: from 1850 until today
MedicoId = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1), WHOLE]
ConsultaId = Annotated[UUID, Field(description="Una consulta del mismo paciente.")]
CIE10 = Annotated[
    str, Field(strict=True, pattern="^[A-Z][0-9]{2}[0-9X]?$", description="CIE-10, sin punto, como en los RIPS.")
]


def present_exactly_when(condition: bool, value: Any, demanded: str, refused: str) -> None:
    """Raises, with one sentence or the other, where the value is missing or too much. For a field's own validator,
    so that the field is what the problem points at.
    """
    if condition and value is None:
        raise PydanticCustomError("historia_demanded", demanded)
    if value is not None and not condition:
        raise PydanticCustomError("historia_refused", refused)
