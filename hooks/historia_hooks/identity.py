"""Which server a name belongs to: what was noted of each node, and whether the same one answers. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from historia_hooks.addresses import Address
from historia_hooks.model import Member, Server

Identity = Literal["ok", "changed", "unreachable", "unrecorded"]


@dataclass(frozen=True)
class Entry:
    """A row of historia_cluster.nodes."""

    address: Address
    ordinal: int | None  # among the wanted workers; None for the coordinator
    node_id: int
    group: int
    server_id: str
    system_identifier: str
    since: datetime
    last_seen: datetime
    state: Literal["active", "retired"]


@dataclass(frozen=True)
class Loss:
    """What cannot be reached while a group's own volume is away."""

    tables: tuple[str, ...]
    patients: int | None = None  # None: never counted
    counted_at: datetime | None = None


def identity(entry: Entry | None, server: Server | None) -> Identity:
    """Whether the server that answers is the one that was noted; give it what `entry_of` finds for a member.

    The identity is Citus' own server_id, made with the extension: it survives restarts, restored copies of the volume
    and pg_upgrade (which makes a new system identifier). A server without the extension has lost it with the volume.
    """
    if server is None:
        return "unreachable"
    if entry is None or entry.state != "active":
        return "unrecorded"
    return "ok" if server.membership and server.membership.server_id == entry.server_id else "changed"


def entry_of(entries: Iterable[Entry], member: Member) -> Entry | None:
    """What was noted of this membership; an entry with another node id speaks of an earlier one."""
    wanted = (member.address, member.node_id, member.group, "active")
    return next((one for one in entries if (one.address, one.node_id, one.group, one.state) == wanted), None)
