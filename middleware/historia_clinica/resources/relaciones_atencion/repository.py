"""SQL of treatment relations."""

from historia_clinica.records.noun import Noun
from historia_clinica.records.store import Table, store
from historia_clinica.resources.relaciones_atencion.schemas import RelacionAtencion

STORE = store(
    Table(
        Noun("relación de atención", "relaciones de atención", feminine=True),
        columns=("origen", "desde", "hasta"),
        fixed=("usuario_id",),
        moment="desde",
    ),
    into=RelacionAtencion,
)
