"""A new image: what is refused before a pod gets it, and how the extension follows the library."""

import dataclasses

import pytest
from historia_hooks.errors import Misconfigured, TryAgain
from historia_hooks.model import Running, Server
from historia_hooks.steps import FinishUpgrade, UpgradeExtension
from historia_hooks.upgrade import plan_upgrade, read_version, refuse_image, runs_image
from hypothesis import given
from hypothesis import strategies as st
from unit.hooks_model import COORDINATOR, LIBRARY, WORKERS, blank

OLD = "13.1-1"


def servers(*extensions: str | None, library: str = LIBRARY) -> tuple[Server, tuple[Server, ...]]:
    """The coordinator and as many workers as there are more versions."""
    found = [
        dataclasses.replace(blank(address, extension=True), extension=extension, library=library)
        for address, extension in zip((COORDINATOR, *WORKERS), extensions, strict=False)
    ]
    return found[0], tuple(found[1:])


def test_the_workers_come_first_and_the_coordinator_finishes() -> None:
    assert plan_upgrade(*servers(OLD, OLD, OLD)) == (
        UpgradeExtension(WORKERS[0], LIBRARY),
        UpgradeExtension(WORKERS[1], LIBRARY),
        FinishUpgrade(COORDINATOR, LIBRARY),
    )


@given(st.lists(st.sampled_from([None, "12.1-1", OLD, LIBRARY]), min_size=1, max_size=5), st.integers(0, 6))
def test_killed_after_any_step_the_next_plan_takes_the_rest(versions: list[str | None], done: int) -> None:
    coordinator, workers = servers(*versions)
    known = {one.address: one for one in (coordinator, *workers)}
    steps = plan_upgrade(coordinator, workers)
    for step in steps[:done]:
        address = step.coordinator if isinstance(step, FinishUpgrade) else step.node  # type: ignore[union-attr]
        known[address] = dataclasses.replace(known[address], extension=LIBRARY)
    assert plan_upgrade(known[COORDINATOR], tuple(known[one.address] for one in workers)) == steps[done:]


def test_a_rollout_half_done_is_waited_for() -> None:
    coordinator, workers = servers(OLD, OLD, OLD)
    half = (workers[0], dataclasses.replace(workers[1], library=OLD))
    with pytest.raises(TryAgain, match=r"worker-1:5432 tiene 13.1-1.*espere"):
        plan_upgrade(coordinator, half)


def test_an_image_that_is_too_old_is_refused_even_while_others_are_being_changed() -> None:
    coordinator, workers = servers(LIBRARY, LIBRARY, LIBRARY)
    half = (workers[0], dataclasses.replace(workers[1], library=OLD))
    with pytest.raises(Misconfigured, match=r"worker-1:5432 tiene 13.2-1 y su imagen trae 13.1-1.*devuelva la imagen"):
        plan_upgrade(coordinator, half)


def test_nodes_without_citus_have_nothing_to_upgrade() -> None:
    assert plan_upgrade(blank(COORDINATOR, citus=False), ()) == ()


@pytest.mark.parametrize(
    ("postgres", "citus"), [("", ""), ("17", ""), ("17", "14.1.0"), ("", "14.1"), ("", "14.1-3"), ("17", "15.0.0")]
)
def test_an_image_that_opens_the_data_is_let_through(postgres: str, citus: str) -> None:
    refuse_image(Running(17, "14.1-1"), postgres_major=postgres, citus_version=citus)
    refuse_image(Running(17, None), postgres_major=postgres, citus_version="9.5")


@pytest.mark.parametrize(
    ("postgres", "citus", "sentence"),
    [
        ("18", "14.1.0", "PostgreSQL 18 y los datos son de PostgreSQL 17.*No se cambió nada.*postgresqlMajor"),
        ("16", "", "PostgreSQL 16 y los datos son de PostgreSQL 17"),
        ("17", "14.0.3", "Citus 14.0.3 y la extensión instalada es 14.1-1.*No se cambió nada.*citusVersion"),
        ("", "9.5", "Citus 9.5"),
    ],
)
def test_an_image_that_could_not_open_the_data_is_refused(postgres: str, citus: str, sentence: str) -> None:
    with pytest.raises(Misconfigured, match=sentence):
        refuse_image(Running(17, "14.1-1"), postgres_major=postgres, citus_version=citus)


@pytest.mark.parametrize(
    ("library", "citus", "there"),
    [("13.2-1", "14.1.0", False), ("14.1-1", "14.1.0", True), ("14.1-1", "", True), (None, "14.1.0", True)],
)
def test_a_node_has_the_new_image_when_its_library_says_so(library: str | None, citus: str, there: bool) -> None:
    assert runs_image(library, citus) == there


def test_versions_are_numbers() -> None:
    assert read_version("9.5-1") < read_version("13.2-1") < read_version("13.10-1")
