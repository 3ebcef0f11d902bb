"""What the hooks, the API and a person need to know of the nodes, whatever runs them: addresses and secrets."""

import secrets
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812  the class is spelled in lower case

from historia_local.server import DATABASE, OWNER, Node

Engine = Literal["citus", "postgresql"]
Role = Literal["owner", "app"]
APP = "historia_app"
SECRETS = ("admin-password", "app-password", "signing-key")


@dataclass(frozen=True)
class Passwords:
    """Of the two roles, and the key with which the API signs."""

    owner: str
    app: str
    signing: str

    @classmethod
    def kept_in(cls, folder: Path) -> "Passwords":
        """Those of an earlier run, or new ones: one file each that only its owner can read."""
        return cls(*(_secret(folder / name) for name in SECRETS))


class Nodes(ABC):
    """A coordinator and its workers."""

    def __init__(self, engine: Engine, coordinator: Node, workers: tuple[Node, ...], passwords: Passwords) -> None:
        self.engine = engine
        self.coordinator = coordinator
        self.workers = workers
        self.passwords = passwords

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.coordinator, *self.workers)

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def stop(self, node: Node) -> None:
        """An orderly end; its data stays."""

    @abstractmethod
    def running(self, node: Node) -> bool: ...

    def hooks_environment(self, workers: int) -> dict[str, str]:
        """The whole environment of `historia-hooks` for a cluster of that many workers."""
        if workers > len(self.workers):
            raise ValueError(f"only {len(self.workers)} workers exist")
        return {
            "POSTGRES_HOST": self.coordinator.host,
            "POSTGRES_PORT": str(self.coordinator.port),
            "POSTGRES_USER": OWNER,
            "POSTGRES_PASSWORD": self.passwords.owner,
            "POSTGRES_DB": DATABASE,
            "HISTORIA_APP_PASSWORD": self.passwords.app,
            "HISTORIA_SIGNING_KEY": self.passwords.signing,
            "HISTORIA_COORDINATOR": self.coordinator.address,
            "HISTORIA_WORKERS": ",".join(node.address for node in self.workers[:workers]),
            "HISTORIA_USUARIO": "reference",
            "HISTORIA_TIMEOUT": "240",
        }

    def api_environment(self) -> dict[str, str]:
        """The environment of the API, with the defaults left out."""
        return {
            "POSTGRES_HOST": self.coordinator.host,
            "POSTGRES_PORT": str(self.coordinator.port),
            "POSTGRES_USER": APP,
            "POSTGRES_PASSWORD": self.passwords.app,
            "POSTGRES_DB": DATABASE,
            "HISTORIA_SIGNING_KEY": self.passwords.signing,
        }

    def connect(self, node: Node | None = None, role: Role = "owner", database: str = DATABASE) -> Connection:
        """A connection in autocommit, to the coordinator unless a node is given."""
        target = node or self.coordinator
        user, password = (OWNER, self.passwords.owner) if role == "owner" else (APP, self.passwords.app)
        made = psycopg2.connect(
            host=target.host, port=target.port, user=user, password=password, dbname=database, connect_timeout=10
        )
        made.autocommit = True
        return made


def _secret(path: Path) -> str:
    try:
        kept = path.read_text().strip()
    except FileNotFoundError:
        kept = ""
    if not kept:
        kept = secrets.token_urlsafe(24)
        path.touch(mode=0o600)
        path.write_text(f"{kept}\n")
    return kept
