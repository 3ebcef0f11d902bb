"""Connections of the API that break at a statement, and what a change over several nodes may leave behind."""

import contextlib
import itertools
import time
from typing import Any

import pytest
from citus.hooks_state import rows
from citus.routed import owner_of
from historia_clinica.db import Statement, Transaction
from historia_local.nodes import Cluster

_numbers = itertools.count(time.time_ns() // 1000 % 10**12)


def elsewhere(cluster: Cluster, cedula: str) -> str:
    """A number whose shard lies on another node."""
    here = owner_of(cluster, cedula)
    return next(other for n in itertools.count() if owner_of(cluster, other := f"E-{next(_numbers)}-{n}") != here)


def in_doubt(cluster: Cluster) -> list[Any]:
    return [found for node in cluster.nodes[:3] for found in rows(cluster, node, "SELECT gid FROM pg_prepared_xacts")]


def killing(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, moment: int, *, before: bool) -> list[str]:
    """The connection of the API breaks before or after its statement of that number, or its commit."""
    seen: list[str] = []
    send, commit = Transaction._rows, Transaction.commit

    def broken(self: Transaction, what: str, act: Any) -> Any:
        seen.append(what)
        if len(seen) != moment:
            return act()
        if before:
            end(self)
            return act()
        result = act()
        end(self)
        return result

    def end(transaction: Transaction) -> None:
        driver: Any = transaction._connection.driver_connection
        with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", (driver.info.backend_pid,))

    def rows_broken(self: Transaction, statement: Statement, parameters: Any, into: Any) -> Any:
        return broken(self, statement.sql, lambda: send(self, statement, parameters, into))

    monkeypatch.setattr(Transaction, "_rows", rows_broken)
    monkeypatch.setattr(Transaction, "commit", lambda self: broken(self, "COMMIT", lambda: commit(self)))
    return seen
