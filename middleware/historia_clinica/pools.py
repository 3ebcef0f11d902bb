"""One pool of connections for each node. With db, the only place that knows the driver."""

import re
import threading
from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast

import psycopg2
from psycopg2.extensions import connection as DriverConnection  # noqa: N812  the class is spelled in lower case
from sqlalchemy import create_engine, event
from sqlalchemy.exc import InvalidatePoolError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from historia_clinica.errors import Saturated, SchemaMissing, Unavailable
from historia_clinica.health import takes_connections
from historia_clinica.routing import Address
from historia_clinica.settings import Settings

LOGIN_REFUSED = (
    "La base de datos aún no admite a la API: falta instalar el esquema o la contraseña no coincide; "
    "espere a «historia-hooks sync»."
)
NOT_TRUSTED = (
    "La API no se fía de la base de datos: su certificado no es de la CA que se espera, está vencido o es de otro "
    "nombre, o no ofrece TLS; vea docs/runbooks/certificados.md."
)
NOT_ENCRYPTED = "La base de datos solo admite conexiones cifradas: ponga POSTGRES_SSLMODE en verify-full."
# libpq gives no code to a connection that failed: only its words tell
DISTRUST = re.compile(r"certificate verify failed|does not match host name|root certificate file|does not support SSL")
PLAIN_REFUSED = re.compile(r"no pg_hba\.conf entry.*no encryption")
Connection = PoolProxiedConnection
APPLICATION_NAME = "historia-clinica-api"
# Milliseconds. Nobody waits longer for a server that vanished without a word, ours or one that Citus asks for us.
VANISHED = 1500
NODE_CONNECTION = 1000
KEEPALIVE: dict[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": VANISHED,
}


@dataclass(frozen=True)
class Use:
    """How many connections to one node are lent, and how many lie ready; never more than `size` together."""

    address: Address
    size: int
    lent: int
    idle: int


class Pool:
    """The connections of one process to one node."""

    def __init__(self, settings: Settings, address: Address) -> None:
        self._settings = settings
        self._address = address
        self._engine = create_engine(
            "postgresql+psycopg2://",
            creator=self._connect,
            pool_size=settings.historia_pool_size,
            max_overflow=0,
            pool_timeout=settings.historia_pool_timeout,
            pool_recycle=settings.historia_pool_recycle,
            use_native_hstore=False,
        )
        self._wanted = threading.local()
        event.listen(self._engine, "checkout", self._begin)

    def take(self, *, begun: bool) -> Connection:
        """`begun`: with a transaction, and so surely one that leads somewhere. Another may have lain idle too long."""
        self._wanted.begun = begun
        try:
            return self._engine.raw_connection()
        except PoolTimeout as error:
            raise Saturated from error
        except (psycopg2.Error, SQLAlchemyError) as error:
            raise self._refusal(str(error)) from error

    def use(self) -> Use:
        pool = cast("QueuePool", self._engine.pool)
        return Use(self._address, pool.size(), pool.checkedout(), pool.checkedin())

    def close(self) -> None:
        self._engine.dispose()

    def _begin(self, driver: DriverConnection, _record: object, _proxy: object) -> None:
        """In place of a ping, which would be a round trip more."""
        if not self._wanted.begun:
            return
        try:
            with closing(driver.cursor()) as cursor:
                cursor.execute("BEGIN")
        except psycopg2.Error as error:
            raise InvalidatePoolError from error  # whatever else has lain there since is no better

    def _refusal(self, said: str) -> Unavailable:
        """A failed login carries no SQLSTATE; whether the server serves at all is asked of the server itself."""
        if DISTRUST.search(said):
            return Unavailable(NOT_TRUSTED)
        if PLAIN_REFUSED.search(said) and self._settings.postgres_sslmode == "disable":
            return Unavailable(NOT_ENCRYPTED)
        return SchemaMissing(LOGIN_REFUSED) if self._answers() else Unavailable()

    def _answers(self) -> bool:
        return takes_connections(self._settings, self._address)

    def _connect(self) -> DriverConnection:
        """Asks first, because the driver waits two seconds at the least for a server that does not answer."""
        if not self._answers():
            raise Unavailable
        connection: DriverConnection = psycopg2.connect(
            host=self._address.host,
            port=self._address.port,
            user=self._settings.postgres_user,
            password=self._settings.postgres_password.get_secret_value(),
            dbname=self._settings.postgres_db,
            connect_timeout=self._settings.historia_connect_timeout,
            application_name=APPLICATION_NAME,
            options=_session(self._settings),
            **_encryption(self._settings),
            **KEEPALIVE,
        )
        connection.autocommit = True  # where a transaction begins and ends is said by us: not each statement needs one
        return connection


class Pools:
    """Made when a node is first asked, so that no connection crosses a fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._pools: dict[Address, Pool] = {}

    def take(self, address: Address, *, begun: bool = True) -> Connection:
        with self._lock:
            if address not in self._pools:
                self._pools[address] = Pool(self._settings, address)
            pool = self._pools[address]
        return pool.take(begun=begun)

    def use(self) -> list[Use]:
        """Of each node that was asked so far."""
        with self._lock:
            return [pool.use() for pool in self._pools.values()]

    def keep_only(self, addresses: set[Address]) -> None:
        """Idle connections to nodes that left are closed; those under way close when they are given back."""
        with self._lock:
            gone = [self._pools.pop(address) for address in self._pools.keys() - addresses]
        for pool in gone:
            pool.close()

    def close(self) -> None:
        self.keep_only(set())


def _encryption(settings: Settings) -> dict[str, Any]:
    """Without a file of ours, libpq looks for one of its own."""
    said = {"sslmode": settings.postgres_sslmode, "sslrootcert": settings.postgres_sslrootcert}
    return {name: value for name, value in said.items() if value}


def _session(settings: Settings) -> str:
    session = {
        "statement_timeout": settings.historia_statement_timeout,
        "lock_timeout": settings.historia_lock_timeout,
        "idle_in_transaction_session_timeout": settings.historia_idle_timeout,
        "TimeZone": "UTC",
        "citus.node_connection_timeout": NODE_CONNECTION,
        "citus.propagate_set_commands": "local",  # whose rows a transaction is about, said on every node that it asks
    }
    return " ".join(f"-c {name}={value}" for name, value in session.items())
