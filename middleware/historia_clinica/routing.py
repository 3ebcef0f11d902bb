"""Which node a request about one patient goes to. Decides only: no connection is opened here.

Every node of Citus answers every statement rightly: one that does not hold the patient passes it on. So a map that has
aged costs a detour, never a wrong answer, and the order below is about speed and about nodes that are lost.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

WORD = 0xFFFFFFFF
BLOCK = 12  # bytes


class Routing(StrEnum):
    COORDINATOR = "coordinator"
    WORKERS = "workers"
    OWNER = "owner"


@dataclass(frozen=True, order=True)
class Address:
    host: str
    port: int


@dataclass(frozen=True)
class Shard:
    """The least hash value that it holds, up to the next one's, and the node it lies on."""

    low: int
    node: Address


@dataclass(frozen=True)
class ShardMap:
    """Workers that may be asked, and the shards of `pacientes` by their least hash value."""

    workers: tuple[Address, ...] = ()
    shards: tuple[Shard, ...] = ()

    def owner(self, cedula: str) -> Address | None:
        position = bisect_right(self.shards, worker_hash(cedula), key=lambda shard: shard.low)
        return self.shards[position - 1].node if position else None


def candidates(routing: Routing, shard_map: ShardMap, coordinator: Address, cedula: str, turn: int) -> list[Address]:
    """The nodes to ask, best first: the owner, the other workers beginning at another each turn, the coordinator."""
    if routing is Routing.COORDINATOR:
        return [coordinator]
    owner = shard_map.owner(cedula) if routing is Routing.OWNER else None
    first = [owner] if owner else []
    return list(dict.fromkeys([*first, *_turned(shard_map.workers, turn), coordinator]))


def resting_last(addresses: Sequence[Address], resting: Collection[Address]) -> list[Address]:
    """The same nodes; those that did not answer a moment ago only after the others."""
    return sorted(addresses, key=lambda address: address in resting)


def _turned(workers: tuple[Address, ...], turn: int) -> tuple[Address, ...]:
    start = turn % len(workers) if workers else 0
    return workers[start:] + workers[:start]


def worker_hash(key: str) -> int:
    """What `worker_hash(key::text)` says in a database in UTF-8: Jenkins' lookup3 as PostgreSQL has it, signed."""
    data = key.encode()
    a = b = c = (0x9E3779B9 + len(data) + 3923095) & WORD
    whole = len(data) // BLOCK * BLOCK
    for start in range(0, whole, BLOCK):
        x, y, z = _words(data[start : start + BLOCK])
        a, b, c = _mix((a + x) & WORD, (b + y) & WORD, (c + z) & WORD)
    x, y, z = _words(data[whole:].ljust(8, b"\0"))
    # the lowest byte of the last word is kept for the length, which is in there since the start
    value = _final((a + x) & WORD, (b + y) & WORD, (c + (z << 8)) & WORD)
    return value - (1 << 32) if value >> 31 else value


def _words(block: bytes) -> tuple[int, int, int]:
    return (
        int.from_bytes(block[:4], "little"),
        int.from_bytes(block[4:8], "little"),
        int.from_bytes(block[8:], "little"),
    )


def _rotated(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & WORD


def _mix(a: int, b: int, c: int) -> tuple[int, int, int]:
    for bits in (4, 6, 8, 16, 19, 4):
        a = (a - c) & WORD ^ _rotated(c, bits)
        a, b, c = b, (c + b) & WORD, a
    return a, b, c


def _final(a: int, b: int, c: int) -> int:
    for bits in (14, 11, 25, 16, 4, 14, 24):
        c = (c ^ b) - _rotated(b, bits) & WORD
        a, b, c = b, c, a
    return b
