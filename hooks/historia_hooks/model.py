"""What was observed, as plain values: the planners take these and nothing else. No input or output."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from historia_hooks.addresses import Address
from historia_hooks.schema import Distributed, Policy, Spread


@dataclass(frozen=True)
class CitusMembership:
    """What a node with the extension knows of the cluster."""

    server_id: str
    group: int
    authinfo: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Server:
    """What one PostgreSQL server says of itself and of the database."""

    address: Address
    system_identifier: str
    wal_level: str
    output_plugins: str | None  # libraries that may decode the log, comma separated; None: no such setting
    citus_installed: bool  # the files are there
    citus_preloaded: bool
    user_tables: tuple[str, ...]
    verifier: str | None = field(repr=False)  # of historia_app's password; None: no such role
    context: str | None = field(default=None, repr=False)  # what verifies the API's contexts; None: nothing yet
    extension: str | None = None  # version; None: not created in this database
    library: str | None = None  # version of the files that are there, as the extension counts; None: no files
    membership: CitusMembership | None = None

    @property
    def has_citus(self) -> bool:
        return self.citus_installed and self.citus_preloaded

    def is_same_server(self, other: "Server") -> bool:
        """The same server under two names, or a copy of its volume."""
        if self.membership and other.membership:
            return self.membership.server_id == other.membership.server_id
        return self.system_identifier == other.system_identifier


@dataclass(frozen=True)
class Running:
    """What the data directory of the coordinator belongs to."""

    major: int  # of PostgreSQL
    extension: str | None  # version of citus in the database; None: not there


@dataclass(frozen=True)
class Member:
    """A row of pg_dist_node (primaries only)."""

    address: Address
    node_id: int
    group: int
    active: bool
    metadata_synced: bool
    should_have_shards: bool
    shards: int  # of distributed tables
    reference_copies: int

    @property
    def is_coordinator(self) -> bool:
        return self.group == 0


@dataclass(frozen=True)
class Balance:
    """Shards that move, should move, or were moved and are not yet dropped where they were."""

    job: int | None = None  # a rebalance that has not ended
    planned: int = 0  # shards that a rebalance would move
    leftovers: frozenset[int] = frozenset()  # groups with something to clean up
    without_identity: tuple[str, ...] = ()  # distributed tables whose rows cannot be told apart while they move


@dataclass(frozen=True)
class Move:
    """One shard that would go from a node to another."""

    source: Address
    target: Address
    size: int  # bytes, with its indexes


@dataclass(frozen=True)
class Disk:
    """The file system of a node's data directory, in bytes."""

    free: int
    total: int
    kept: int  # Citus starts no move that would leave less than this (citus.desired_percent_disk_available_after_move)
    log_room: int  # what the write-ahead log may still take, up to max_wal_size


@dataclass(frozen=True)
class Space:
    """What moves need, and what there is on the nodes that would receive them."""

    moves: tuple[Move, ...]
    disks: Mapping[Address, Disk]


@dataclass(frozen=True)
class ObservedTable:
    name: str
    spread: Spread | None = None  # None: a plain table
    colocation: int = 0
    leftover: bool = False  # rows of before the distribution are still on the coordinator's disk


@dataclass(frozen=True)
class ObservedSchema:
    tables: Mapping[str, ObservedTable]
    foreign_keys: frozenset[str]
    uniques: frozenset[str]
    privileges: Mapping[str, frozenset[str]]  # by table, sequence or function
    functions: frozenset[tuple[str, bool]] = frozenset()  # those that every node knows, and whether they follow a key
    policies: Mapping[str, frozenset[Policy]] = field(default_factory=dict)  # by table, where they are in force

    @property
    def is_distributed(self) -> bool:
        return any(isinstance(table.spread, Distributed) for table in self.tables.values())
