"""The steps that planners order and the executor takes. Each says in Spanish what it does; none does it."""

from dataclasses import dataclass, field

from historia_hooks.addresses import Address
from historia_hooks.schema import APP_ROLE, ForeignKey, Unique


@dataclass(frozen=True)
class CreateExtension:
    node: Address

    def __str__(self) -> str:
        return f"crear la extensión citus en {self.node}"


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
class SetAuthinfo:
    """How this node logs in to the others, for each role."""

    node: Address
    authinfo: tuple[tuple[str, str], ...] = field(repr=False)

    def __str__(self) -> str:
        return f"guardar en {self.node} cómo entra a los demás nodos"


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


NodeStep = (
    CreateExtension
    | CreateRole
    | SetPassword
    | SetAuthinfo
    | SetCoordinatorHost
    | SetShards
    | AddNode
    | ActivateNode
    | DropCopies
    | RemoveNode
    | WaitForMetadata
    | CopyReferenceTables
)
TableStep = DropConstraint | CreateReferenceTable | CreateDistributedTable | AddForeignKey | AddUnique | Grant | Revoke
Step = NodeStep | TableStep | TruncateLeftover
