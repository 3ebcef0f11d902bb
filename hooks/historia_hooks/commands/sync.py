"""Everything in order: wait, register, migrate, distribute, vocabularies, matrix, administrator, rebalance, verify."""

from historia_hooks.commands.census import take_census
from historia_hooks.commands.certificates import renew
from historia_hooks.commands.create_admin import first_administrator
from historia_hooks.commands.distribute import distribute, refuse_conflicts
from historia_hooks.commands.matrix import matrix
from historia_hooks.commands.migrate import migrate
from historia_hooks.commands.rebalance import rebalance
from historia_hooks.commands.register import register
from historia_hooks.commands.verify import check
from historia_hooks.commands.vocabularies import vocabularies
from historia_hooks.connections import Nodes
from historia_hooks.log import logger


def sync(nodes: Nodes) -> None:
    """The caller has waited for the nodes and holds the lock. Killed anywhere, another run comes to the same end."""
    refuse_conflicts(nodes)
    renewed = renew(nodes)
    registered = register(nodes)
    migrated = migrate(nodes)
    distributed, now = distribute(nodes)
    loaded = vocabularies(nodes)
    ruled = matrix(nodes)
    admitted = first_administrator(nodes)
    moved = rebalance(nodes)
    check(nodes, just_distributed=now)
    take_census(nodes)
    changed = any((renewed, registered, migrated, distributed, loaded, ruled, admitted, moved))
    logger.info("el sistema está listo" if changed else "el sistema está listo: nada que hacer", orden="sync")
