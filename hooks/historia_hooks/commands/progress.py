"""What every step shares: it plans, prints the plan, applies it and reads again until nothing is left to do."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from historia_hooks.apply import apply_nodes
from historia_hooks.connections import Nodes
from historia_hooks.errors import TryAgain
from historia_hooks.log import logger
from historia_hooks.steps import BalanceStep, Step

Plan = TypeVar("Plan")

ROUNDS = 6  # a plan leads to at most four more, and the last look finds nothing


def converge(
    order: str, plan: Callable[[], Plan], steps: Callable[[Plan], Iterable[Step]], apply: Callable[[Plan], None]
) -> bool:
    """Whether anything changed; ends only when the plan of what is there now is empty."""
    for done in range(ROUNDS):
        found = plan()
        sentences = [str(step) for step in steps(found)]
        if not sentences:
            logger.info("hecho" if done else "nada que hacer", orden=order)
            return done > 0
        logger.info("plan", orden=order, pasos=sentences)
        apply(found)
    raise TryAgain(f"{order}: después de {ROUNDS} vueltas todavía falta algo; vuelva a ejecutarlo")


def converge_nodes(order: str, nodes: Nodes, plan: Callable[[], tuple[BalanceStep, ...]]) -> bool:
    """The same for a plan that is nothing but steps for the nodes."""
    return converge(order, plan, lambda found: found, lambda found: apply_nodes(nodes, found))
