"""The seals of one file in a bucket, by the protocol of S3. The only module that knows boto3: to import it takes half a
second, so whoever needs none does not import this.
"""

import contextlib
import hashlib
import pathlib
import re
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from typing import IO

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    SSLError,
)

from historia_hooks.errors import AUDIT_RUNBOOK, BUCKET_RUNBOOK, HookError, Misconfigured, Tampered, TryAgain
from historia_hooks.settings import Settings

CONNECT, READ, ATTEMPTS = 5, 60, 3  # seconds, and how often one request is sent
OBJECT = re.compile(r"([0-9]{12})[.]jsonl")
THERE = 412
PASSING = ("NoSuchKey", "ConditionalRequestConflict", "OperationAborted", "RequestTimeout", "SlowDown")
ELSEWHERE = ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException")


class Bucket:
    """A Store (historia_hooks.audit.store)."""

    def __init__(self, settings: Settings, file: str) -> None:
        self._name = settings.bucket
        self._where = f"el bucket {settings.bucket}"
        self._prefix = "".join(f"{part}/" for part in (settings.bucket_prefix.strip("/"), file) if part)
        if settings.bucket_ca and not pathlib.Path(settings.bucket_ca).is_file():
            raise Misconfigured(f"HISTORIA_AUDIT_BUCKET_CA: no hay un archivo en {settings.bucket_ca}")
        with self._explained():
            self._s3 = boto3.session.Session().client(
                "s3",
                endpoint_url=settings.bucket_endpoint or None,
                region_name=settings.bucket_region or None,
                verify=settings.bucket_ca or None,
                config=Config(
                    connect_timeout=CONNECT,
                    read_timeout=READ,
                    retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                    signature_version="s3v4",
                    # what an address of one's own is, not each bucket below it, has a name and a certificate
                    s3={"addressing_style": "path" if settings.bucket_endpoint else "auto"},
                    # the newer checksums are unknown to many that speak S3; ours is below
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # nobody looked at those
                ),
            )

    def numbers(self) -> list[int]:
        found = []
        with self._explained():
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=self._prefix):
                names = (one["Key"].removeprefix(self._prefix) for one in page.get("Contents", []))
                found += [int(said[1]) for said in map(OBJECT.fullmatch, names) if said]
        return sorted(found)

    def put(self, number: int, block: IO[bytes]) -> None:
        # a bucket with a retention of its own asks for one of two checksums, and this is the one that all know
        digest = _digest(block, hashlib.md5(usedforsecurity=False))
        try:
            with self._explained():
                self._s3.put_object(
                    Bucket=self._name,
                    Key=self._key(number),
                    Body=block,
                    ContentMD5=b64encode(digest).decode(),
                    ContentType="application/jsonl",
                    IfNoneMatch="*",
                )
        except _ThereAlreadyError:
            if not self._has(number, block):
                raise Tampered(
                    f"en {self._where} ya hay otro sello {number}: alguien más escribe bajo {self._prefix}."
                    f" {AUDIT_RUNBOOK}"
                ) from None

    def get(self, number: int, into: IO[bytes]) -> None:
        with self._explained():
            body = self._s3.get_object(Bucket=self._name, Key=self._key(number))["Body"]
            with contextlib.closing(body):
                shutil.copyfileobj(body, into)

    def _key(self, number: int) -> str:
        return f"{self._prefix}{number:012d}.jsonl"

    def _has(self, number: int, block: IO[bytes]) -> bool:
        with tempfile.TemporaryFile() as there:
            self.get(number, there)
            return _digest(there, hashlib.sha256()) == _digest(block, hashlib.sha256())

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Errors as one sentence; of what the server said its code alone."""
        try:
            yield
        except ClientError as error:
            if _status(error) == THERE:
                raise _ThereAlreadyError from None
            raise self._refused(error) from None
        except SSLError:
            raise Misconfigured(
                f"el servidor de {self._where} no presenta un certificado válido: revise HISTORIA_AUDIT_BUCKET_ENDPOINT"
                f" y HISTORIA_AUDIT_BUCKET_CA. {BUCKET_RUNBOOK}"
            ) from None
        except (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError):
            raise Misconfigured(
                f"no hay credenciales para {self._where}: AWS_ACCESS_KEY_ID y AWS_SECRET_ACCESS_KEY, o la identidad del"
                f" pod. {BUCKET_RUNBOOK}"
            ) from None
        except BotoCoreError as error:
            raise TryAgain(f"{self._where} no responde ({type(error).__name__}). {BUCKET_RUNBOOK}") from None

    def _refused(self, error: ClientError) -> HookError:
        code = error.response.get("Error", {}).get("Code", "")
        if code == "NoSuchBucket":
            return Misconfigured(f"no existe {self._where}. {BUCKET_RUNBOOK}")
        if code in ELSEWHERE:
            return Misconfigured(f"{self._where} está en otra región: revise HISTORIA_AUDIT_BUCKET_REGION ({code})")
        if 400 <= _status(error) < 500 and code not in PASSING:
            return Misconfigured(
                f"{self._where} no admite estas credenciales para {error.operation_name} ({code}). {BUCKET_RUNBOOK}"
            )
        return TryAgain(f"{self._where} no pudo con {error.operation_name} ({code}). {BUCKET_RUNBOOK}")


class _ThereAlreadyError(Exception):
    """An object has that name."""


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _digest(file: IO[bytes], digest: "hashlib._Hash") -> bytes:
    """Of the whole file, which is at its beginning again."""
    file.seek(0)
    for part in iter(lambda: file.read(1 << 20), b""):
        digest.update(part)
    file.seek(0)
    return digest.digest()
