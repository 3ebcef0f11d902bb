"""A certificate authority of a test, by openssl, and PostgreSQL nodes that use what it issues."""

import contextlib
import os
import pathlib
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

CHART_HBA = pathlib.Path(__file__).parents[1] / "charts/historia-clinica/files/pg_hba-tls.conf"
EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


@dataclass(frozen=True)
class Authority:
    folder: pathlib.Path

    @classmethod
    def create(cls, folder: pathlib.Path, name: str = "ca") -> "Authority":
        if not shutil.which("openssl"):
            pytest.skip("no openssl on this machine")
        made = cls(folder / name)
        made.folder.mkdir()
        made.folder.chmod(0o755)
        _openssl("req", "-x509", *EC, "-subj", f"/CN={name}", "-days", "30", "-keyout", made._key, "-out", made.file)
        return made

    @property
    def file(self) -> pathlib.Path:
        return self.folder / "ca.crt"

    @property
    def _key(self) -> pathlib.Path:
        return self.folder / "ca.key"

    def issue(self, names: str, days: int = 30) -> tuple[str, str]:
        """A certificate and its key, as PEM texts."""
        request, key, certificate = (self.folder / f"node.{end}" for end in ("csr", "key", "crt"))
        _openssl("req", *EC, "-subj", "/CN=node", "-addext", f"subjectAltName={names}", "-keyout", key, "-out", request)
        sign = ("-CA", self.file, "-CAkey", self._key, "-CAcreateserial", "-copy_extensions", "copy", "-days", days)
        _openssl("x509", "-req", "-in", request, *sign, "-out", certificate)
        return certificate.read_text(), key.read_text()


def _openssl(*argv: object) -> None:
    subprocess.run(["openssl", *map(str, argv)], check=True, capture_output=True, timeout=30)


def give_certificate(node: Any, certificate: str, key: str) -> None:
    """Put both beside the node's data, as its account may read them."""
    owner = node.data_directory.stat()
    for name, text in (("tls.crt", certificate), ("tls.key", key)):
        path = node.data_directory / name
        path.touch(mode=0o600)
        path.write_text(text)
        os.chown(path, owner.st_uid, owner.st_gid)


def demand_tls(cluster: Any, node: Any, authority: Authority) -> None:
    """As the chart has it, apart from loopback, which the chart trusts to be inside the pod: here it is the network."""
    rules = [line for line in CHART_HBA.read_text().splitlines() if "127.0.0.1" not in line and "::1" not in line]
    (node.data_directory / "pg_hba.conf").write_text("\n".join(rules) + "\n")
    settings = {"ssl": "on", "ssl_cert_file": "tls.crt", "ssl_key_file": "tls.key"}
    if cluster.engine == "citus":
        settings["citus.node_conninfo"] = f"sslmode=verify-full sslrootcert={authority.file}"
    with contextlib.closing(cluster.connect(node)) as connection, connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute(f"ALTER SYSTEM SET {name} TO %s", (value,))
    cluster.restart(node)


def verifying(authority: Authority) -> dict[str, str]:
    """Environment of a program that trusts that authority alone."""
    return {"POSTGRES_SSLMODE": "verify-full", "POSTGRES_SSLROOTCERT": str(authority.file)}
