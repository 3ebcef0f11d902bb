"""What tests of the routing ask and do: an API's patients, who holds them, and nodes that stand still or hand over."""

import contextlib
import itertools
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask.testing import FlaskClient
from historia_clinica.db import Scope, Statement
from historia_clinica.http.context import KEY
from historia_clinica.routing import Address

PACIENTES = "/api/v1/pacientes"
PAST_THE_COORDINATOR = ["owner", "workers"]
AT_ONCE = 2  # seconds
_numbers = itertools.count(time.time_ns() // 1000 % 10**12)

NewApi = Callable[..., FlaskClient]


def database_of(api: FlaskClient) -> Any:
    return api.application.extensions[KEY].database


def patients(api: FlaskClient, count: int) -> list[str]:
    cedulas = [f"R-{next(_numbers)}" for _ in range(count)]
    for cedula in cedulas:
        assert api.post(PACIENTES, json={"cedula": cedula, "nombre": "Ana", "apellido": "Paz"}).status_code == 201
    return cedulas


def medico(api: FlaskClient) -> int:
    answer = api.post("/api/v1/medicos", json={"nombre": "L", "apellido": "G", "codigo_medico": f"M{next(_numbers)}"})
    return int(answer.get_json()["id"])


def owner_of(cluster: Any, cedula: str, asked: Any = None) -> Address:
    """As the coordinator knows it, or another node."""
    with contextlib.closing(cluster.connect(asked)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT nodename, nodeport FROM citus_shards"
            " WHERE shardid = get_shard_id_for_distribution_column('pacientes', %s)",
            (cedula,),
        )
        return Address(*cursor.fetchone())


def answering_port(api: FlaskClient, cedula: str) -> int:
    """The port of the node where a transaction about that patient begins."""
    statement = Statement("SELECT inet_server_port() AS port", Scope.PATIENT)
    with database_of(api).transaction(paciente=cedula) as transaction:
        return int(transaction.rows(statement, {}, lambda port: port)[0])


def written_in_two_phases(cluster: Any) -> set[tuple[str, str]]:
    """What each node keeps of transactions it committed in two phases, until Citus clears it away: what comes later
    shows as more than a subset.
    """
    found = set()
    for node in cluster.nodes[:3]:
        with contextlib.closing(cluster.connect(node)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT gid FROM pg_dist_transaction")
            found |= {(str(node.port), gid) for (gid,) in cursor.fetchall()}
    return found


def in_time(call: Callable[[], Any]) -> Any:
    started = time.monotonic()
    answer = call()
    assert time.monotonic() - started < AT_ONCE
    return answer


def unavailable(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 503, answer.get_data(as_text=True)
    assert answer.headers["Retry-After"]
    body: dict[str, Any] = answer.get_json()
    return body


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@contextlib.contextmanager
def frozen(node: Any) -> Iterator[None]:
    """All its processes stand still: the kernel takes connections, nobody answers."""
    postmaster = (node.data_directory / "postmaster.pid").read_text().split()[0]
    children = subprocess.run(["pgrep", "-P", postmaster], capture_output=True, text=True, check=True).stdout.split()
    processes = [int(pid) for pid in (postmaster, *children)]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(processes):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def move(cluster: Any, cedula: str, origin: Address, target: Address, how: str = "block_writes") -> None:
    """Once what an earlier move left is gone: whoever read it just then keeps it, and it is in the way of the next."""
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        eventually(lambda: _is_clean(cursor), 60)
        cursor.execute(
            "SELECT citus_move_shard_placement(get_shard_id_for_distribution_column('pacientes', %s), %s, %s, %s, %s,"
            " %s)",
            (cedula, origin.host, origin.port, target.host, target.port, how),
        )


def _is_clean(cursor: Any) -> bool:
    cursor.execute("CALL citus_cleanup_orphaned_resources()")
    cursor.execute("SELECT count(*) FROM pg_dist_cleanup")
    return cursor.fetchone() == (0,)


def send(client: FlaskClient, method: str, address: str, tries: int = 200, **sent: Any) -> Any:
    """Again where it is not acknowledged, and to where it is led."""
    for _ in range(tries):
        answer = client.open(address, method=method, **sent)
        if answer.status_code == 308:
            address = answer.headers["Location"]
        elif answer.status_code < 500:
            return answer
        else:
            time.sleep(0.02)
    raise AssertionError(answer.get_data(as_text=True))
