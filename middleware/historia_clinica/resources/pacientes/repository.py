"""SQL of patients."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from historia_clinica.db import Parameters, Scope, Statement, Transaction
from historia_clinica.errors import Conflict, KeyReused
from historia_clinica.records.noun import Noun
from historia_clinica.records.store import Store
from historia_clinica.resources.pacientes.schemas import Paciente
from historia_clinica.versions import Versioned, statements

# The driver writes the values into the text, so the planner drops a condition that is not asked and may use the index
# of each that is. The words are those of the index pacientes_nombre, letter by letter; a cédula has neither % nor _.
# Nobody's document is empty. A null there would make the condition none, and Citus then sees two tables side by side.
PAGE = Statement(
    r"""
    SELECT cedula, id, nombre, apellido, fecha_nacimiento, telefono, direccion, ciudad, estado, fecha_registro,
           coalesce(actualizado_en, fecha_registro) AS actualizado_en, version
      FROM pacientes
     WHERE (%(after_moment)s::timestamptz IS NULL
            OR (fecha_registro, id) > (%(after_moment)s::timestamptz, %(after_id)s::uuid))
       AND (%(anulados)s OR estado NOT IN ('anulado', 'fusionado'))
       AND (%(words)s::tsquery IS NULL
            OR array_to_tsvector(string_to_array(btrim(regexp_replace(
                   lower(regexp_replace(normalize(nombre || ' ' || apellido, NFKD), '[\u0300-\u036f]', '', 'g')),
                   '[^a-z0-9]+', ' ', 'g')), ' ')) @@ %(words)s::tsquery)
       AND (%(documento)s::text IS NULL OR cedula LIKE %(documento)s::text || '%%')
       AND (%(fecha_nacimiento)s::date IS NULL OR fecha_nacimiento = %(fecha_nacimiento)s::date)
       AND (%(atendido_por)s::text IS NULL AND %(propio)s::text IS NULL
            OR cedula = %(propio)s::text AND id = %(propio_uuid)s::uuid
            OR EXISTS (SELECT FROM relaciones_atencion AS r
                        WHERE r.paciente_id = pacientes.cedula AND r.usuario_id = coalesce(%(atendido_por)s::text, '')
                          AND r.estado = 'activa' AND r.desde <= now() AND (r.hasta IS NULL OR now() < r.hasta)))
     ORDER BY fecha_registro, id
     LIMIT %(rows)s
    """,
    Scope.PATIENTS,
)
# How long a change may take that moves a whole record: ten thousand rows take about a second.
UNHURRIED = Statement("SELECT set_config('statement_timeout', '30s', true) AS statement_timeout", Scope.CLUSTER)
# Rows of every table of a patient, on two shards. The function is the owner's: nothing else in its transaction may
# touch those rows.
CHANGE_NUMBER = Statement(
    """
    SELECT cambiar_documento(%(cedula)s, %(nueva)s, %(versiones)s::integer[], %(cambiado_por)s, %(motivo)s,
                             %(peticion)s, %(clave)s::uuid, %(huella)s::bytea) AS version
    """,
    Scope.CLUSTER,
)
LEFT_UNDER_KEY = Statement(
    """
    SELECT cedula_nueva, version, huella FROM numeros_anteriores
     WHERE cedula = %(cedula)s AND clave = %(clave)s::uuid
    """,
    Scope.PATIENT,
)
# A number that is a patient's leads nowhere else, whoever had it before. On the way from there, only that of
# one patient (`quien`) counts: another may have its number now.
NEXT_NUMBER = Statement(
    """
    SELECT cedula_nueva, coalesce(superviviente_uuid, paciente_uuid) AS quien, superviviente_uuid IS NOT NULL AS fusion
      FROM numeros_anteriores
     WHERE cedula = %(cedula)s AND (%(quien)s::uuid IS NULL OR paciente_uuid = %(quien)s::uuid)
       AND NOT EXISTS (SELECT FROM pacientes
                        WHERE cedula = %(cedula)s AND estado <> 'fusionado'
                          AND (%(quien)s::uuid IS NULL OR id = %(quien)s::uuid))
     ORDER BY fecha_registro DESC, version DESC
     LIMIT 1
    """,
    Scope.PATIENT,
)


VERSIONS = Versioned(
    statements(
        "pacientes",
        key={"cedula": "text"},
        fixed=("id",),
        generated=("id",),
        columns=("nombre", "apellido", "fecha_nacimiento", "telefono", "direccion", "ciudad"),
        hidden="fusionado",
        scope=Scope.PATIENT,
    ),
    into=Paciente,
    missing="No hay un paciente con esa cédula.",
    annulled="anulado",
    unique={"cedula": "Ya hay un paciente con esa cédula."},
)
STORE = Store(
    Noun("paciente", "pacientes", feminine=False), Paciente, VERSIONS, PAGE, lambda row: (row.fecha_registro, row.id)
)


@dataclass(frozen=True)
class _Left:
    cedula_nueva: str
    version: int
    huella: memoryview


def change_number(
    transaction: Transaction, cedula: str, nueva: str, versions: Sequence[int], values: Parameters
) -> int | None:
    """Gives the patient, with the whole record, another number; the version that this makes, None if it was not made.

    `values` are the authorship. Raises Conflict when the number is another patient's.
    """
    parameters = {**values, "cedula": cedula, "nueva": nueva, "versiones": list(versions)}
    transaction.row(UNHURRIED, {}, dict)
    try:
        return transaction.row(CHANGE_NUMBER, parameters, _version)
    except Conflict as error:
        raise Conflict("Ese número ya es de otro paciente.") from error


def changed_before(transaction: Transaction, cedula: str, versions: Sequence[int], values: Parameters) -> Paciente:
    """What the same request made when it was sent before.

    Raises what keeps it from being made: NotFound, PreconditionFailed, Annulled, KeyReused.
    """
    key = {"cedula": cedula, "clave": values["clave"]}
    left = transaction.row(LEFT_UNDER_KEY, key, _Left) if values["clave"] else None
    if left is None:
        VERSIONS.refuse(transaction, {"cedula": cedula}, versions)
    if bytes(left.huella) != values["huella"]:
        raise KeyReused
    transaction.about(left.cedula_nueva)
    return VERSIONS.find(transaction, {"cedula": left.cedula_nueva}, version=left.version)


@dataclass(frozen=True)
class Leading:
    """To which number another leads, to which patient, and whether by a merge on the way."""

    cedula_nueva: str
    quien: UUID
    fusion: bool


def number_of_today(transaction: Transaction, cedula: str) -> Leading | None:
    """That of the patient who had that one last, if nobody has it now; of the one with whom that patient was merged.

    From number to number, each time that of the same patient: another may have got a number on the way.
    """
    found, at, who, merged = None, cedula, None, False
    while (step := transaction.row(NEXT_NUMBER, {"cedula": at, "quien": who}, Leading)) and step.cedula_nueva != cedula:
        found, at, who, merged = step, step.cedula_nueva, step.quien, merged or step.fusion
        transaction.about(at)
    return replace(found, fusion=merged) if found else None


def _version(version: int | None) -> int | None:
    return version
