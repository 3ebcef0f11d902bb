"""SQL of users: a reference table, or one that is distributed by documento_id; the chart's value decides."""

from historia_clinica.db import Scope, Statement, Transaction
from historia_clinica.records.noun import Noun
from historia_clinica.records.roster import roster
from historia_clinica.resources.usuarios.schemas import Usuario, UsuarioHeredado

LIMIT = 1000  # the seed's answer has no pages

STORE = roster(
    Noun("usuario", "usuarios", feminine=False),
    Usuario,
    table="usuario",
    key={"documento_id": "text"},
    columns=("nombre", "email"),
    # while the table is distributed nothing holds e-mail addresses apart: no shard knows those of another
    unique={"documento_id": "Ya hay un usuario con ese documento.", "email": "Ya hay un usuario con ese correo."},
    missing="No hay un usuario con ese documento.",
    registered="fecha_creacion",
    scope=Scope.ROW,
)
LIST = Statement(
    """
    SELECT id, nombre, email, fecha_creacion
      FROM usuario
     WHERE estado <> 'anulado'
     ORDER BY id
     LIMIT %(rows)s
    """,
    Scope.CLUSTER,
)


def list_all(transaction: Transaction) -> list[UsuarioHeredado]:
    return transaction.rows(LIST, {"rows": LIMIT}, UsuarioHeredado)
