"""Seals that also go to a bucket: stored once each, fetched again, compared; and what is said when that fails."""

import contextlib
import io
import json
import pathlib
import random
import secrets
import shutil
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from certificates import Authority
from historia_hooks.bucket import Bucket
from historia_hooks.errors import Tampered
from historia_hooks.settings import read_settings
from historia_local.nodes import Cluster
from s3 import S3, server
from sealed import database, write_keys
from tampering import grow
from werkzeug.serving import make_server

OWN = "sellada"
CHAINS = [("p", f"T-{n}") for n in range(3)] + [("s", "u:0")]
TAMPERED, AGAIN, WRONG = 65, 75, 78
FILE = "sellos.jsonl"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with server() as running:
        yield running


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return write_keys(tmp_path_factory.mktemp("claves"))


@pytest.fixture(scope="module")
def system(postgres_system: Cluster, run_hooks: Callable[..., Any]) -> Iterator[Cluster]:
    with database(postgres_system, run_hooks, OWN):
        yield postgres_system


class Sealer:
    """One file of seals and the bucket beside it."""

    def __init__(self, run: Callable[..., Any], s3: S3, keys: pathlib.Path, own: Any, file: pathlib.Path) -> None:
        self.run, self.keys, self.own, self.file, self.s3 = run, keys, own, file, s3
        self.client = s3.client()
        self.bucket = f"sellos-{secrets.token_hex(4)}"
        self.client.create_bucket(Bucket=self.bucket)

    def hooks(self, *arguments: object, **environment: str) -> Any:
        """Whatever comes of it, the secret is nowhere in it."""
        said = self.s3.environment() | {
            "HISTORIA_AUDIT_BUCKET": self.bucket,
            "HISTORIA_AUDIT_BUCKET_PREFIX": "hospital/",
        }
        done = self.run(*arguments, **(said | environment))
        for secret in filter(None, (self.s3.secret, environment.get("AWS_SECRET_ACCESS_KEY"))):
            assert secret not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def seal(self, **environment: str) -> Any:
        grow(self.own, CHAINS[:1], 1, random.Random(3))
        return self.hooks("seal-audit", "--clave", self.keys / "privada", "--sellos", self.file, **environment)

    def sealed(self) -> int:
        done = self.seal()
        assert done.returncode == 0, done.stderr
        return int(json.loads(done.stdout)["sello"])

    def verify(self, *arguments: object, **environment: str) -> Any:
        return self.hooks("verify-audit", "--clave", self.keys / "publica", *arguments, **environment)

    def names(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return [one["Key"] for one in found]

    def object(self, number: int) -> str:
        return f"hospital/{FILE}/{number:012d}.jsonl"

    def read(self, name: str) -> bytes:
        text: bytes = self.client.get_object(Bucket=self.bucket, Key=name)["Body"].read()
        return text

    def write(self, number: int, text: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=self.object(number), Body=text)

    def remove(self, number: int) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=self.object(number))


@pytest.fixture
def sealer(
    system: Cluster, run_hooks: Callable[..., Any], s3: S3, keys: pathlib.Path, tmp_path: pathlib.Path
) -> Iterator[Sealer]:
    """Before it was ever used."""

    def run(*arguments: object, **environment: str) -> Any:
        return run_hooks(system, *map(str, arguments), workers=0, **({"POSTGRES_DB": OWN} | environment))

    with contextlib.closing(system.connect(database=OWN)) as own:
        own.cursor().execute("DELETE FROM sellos_auditoria")
        grow(own, CHAINS, 1, random.Random(5))
        made = Sealer(run, s3, keys, own, tmp_path / FILE)
        yield made
        for name in made.names():
            made.client.delete_object(Bucket=made.bucket, Key=name)
        made.client.delete_bucket(Bucket=made.bucket)


def test_each_seal_is_an_object_and_all_of_them_are_the_file(sealer: Sealer) -> None:
    sealer.hooks("seal-audit", "--clave", sealer.keys / "privada", "--sellos", sealer.file, HISTORIA_AUDIT_BUCKET="")
    assert sealer.names() == []
    assert [sealer.sealed(), sealer.sealed()] == [2, 3]
    assert sealer.names() == [sealer.object(number) for number in (1, 2, 3)]
    assert b"".join(map(sealer.read, sealer.names())) == sealer.file.read_bytes()
    lines = sealer.read(sealer.object(3)).decode().splitlines()
    assert json.loads(lines[0]) == {"empieza": 3}
    assert json.loads(lines[-1])["sello"] == 3


def test_the_bucket_alone_is_enough_to_verify(sealer: Sealer) -> None:
    sealer.sealed()
    sealer.sealed()
    kept = sealer.file.rename(sealer.file.with_name("apartado"))
    done = sealer.verify("--del-bucket", FILE, "--json")
    assert (done.returncode, json.loads(done.stdout)["sellos"]) == (0, 2), done.stdout
    with sealer.own.cursor() as cursor:
        cursor.execute("UPDATE auditoria SET agente = 'otro' WHERE paciente_id = 'T-1' AND seq = 1")
        cursor.execute("SELECT count(*) FROM auditoria WHERE paciente_id = 'T-2'")
    try:
        altered = sealer.verify(HISTORIA_AUDIT_STORED=FILE)
        assert (altered.returncode, altered.stdout.split()[:3]) == (TAMPERED, ["paciente", "T-1", "1"])
    finally:
        with sealer.own.cursor() as cursor:
            cursor.execute("DELETE FROM auditoria WHERE paciente_id = 'T-1'")
            cursor.execute("DELETE FROM auditoria_cabeza WHERE paciente_id = 'T-1'")
    lost = sealer.verify("--del-bucket", FILE)
    assert (lost.returncode, "falta la cadena entera" in lost.stdout) == (TAMPERED, True)
    assert sealer.verify("--del-bucket", "otro").stdout.startswith("sellos")
    assert sealer.verify("--sellos", kept, "--del-bucket", FILE, HISTORIA_AUDIT_BUCKET="").returncode == WRONG


def test_what_an_outage_kept_away_is_stored_by_the_next_run(sealer: Sealer) -> None:
    sealer.sealed()
    away = sealer.seal(HISTORIA_AUDIT_BUCKET_ENDPOINT="http://127.0.0.1:9")
    assert away.returncode == AGAIN
    assert "el sello 2 está en el archivo y aún no en el bucket" in away.stderr
    assert sealer.file.read_text().endswith(away.stdout)
    with sealer.file.open("a") as file:  # and another run was killed
        file.write('{"empieza": 3}\n["p", "T-1')
    assert sealer.verify("--sellos", sealer.file, "--del-bucket", FILE).returncode == 0
    assert sealer.sealed() == 3
    assert sealer.names() == [sealer.object(number) for number in (1, 2, 3)]
    for places in (("--del-bucket", FILE), ("--sellos", sealer.file, "--del-bucket", FILE)):
        done = sealer.verify(*places)
        assert done.returncode == 0, done.stdout
    cut = sealer.file.read_bytes().replace(b'{"empieza": 3}\n["p", "T-1\n', b"", 1)
    assert b"".join(map(sealer.read, sealer.names())) == cut


def test_a_new_volume_goes_on_with_the_seals_of_the_bucket(sealer: Sealer) -> None:
    for _ in range(2):
        sealer.sealed()
    former = sealer.file.read_bytes()
    sealer.file.unlink()
    refused = sealer.seal(HISTORIA_AUDIT_BUCKET_ENDPOINT="http://127.0.0.1:9")
    assert (refused.returncode, refused.stdout) == (AGAIN, "")
    assert sealer.sealed() == 3
    assert sealer.file.read_bytes().startswith(former)
    older = former.splitlines(keepends=True)
    sealer.file.write_bytes(b"".join(older[: next(n for n, line in enumerate(older) if b"sello" in line) + 1]))
    assert sealer.sealed() == 4
    assert sealer.file.read_bytes().startswith(former)
    assert sealer.verify("--sellos", sealer.file, "--del-bucket", FILE).returncode == 0


def test_what_was_changed_or_is_missing_in_the_bucket_is_found(sealer: Sealer) -> None:
    for _ in range(3):
        sealer.sealed()
    second = sealer.read(sealer.object(2))
    changes: list[tuple[Callable[[], None], str, str]] = [
        (lambda: sealer.write(2, second.replace(b'"T-0"', b'"T-2"')), "sello 2", "sello 2: el del bucket no es"),
        (lambda: sealer.remove(2), "sello 2: falta en el bucket", "sello 2: falta en el bucket"),
        (lambda: sealer.remove(3), "sello 3: falta en el bucket", "sello 3: falta en el bucket"),
    ]
    whole = {number: sealer.read(sealer.object(number)) for number in (1, 2, 3)}
    for change, alone, beside in changes:
        change()
        done = sealer.verify("--del-bucket", FILE)
        assert (done.returncode, alone in done.stdout) == (TAMPERED, True), done.stdout
        done = sealer.verify("--sellos", sealer.file, "--del-bucket", FILE)
        assert (done.returncode, beside in done.stdout.splitlines()[0]) == (TAMPERED, True), done.stdout
        for number, text in whole.items():
            sealer.write(number, text)
    assert sealer.verify("--sellos", sealer.file, "--del-bucket", FILE).returncode == 0
    copied = pathlib.Path(shutil.copy(sealer.file, sealer.file.with_name("copia")))
    copied.write_bytes(whole[1])
    done = sealer.verify("--sellos", copied, "--del-bucket", FILE)
    assert "sello 2: está en el bucket y falta en el archivo" in done.stdout


def test_nothing_is_sealed_beside_the_objects_of_somebody_else(sealer: Sealer) -> None:
    sealer.sealed()
    before = sealer.file.read_bytes()
    sealer.write(9, b"nada\n")
    after = sealer.seal()
    assert (after.returncode, "los sellos del bucket no están como se escribieron" in after.stderr) == (TAMPERED, True)
    sealer.remove(9)
    sealer.write(0, b"nada\n")
    between = sealer.seal()
    assert (between.returncode, "el bucket tiene el sello 0 y el archivo no" in between.stderr) == (TAMPERED, True)
    assert sealer.file.read_bytes() == before
    sealer.remove(0)
    sealer.sealed()


def test_an_object_is_never_written_over(sealer: Sealer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also not by two runs at once, neither of which has seen that of the other."""
    said = {"POSTGRES_HOST": "h", "POSTGRES_PASSWORD": "p", "HISTORIA_AUDIT_BUCKET": sealer.bucket}
    for name, value in (sealer.s3.environment() | said).items():
        monkeypatch.setenv(name, value)
    stored = Bucket(read_settings(), FILE)
    stored.put(7, io.BytesIO(b"uno\n"))
    stored.put(7, io.BytesIO(b"uno\n"))
    with pytest.raises(Tampered, match="ya hay otro sello 7"):
        stored.put(7, io.BytesIO(b"dos\n"))
    assert stored.numbers() == [7]
    (name,) = sealer.names()
    assert sealer.read(name) == b"uno\n"


@contextlib.contextmanager
def empty_server(folder: pathlib.Path) -> Iterator[tuple[str, Authority]]:
    """One with a certificate of its own authority, and without any bucket."""
    authority = Authority.create(folder)
    for name, text in zip(("crt", "key"), authority.issue("IP:127.0.0.1"), strict=True):
        (folder / name).write_text(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "crt", folder / "key")

    def answer(_environment: Any, start: Any) -> list[bytes]:
        start("404 Not Found", [("Content-Type", "application/xml")])
        return [b"<Error><Code>NoSuchBucket</Code></Error>"]

    running = make_server("127.0.0.1", 0, answer, threaded=True, ssl_context=context)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    try:
        yield f"https://127.0.0.1:{running.server_port}", authority
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def test_the_server_must_have_a_certificate_of_the_authority(sealer: Sealer, tmp_path: pathlib.Path) -> None:
    with empty_server(tmp_path) as (endpoint, authority):
        for ca, said in ((str(authority.file), "no existe el bucket"), ("", "no presenta un certificado válido")):
            done = sealer.verify(
                "--del-bucket", FILE, HISTORIA_AUDIT_BUCKET_ENDPOINT=endpoint, HISTORIA_AUDIT_BUCKET_CA=ca
            )
            assert (done.returncode, said in done.stderr) == (WRONG, True), done.stderr


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "muy-secreta"}, WRONG, "no admite estas credenciales"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, WRONG, "no hay credenciales"),
        ({"HISTORIA_AUDIT_BUCKET": "no-lo-hay"}, WRONG, "no existe el bucket no-lo-hay"),
        ({"HISTORIA_AUDIT_BUCKET_ENDPOINT": "http://127.0.0.1:9"}, AGAIN, "no responde"),
        ({"HISTORIA_AUDIT_BUCKET_ENDPOINT": "http://almacen.example.org"}, WRONG, "debe ser https://"),
        ({"HISTORIA_AUDIT_BUCKET_CA": "/no/existe.pem"}, WRONG, "HISTORIA_AUDIT_BUCKET_CA"),
    ],
    ids=["credentials", "no credentials", "no bucket", "unreachable", "clear text", "no authority"],
)
def test_what_stands_in_the_way_is_said(
    sealer: Sealer, s3: S3, environment: dict[str, str], code: int, said: str
) -> None:
    with s3.asking_who() if "AWS_SECRET_ACCESS_KEY" in environment else contextlib.nullcontext():
        done = sealer.seal(**environment)
    assert (done.returncode, done.stdout, said in done.stderr) == (code, "", True), done.stderr
    assert [json.loads(line)["level"] for line in done.stderr.splitlines()].count("error") == 1
    assert not sealer.file.is_file() or sealer.file.stat().st_size == 0
