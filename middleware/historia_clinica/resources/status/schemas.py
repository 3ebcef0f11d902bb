"""What the service says of itself: the seed's members and, beside them, ours."""

from typing import Literal

from historia_clinica.http.fields import Schema


class Service(Schema):
    status: Literal["healthy"]
    service: Literal["middleware-citus"]
    version: str


class Status(Schema):
    status: Literal["connected"]
    postgres_version: str
    engine: Literal["citus", "postgresql"]
    citus_version: str | None
    workers: int
    schema_version: str | None


class Probe(Schema):
    status: Literal["ok"]


EXAMPLE = {
    "status": "connected",
    "postgres_version": "PostgreSQL 16.10 (Debian 16.10-1.pgdg13+1) on x86_64-pc-linux-gnu",
    "engine": "citus",
    "citus_version": "13.2-2",
    "workers": 2,
    "schema_version": "0001",
}
