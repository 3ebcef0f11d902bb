"""What the service says of itself: the seed's members and, beside them, ours."""

from typing import Literal, Self

from pydantic import Field

from historia_clinica.http.fields import Schema
from historia_clinica.members import Member


class Service(Schema):
    status: Literal["healthy"]
    service: Literal["middleware-citus"]
    version: str


class Problem(Schema):
    """A node that does not answer (`unreachable`), or behind whose name another server answers (`changed`)."""

    node: str
    port: int
    state: Literal["changed", "unreachable"]
    detail: str | None

    @classmethod
    def of(cls, member: Member) -> Self:
        return cls.model_validate(
            {
                "node": member.found.name,
                "port": member.found.port,
                "state": member.identity,
                "detail": member.detail,
            }
        )


class Status(Schema):
    status: Literal["connected"]
    postgres_version: str
    engine: Literal["citus", "postgresql"]
    citus_version: str | None
    workers: int
    schema_version: str | None
    problems: list[Problem] = Field(description="Nodos que no responden o que volvieron con otro volumen.")


class Probe(Schema):
    status: Literal["ok"]


EXAMPLE = {
    "status": "connected",
    "postgres_version": "PostgreSQL 16.10 (Debian 16.10-1.pgdg13+1) on x86_64-pc-linux-gnu",
    "engine": "citus",
    "citus_version": "13.2-2",
    "workers": 2,
    "schema_version": "0001",
    "problems": [],
}
