"""SQL of physicians, a reference table."""

from historia_clinica.db import Scope
from historia_clinica.records.noun import Noun
from historia_clinica.records.roster import roster
from historia_clinica.resources.medicos.schemas import Medico

STORE = roster(
    Noun("médico", "médicos", feminine=False),
    Medico,
    table="medicos",
    key={"id": "bigint"},
    columns=("nombre", "apellido", "especialidad", "codigo_medico", "telefono", "email"),
    unique={"codigo_medico": "Ya hay un médico con ese código."},
    missing="No hay un médico con ese número.",
    scope=Scope.REFERENCE,
)
