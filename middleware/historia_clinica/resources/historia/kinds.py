"""The kinds of record that make a history, in the order in which it shows them."""

from typing import Any

from historia_clinica.records.routes import Resource
from historia_clinica.resources.alergias.routes import RESOURCE as ALERGIAS
from historia_clinica.resources.antecedentes.routes import RESOURCE as ANTECEDENTES
from historia_clinica.resources.consultas.routes import RESOURCE as CONSULTAS
from historia_clinica.resources.diagnosticos.routes import RESOURCE as DIAGNOSTICOS
from historia_clinica.resources.documentos.routes import RESOURCE as DOCUMENTOS
from historia_clinica.resources.notas.routes import RESOURCE as NOTAS
from historia_clinica.resources.ordenes.routes import RESOURCE as ORDENES
from historia_clinica.resources.prescripciones.routes import RESOURCE as PRESCRIPCIONES
from historia_clinica.resources.resultados.routes import RESOURCE as RESULTADOS
from historia_clinica.resources.signos_vitales.routes import RESOURCE as SIGNOS_VITALES

RESOURCES: tuple[Resource[Any], ...] = (
    CONSULTAS,
    DIAGNOSTICOS,
    ALERGIAS,
    ANTECEDENTES,
    SIGNOS_VITALES,
    PRESCRIPCIONES,
    ORDENES,
    RESULTADOS,
    NOTAS,
    DOCUMENTOS,
)
