"""`transaction()`: the way of a request to the node that answers it."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress

from historia_clinica import deadline, shard_map
from historia_clinica.db import Parameters, Row, Statement, Transaction
from historia_clinica.directory import Directory
from historia_clinica.errors import HistoriaError, Saturated, SchemaMissing, Unavailable
from historia_clinica.pools import Connection, Pools, Use
from historia_clinica.routing import Address, Routing, ShardMap
from historia_clinica.row_context import signer
from historia_clinica.settings import Settings

# Seconds after which no further node is tried. Where any worker may be first, the one that is lost is rarely the
# patient's own, and it is worth going on.
PATIENCE = {Routing.COORDINATOR: 0.0, Routing.WORKERS: 2.0, Routing.OWNER: 1.0}

# Entered before a transaction is committed, and left once it is; what it raises rolls back.
Witness = Callable[[Transaction], AbstractContextManager[None]]
# Of whom whoever asks the current request sees what is reserved: see Transaction.
Reservados = Callable[[], str]


def _nobody(_transaction: Transaction) -> AbstractContextManager[None]:
    return nullcontext()


class Database:
    """The way to the nodes of one process. It opens nothing until the first request: no connection crosses a fork."""

    def __init__(self, settings: Settings, witness: Witness = _nobody, reservados: Reservados = str) -> None:
        self._pools = Pools(settings)
        self._signed = signer(settings.historia_signing_key.get_secret_value())
        self._witness = witness
        self._reservados = reservados
        self._patience = PATIENCE[settings.historia_routing]
        self._coordinator = Address(settings.postgres_host, settings.postgres_port)
        self._first_workers = settings.first_workers
        self._directory = Directory(settings.historia_routing, self._coordinator, self._load_map, self._load_first_map)
        self.workers = self._directory.workers

    @contextmanager
    def transaction(self, paciente: str | None = None, *, cuenta: str | None = None) -> Iterator[Transaction]:
        """One transaction of one request: committed when the block ends, rolled back when it raises.

        With the key of a patient, every statement must be about that patient: it may run on any node. So it is with the
        document of an account, which lies beside the patient of that number unless users are spread themselves; then
        the node that is asked passes the statement on.
        """
        with self._between(paciente or cuenta, paciente, self._witness, self._reservados()) as transaction:
            yield transaction

    @contextmanager
    def aside(self, key: str | None = None, *, paciente: str | None = None) -> Iterator[Transaction]:
        """One that is not what a request does: what the process asks for itself, and a step on the way to the deed.

        With a patient, or the key of an account, or any for what lies on every node, it may run on any node.
        """
        with self._between(paciente or key, paciente, _nobody) as transaction:
            yield transaction

    def ask(
        self,
        statement: Statement,
        parameters: Parameters,
        into: Callable[..., Row],
        *,
        key: str | None = None,
        paciente: str | None = None,
    ) -> list[Row]:
        """What one statement answers that changes nothing and is all that a transaction would hold: in one round trip.

        With a patient, it gets as `contexto` what the transaction would declare.
        """
        said = {**parameters, "contexto": self._signed(paciente)} if paciente else parameters
        with closing(Transaction(self._way(paciente or key, begun=False), self._signed)) as alone:
            try:
                return alone.only(statement, said, into)
            except SchemaMissing:
                pass  # the node may have left
            except Unavailable:
                if not alone.lost:
                    raise
        with self.aside(key, paciente=paciente) as transaction:
            return transaction.rows(statement, said, into)

    def first_node(self, paciente: str) -> Address:
        """Where a request about that patient would go first."""
        return self._directory.candidates(paciente)[0]

    def connections(self) -> list[Use]:
        """How the connections of this process are used, node by node."""
        return self._pools.use()

    def close(self) -> None:
        self._pools.close()

    @contextmanager
    def _between(
        self, key: str | None, paciente: str | None, witness: Witness, reservados: str = ""
    ) -> Iterator[Transaction]:
        transaction = Transaction(self._way(key), self._signed, paciente, reservados)
        try:
            yield transaction
            with witness(transaction):
                transaction.commit()
        finally:
            transaction.close()

    def _way(self, paciente: str | None, *, begun: bool = True) -> Iterator[Connection]:
        """Connections to the nodes that may be asked, each opened when it is wanted; the last refusal at the end."""
        refusal: HistoriaError = Unavailable()
        gives_up = time.monotonic() + self._patience
        for node in self._directory.candidates(paciente):
            deadline.check()
            try:
                connection = self._pools.take(node, begun=begun)
            except Saturated:
                raise
            except Unavailable as error:
                refusal = error
            else:
                yield connection
            # not this one, or not as a member of the cluster would
            self._directory.missed(node)
            if time.monotonic() > gives_up:
                break
        raise refusal

    def _load_map(self) -> ShardMap:
        with self.aside() as transaction:
            found = shard_map.read(transaction, self._coordinator)
        self._pools.keep_only({self._coordinator, *found.workers})
        return found

    def _on(self, node: Address) -> Transaction:
        return Transaction(iter((self._pools.take(node),)), self._signed)

    def _load_first_map(self) -> ShardMap:
        """From the first configured worker that knows the cluster; empty when there is none."""
        for node in self._first_workers:
            with suppress(HistoriaError), closing(self._on(node)) as transaction:
                found = shard_map.read(transaction, self._coordinator)
                if found.workers:
                    return found
        return ShardMap()
