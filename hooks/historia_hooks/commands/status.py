"""The state of the system as one JSON document, for people. It changes nothing."""

from typing import Any

from historia_hooks.connections import Nodes
from historia_hooks.model import Member, ObservedTable
from historia_hooks.schema import Distributed, Reference
from historia_hooks.state import has_extension, read_members, read_revision, read_schema


def status(nodes: Nodes) -> dict[str, Any]:
    citus = has_extension(nodes.coordinator)
    schema = read_schema(nodes.coordinator, citus=citus)
    members = read_members(nodes.coordinator) if citus else ()
    return {
        "engine": "citus" if schema.is_distributed else "postgresql",
        "schema_version": read_revision(nodes.coordinator),
        "nodes": [_node(nodes, member) for member in members],
        "tables": {name: _table(table) for name, table in sorted(schema.tables.items())},
        "wanted_workers": [str(worker) for worker in nodes.settings.workers],
    }


def _node(nodes: Nodes, member: Member) -> dict[str, Any]:
    return {
        "node": str(member.address),
        "role": "coordinator" if member.is_coordinator else "worker",
        "wanted": member.is_coordinator or member.address in nodes.settings.workers,
        "active": member.active,
        "metadata_synced": member.metadata_synced,
        "should_have_shards": member.should_have_shards,
        "shards": member.shards,
    }


def _table(table: ObservedTable) -> str:
    match table.spread:
        case Distributed(column):
            return f"distributed by {column}"
        case Reference():
            return "reference"
        case _:
            return "plain"
