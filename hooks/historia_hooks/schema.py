"""What is declared about the tables beyond their columns: how each is spread over the nodes, its foreign keys, the
uniqueness that depends on the spreading, and what historia_app may do. Data only: no SQL is run here.
"""

from dataclasses import dataclass

from historia_hooks.settings import Usuario

APP_ROLE = "historia_app"
CONTEXT_ROLE = "historia_contexto"  # nobody's login: in its verifier each node keeps the keys of the contexts
SECOND_LOGIN = "historia_app_b"  # a member of it: the API goes from one login to the other when a password changes


@dataclass(frozen=True)
class Reference:
    """A full copy on every node."""


@dataclass(frozen=True)
class Distributed:
    """Spread by the hash of a column; `colocate_with` names the table whose shards lie beside this one's."""

    column: str
    colocate_with: str | None = None


Spread = Reference | Distributed


@dataclass(frozen=True)
class ForeignKey:
    name: str
    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True)
class Unique:
    """Uniqueness of one column that holds wherever the table is not spread by another column."""

    name: str
    table: str
    column: str


@dataclass(frozen=True)
class Table:
    name: str
    spread: Spread


@dataclass(frozen=True)
class DistributedFunction:
    """Known to every node. With an argument it runs where the rows of that key are, also in a transaction's middle."""

    name: str
    argument: str | None = None
    colocate_with: str | None = None


@dataclass(frozen=True)
class Policy:
    """Which rows historia_app may touch, as PostgreSQL writes the conditions out."""

    table: str
    name: str
    command: str  # ALL, SELECT, INSERT or UPDATE
    using: str | None = None
    check: str | None = None


@dataclass(frozen=True)
class Privilege:
    """What historia_app may do with one table, sequence or function."""

    kind: str  # TABLE, SEQUENCE or FUNCTION
    name: str
    actions: frozenset[str]


@dataclass(frozen=True)
class Schema:
    tables: tuple[Table, ...]  # in the order in which they can be distributed
    foreign_keys: tuple[ForeignKey, ...]
    uniques: tuple[Unique, ...]
    privileges: tuple[Privilege, ...]
    functions: tuple[DistributedFunction, ...]
    policies: tuple[Policy, ...] = ()

    def spread_of(self, table: str) -> Spread:
        return next(declared.spread for declared in self.tables if declared.name == table)


READ = frozenset({"SELECT"})
WRITE = frozenset({"SELECT", "INSERT", "UPDATE"})
APPEND = frozenset({"SELECT", "INSERT"})

# Kinds of record of a patient: each a table beside the patient, and a table of its former rows.
RECORDS = (
    "diagnosticos",
    "alergias",
    "antecedentes",
    "signos_vitales",
    "prescripciones",
    "ordenes",
    "resultados",
    "notas",
    "documentos",
    "relaciones_atencion",
    "consentimientos",
)
# Added and never changed: the review of an emergency access is a row of its own.
EMERGENCY = ("accesos_emergencia", "accesos_emergencia_revisiones")
MATRIX = ("roles", "versiones_matriz", "permisos")
# A row of these may be reserved to its physician.
RESERVABLE = ("consultas", "diagnosticos", "prescripciones", "ordenes", "resultados", "notas")
IN_A_CONSULTA = ("diagnosticos", "prescripciones", "ordenes", "notas")
# The audit outlives the record: no foreign key leads to the patient, and what moves a record leaves these in place.
AUDIT = {
    "auditoria": "paciente_id",
    "auditoria_cabeza": "paciente_id",
    "auditoria_sistema": "cadena",
    "auditoria_sistema_cabeza": "cadena",
}
FORMER_RECORDS = tuple(f"{table}_historial" for table in RECORDS)


# What changes with every login: never reference tables, of which each write would go to every node.
OF_AN_ACCOUNT = ("sesiones", "intentos_acceso")


def _of_a_patient(table: str) -> ForeignKey:
    return ForeignKey(f"{table}_paciente_id_fkey", table, ("paciente_id",), "pacientes", ("cedula",))


def _of_the_same_patient(table: str, column: str, target: str) -> ForeignKey:
    return ForeignKey(f"{table}_{column}_fkey", table, ("paciente_id", column), target, ("paciente_id", "id"))


def _of_a_physician(table: str) -> ForeignKey:
    return ForeignKey(f"{table}_medico_id_fkey", table, ("medico_id",), "medicos", ("id",))


FOREIGN_KEYS = (
    ForeignKey("consultas_paciente_id_fkey", "consultas", ("paciente_id",), "pacientes", ("cedula",)),
    ForeignKey("consultas_medico_id_fkey", "consultas", ("medico_id",), "medicos", ("id",)),
    ForeignKey("pacientes_historial_cedula_fkey", "pacientes_historial", ("cedula",), "pacientes", ("cedula",)),
    ForeignKey("medicos_historial_id_fkey", "medicos_historial", ("id",), "medicos", ("id",)),
    ForeignKey(
        "usuario_historial_documento_id_fkey", "usuario_historial", ("documento_id",), "usuario", ("documento_id",)
    ),
    ForeignKey(
        "consultas_historial_paciente_id_fkey", "consultas_historial", ("paciente_id",), "pacientes", ("cedula",)
    ),
    *(_of_a_patient(table) for table in RECORDS + FORMER_RECORDS),
    *(_of_the_same_patient(table, "consulta_id", "consultas") for table in IN_A_CONSULTA),
    _of_the_same_patient("resultados", "orden_id", "ordenes"),
    _of_the_same_patient("notas", "adenda_de", "notas"),
    _of_a_patient("documentos_contenido"),
    _of_the_same_patient("documentos_contenido", "id", "documentos"),
    *(_of_a_patient(table) for table in EMERGENCY),
    _of_the_same_patient("accesos_emergencia_revisiones", "id", "accesos_emergencia"),
    _of_a_patient("fusiones"),
    ForeignKey("cuentas_documento_id_fkey", "cuentas", ("documento_id",), "usuario", ("documento_id",)),
    ForeignKey("sesiones_documento_id_fkey", "sesiones", ("documento_id",), "cuentas", ("documento_id",)),
    *(_of_a_physician(table) for table in (*IN_A_CONSULTA, "resultados")),
    ForeignKey("permisos_rol_fkey", "permisos", ("rol",), "roles", ("rol",)),
)
UNIQUES = (Unique("usuario_email_unico", "usuario", "email"),)
PRIVILEGES = (
    Privilege("TABLE", "pacientes", WRITE),
    Privilege("TABLE", "consultas", WRITE),
    Privilege("TABLE", "medicos", WRITE),
    Privilege("TABLE", "usuario", WRITE),
    Privilege("TABLE", "pacientes_historial", APPEND),
    Privilege("TABLE", "consultas_historial", APPEND),
    Privilege("TABLE", "medicos_historial", APPEND),
    Privilege("TABLE", "usuario_historial", APPEND),
    Privilege("TABLE", "numeros_anteriores", READ),
    Privilege("TABLE", "fusiones", READ),
    *(Privilege("TABLE", table, WRITE) for table in RECORDS),
    *(Privilege("TABLE", table, APPEND) for table in (*FORMER_RECORDS, "documentos_contenido", *EMERGENCY)),
    *(Privilege("TABLE", table, WRITE) for table in ("cuentas", *OF_AN_ACCOUNT)),
    Privilege("TABLE", "vocabularios", READ),
    Privilege("TABLE", "conceptos", READ),
    *(Privilege("TABLE", table, READ) for table in MATRIX),
    Privilege("TABLE", "alembic_version", READ),
    *(Privilege("TABLE", table, READ) for table in (*AUDIT, "sellos_auditoria")),
    Privilege("SEQUENCE", "medicos_id_seq", frozenset({"USAGE"})),
    Privilege("SEQUENCE", "usuario_id_seq", frozenset({"USAGE"})),
    *(
        Privilege("FUNCTION", function, frozenset({"EXECUTE"}))
        for function in (
            "cambiar_documento",
            "fusionar_pacientes",
            "separar_pacientes",
            "anotar_auditoria",
            "anotar_vinculo",
            "contexto_paciente",
            "ve_reservado",
            "hechos_de_acceso",
        )
    ),
)
FUNCTIONS = (
    DistributedFunction("contexto_paciente"),
    DistributedFunction("ve_reservado"),
    DistributedFunction("anotar_auditoria", "cadena", "pacientes"),
    DistributedFunction("hechos_de_acceso", "paciente", "pacientes"),
)
BY_CEDULA = ("pacientes", "pacientes_historial", "numeros_anteriores")
BY_PACIENTE = (
    "consultas",
    "consultas_historial",
    *RECORDS,
    *FORMER_RECORDS,
    "documentos_contenido",
    *EMERGENCY,
    "fusiones",
    "auditoria",
    "auditoria_cabeza",
)


def _of_the_patient(column: str) -> str:
    """Whom the transaction is about, or everybody: see the revision 0013."""
    return f"(({column} = contexto_paciente()) OR (contexto_paciente() = '*'::text))"


HERS = _of_the_patient("paciente_id")
RESERVED = frozenset(name for table in RESERVABLE for name in (table, f"{table}_historial"))
OPEN_TO_WHOM_IT_SHOWS = "((reserva IS NULL) OR ve_reservado(medico_id))"


def _shown(table: str) -> str:
    """Of a patient's table: her rows, but for those that are reserved to somebody else. See the revision 0017."""
    return f"({HERS} AND {OPEN_TO_WHOM_IT_SHOWS})" if table in RESERVED else HERS


def _sealed(table: str, open_while: str) -> tuple[Policy, ...]:
    """A row that is no longer open is out of reach of UPDATE and of SELECT … FOR UPDATE, on a shard as well."""
    shown = _shown(table)
    return (
        Policy(table, "lectura", "SELECT", shown),
        Policy(table, "registro", "INSERT", check=f"({open_while} AND {shown})"),
        Policy(table, "cambio", "UPDATE", f"({open_while} AND {shown})", shown),
    )


# A note that was signed, a consent that was revoked: nobody undoes it, or says later what it was.
SEALED = {"notas": "(estado = 'borrador'::text)", "consentimientos": "(estado = 'activo'::text)"}
POLICIES = (
    *(Policy(table, "paciente", "ALL", _of_the_patient("cedula")) for table in BY_CEDULA),
    *(Policy(table, "paciente", "ALL", _shown(table)) for table in BY_PACIENTE if table not in SEALED),
    *(policy for table, condition in SEALED.items() for policy in _sealed(table, condition)),
)


def declared(usuario: Usuario) -> Schema:
    """The schema for one value of `citus.usuario`."""
    spread = usuario == "documento_id"
    return Schema(
        tables=(
            Table("medicos", Reference()),
            Table("usuario", Distributed("documento_id") if spread else Reference()),
            Table("vocabularios", Reference()),
            Table("conceptos", Reference()),
            *(Table(table, Reference()) for table in MATRIX),
            Table("pacientes", Distributed("cedula")),
            Table("consultas", Distributed("paciente_id", colocate_with="pacientes")),
            Table("numeros_anteriores", Distributed("cedula", colocate_with="pacientes")),
            Table("medicos_historial", Reference()),
            Table("usuario_historial", Distributed("documento_id", colocate_with="usuario") if spread else Reference()),
            Table("pacientes_historial", Distributed("cedula", colocate_with="pacientes")),
            Table("consultas_historial", Distributed("paciente_id", colocate_with="pacientes")),
            *(
                Table(table, Distributed("paciente_id", colocate_with="pacientes"))
                for table in (*RECORDS, "documentos_contenido", *FORMER_RECORDS, *EMERGENCY, "fusiones")
            ),
            # Beside their user where users are spread, so that one statement about one account is one task. Otherwise
            # beside the patients, with whom they share the type of the key: a group of their own would be as many
            # moves more whenever nodes come or go.
            Table("cuentas", Distributed("documento_id", colocate_with="usuario" if spread else "pacientes")),
            *(Table(table, Distributed("documento_id", colocate_with="cuentas")) for table in OF_AN_ACCOUNT),
            *(Table(table, Distributed(key, colocate_with="pacientes")) for table, key in AUDIT.items()),
            Table("sellos_auditoria", Reference()),
        ),
        foreign_keys=FOREIGN_KEYS,
        uniques=UNIQUES,
        privileges=PRIVILEGES,
        functions=FUNCTIONS,
        policies=POLICIES,
    )
