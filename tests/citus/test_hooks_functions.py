"""The owner's functions are on every node, also on one that comes later, and nobody but the API may call them."""

import contextlib
import subprocess
from collections.abc import Callable

import psycopg2.errors
import pytest
from citus.hooks_state import done, run
from historia_local.nodes import Cluster

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
CALL = "SELECT cambiar_documento('NADIE-1', 'NADIE-2', '{1}', 'api', 'm', NULL, NULL, NULL)"


def test_a_node_that_comes_later_has_them(blank_citus: Cluster, run_hooks: Hooks) -> None:
    done(run_hooks(blank_citus, "sync", workers=1))
    done(run_hooks(blank_citus, "sync", workers=2))
    run(blank_citus, "CREATE ROLE nadie")
    for node in blank_citus.nodes[:3]:
        with contextlib.closing(blank_citus.connect(node, "app")) as connection, connection.cursor() as cursor:
            cursor.execute(CALL)
            assert cursor.fetchall() == [(None,)]
        with contextlib.closing(blank_citus.connect(node)) as connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION AUTHORIZATION nadie")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(CALL)
    run(blank_citus, "DROP ROLE nadie")
