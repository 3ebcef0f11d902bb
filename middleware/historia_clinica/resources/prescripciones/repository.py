"""SQL of prescriptions."""

from historia_clinica.records.noun import Noun
from historia_clinica.records.store import CONSULTA, MEDICO, Table, store
from historia_clinica.resources.prescripciones.schemas import Prescripcion

STORE = store(
    Table(
        Noun("prescripción", "prescripciones", feminine=True),
        columns=(
            "medicamento",
            "atc",
            "dosis",
            "unidad",
            "via",
            "frecuencia",
            "duracion_dias",
            "cantidad",
            "indicaciones",
            "consulta_id",
            "medico_id",
            "reserva",
            "estado",
        ),
        references=CONSULTA | MEDICO,
    ),
    into=Prescripcion,
)
