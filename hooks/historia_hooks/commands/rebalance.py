"""Spreads the shards evenly, as HISTORIA_REBALANCE says: never, start the moves and go on, or wait for their end."""

import dataclasses

from historia_hooks import citus
from historia_hooks.balance import plan_balance, refuse_full
from historia_hooks.commands.progress import converge_nodes
from historia_hooks.commands.register import observe
from historia_hooks.connections import Nodes
from historia_hooks.log import logger
from historia_hooks.space import read_space
from historia_hooks.steps import BalanceStep, StartMoves

CURE = "o deje los fragmentos donde están (rebalance.policy: never): los workers nuevos ya están unidos, sin su parte"


def rebalance(nodes: Nodes) -> bool:
    """Whether this run changed anything."""
    policy = nodes.settings.rebalance
    if policy == "never" or not nodes.settings.workers:
        logger.info("nada que hacer", orden="rebalance", politica=policy)
        return False
    return converge_nodes("rebalance", nodes, lambda: _plan(nodes))


def _plan(nodes: Nodes) -> tuple[BalanceStep, ...]:
    observed = observe(nodes)
    balance = observed.balance
    if balance.job is None and observed.members:
        balance = dataclasses.replace(balance, planned=citus.rebalance_moves(nodes.coordinator))
    elif nodes.settings.rebalance == "start":
        logger.info("los fragmentos todavía se mueven", trabajo=balance.job)
    steps = plan_balance(dataclasses.replace(observed, balance=balance), nodes.settings.rebalance)
    if any(isinstance(step, StartMoves) for step in steps):
        refuse_full(read_space(nodes), cure=CURE)
    return steps
