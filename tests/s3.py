"""A server that speaks S3: moto's, on a port of its own, or the one of HISTORIA_TEST_S3 (docs/desarrollar.md)."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import requests
from botocore.config import Config

SECONDS = 60


@dataclass(frozen=True)
class S3:
    """Where it is, and who may do everything there."""

    endpoint: str
    access: str
    secret: str
    moto: bool

    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access,
            aws_secret_access_key=self.secret,
            config=Config(s3={"addressing_style": "path"}),
        )

    def environment(self) -> dict[str, str]:
        """For a hook that is to use it; the bucket is not among that."""
        return {
            "HISTORIA_AUDIT_BUCKET_ENDPOINT": self.endpoint,
            "HISTORIA_AUDIT_BUCKET_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": self.access,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @contextlib.contextmanager
    def asking_who(self) -> Iterator[None]:
        """moto takes everybody's word otherwise; a real one never does."""
        if not self.moto:
            yield
            return
        requests.post(f"{self.endpoint}/moto-api/reset-auth", data="0", timeout=SECONDS).raise_for_status()
        try:
            yield
        finally:
            requests.post(f"{self.endpoint}/moto-api/reset-auth", data="inf", timeout=SECONDS).raise_for_status()


@contextlib.contextmanager
def server() -> Iterator[S3]:
    if real := os.environ.get("HISTORIA_TEST_S3"):
        yield S3(real, os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], moto=False)
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _wait(started, endpoint)
        yield S3(endpoint, "acceso", secrets.token_hex(16), moto=True)
    finally:
        started.terminate()
        started.wait()


def _wait(started: "subprocess.Popen[bytes]", endpoint: str) -> None:
    late = time.monotonic() + SECONDS
    while True:
        assert started.poll() is None, "the server did not start"
        assert time.monotonic() < late
        with contextlib.suppress(requests.ConnectionError):
            requests.get(f"{endpoint}/moto-api/data.json", timeout=SECONDS)
            return
        time.sleep(0.05)
