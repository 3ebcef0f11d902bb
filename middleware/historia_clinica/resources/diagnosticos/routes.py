"""/api/v1/pacientes/{cedula}/diagnosticos"""

from historia_clinica.records.routes import Resource, blueprint_of
from historia_clinica.resources.diagnosticos.repository import STORE
from historia_clinica.resources.diagnosticos.schemas import (
    EXAMPLES,
    Diagnostico,
    DiagnosticoCorregido,
    DiagnosticoNuevo,
)

RESOURCE = Resource(STORE, DiagnosticoNuevo, DiagnosticoCorregido, Diagnostico, EXAMPLES)
blueprint = blueprint_of(RESOURCE)
