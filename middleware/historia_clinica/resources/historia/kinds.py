"""The kinds of record that make a history, in the order in which it shows them."""

from typing import Any

from historia_clinica.records.routes import Resource
from historia_clinica.resources.alergias.routes import RESOURCE as ALERGIAS
from historia_clinica.resources.consultas.routes import RESOURCE as CONSULTAS
from historia_clinica.resources.diagnosticos.routes import RESOURCE as DIAGNOSTICOS

RESOURCES: tuple[Resource[Any], ...] = (CONSULTAS, DIAGNOSTICOS, ALERGIAS)
