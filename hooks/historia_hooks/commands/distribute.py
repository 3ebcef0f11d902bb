"""Spreads the tables over the workers, then sets what must come after: foreign keys, uniqueness, privileges."""

from historia_hooks import plan as planning
from historia_hooks.apply import apply_tables
from historia_hooks.commands.progress import converge
from historia_hooks.connections import Nodes
from historia_hooks.plan import TablePlan, plan_tables
from historia_hooks.schema import declared
from historia_hooks.state import has_extension, has_older_extension, read_schema


def distribute(nodes: Nodes) -> tuple[bool, bool]:
    """Whether anything changed, and whether tables were distributed now."""
    plans: list[TablePlan] = []

    def plan() -> TablePlan:
        plans.append(pending(nodes))
        return plans[-1]

    changed = converge("distribute", plan, lambda found: found.steps, lambda found: apply_tables(nodes, found))
    return changed, any(found.distributes for found in plans)


def pending(nodes: Nodes) -> TablePlan:
    """What `distribute` would still do."""
    observed = read_schema(nodes.coordinator, citus=has_extension(nodes.coordinator))
    return plan_tables(declared(nodes.settings.usuario), observed, cluster=bool(nodes.settings.workers))


def refuse_conflicts(nodes: Nodes) -> None:
    """Raise, before anything changes, when a table is spread otherwise than the values ask for."""
    coordinator = nodes.coordinator
    if nodes.settings.workers and has_extension(coordinator) and not has_older_extension(coordinator):
        observed = read_schema(nodes.coordinator, citus=True)
        planning.refuse(declared(nodes.settings.usuario), observed, cluster=True)
