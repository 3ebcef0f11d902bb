"""SQL of orders of examinations and procedures."""

from historia_clinica.records.noun import Noun
from historia_clinica.records.store import CONSULTA, MEDICO, Table, store
from historia_clinica.resources.ordenes.schemas import Orden

STORE = store(
    Table(
        Noun("orden", "órdenes", feminine=True),
        columns=("cups", "descripcion", "cantidad", "justificacion", "consulta_id", "medico_id", "reserva", "estado"),
        references=CONSULTA | MEDICO,
    ),
    into=Orden,
)
