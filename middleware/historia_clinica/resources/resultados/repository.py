"""SQL of results of examinations."""

from historia_clinica.records.noun import Noun
from historia_clinica.records.store import MEDICO, ORDEN, Table, store
from historia_clinica.resources.resultados.schemas import Resultado

STORE = store(
    Table(
        Noun("resultado", "resultados", feminine=False),
        columns=(
            "emitido_en",
            "orden_id",
            "loinc",
            "valor",
            "valor_texto",
            "unidad",
            "ref_min",
            "ref_max",
            "interpretacion",
            "medico_id",
            "reserva",
            "estado",
        ),
        moment="emitido_en",
        references=MEDICO | ORDEN,
    ),
    into=Resultado,
)
