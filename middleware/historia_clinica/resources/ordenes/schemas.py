"""What is accepted and returned for orders."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import WHOLE, AtMost, Line, Schema
from historia_clinica.records.fields import CUPS, ConsultaId, LongText, MedicoId, Reservado
from historia_clinica.records.schemas import Registro, examples

Estado = Literal["solicitada", "realizada", "cancelada"]
Cantidad = Annotated[int, Field(strict=True, ge=1, le=1000), WHOLE]


class _Datos(Schema):
    cups: CUPS
    descripcion: Annotated[Line, AtMost(500)]
    justificacion: LongText | None = None
    consulta_id: ConsultaId | None = None
    medico_id: MedicoId | None = None
    reserva: Reservado = None


class OrdenNueva(_Datos):
    cantidad: Cantidad = 1
    estado: Estado = "solicitada"


class OrdenCorregida(_Datos):
    cantidad: Cantidad
    estado: Estado
    motivo: Motivo


class Orden(Registro):
    cups: str
    descripcion: str
    cantidad: int
    justificacion: str | None
    consulta_id: UUID | None
    medico_id: int | None
    reserva: Reservado
    estado: Literal["solicitada", "realizada", "cancelada", "anulada"]


EXAMPLES = examples(
    {
        "cups": "903895",
        "descripcion": "Creatinina en suero u otros fluidos",
        "cantidad": 1,
        "justificacion": "Control de función renal",
        "consulta_id": "0d0c2f7e-43cf-4d0b-9a53-6a4b6c1f4a10",
        "medico_id": 1,
        "reserva": None,
        "estado": "solicitada",
    },
    {"estado": "realizada", "motivo": "Se tomó la muestra"},
    "anulada",
    "Se escribió en la historia de otra persona",
)
