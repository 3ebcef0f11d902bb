"""`seal-audit` and `verify-audit`: what a superuser changes is found where it is, and nothing else is."""

import concurrent.futures
import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from historia_clinica.audit import chain as api_chain
from historia_hooks.audit import chain as hooks_chain
from historia_hooks.audit.seals import read_key
from historia_hooks.audit.verdict import Verdict
from historia_hooks.commands.verify_audit import Seals, verify_audit
from historia_local.nodes import Cluster
from sealed import database, write_keys
from tampering import copy_of, grow, judged, nodes_of, tampered, write

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
TAMPERINGS = int(os.environ.get("HISTORIA_TAMPERINGS", "300"))
TAMPERED = 65
OWN = "auditada"
CHAINS = [("p", f"T-{n}") for n in range(32)] + [("s", f"u:{n}") for n in range(4)] + [("s", "a:0"), ("p", "Z-ñ")]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return write_keys(tmp_path_factory.mktemp("claves"))


@pytest.fixture(scope="module")
def system(postgres_system: Cluster, run_hooks: Hooks) -> Iterator[Cluster]:
    with database(postgres_system, run_hooks, OWN):
        yield postgres_system


@pytest.fixture(scope="module")
def own(system: Cluster) -> Iterator[Any]:
    with contextlib.closing(system.connect(database=OWN)) as connection:
        yield connection


@pytest.fixture(scope="module")
def hooks(system: Cluster, run_hooks: Hooks) -> Hooks:
    def run(*arguments: Any, **environment: str) -> "subprocess.CompletedProcess[str]":
        return run_hooks(system, *map(str, arguments), workers=0, POSTGRES_DB=OWN, **environment)

    return run


@pytest.fixture(scope="module")
def seals(own: Any, hooks: Hooks, keys: pathlib.Path) -> pathlib.Path:
    """The chains, sealed twice."""
    file = keys / "sellos"
    for _ in range(2):
        grow(own, CHAINS, 3, random.Random(7))
        done = hooks("seal-audit", "--clave", keys / "privada", "--sellos", file)
        assert done.returncode == 0, done.stderr
    return file


def test_the_database_the_api_and_the_hooks_make_the_same_of_a_row(own: Any, seals: pathlib.Path) -> None:
    assert seals.is_file()
    for (_, name), rows in copy_of(own, CHAINS).rows.items():
        assert list(hooks_chain.check(name, hooks_chain.Point(6, rows[-1].hash), rows, [])) == []
        links = [api_chain.Link(**vars(row)) for row in rows]
        assert api_chain.check(name, links, 0, api_chain.FIRST) == ([], 6, rows[-1].hash)
        for row, link in zip(rows, links, strict=True):
            assert api_chain.canonical(name, link) == hooks_chain.canonical(name, row)


def test_the_canonical_form_is_that_of_the_first_version(own: Any, seals: pathlib.Path) -> None:
    """Whoever changes it changes FORMAT: rows of before keep theirs."""
    said = {"ocurrido": "2026-01-31T13:30:00.000007Z", "agente": 'ñ "\n', "version": 2, "usuario_id": "api"}
    row = dataclasses.replace(copy_of(own, CHAINS).rows[CHAINS[0]][0], **said, recurso_id=None)
    assert hooks_chain.canonical("T-0", row).decode() == (
        '[1, "T-0", 1, "2026-01-31T13:30:00.000007Z", "api", null, "leer", "consultas", null, 2, null, "exito",'
        ' "192.0.2.7", "ñ \\"\\n", "peticion", null, null, null]'
    )


def test_what_nobody_touched_is_sound(hooks: Hooks, keys: pathlib.Path, seals: pathlib.Path) -> None:
    done = hooks("verify-audit", "--json", HISTORIA_AUDIT_KEY=str(keys / "publica"), HISTORIA_AUDIT_SEALS=str(seals))
    assert done.returncode == 0, done.stdout + done.stderr
    verdict = json.loads(done.stdout)
    assert verdict == {"sana": True, "cadenas": len(CHAINS), "filas": 6 * len(CHAINS), "sellos": 2, "hallazgos": 0}
    said = hooks("verify-audit").stdout
    assert said == f"{len(CHAINS)} cadenas, {6 * len(CHAINS)} filas, 0 sellos: todo está como se escribió\n"


def test_random_tamperings_are_found_where_they_are(
    system: Cluster, own: Any, keys: pathlib.Path, seals: pathlib.Path
) -> None:
    chance = random.Random()
    copy, key = copy_of(own, CHAINS), read_key(keys / "publica")
    with contextlib.closing(nodes_of(system, 0, POSTGRES_DB=OWN)) as nodes:
        made = 0
        while made < TAMPERINGS:
            with tampered(own, copy, chance) as done:
                faults = list(verify_audit(nodes, Seals(key, seals), Verdict()))
                assert judged(done, faults) == []
            made += len(done)
        assert list(verify_audit(nodes, Seals(key, seals), Verdict())) == []


def test_a_person_reads_which_patient_and_which_row(
    own: Any, hooks: Hooks, keys: pathlib.Path, seals: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    copy = copy_of(own, CHAINS)
    rows = copy.rows["p", "T-3"]
    write(own, ("p", "T-3"), rows[:2] + rows[3:], copy.head(("p", "T-3")))
    write(own, ("s", "u:1"), [], None)
    try:
        done = hooks("verify-audit", "--clave", keys / "publica", "--sellos", seals)
        assert done.returncode == TAMPERED
        assert [line.split()[:3] for line in done.stdout.splitlines()[:-1]] == [
            ["paciente", "T-3", "3"],
            ["sistema", "u:1", "1"],
        ]
        for arguments in ((), ("--json",)):  # for logs that others read
            nameless = hooks(
                "verify-audit", "--sin-nombres", *arguments, "--clave", keys / "publica", "--sellos", seals
            )
            assert (nameless.returncode, len(nameless.stdout.splitlines())) == (TAMPERED, 3)
            assert not any(name in nameless.stdout + nameless.stderr for name in ("T-3", "u:1"))
        copied = shutil.copy(seals, tmp_path)  # what is refused has begun to write
        again = hooks("seal-audit", "--clave", keys / "privada", "--sellos", copied)
        assert again.returncode == TAMPERED
        assert "T-3" not in again.stdout + again.stderr
    finally:
        for chain in (("p", "T-3"), ("s", "u:1")):
            write(own, chain, copy.rows[chain], copy.head(chain))
    assert hooks("verify-audit", "--clave", keys / "publica", "--sellos", seals).returncode == 0


def _without_the_last_seal(lines: list[str]) -> list[str]:
    return lines[: [n for n, line in enumerate(lines) if "empieza" in line][-1]]


def _without_a_head(lines: list[str]) -> list[str]:
    return lines[:3] + lines[4:]


def _another_hash(lines: list[str]) -> list[str]:
    said = json.loads(lines[3])
    return [*lines[:3], json.dumps([*said[:3], "00" * 32], ensure_ascii=False), *lines[4:]]


def _another_count(lines: list[str]) -> list[str]:
    return [*lines[:-1], lines[-1].replace('"cadenas": ', '"cadenas": 1')]


def _nonsense(lines: list[str]) -> list[str]:
    return [*lines[:3], "nada", *lines[3:]]


@pytest.mark.parametrize("change", [_without_the_last_seal, _without_a_head, _another_hash, _another_count, _nonsense])
def test_a_file_of_seals_that_was_changed_is_told(
    hooks: Hooks, keys: pathlib.Path, seals: pathlib.Path, tmp_path: pathlib.Path, change: Any
) -> None:
    other = tmp_path / "sellos"
    other.write_text("\n".join(change(seals.read_text().splitlines())) + "\n")
    done = hooks("verify-audit", "--clave", keys / "publica", "--sellos", other)
    assert done.returncode == TAMPERED
    assert done.stdout.startswith("sellos")


def test_what_an_interrupted_run_left_in_the_file_counts_for_nothing(
    hooks: Hooks, keys: pathlib.Path, seals: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    torn = tmp_path / "sellos"
    begun = '{"empieza": 3}\n["p", "T-0", 9, "' + "00" * 32 + '"]\n["p", "T-1'
    torn.write_text(seals.read_text() + begun)
    assert hooks("verify-audit", "--clave", keys / "publica", "--sellos", torn).returncode == 0
    assert hooks("verify-audit", "--clave", keys / "otra", "--sellos", torn).returncode == TAMPERED


def test_only_the_private_key_seals_and_no_key_is_told(
    hooks: Hooks, keys: pathlib.Path, seals: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    assert hooks("seal-audit", "--clave", keys / "publica", "--sellos", tmp_path / "s").returncode == 78
    assert hooks("seal-audit").returncode == 2
    assert hooks("verify-audit", "--sellos", seals).returncode == 2
    (tmp_path / "nada").write_text("nada")
    refused = hooks("seal-audit", "--clave", tmp_path / "nada")
    assert (refused.returncode, "Ed25519" in refused.stderr) == (78, True)


def test_a_seal_is_said_and_kept_and_goes_on_after_an_interruption(
    own: Any, hooks: Hooks, keys: pathlib.Path, seals: pathlib.Path, tmp_path: pathlib.Path, request: Any
) -> None:
    """Into another file the first seal writes all heads, and what comes after only those that moved."""
    other, copy = tmp_path / "sellos", copy_of(own, CHAINS)
    request.addfinalizer(lambda: write(own, CHAINS[0], copy.rows[CHAINS[0]], copy.head(CHAINS[0])))
    request.addfinalizer(lambda: own.cursor().execute("DELETE FROM sellos_auditoria WHERE sello > 2"))
    first = json.loads(hooks("seal-audit", "--clave", keys / "privada", "--sellos", other).stdout)
    assert (first["cadenas"], first["cambios"]) == (len(CHAINS), len(CHAINS))
    assert not any(name in json.dumps(first) for _, name in CHAINS)
    with other.open("a") as file:
        file.write('{"empieza": 99}\n["p", "T-1')
    grow(own, CHAINS[:1], 1, random.Random(1))
    second = hooks("seal-audit", "--clave", keys / "privada", "--sellos", other).stdout
    assert (json.loads(second)["sello"], json.loads(second)["cambios"]) == (first["sello"] + 1, 1)
    assert other.read_text().endswith(second)
    with own.cursor() as cursor:
        cursor.execute("SELECT linea FROM sellos_auditoria ORDER BY sello DESC LIMIT 1")
        assert cursor.fetchone() == (second.strip(),)
    assert hooks("verify-audit", "--clave", keys / "publica", "--sellos", other).returncode == 0
    assert other.stat().st_mode & 0o077 == 0
    alone = json.loads(hooks("seal-audit", "--clave", keys / "privada").stdout)  # printed, and in no file
    assert (alone["raiz"], alone["cambios"]) == (json.loads(second)["raiz"], len(CHAINS))


@pytest.fixture
def some_seals(own: Any, hooks: Hooks, keys: pathlib.Path, seals: pathlib.Path) -> Iterator[Callable[..., int]]:
    """Seals into some file; afterwards the table has none but the first two."""

    def seal(file: pathlib.Path) -> int:
        done = hooks("seal-audit", "--clave", keys / "privada", "--sellos", file)
        assert done.returncode == 0, done.stderr
        return int(json.loads(done.stdout)["sello"])

    assert seals.is_file()
    yield seal
    own.cursor().execute("DELETE FROM sellos_auditoria WHERE sello > 2")


def test_a_place_that_cannot_be_read_is_told_and_the_others_are_read(
    own: Any, hooks: Hooks, keys: pathlib.Path, seals: pathlib.Path
) -> None:
    """Bytes that are no text, in a row of a patient's chain; a changed chain of the system is found besides."""
    copy = copy_of(own, CHAINS)
    with own.cursor() as cursor:
        cursor.execute("CREATE CAST (bytea AS text) WITHOUT FUNCTION")
        cursor.execute("UPDATE auditoria SET agente = '\\xff'::bytea::text WHERE paciente_id = 'T-4' AND seq = 2")
        cursor.execute("DROP CAST (bytea AS text)")
    write(own, ("s", "u:1"), copy.rows["s", "u:1"][:-1], copy.head(("s", "u:1")))
    try:
        done = hooks("verify-audit", "--clave", keys / "publica", "--sellos", seals)
        assert done.returncode == TAMPERED, done.stderr
        [unread, found, _] = done.stdout.splitlines()
        assert unread.startswith("paciente ")
        assert "no se puede leer" in unread
        assert found.split()[:3] == ["sistema", "u:1", "6"]
    finally:
        for chain in (("p", "T-4"), ("s", "u:1")):
            write(own, chain, copy.rows[chain], copy.head(chain))
    assert hooks("verify-audit", "--clave", keys / "publica", "--sellos", seals).returncode == 0


def test_a_run_that_was_killed_before_the_table_had_its_seal_is_no_change(
    own: Any, hooks: Hooks, keys: pathlib.Path, seals: pathlib.Path, tmp_path: pathlib.Path, some_seals: Any
) -> None:
    file = pathlib.Path(shutil.copy(seals, tmp_path))

    def verified() -> tuple[int, str]:
        done = hooks("verify-audit", "--clave", keys / "publica", "--sellos", file)
        return done.returncode, done.stdout

    with own.cursor() as cursor:
        cursor.execute("DELETE FROM sellos_auditoria WHERE sello = %s", (some_seals(file),))
        assert verified()[0] == 0, verified()
        some_seals(file)
        assert verified()[0] == 0, verified()
        cursor.execute("DELETE FROM sellos_auditoria WHERE sello = 3")
    assert verified()[0] == TAMPERED
    assert "sello 3: falta en la base de datos" in verified()[1]


def test_a_file_that_another_one_follows_is_sound_and_its_end_is_missed(
    hooks: Hooks, keys: pathlib.Path, seals: pathlib.Path, tmp_path: pathlib.Path, some_seals: Any
) -> None:
    """Also where the seals of two files take turns, or the file was emptied."""
    former, another, cut = pathlib.Path(shutil.copy(seals, tmp_path)), tmp_path / "otro", tmp_path / "cortado"
    for file in (another, another, former, another):
        some_seals(file)
    for file in (former, another):
        done = hooks("verify-audit", "--clave", keys / "publica", "--sellos", file)
        assert done.returncode == 0, done.stdout
    for lines, said in (
        (_without_the_last_seal(former.read_text().splitlines()), "sello 5: falta en el archivo"),
        ([], "el archivo no tiene ningún sello"),
    ):
        cut.write_text("".join(f"{line}\n" for line in lines))
        done = hooks("verify-audit", "--clave", keys / "publica", "--sellos", cut)
        assert (done.returncode, said in done.stdout) == (TAMPERED, True), done.stdout


def waits_for(file: pathlib.Path, job: "concurrent.futures.Future[Any]") -> bool:
    """Whether it comes to wait for a lock on the file before it is done."""
    inode = f":{file.stat().st_ino} "
    while not job.done():
        if any("->" in line and inode in line for line in pathlib.Path("/proc/locks").read_text().splitlines()):
            return True
        time.sleep(0.02)
    return False


def test_a_file_that_is_being_written_is_waited_for(
    hooks: Hooks, keys: pathlib.Path, seals: pathlib.Path, tmp_path: pathlib.Path, some_seals: Any
) -> None:
    """Half of a seal is there, and the rest comes; nobody seals meanwhile either."""
    file = pathlib.Path(shutil.copy(seals, tmp_path))
    lines = file.read_text()
    file.write_text(lines[:-9])
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        with file.open("r+") as written:
            fcntl.flock(written, fcntl.LOCK_EX)
            verifying = pool.submit(hooks, "verify-audit", "--clave", keys / "publica", "--sellos", file)
            assert waits_for(file, verifying)
            written.seek(0, os.SEEK_END)
            written.write(lines[-9:])
        assert verifying.result().returncode == 0, verifying.result().stdout
        with file.open() as read:
            fcntl.flock(read, fcntl.LOCK_SH)
            sealing = pool.submit(some_seals, file)
            assert waits_for(file, sealing)
            assert read.read() == lines
        assert sealing.result() == 3
