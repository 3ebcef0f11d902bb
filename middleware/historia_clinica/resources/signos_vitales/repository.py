"""SQL of measurements of a patient."""

from historia_clinica.records.noun import Noun
from historia_clinica.records.store import Table, store
from historia_clinica.resources.signos_vitales.schemas import SignoVital

STORE = store(
    Table(
        Noun("signo vital", "signos vitales", feminine=False),
        columns=("tomado_en", "loinc", "valor", "unidad", "metodo"),
        moment="tomado_en",
    ),
    into=SignoVital,
)
