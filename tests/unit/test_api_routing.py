"""Which nodes are asked, and in which order: decided without a node."""

import itertools
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from historia_clinica import directory
from historia_clinica.db import Scope, Statement, Transaction
from historia_clinica.directory import Directory
from historia_clinica.errors import SchemaMissing, Unavailable
from historia_clinica.health import Readiness
from historia_clinica.routing import Address, Routing, Shard, ShardMap, candidates, resting_last, worker_hash
from hypothesis import given
from hypothesis import strategies as st

COORDINATOR = Address("coordinator", 5432)
A, B, C = (Address(name, 5432) for name in "abc")
LEAST = -(2**31)
MAP = ShardMap((A, B, C), (Shard(LEAST, A), Shard(0, B), Shard(2**30, C)))
KNOWN_HASHES = {  # asked of PostgreSQL: worker_hash(key)
    "": -1477818771,
    "1012345678": 194714554,
    "ñandú-muy-larga-cédula": -922080392,
}
ANY = Statement("SELECT 1 AS one", Scope.PATIENT)


@pytest.mark.parametrize("key", KNOWN_HASHES)
def test_hashes(key: str) -> None:
    assert worker_hash(key) == KNOWN_HASHES[key]


@given(st.text())
def test_every_key_has_an_owner_where_shards_cover_all(key: str) -> None:
    value = worker_hash(key)
    assert LEAST <= value < 2**31
    assert MAP.owner(key) == (A if value < 0 else B if value < 2**30 else C)


def test_a_key_below_the_first_shard_has_none() -> None:
    assert ShardMap((A,), (Shard(2**31 - 1, A),)).owner("") is None
    assert ShardMap().owner("") is None


@given(st.sampled_from(Routing), st.text(), st.integers(0, 100))
def test_the_coordinator_is_always_asked_in_the_end_and_nobody_twice(routing: Routing, key: str, turn: int) -> None:
    found = candidates(routing, MAP, COORDINATOR, key, turn)
    assert found[-1] == COORDINATOR
    assert len(set(found)) == len(found)
    assert set(found) == ({COORDINATOR} if routing is Routing.COORDINATOR else {A, B, C, COORDINATOR})
    if routing is Routing.OWNER:
        assert found[0] == MAP.owner(key)


def test_workers_take_turns() -> None:
    firsts = [candidates(Routing.WORKERS, MAP, COORDINATOR, "1", turn)[0] for turn in range(6)]
    assert firsts == [A, B, C, A, B, C]


def test_what_lies_on_the_coordinator_is_asked_there_first() -> None:
    found = candidates(Routing.OWNER, ShardMap((A,), (Shard(LEAST, COORDINATOR),)), COORDINATOR, "1", 0)
    assert found == [COORDINATOR, A]


@pytest.mark.parametrize("routing", Routing)
def test_without_a_map_all_goes_to_the_coordinator(routing: Routing) -> None:
    assert candidates(routing, ShardMap(), COORDINATOR, "1", 3) == [COORDINATOR]


def test_who_rests_is_asked_last() -> None:
    assert resting_last([A, B, COORDINATOR], {A}) == [B, COORDINATOR, A]


def test_a_node_that_did_not_answer_rests_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Directory(Routing.OWNER, COORDINATOR, lambda: MAP)
    owner = known.candidates("1")[0]
    monkeypatch.setattr(directory, "REST", 0.05)
    known.missed(owner)
    assert known.candidates("1")[-1] == owner
    time.sleep(0.06)
    assert known.candidates("1")[0] == owner


def test_the_last_map_outlives_the_coordinator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MAX_AGE", 0.0)
    monkeypatch.setattr(directory, "REST", 0.0)
    answers: Iterator[ShardMap] = iter([MAP])
    asked = threading.Semaphore(0)

    def load() -> ShardMap:
        asked.release()
        for answer in answers:
            return answer
        raise Unavailable

    known = Directory(Routing.OWNER, COORDINATOR, load)
    assert known.workers() == (A, B, C)
    for _ in range(3):
        assert asked.acquire(timeout=5)
        assert set(known.candidates("1")) == {A, B, C, COORDINATOR}


def test_a_workers_map_serves_until_the_coordinator_gives_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "REST", 0.0)
    back = threading.Event()

    def load() -> ShardMap:
        if not back.is_set():
            raise Unavailable
        return MAP

    known = Directory(Routing.OWNER, COORDINATOR, load, lambda: ShardMap((A,)))
    assert known.workers() == (A,)
    back.set()
    deadline = time.monotonic() + 5
    while known.workers() != (A, B, C):
        assert time.monotonic() < deadline


def test_a_new_map_holds_up_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MAX_AGE", 0.0)
    slow = threading.Event()
    maps = itertools.chain([ShardMap((A,))], itertools.repeat(ShardMap((B,))))

    def load() -> ShardMap:
        loaded = next(maps)
        if loaded.workers == (B,):
            slow.wait(5)
        return loaded

    known = Directory(Routing.WORKERS, COORDINATOR, load)
    assert [known.candidates("1") for _ in range(3)] == [[A, COORDINATOR]] * 3
    monkeypatch.setattr(directory, "MAX_AGE", 60.0)
    slow.set()
    deadline = time.monotonic() + 5
    while known.candidates("1") != [B, COORDINATOR]:
        assert time.monotonic() < deadline


def test_the_map_is_not_asked_for_where_it_is_of_no_use() -> None:
    def load() -> ShardMap:
        raise AssertionError

    known = Directory(Routing.COORDINATOR, COORDINATOR, load)
    assert known.candidates("1") == [COORDINATOR]
    assert known.workers() == ()
    assert Directory(Routing.OWNER, COORDINATOR, load).candidates(None) == [COORDINATOR]


class Moving(Transaction):
    """A transaction whose nodes answer, or say that they have no tables."""

    def __init__(self, *nodes: bool) -> None:
        self.asked: list[bool] = []
        super().__init__(iter(nodes), str)  # type: ignore[arg-type]

    def _rows(self, *_statement: Any) -> list[Any]:
        self.asked.append(bool(self._connection))
        if not self._connection:
            raise SchemaMissing
        return []

    def close(self) -> None:
        pass


def test_a_node_without_our_tables_is_passed_over_by_the_first_statement() -> None:
    transaction = Moving(False, False, True)
    assert transaction.rows(ANY, {}, dict) == []
    assert transaction.asked == [False, False, True]


def test_nothing_is_sent_again_after_the_first_statement() -> None:
    transaction = Moving(True, True)
    transaction.rows(ANY, {}, dict)
    transaction._connection = False  # type: ignore[assignment]
    with pytest.raises(SchemaMissing):
        transaction.rows(ANY, {}, dict)
    assert transaction.asked == [True, False]


def test_where_no_node_has_our_tables_that_is_said() -> None:
    with pytest.raises(SchemaMissing):
        Moving(False, False).rows(ANY, {}, dict)


def test_readiness_asks_the_workers_when_the_coordinator_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    from historia_clinica import health  # noqa: PLC0415

    monkeypatch.setattr(health, "takes_connections", lambda settings, node=None: node == B)
    settings: Any = type("Settings", (), {"historia_readiness_cache": 0})()
    assert Readiness(settings, lambda: (A, B))() is True
    assert Readiness(settings, lambda: (A,))() is False
    assert Readiness(settings)() is False
