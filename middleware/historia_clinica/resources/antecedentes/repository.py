"""SQL of what a patient or the family had before."""

from historia_clinica.records.noun import Noun
from historia_clinica.records.store import Table, store
from historia_clinica.resources.antecedentes.schemas import Antecedente

STORE = store(
    Table(
        Noun("antecedente", "antecedentes", feminine=False),
        columns=("tipo", "texto", "codigo", "parentesco"),
    ),
    into=Antecedente,
)
