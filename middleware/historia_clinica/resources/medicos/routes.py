"""/api/v1/medicos"""

from historia_clinica.records.place import on_a_roster
from historia_clinica.records.routes import Resource, blueprint_of
from historia_clinica.resources.medicos.repository import STORE
from historia_clinica.resources.medicos.schemas import EXAMPLES, Medico, MedicoCorregido, MedicoEnRuta, MedicoNuevo

RESOURCE = Resource(
    STORE, MedicoNuevo, MedicoCorregido, Medico, EXAMPLES, place=on_a_roster(MedicoEnRuta, {"id": "id"})
)
blueprint = blueprint_of(RESOURCE)
