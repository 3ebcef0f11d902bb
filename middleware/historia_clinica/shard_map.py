"""SQL about where the shards of `pacientes` lie, asked of the coordinator."""

from dataclasses import dataclass

from historia_clinica.db import Scope, Statement, Transaction
from historia_clinica.routing import Address, Shard, ShardMap

HAS_CITUS = Statement("SELECT to_regclass('pg_catalog.pg_dist_node') IS NOT NULL AS citus", Scope.CLUSTER)
# A node whose copy of the catalogue is not up to date may not know our tables: it is asked nothing for now.
WORKERS = Statement(
    """
    SELECT nodename AS host, nodeport AS port
      FROM pg_catalog.pg_dist_node
     WHERE groupid <> 0 AND noderole = 'primary' AND isactive AND hasmetadata AND metadatasynced
     ORDER BY groupid
    """,
    Scope.CLUSTER,
)
SHARDS = Statement(
    """
    SELECT shard.shardminvalue::integer AS low, node.nodename AS host, node.nodeport AS port
      FROM pg_catalog.pg_dist_shard AS shard
      JOIN pg_catalog.pg_dist_placement AS placement ON placement.shardid = shard.shardid
      JOIN pg_catalog.pg_dist_node AS node ON node.groupid = placement.groupid AND node.noderole = 'primary'
     WHERE shard.logicalrelid = to_regclass('public.pacientes') AND placement.shardstate = 1
       AND shard.shardminvalue IS NOT NULL
     ORDER BY shard.shardminvalue::integer
    """,
    Scope.CLUSTER,
)


@dataclass(frozen=True)
class _Extension:
    citus: bool


@dataclass(frozen=True)
class _Placement:
    low: int
    host: str
    port: int


def read(transaction: Transaction, coordinator: Address) -> ShardMap:
    """Empty on plain PostgreSQL. What lies on the coordinator, or on a node not to be asked, is the coordinator's."""
    found = transaction.row(HAS_CITUS, {}, _Extension)
    if found is None or not found.citus:
        return ShardMap()
    workers = transaction.rows(WORKERS, {}, Address)
    placements = transaction.rows(SHARDS, {}, _Placement)
    nodes = [(placement.low, Address(placement.host, placement.port)) for placement in placements]
    shards = tuple(Shard(low, node if node in workers else coordinator) for low, node in nodes)
    return ShardMap(tuple(workers), shards)
