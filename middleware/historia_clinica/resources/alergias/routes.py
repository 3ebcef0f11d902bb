"""/api/v1/pacientes/{cedula}/alergias"""

from historia_clinica.records.routes import Resource, blueprint_of
from historia_clinica.resources.alergias.repository import STORE
from historia_clinica.resources.alergias.schemas import EXAMPLES, Alergia, AlergiaCorregida, AlergiaNueva

RESOURCE = Resource(STORE, AlergiaNueva, AlergiaCorregida, Alergia, EXAMPLES)
blueprint = blueprint_of(RESOURCE)
