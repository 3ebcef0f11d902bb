"""SQL of diagnoses."""

from historia_clinica.records.noun import Noun
from historia_clinica.records.store import CONSULTA, MEDICO, Table, store
from historia_clinica.resources.diagnosticos.schemas import Diagnostico

STORE = store(
    Table(
        Noun("diagnóstico", "diagnósticos", feminine=False),
        columns=(
            "codigo",
            "descripcion",
            "rol",
            "tipo",
            "inicio",
            "resuelto",
            "consulta_id",
            "medico_id",
            "reserva",
            "estado",
        ),
        references=CONSULTA | MEDICO,
    ),
    into=Diagnostico,
)
