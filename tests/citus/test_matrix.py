"""The matrix, walked over nodes: with two workers, and once a third has taken its share."""

from typing import Any

from access import Door
from citus.hooks_state import done
from citus.routed import NewApi
from conftest import Hooks
from historia_clinica.access.people import Rol
from matrix import walk, walked_world

CELLS_OF_A_ROLE = 300  # and more


def test_each_cell_is_as_the_table_says_on_two_workers_and_on_three(
    citus_system: Any, new_api: NewApi, run_hooks: Hooks
) -> None:
    door = Door(new_api("owner"))
    before = [walked_world(door) for _ in range(2)]  # some of the second's patients move
    for workers, seeded in zip((2, 3), before, strict=True):
        done(run_hooks(citus_system, "sync", workers=workers, HISTORIA_REBALANCE="wait"))
        for rol in Rol:
            wrong, counted = walk(door, seeded, rol)
            assert (wrong, counted.total() > CELLS_OF_A_ROLE) == ([], True), (workers, rol)
