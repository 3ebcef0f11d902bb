"""APIs of their own for tests on Citus, and people before the one that is shared."""

from collections.abc import Iterator
from typing import Any

import pytest
from access import Door, World, world
from citus.routed import NewApi, database_of
from flask.testing import FlaskClient
from historia_clinica import create_app
from historia_clinica.settings import Settings


@pytest.fixture
def new_api(citus_system: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewApi]:
    """new_api(routing, **environment): an API with that routing and connections of its own."""
    made: list[FlaskClient] = []

    def make(routing: str, **more: str) -> FlaskClient:
        wanted = {"HISTORIA_ROUTING": routing, "HISTORIA_READINESS_CACHE": "0"} | more
        for name, value in (citus_system.api_environment() | wanted).items():
            monkeypatch.setenv(name, value)
        made.append(create_app(Settings()).test_client())
        return made[-1]

    yield make
    for api in made:
        database_of(api).close()


@pytest.fixture(scope="module")
def seeded(citus_api: FlaskClient) -> World:
    return world(citus_api)


@pytest.fixture(scope="module")
def door(citus_api: FlaskClient) -> Door:
    """One for all: of two before the same API, the later one is not asked last."""
    return Door(citus_api)
