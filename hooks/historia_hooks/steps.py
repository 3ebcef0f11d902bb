"""The steps that planners order and the executor takes. Each says in Spanish what it does; none does it."""

from dataclasses import dataclass, field

from historia_hooks.addresses import Address
from historia_hooks.matrix import Matrix
from historia_hooks.schema import APP_ROLE, SECOND_LOGIN, DistributedFunction, ForeignKey, Policy, Unique
from historia_hooks.vocabularies import Vocabulary


@dataclass(frozen=True)
class CreateExtension:
    node: Address

    def __str__(self) -> str:
        return f"crear la extensión citus en {self.node}"


@dataclass(frozen=True)
class UpgradeExtension:
    node: Address
    version: str

    def __str__(self) -> str:
        return f"llevar la extensión citus de {self.node} a {self.version}"


@dataclass(frozen=True)
class FinishUpgrade:
    """The coordinator comes last, and what Citus itself finishes belongs to the same transaction: never half done."""

    coordinator: Address
    version: str

    def __str__(self) -> str:
        return f"llevar la extensión citus de {self.coordinator} a {self.version} y terminar la actualización de Citus"


@dataclass(frozen=True)
class CreateRole:
    node: Address
    verifier: str = field(repr=False)

    def __str__(self) -> str:
        return f"crear el rol {APP_ROLE} en {self.node}"


@dataclass(frozen=True)
class SetPassword:
    node: Address
    verifier: str = field(repr=False)

    def __str__(self) -> str:
        return f"poner la contraseña de {APP_ROLE} en {self.node}"


@dataclass(frozen=True)
class SetOwnerPassword:
    node: Address
    verifier: str = field(repr=False)

    def __str__(self) -> str:
        return f"poner la contraseña nueva del dueño en {self.node}"


@dataclass(frozen=True)
class SetSecondLogin:
    """Role, membership and the way from this node to the others, all at once."""

    node: Address
    verifier: str = field(repr=False)
    authinfo: str | None = field(repr=False)

    def __str__(self) -> str:
        return f"poner la contraseña de {SECOND_LOGIN} en {self.node}"


@dataclass(frozen=True)
class SetContextKeys:
    node: Address
    verifier: str = field(repr=False)

    def __str__(self) -> str:
        return f"guardar en {self.node} con qué se comprueba de quién son las filas que pide la API"


@dataclass(frozen=True)
class SetAuthinfo:
    """How this node logs in to the others, for each role."""

    node: Address
    authinfo: tuple[tuple[str, str], ...] = field(repr=False)

    def __str__(self) -> str:
        return f"guardar en {self.node} cómo entra a los demás nodos"


@dataclass(frozen=True)
class AllowDecoding:
    """PostgreSQL since August 2026 decodes only with the libraries it lists; Citus splits shards with its own."""

    node: Address
    plugins: tuple[str, ...]

    def __str__(self) -> str:
        return f"permitir en {self.node} la decodificación con {self.plugins[-1]}"


@dataclass(frozen=True)
class SetCoordinatorHost:
    node: Address

    def __str__(self) -> str:
        return f"registrar el coordinador como {self.node}"


@dataclass(frozen=True)
class SetShards:
    node: Address
    allowed: bool

    def __str__(self) -> str:
        return f"{'permitir' if self.allowed else 'no permitir'} fragmentos en {self.node}"


@dataclass(frozen=True)
class AddNode:
    node: Address

    def __str__(self) -> str:
        return f"agregar el nodo {self.node}"


@dataclass(frozen=True)
class ActivateNode:
    node: Address

    def __str__(self) -> str:
        return f"activar el nodo {self.node}"


@dataclass(frozen=True)
class DropCopies:
    """Reference tables that a worker kept when it was taken out of the cluster; they are stale, and in the way."""

    node: Address
    tables: tuple[str, ...]

    def __str__(self) -> str:
        return f"borrar en {self.node} las copias viejas {', '.join(self.tables)}"


@dataclass(frozen=True)
class RemoveNode:
    node: Address
    answers: bool

    def __str__(self) -> str:
        return f"retirar {self.node} del clúster"


@dataclass(frozen=True)
class WaitForMetadata:
    """The maintenance daemon copies the metadata by itself; there is nothing to do but wait."""

    nodes: tuple[Address, ...]

    def __str__(self) -> str:
        return f"esperar los metadatos en {', '.join(map(str, self.nodes))}"


@dataclass(frozen=True)
class CopyReferenceTables:
    def __str__(self) -> str:
        return "copiar las tablas de referencia a los nodos que no las tienen"


@dataclass(frozen=True)
class StopMoves:
    job: int

    def __str__(self) -> str:
        return f"detener el trabajo {self.job}, que mueve fragmentos hacia donde ya no deben ir"


@dataclass(frozen=True)
class ForbidShards:
    """All at once: a node that leaves must not receive what another one gives away."""

    nodes: tuple[Address, ...]

    def __str__(self) -> str:
        return f"no permitir fragmentos en {', '.join(map(str, self.nodes))}"


@dataclass(frozen=True)
class StartMoves:
    shards: int
    drain: bool
    wait: bool

    def __str__(self) -> str:
        where = "fuera de los workers que se van" if self.drain else "hasta que cada worker tenga su parte"
        return f"mover {self.shards} fragmentos {where}"


@dataclass(frozen=True)
class WatchMoves:
    job: int

    def __str__(self) -> str:
        return f"seguir el trabajo {self.job}, que ya mueve fragmentos"


@dataclass(frozen=True)
class CleanUp:
    groups: frozenset[int]

    def __str__(self) -> str:
        return "borrar los fragmentos viejos de donde se movieron"


@dataclass(frozen=True)
class SettleTransactions:
    """Transactions in two phases that a crash left open on nodes that leave, or that such a node has begun."""

    nodes: tuple[Address, ...]
    leaving: tuple[tuple[Address, int], ...]

    def __str__(self) -> str:
        return f"terminar las transacciones abiertas en {', '.join(str(address) for address, _ in self.leaving)}"


@dataclass(frozen=True)
class ForgetCleanup:
    """Rows for nodes that are gone: nobody can do what they ask for, and they block moves of those shards."""

    groups: frozenset[int]

    def __str__(self) -> str:
        return "olvidar lo que había que borrar en nodos que ya no existen"


@dataclass(frozen=True)
class CreateLedger:
    def __str__(self) -> str:
        return "crear el registro de los nodos (historia_cluster)"


@dataclass(frozen=True)
class RecordNode:
    """Who answers under the name, so that another one is noticed later."""

    node: Address
    ordinal: int | None
    node_id: int
    group: int
    server_id: str
    system_identifier: str

    def __str__(self) -> str:
        return f"anotar en el registro quién es {self.node}"


@dataclass(frozen=True)
class RetireNode:
    node: Address

    def __str__(self) -> str:
        return f"anotar en el registro que {self.node} ya no está"


@dataclass(frozen=True)
class DropConstraint:
    table: str
    name: str

    def __str__(self) -> str:
        return f"quitar la restricción {self.name} de {self.table} mientras se reparte"


@dataclass(frozen=True)
class CreateReferenceTable:
    table: str

    def __str__(self) -> str:
        return f"hacer de {self.table} una tabla de referencia"


@dataclass(frozen=True)
class CreateDistributedTable:
    table: str
    column: str
    colocate_with: str | None

    def __str__(self) -> str:
        beside = f", junto a {self.colocate_with}" if self.colocate_with else ""
        return f"repartir {self.table} por {self.column}{beside}"


@dataclass(frozen=True)
class DistributeFunction:
    function: DistributedFunction

    def __str__(self) -> str:
        if self.function.argument is None:
            return f"dar a conocer la función {self.function.name} a todos los nodos"
        return f"llevar las llamadas de {self.function.name} a donde están las filas de su {self.function.argument}"


@dataclass(frozen=True)
class Protect:
    """Instead of whatever policies the table has."""

    table: str
    policies: tuple[Policy, ...]

    def __str__(self) -> str:
        return f"cerrar {self.table}: {APP_ROLE} solo toca las filas del paciente que su transacción declara"


@dataclass(frozen=True)
class AddForeignKey:
    key: ForeignKey

    def __str__(self) -> str:
        return f"agregar la llave foránea {self.key.name} de {self.key.table} a {self.key.target}"


@dataclass(frozen=True)
class AddUnique:
    unique: Unique

    def __str__(self) -> str:
        return f"hacer único {self.unique.table}.{self.unique.column}"


@dataclass(frozen=True)
class Grant:
    kind: str
    name: str
    actions: tuple[str, ...]

    def __str__(self) -> str:
        return f"dar a {APP_ROLE} {', '.join(self.actions)} en {self.name}"


@dataclass(frozen=True)
class Revoke:
    kind: str
    name: str
    actions: tuple[str, ...]

    def __str__(self) -> str:
        return f"quitar a {APP_ROLE} {', '.join(self.actions)} en {self.name}"


@dataclass(frozen=True)
class TruncateLeftover:
    table: str

    def __str__(self) -> str:
        return f"borrar del disco del coordinador las filas de {self.table} que ya se copiaron a los nodos"


@dataclass(frozen=True)
class LoadVocabulary:
    vocabulary: Vocabulary = field(repr=False)

    def __str__(self) -> str:
        nombre, version = self.vocabulary.key
        return f"cargar el vocabulario {nombre} {version} ({self.vocabulary.size} conceptos)"


@dataclass(frozen=True)
class LoadMatrix:
    matrix: Matrix = field(repr=False)

    def __str__(self) -> str:
        return f"cargar la matriz de acceso ({len(self.matrix.permissions)} permisos)"


NodeStep = (
    CreateExtension
    | UpgradeExtension
    | FinishUpgrade
    | CreateRole
    | SetPassword
    | SetOwnerPassword
    | SetSecondLogin
    | SetContextKeys
    | SetAuthinfo
    | AllowDecoding
    | SetCoordinatorHost
    | SetShards
    | AddNode
    | ActivateNode
    | DropCopies
    | RemoveNode
    | WaitForMetadata
    | CopyReferenceTables
    | StopMoves
    | ForgetCleanup
    | CreateLedger
    | RecordNode
    | RetireNode
)
BalanceStep = NodeStep | ForbidShards | StartMoves | WatchMoves | CleanUp | SettleTransactions
TableStep = (
    DropConstraint
    | CreateReferenceTable
    | CreateDistributedTable
    | DistributeFunction
    | Protect
    | AddForeignKey
    | AddUnique
    | Grant
    | Revoke
)
Step = BalanceStep | TableStep | TruncateLeftover | LoadVocabulary | LoadMatrix
