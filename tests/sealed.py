"""What tests of the seals start from: keys, and a database of one's own beside that of the other tests."""

import contextlib
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from historia_local.nodes import Cluster


def write_keys(folder: pathlib.Path) -> pathlib.Path:
    """Into that folder the private key, the public one and another private one."""
    for name in ("privada", "otra"):
        made = Ed25519PrivateKey.generate()
        (folder / name).write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        if name == "privada":
            public = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            (folder / "publica").write_bytes(public)
    return folder


@contextlib.contextmanager
def database(cluster: Cluster, run_hooks: Callable[..., Any], name: str) -> Iterator[None]:
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        done = run_hooks(cluster, "sync", workers=0, POSTGRES_DB=name)
        assert done.returncode == 0, done.stdout + done.stderr
        yield
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
