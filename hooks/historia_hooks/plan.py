"""Plans the tables and what goes into them: from what is observed and what is declared to steps, or a refusal. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from historia_hooks.errors import SPREAD_RUNBOOK, Misconfigured
from historia_hooks.matrix import Matrix
from historia_hooks.model import ObservedSchema, ObservedTable
from historia_hooks.schema import Distributed, Privilege, Reference, Schema, Spread, Table
from historia_hooks.steps import (
    AddForeignKey,
    AddUnique,
    CreateDistributedTable,
    CreateReferenceTable,
    DistributeFunction,
    DropConstraint,
    Grant,
    LoadMatrix,
    LoadVocabulary,
    Protect,
    Revoke,
    Step,
    TableStep,
    TruncateLeftover,
)
from historia_hooks.vocabularies import Vocabulary

Loaded = Mapping[tuple[str, str], str]  # name and version of a vocabulary: sha256 of its file


@dataclass(frozen=True)
class TablePlan:
    transaction: tuple[TableStep, ...] = ()  # all or nothing
    afterwards: tuple[TruncateLeftover, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.transaction + self.afterwards

    @property
    def distributes(self) -> bool:
        return any(isinstance(step, CreateDistributedTable) for step in self.transaction)


def plan_tables(schema: Schema, observed: ObservedSchema, *, cluster: bool) -> TablePlan:
    """Empty when the tables are as declared. Without a cluster a table stays spread as it is."""
    refuse(schema, observed, cluster=cluster)
    if missing := [table.name for table in schema.tables if table.name not in observed.tables]:
        raise Misconfigured(f"faltan tablas: {', '.join(missing)}. Ejecute antes historia-hooks migrate")
    changing = [table for table in schema.tables if cluster and observed.tables[table.name].spread is None]
    drops = tuple(_drops(schema, observed, changing))
    return TablePlan(
        transaction=(
            *drops,
            *_functions(schema, observed, keyed=False, cluster=cluster),
            *_policies(schema, observed),
            *(_spread(table) for table in changing),
            *_functions(schema, observed, keyed=True, cluster=cluster),
            *_constraints(schema, observed, {step.name for step in drops}, cluster=cluster),
            *_privileges(schema, observed),
        ),
        afterwards=tuple(
            TruncateLeftover(table.name) for table in schema.tables if observed.tables[table.name].leftover
        ),
    )


def refuse(schema: Schema, observed: ObservedSchema, *, cluster: bool) -> None:
    """Raise when a table is spread otherwise than declared: to change that is a person's decision."""
    if not cluster:
        return
    present = [(table, observed.tables[table.name]) for table in schema.tables if table.name in observed.tables]
    wrong = [difference for table, found in present if (difference := _difference(table, found, observed))]
    if wrong:
        raise Misconfigured(
            f"{'; '.join(wrong)}. No se cambió nada. Devuelva el valor que había (citus.usuario) o, con una copia de"
            " seguridad y sin usuarios conectados, deshaga el reparto de esa tabla en el coordinador con"
            " SELECT undistribute_table('public.<tabla>', cascade_via_foreign_keys => true) y vuelva a ejecutar la"
            f" actualización. {SPREAD_RUNBOOK}"
        )


def _difference(table: Table, found: ObservedTable, observed: ObservedSchema) -> str | None:
    if found.spread is None:
        return None
    declared = table.spread
    bare = Distributed(declared.column) if isinstance(declared, Distributed) else declared
    if found.spread != bare:
        return f"la tabla {table.name} es {_words(found.spread)} y se pide que sea {_words(declared)}"
    beside = declared.colocate_with if isinstance(declared, Distributed) else None
    if beside and beside in observed.tables and observed.tables[beside].colocation != found.colocation:
        return f"la tabla {table.name} no está junto a {beside} y se pide que lo esté"
    return None


def _words(spread: Spread) -> str:
    return "de referencia" if isinstance(spread, Reference) else f"repartida por {spread.column}"


def _drops(schema: Schema, observed: ObservedSchema, changing: list[Table]) -> Iterator[DropConstraint]:
    """What stands in the way of distribution: our foreign keys, and uniqueness that cannot hold afterwards."""
    names = {table.name for table in changing}
    for key in schema.foreign_keys:
        if key.name in observed.foreign_keys and names & {key.table, key.target}:
            yield DropConstraint(key.table, key.name)
    for unique in schema.uniques:
        spread = _spread_after(schema, observed, unique.table, cluster=unique.table in names)
        if unique.name in observed.uniques and isinstance(spread, Distributed):
            yield DropConstraint(unique.table, unique.name)


def _spread_after(schema: Schema, observed: ObservedSchema, table: str, *, cluster: bool) -> Spread | None:
    return observed.tables[table].spread or (schema.spread_of(table) if cluster else None)


def _spread(table: Table) -> TableStep:
    match table.spread:
        case Distributed(column, colocate_with):
            return CreateDistributedTable(table.name, column, colocate_with)
        case Reference():
            return CreateReferenceTable(table.name)


def _functions(schema: Schema, observed: ObservedSchema, *, keyed: bool, cluster: bool) -> Iterator[DistributeFunction]:
    """Those that follow a key, whose rows must be spread by then, or those that policies of tables to spread call."""
    for one in schema.functions:
        if cluster and (one.argument is not None) == keyed and (one.name, keyed) not in observed.functions:
            yield DistributeFunction(one)


def _policies(schema: Schema, observed: ObservedSchema) -> Iterator[Protect]:
    """Before the tables are spread: an empty table of one node is altered at once, one of many shards is not."""
    for table in dict.fromkeys(policy.table for policy in schema.policies):
        wanted = tuple(policy for policy in schema.policies if policy.table == table)
        if observed.policies.get(table) != frozenset(wanted):
            yield Protect(table, wanted)


def _constraints(
    schema: Schema, observed: ObservedSchema, dropped: set[str], *, cluster: bool
) -> Iterator[AddForeignKey | AddUnique]:
    for key in schema.foreign_keys:
        if key.name not in observed.foreign_keys or key.name in dropped:
            yield AddForeignKey(key)
    for unique in schema.uniques:
        spread = _spread_after(schema, observed, unique.table, cluster=cluster)
        if unique.name not in observed.uniques and not isinstance(spread, Distributed):
            yield AddUnique(unique)


def _privileges(schema: Schema, observed: ObservedSchema) -> Iterator[Grant | Revoke]:
    for privilege in schema.privileges:
        found = observed.privileges.get(privilege.name, frozenset())
        yield from _privilege(privilege, found)


def _privilege(privilege: Privilege, found: frozenset[str]) -> Iterator[Grant | Revoke]:
    if missing := privilege.actions - found:
        yield Grant(privilege.kind, privilege.name, tuple(sorted(missing)))
    if extra := found - privilege.actions:
        yield Revoke(privilege.kind, privilege.name, tuple(sorted(extra)))


def plan_vocabularies(wanted: Iterable[Vocabulary], loaded: Loaded) -> tuple[LoadVocabulary, ...]:
    """Those of which that version is not there; what is there stays, whatever else is wanted."""
    return tuple(LoadVocabulary(one) for one in wanted if one.key not in loaded)


def differing_vocabularies(wanted: Iterable[Vocabulary], loaded: Loaded) -> tuple[Vocabulary, ...]:
    """Those that are loaded under that name and version from another file."""
    return tuple(one for one in wanted if loaded.get(one.key, one.sha256) != one.sha256)


def plan_matrix(wanted: Matrix, in_force: str | None) -> tuple[LoadMatrix, ...]:
    """The matrix of this program holds, also where an installation has gone back to it."""
    return () if wanted.sha256 == in_force else (LoadMatrix(wanted),)
