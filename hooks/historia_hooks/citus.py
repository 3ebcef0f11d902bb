"""One function for each Citus UDF the hooks use. No decisions here: whoever calls has decided."""

from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812

from historia_hooks.addresses import Address


def _call(connection: Connection, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def set_coordinator_host(connection: Connection, address: Address) -> None:
    _call(connection, "SELECT citus_set_coordinator_host(%(name)s, %(port)s)", name=address.name, port=address.port)


def set_should_have_shards(connection: Connection, address: Address, *, allowed: bool) -> None:
    _call(
        connection,
        "SELECT citus_set_node_property(%(name)s, %(port)s, 'shouldhaveshards', %(allowed)s)",
        name=address.name,
        port=address.port,
        allowed=allowed,
    )


def add_node(connection: Connection, address: Address) -> None:
    _call(connection, "SELECT citus_add_node(%(name)s, %(port)s)", name=address.name, port=address.port)


def activate_node(connection: Connection, address: Address) -> None:
    _call(connection, "SELECT citus_activate_node(%(name)s, %(port)s)", name=address.name, port=address.port)


def stop_metadata_sync(connection: Connection, address: Address) -> None:
    """The node forgets the cluster; it must answer."""
    statement = "SELECT stop_metadata_sync_to_node(%(name)s, %(port)s, true)"
    _call(connection, statement, name=address.name, port=address.port)


def disable_node(connection: Connection, address: Address) -> None:
    """Nobody asks the node any more; it need not answer."""
    _call(connection, "SELECT citus_disable_node(%(name)s, %(port)s, true)", name=address.name, port=address.port)


def remove_node(connection: Connection, address: Address) -> None:
    _call(connection, "SELECT citus_remove_node(%(name)s, %(port)s)", name=address.name, port=address.port)


def replicate_reference_tables(connection: Connection) -> None:
    """The tables are small: writes to them wait for a moment, and no wal_level or replica identity is needed."""
    _call(connection, "SELECT replicate_reference_tables('block_writes')")


def create_reference_table(connection: Connection, table: str) -> None:
    _call(connection, "SELECT create_reference_table(%(table)s)", table=f"public.{table}")


def create_distributed_table(connection: Connection, table: str, column: str, colocate_with: str | None) -> None:
    _call(
        connection,
        "SELECT create_distributed_table(%(table)s, %(column)s, colocate_with => %(beside)s)",
        table=f"public.{table}",
        column=column,
        beside=f"public.{colocate_with}" if colocate_with else "none",
    )


def create_distributed_function(
    connection: Connection, function: str, argument: str | None, colocate_with: str | None
) -> None:
    """Every node knows it. With an argument, calls go to the node that holds that key, also those in a transaction."""
    if argument is None:
        _call(
            connection,
            "SELECT create_distributed_function(%(function)s::regproc::regprocedure)",
            function=f"public.{function}",
        )
        return
    _call(
        connection,
        "SELECT create_distributed_function(%(function)s::regproc::regprocedure, %(argument)s, %(beside)s, true)",
        function=f"public.{function}",
        argument=argument,
        beside=f"public.{colocate_with}",
    )


def rebalance_start(connection: Connection, *, drain: bool) -> int | None:
    """The number of the job; None when there is nothing to move."""
    [(job,)] = _call(connection, "SELECT citus_rebalance_start(drain_only => %(drain)s)", drain=drain)
    return None if job is None else int(job)


def rebalance_moves(connection: Connection) -> int:
    """How many shards a rebalance would move; it moves none."""
    [(moves,)] = _call(connection, "SELECT count(*) FROM get_rebalance_table_shards_plan()")
    return int(moves)


def job_cancel(connection: Connection, job: int) -> None:
    _call(connection, "SELECT citus_job_cancel(%(job)s)", job=job)


def cleanup_orphaned_resources(connection: Connection) -> None:
    """Drops what moves left; outside transactions only."""
    with connection.cursor() as cursor:
        cursor.execute("CALL citus_cleanup_orphaned_resources()")


def finish_upgrade(connection: Connection) -> None:
    """What a new version of Citus still does to the distributed schema; nothing most of the time."""
    with connection.cursor() as cursor:
        cursor.execute("CALL citus_finish_citus_upgrade()")


def recover_prepared_transactions(connection: Connection) -> None:
    """Ends what this node began and a crash left open on others."""
    _call(connection, "SELECT recover_prepared_transactions()")


def truncate_local_data(connection: Connection, table: str) -> None:
    _call(connection, "SELECT truncate_local_data_after_distributing_table(%(table)s)", table=f"public.{table}")


def unhealthy_pairs(connection: Connection) -> list[tuple[Any, ...]]:
    """Who does not reach whom: (name, port, name, port)."""
    return _call(
        connection,
        "SELECT from_nodename, from_nodeport, to_nodename, to_nodeport FROM citus_check_cluster_node_health()"
        " WHERE result IS NOT TRUE",
    )
