"""/api/v1/pacientes/{cedula}/resultados"""

from historia_clinica.records.routes import Resource, blueprint_of
from historia_clinica.resources.resultados.repository import STORE
from historia_clinica.resources.resultados.schemas import EXAMPLES, Resultado, ResultadoCorregido, ResultadoNuevo

RESOURCE = Resource(STORE, ResultadoNuevo, ResultadoCorregido, Resultado, EXAMPLES)
blueprint = blueprint_of(RESOURCE)
