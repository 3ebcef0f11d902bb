"""/api/v1/pacientes/{cedula}/ordenes"""

from historia_clinica.records.routes import Resource, blueprint_of
from historia_clinica.resources.ordenes.repository import STORE
from historia_clinica.resources.ordenes.schemas import EXAMPLES, Orden, OrdenCorregida, OrdenNueva

RESOURCE = Resource(STORE, OrdenNueva, OrdenCorregida, Orden, EXAMPLES)
blueprint = blueprint_of(RESOURCE)
