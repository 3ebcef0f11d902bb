"""/api/v1/pacientes/{cedula}/antecedentes"""

from historia_clinica.records.routes import Resource, blueprint_of
from historia_clinica.resources.antecedentes.repository import STORE
from historia_clinica.resources.antecedentes.schemas import (
    EXAMPLES,
    Antecedente,
    AntecedenteCorregido,
    AntecedenteNuevo,
)

RESOURCE = Resource(STORE, AntecedenteNuevo, AntecedenteCorregido, Antecedente, EXAMPLES)
blueprint = blueprint_of(RESOURCE)
