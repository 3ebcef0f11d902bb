"""The statement that reads a whole history."""

from historia_clinica.db import Scope, Statement
from historia_clinica.resources.historia.kinds import RESOURCES
from historia_clinica.resources.pacientes import repository as pacientes

# Sub-queries without a FROM around them, each with the patient's key: one task, and one instant for all.
READ = Statement(
    f"""
    SELECT (SELECT row_to_json(one)::text
              FROM ({pacientes.VERSIONS.statements.read.sql}) AS one) AS paciente,
           {", ".join(resource.store.whole for resource in RESOURCES)}
    """,
    Scope.PATIENT,
)
