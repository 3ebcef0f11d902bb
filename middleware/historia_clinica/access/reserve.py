"""Records that their physician reserved, and of whom somebody may see them. Pure."""

from collections.abc import Iterable
from typing import Literal

from historia_clinica.access.decision import Hechos, Permiso, decidir
from historia_clinica.access.operations import Accion, Operation
from historia_clinica.access.people import ANONYMOUS, Persona

Reserva = Literal["vih", "salud_mental", "violencia", "ive", "otra"]
# No route's: what else the matrix allows of these records is cut down to it.
RESERVADOS = Operation("reservados", Accion.LEER)
EVERYBODYS, NOBODYS = "*", ""


def reserved_of(persona: Persona, matriz: Iterable[Permiso], hechos: Hechos) -> str:
    """The number of the physician whose reserved records of that patient the person sees, or one of the two above."""
    if persona.rol is None:
        return EVERYBODYS if persona == ANONYMOUS or str(RESERVADOS) in persona.ambitos else NOBODYS
    decided = decidir(persona, RESERVADOS, matriz, hechos)
    if not decided.permitido:
        return NOBODYS
    if decided.solo_autor:
        return NOBODYS if persona.medico_id is None else str(persona.medico_id)
    return EVERYBODYS
