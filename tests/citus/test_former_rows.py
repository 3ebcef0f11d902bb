"""Where former rows lie, what they hold, and that the API can change none of them."""

import psycopg2.errors
import pytest
from citus.hooks_state import rows
from historia_hooks.schema import Distributed, declared
from historia_local.nodes import Cluster
from row_contexts import as_the_api

DECLARED = declared("reference")
FORMER = {table.name for table in DECLARED.tables if table.name.endswith("_historial")}
BESIDE = sorted(table.name for table in DECLARED.tables if isinstance(table.spread, Distributed))
# Columns of a table that its former rows have otherwise or not at all, and the other way round.
DIFFERENCES = """
WITH columns AS (
    SELECT attrelid::regclass::text AS name, attname, atttypid::regtype::text AS type FROM pg_attribute
     WHERE attnum > 0 AND NOT attisdropped AND attgenerated = '')
SELECT attname, type FROM columns WHERE name = '{0}' AND attname <> 'actualizado_en'
EXCEPT SELECT attname, type FROM columns WHERE name = '{0}_historial'
UNION ALL
(SELECT attname, type FROM columns WHERE name = '{0}_historial' AND attname !~ '^vigente_(desde|hasta)$'
EXCEPT SELECT attname, type FROM columns WHERE name = '{0}')
"""


def test_former_rows_lie_beside_their_patient(citus_system: Cluster) -> None:
    wanted = ",".join(BESIDE)
    assert "pacientes_historial" in wanted
    [(apart,)] = rows(
        citus_system,
        citus_system.coordinator,
        f"SELECT count(DISTINCT colocationid) FROM pg_dist_partition WHERE logicalrelid::text = ANY ('{{{wanted}}}')",
    )
    assert apart == 1


@pytest.mark.parametrize("table", sorted(name.removesuffix("_historial") for name in FORMER))
def test_former_rows_have_the_columns_of_their_table(citus_system: Cluster, table: str) -> None:
    assert rows(citus_system, citus_system.coordinator, DIFFERENCES.format(table)) == []


@pytest.mark.parametrize("table", sorted(table.name for table in DECLARED.tables))
def test_the_api_takes_no_row_away(citus_system: Cluster, table: str) -> None:
    refused(citus_system, citus_system.coordinator, f"DELETE FROM {table}")


@pytest.mark.parametrize("table", sorted(FORMER))
@pytest.mark.parametrize("change", ["UPDATE {} SET version = 1", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_api_changes_no_former_row_not_even_on_a_shard(citus_system: Cluster, table: str, change: str) -> None:
    refused(citus_system, citus_system.coordinator, change.format(table))
    for worker in citus_system.workers[:2]:
        [(shard,)] = rows(
            citus_system,
            worker,
            "SELECT min(shard_name(logicalrelid, shardid)) FROM pg_dist_shard JOIN pg_dist_placement USING (shardid)"
            f" JOIN pg_dist_local_group USING (groupid) WHERE logicalrelid = '{table}'::regclass",
        )
        refused(citus_system, worker, change.format(shard))


def refused(cluster: Cluster, node: object, statement: str) -> None:
    """For want of a privilege, not because Citus would rather not have a shard changed by hand."""
    with as_the_api(cluster, node) as cursor:
        cursor.execute("SET citus.enable_manual_changes_to_shards TO on")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)
