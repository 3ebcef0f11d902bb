"""SQL of treatment relations."""

from historia_clinica.db import Scope, Statement
from historia_clinica.records.noun import Noun
from historia_clinica.records.store import Table, store
from historia_clinica.resources.relaciones_atencion.schemas import RelacionAtencion

STORE = store(
    Table(
        Noun("relación de atención", "relaciones de atención", feminine=True),
        columns=("origen", "desde", "hasta"),
        fixed=("usuario_id",),
        moment="desde",
    ),
    into=RelacionAtencion,
)
# No foreign key tells: an installation may spread the users by their documents.
USER_EXISTS = Statement(
    "SELECT documento_id FROM usuario WHERE documento_id = %(documento_id)s AND estado = 'activo'", Scope.ROW
)
