"""/api/v1/pacientes/{cedula}/signos-vitales"""

from historia_clinica.records.routes import Resource, blueprint_of
from historia_clinica.resources.signos_vitales.repository import STORE
from historia_clinica.resources.signos_vitales.schemas import EXAMPLES, SignoVital, SignoVitalCorregido, SignoVitalNuevo

RESOURCE = Resource(STORE, SignoVitalNuevo, SignoVitalCorregido, SignoVital, EXAMPLES)
blueprint = blueprint_of(RESOURCE)
