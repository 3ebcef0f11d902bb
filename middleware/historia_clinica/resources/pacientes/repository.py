"""SQL of patients."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from historia_clinica.db import Scope, Statement, Transaction
from historia_clinica.versions import Versioned, statements
from historia_clinica.words import as_query

# The driver writes the values into the text, so the planner drops a condition that is not asked and may use the index
# of each that is. The words are those of the index pacientes_nombre, letter by letter; a cédula has neither % nor _.
PAGE = Statement(
    r"""
    SELECT cedula, id, nombre, apellido, fecha_nacimiento, telefono, direccion, ciudad, estado, fecha_registro,
           coalesce(actualizado_en, fecha_registro) AS actualizado_en, version
      FROM pacientes
     WHERE (%(after_moment)s::timestamptz IS NULL
            OR (fecha_registro, id) > (%(after_moment)s::timestamptz, %(after_id)s::uuid))
       AND (%(anulados)s OR estado <> 'anulado')
       AND (%(words)s::tsquery IS NULL
            OR array_to_tsvector(string_to_array(btrim(regexp_replace(
                   lower(regexp_replace(normalize(nombre || ' ' || apellido, NFKD), '[\u0300-\u036f]', '', 'g')),
                   '[^a-z0-9]+', ' ', 'g')), ' ')) @@ %(words)s::tsquery)
       AND (%(documento)s::text IS NULL OR cedula LIKE %(documento)s::text || '%%')
       AND (%(fecha_nacimiento)s::date IS NULL OR fecha_nacimiento = %(fecha_nacimiento)s::date)
     ORDER BY fecha_registro, id
     LIMIT %(rows)s
    """,
    Scope.CLUSTER,
)


@dataclass(frozen=True)
class Paciente:
    cedula: str
    id: UUID
    nombre: str
    apellido: str
    fecha_nacimiento: date | None
    telefono: str | None
    direccion: str | None
    ciudad: str | None
    estado: str
    fecha_registro: datetime
    actualizado_en: datetime
    version: int


@dataclass(frozen=True)
class Wanted:
    """Which patients: words of the name, each perhaps cut short; the beginning of the cédula; the date of birth."""

    nombre: str | None = None
    documento: str | None = None
    fecha_nacimiento: date | None = None
    anulados: bool = False


VERSIONS = Versioned(
    statements(
        "pacientes",
        key={"cedula": "text"},
        fixed=("id",),
        generated=("id",),
        columns=("nombre", "apellido", "fecha_nacimiento", "telefono", "direccion", "ciudad"),
        scope=Scope.PATIENT,
    ),
    into=Paciente,
    missing="No hay un paciente con esa cédula.",
    annulled="anulado",
)


def page(
    transaction: Transaction, after: tuple[datetime | None, UUID | None], wanted: Wanted, rows: int
) -> list[Paciente]:
    parameters = {
        "after_moment": after[0],
        "after_id": after[1],
        "anulados": wanted.anulados,
        "words": as_query(wanted.nombre) if wanted.nombre else None,
        "documento": wanted.documento,
        "fecha_nacimiento": wanted.fecha_nacimiento,
        "rows": rows,
    }
    return transaction.rows(PAGE, parameters, Paciente)
