"""SQL of allergies."""

from historia_clinica.records.noun import Noun
from historia_clinica.records.store import Table, store
from historia_clinica.resources.alergias.schemas import Alergia

STORE = store(
    Table(
        Noun("alergia", "alergias", feminine=True),
        columns=("afirmacion", "tipo", "sustancia", "criticidad", "reaccion", "verificacion", "estado"),
    ),
    into=Alergia,
)
