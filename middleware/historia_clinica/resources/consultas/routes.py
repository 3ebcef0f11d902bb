"""/api/v1/pacientes/{cedula}/consultas"""

from historia_clinica.records.routes import Resource, blueprint_of
from historia_clinica.resources.consultas.repository import STORE
from historia_clinica.resources.consultas.schemas import EXAMPLES, Consulta, ConsultaCorregida, ConsultaNueva

RESOURCE = Resource(STORE, ConsultaNueva, ConsultaCorregida, Consulta, EXAMPLES)
blueprint = blueprint_of(RESOURCE)
