"""What stops a move before it begins, and what is said while it goes on: room, progress, sessions in the way."""

import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from citus.hooks_state import done, rows, run, state
from historia_hooks.commands import migrate
from historia_hooks.connections import Nodes
from historia_hooks.errors import TryAgain
from historia_hooks.settings import Settings
from historia_local.account import server_account
from historia_local.copies import put_back
from historia_local.nodes import Cluster, Node

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
Prepared = Callable[[str, Callable[[], object]], Cluster]
MIB = 1024 * 1024
FILL = (
    "INSERT INTO pacientes (cedula, nombre, apellido)"
    " SELECT 'P' || lpad(n::text, 9, '0'), 'Ana', 'Ejemplo ' || n FROM generate_series(1, 5000) n",
    "INSERT INTO consultas (paciente_id, diagnostico) SELECT cedula, repeat('Control ', 40) FROM pacientes,"
    " generate_series(1, 20)",
)
CHECKSUM = (
    "SELECT 'p', count(*), sum(hashtextextended(p::text, 0)::numeric) FROM pacientes p"
    " UNION ALL SELECT 'c', count(*), sum(hashtextextended(c::text, 0)::numeric) FROM consultas c ORDER BY 1"
)
HELD = (
    "SELECT nodeport, count(*) FILTER (WHERE shardminvalue IS NOT NULL) FROM pg_dist_node"
    " LEFT JOIN pg_dist_placement USING (groupid) LEFT JOIN pg_dist_shard USING (shardid) GROUP BY 1"
)
CATALOGUE = ("node", "partition", "shard", "placement", "colocation", "cleanup", "background_job", "background_task")
JOBS = "SELECT count(*) FROM pg_dist_background_job"
FEW_SHARDS = ("ALTER SYSTEM SET citus.shard_count = 4", "SELECT pg_reload_conf()")
# Of a table that no other refers to: each that did would be waited for, a second long, in one attempt to clean up.
A_SHARD = "SELECT shard_name FROM citus_shards WHERE table_name = 'alergias'::regclass AND nodeport = {} LIMIT 1"
REVISION = """from alembic import op
revision, down_revision = "9999", "{}"
def upgrade():
    op.execute("ALTER TABLE public.pacientes ADD COLUMN de_prueba text")
"""
COLUMN = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'pacientes'::regclass AND attname = 'de_prueba'"


def catalogue(cluster: Cluster) -> dict[str, Any]:
    """Everything that Citus has noted, on the coordinator."""
    return {
        name: rows(cluster, cluster.coordinator, f"SELECT * FROM pg_dist_{name} ORDER BY 1, 2") for name in CATALOGUE
    }


def held(cluster: Cluster) -> dict[int, int]:
    return dict(rows(cluster, cluster.coordinator, HELD))


@pytest.fixture
def two_workers(citus_cluster: Cluster, prepared: Prepared, run_hooks: Hooks) -> Cluster:
    """Few shards, so that moving them all takes seconds."""

    def make() -> None:
        citus_cluster.reset()
        run(citus_cluster, *FEW_SHARDS)
        done(run_hooks(citus_cluster, "sync"))
        run(citus_cluster, *FILL)

    return prepared("few shards", make)


class SmallDisk:
    """A file system in memory that holds the data directory of one node and little more."""

    def __init__(self, cluster: Cluster, node: Node, aside: pathlib.Path) -> None:
        self._cluster, self._node, self._folder = cluster, node, node.data_directory
        cluster.kill(node)
        shutil.copytree(self._folder, aside, symlinks=True)
        used = sum(path.lstat().st_size for path in aside.rglob("*")) // MIB
        self._mounted = self._mount(f"size={used + 24}m,mode=0700")
        if self._mounted:
            put_back(aside, self._folder)
            server_account().give(self._folder)
        cluster.restart(node)
        if not self._mounted:
            pytest.skip("this machine lets nobody mount a file system in memory")

    def enlarge(self) -> None:
        """What a person does with a volume that can grow."""
        assert self._mount("remount,size=2g,mode=0700")

    def close(self) -> None:
        if self._mounted:
            self._cluster.kill(self._node)
            # a process of the server may end a moment after it was killed
            subprocess.run(["umount", "--lazy", self._folder], check=True)

    def _mount(self, options: str) -> bool:
        argv = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self._folder)]
        return (
            shutil.which("mount") is not None and not subprocess.run(argv, check=False, capture_output=True).returncode
        )


@pytest.fixture
def small_disk(two_workers: Cluster, tmp_path: pathlib.Path) -> Iterator[Callable[[Node], SmallDisk]]:
    if sys.platform != "linux":
        pytest.skip("a file system in memory is mounted on Linux alone")
    with contextlib.ExitStack() as stack:

        def make(node: Node) -> SmallDisk:
            return stack.enter_context(contextlib.closing(SmallDisk(two_workers, node, tmp_path / node.name)))

        yield make


def check_refusal(said: str, node: Node) -> None:
    """The numbers a person needs, and where to read on."""
    amount = r"\d+,\d [KM]iB"
    numbers = rf"recibiría {amount}, para lo que necesita {amount}; tiene libres {amount} de {amount}, y {amount} deben"
    assert re.search(rf"{node.address} {numbers}", said), said
    assert "No se movió nada" in said
    assert "sin-espacio.md" in said


def test_new_workers_without_room_join_and_receive_nothing(
    two_workers: Cluster, small_disk: Callable[[Node], SmallDisk], run_hooks: Hooks
) -> None:
    third = two_workers.workers[2]
    disk = small_disk(third)
    for policy in ("start", "wait"):
        refused = done(run_hooks(two_workers, "sync", workers=3, HISTORIA_REBALANCE=policy), 78)["event"]
        check_refusal(refused, third)
        assert "rebalance.policy: never" in refused
    assert rows(two_workers, two_workers.coordinator, JOBS) == [(0,)]
    assert held(two_workers)[third.port] == 0
    assert rows(two_workers, third, "SELECT count(*) FROM pacientes") == [(5000,)], "it serves, without its share"
    done(run_hooks(two_workers, "sync", workers=3, HISTORIA_REBALANCE="never"))

    disk.enlarge()
    moved = run_hooks(two_workers, "sync", workers=3, HISTORIA_REBALANCE="wait")
    done(moved)
    assert held(two_workers)[third.port] > 0
    check_progress([line for line in map(json.loads, moved.stdout.splitlines()) if "fragmentos" in line])


def check_progress(lines: list[dict[str, Any]]) -> None:
    """Of the whole job: shards and bytes to the end, and after the first line how fast and how long."""
    assert len(lines) > 1
    shards = [tuple(map(int, line["fragmentos"].split("/"))) for line in lines]
    assert shards == sorted(shards)
    assert {total for _, total in shards} == {shards[-1][0]}
    assert shards[-1][0] > 0
    assert len({line["datos"].split("/")[1] for line in lines}) == 1
    assert lines[-1]["datos"].split("/")[0] == lines[-1]["datos"].split("/")[1]
    assert "velocidad" not in lines[0]
    assert lines[-1]["velocidad"].endswith("B/s")
    assert lines[-1]["faltan"] == "0 s"


def test_a_drain_into_a_full_disk_changes_nothing(
    two_workers: Cluster, small_disk: Callable[[Node], SmallDisk], run_hooks: Hooks
) -> None:
    first = two_workers.workers[0]
    disk = small_disk(first)
    before, known = rows(two_workers, two_workers.coordinator, CHECKSUM), state(two_workers, 2)
    noted, shards = catalogue(two_workers), sum(held(two_workers).values())
    refused = done(run_hooks(two_workers, "drain", workers=1), 78)["event"]
    check_refusal(refused, first)
    assert "pida otra vez los workers que había" in refused
    assert catalogue(two_workers) == noted
    assert state(two_workers, 2) == known

    disk.enlarge()
    done(run_hooks(two_workers, "drain", workers=1))
    assert held(two_workers) == {two_workers.coordinator.port: 0, first.port: shards}
    assert rows(two_workers, two_workers.coordinator, CHECKSUM) == before


def test_workers_that_are_away_are_named_and_nothing_changes(two_workers: Cluster, run_hooks: Hooks) -> None:
    done(run_hooks(two_workers, "sync", workers=3, HISTORIA_REBALANCE="never"))
    stays, leaves = two_workers.workers[:2]
    noted = catalogue(two_workers)
    for down in ((stays,), (leaves,), (stays, leaves)):
        for node in down:
            two_workers.kill(node)
        begun = time.monotonic()
        refused = done(run_hooks(two_workers, "drain", workers=1), 75)["event"]
        assert time.monotonic() - begun < 30
        assert f"no responde {', '.join(node.address for node in down)}:" in refused
        assert "No se cambió nada. Haga que vuelva" in refused
        assert "pida otra vez los workers que había (workers.count)" in refused
        assert "worker-no-responde.md" in refused
        for node in down:
            two_workers.restart(node)
        assert catalogue(two_workers) == noted


def test_a_session_that_keeps_an_old_shard_is_named(two_workers: Cluster, run_hooks: Hooks) -> None:
    leaves = two_workers.workers[1]
    [(shard,)] = rows(two_workers, two_workers.coordinator, A_SHARD.format(leaves.port))
    with contextlib.closing(two_workers.connect(leaves)) as reader, reader.cursor() as cursor:
        reader.autocommit = False
        cursor.execute("SET application_name TO 'informe'")
        cursor.execute(f"SELECT pg_backend_pid(), count(*) FROM {shard}")
        [(pid, _)] = cursor.fetchall()
        named = rf"sesión {pid} de admin \(informe\) en {leaves.address}, idle in transaction desde hace \d+ "
        for _ in range(15):  # until the shards have moved and a whole run has only cleaning up to wait for
            waited = run_hooks(two_workers, "drain", workers=1, HISTORIA_TIMEOUT="20")
            late = done(waited, 75)["event"]
            told = [line for line in waited.stdout.splitlines() if '"esperando"' in line and re.search(named, line)]
            if told and "borrar los fragmentos viejos" in late:
                break
        assert told
        assert re.search(named, late), late
        assert "pg_terminate_backend" in late
        assert "count(" not in waited.stdout, "no text of a statement"
        reader.rollback()
    done(run_hooks(two_workers, "drain", workers=1))
    assert rows(two_workers, two_workers.coordinator, "SELECT count(*) FROM pg_dist_cleanup") == [(0,)]


@pytest.fixture
def newer_program(two_workers: Cluster, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A revision more than the database has, which alters a table that moves."""
    scripts = tmp_path / "migrations"
    shutil.copytree(pathlib.Path(migrate._script().dir), scripts)
    [(newest,)] = rows(two_workers, two_workers.coordinator, "SELECT version_num FROM alembic_version")
    (scripts / "versions" / "r9999_prueba.py").write_text(REVISION.format(newest))
    monkeypatch.setattr(migrate, "_script", lambda: ScriptDirectory(str(scripts)))
    for name, value in two_workers.hooks_environment(3).items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("newer_program")
def test_a_migration_waits_for_the_moves_before_it_asks_for_a_lock(
    two_workers: Cluster, run_hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.closing(two_workers.connect()) as writer, writer.cursor() as cursor:
        writer.autocommit = False
        cursor.execute("UPDATE pacientes SET telefono = '1'")  # no move can end before this one does
        done(run_hooks(two_workers, "sync", workers=3))
        monkeypatch.setenv("HISTORIA_TIMEOUT", "3")
        with contextlib.closing(Nodes(Settings())) as hurried, pytest.raises(TryAgain, match="revisión 9999 espera"):
            migrate.migrate(hurried)
        assert rows(two_workers, two_workers.coordinator, COLUMN) == [(0,)]
        writer.commit()
    monkeypatch.setenv("HISTORIA_TIMEOUT", "120")
    with contextlib.closing(Nodes(Settings())) as patient:
        assert migrate.migrate(patient)
    assert rows(two_workers, two_workers.coordinator, COLUMN) == [(1,)]
