"""Fixtures: the chart rendered for each values file that ships with it."""

import pytest
from chart.render import CI, EXAMPLES, HELM, Object, render

ALL_VALUES = {**{f"ci/{name}": path for name, path in CI.items()}, **{f"examples/{n}": p for n, p in EXAMPLES.items()}}


@pytest.fixture(scope="session", autouse=True)
def helm_is_here() -> None:
    if not HELM:
        pytest.skip("no helm: set HELM or put it on PATH")


@pytest.fixture(params=ALL_VALUES)
def objects(request: pytest.FixtureRequest) -> list[Object]:
    """The objects of one values file, one file after the other."""
    return render(file=ALL_VALUES[request.param])
