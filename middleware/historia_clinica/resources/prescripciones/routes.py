"""/api/v1/pacientes/{cedula}/prescripciones"""

from historia_clinica.records.routes import Resource, blueprint_of
from historia_clinica.resources.prescripciones.repository import STORE
from historia_clinica.resources.prescripciones.schemas import (
    EXAMPLES,
    Prescripcion,
    PrescripcionCorregida,
    PrescripcionNueva,
)

RESOURCE = Resource(STORE, PrescripcionNueva, PrescripcionCorregida, Prescripcion, EXAMPLES)
blueprint = blueprint_of(RESOURCE)
