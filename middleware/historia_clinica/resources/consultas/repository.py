"""SQL of consultations."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from historia_clinica.records.noun import Noun
from historia_clinica.records.store import MEDICO, Table, store


@dataclass(frozen=True)
class Consulta:
    id: UUID
    paciente_id: str
    medico_id: int | None
    reserva: str | None
    fecha_consulta: datetime
    diagnostico: str | None
    tratamiento: str | None
    observaciones: str | None
    estado: str
    fecha_registro: datetime
    actualizado_en: datetime
    version: int

    @property
    def paciente_cedula(self) -> str:
        """The same, by the name that reports know; former rows do not keep it twice."""
        return self.paciente_id


STORE = store(
    Table(
        Noun("consulta", "consultas", feminine=True),
        columns=("medico_id", "reserva", "fecha_consulta", "diagnostico", "tratamiento", "observaciones", "estado"),
        moment="fecha_consulta",
        references=MEDICO,
    ),
    into=Consulta,
)
