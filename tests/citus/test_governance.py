"""Who may see what and who saw it, over nodes: with two workers, and once a third has taken its share."""

import concurrent.futures
import contextlib
import pathlib
import random
import time
from collections.abc import Iterator
from typing import Any

from access import Door, World, person
from audited import chain, query
from citus.hooks_state import done
from citus.routed import NewApi
from conftest import Hooks
from flask.testing import FlaskClient
from historia_clinica.access.people import Rol
from historia_hooks.audit.seals import read_key
from historia_hooks.audit.verdict import Verdict
from historia_hooks.commands.verify_audit import Seals, verify_audit
from matrix import walk, walked_world
from probing import out_of_sight, requests, told
from sealed import write_keys
from tampering import copy_of, grow, judged, nodes_of, tampered
from versioned import PACIENTES

CELLS_OF_A_ROLE = 300  # and more
WRITERS = 50
CHAINS = [("p", f"G-{n}") for n in range(24)] + [("s", f"u:g{n}") for n in range(4)]
AUDITED = ("auditoria", "auditoria_sistema")


def test_it_is_on_two_workers_and_on_three_as_on_one_node(
    citus_system: Any, new_api: NewApi, run_hooks: Hooks, tmp_path: pathlib.Path
) -> None:
    door = Door(new_api("owner", HISTORIA_POOL_SIZE=f"{WRITERS}"))
    keys = write_keys(tmp_path)
    with contextlib.closing(citus_system.connect()) as superuser:
        grow(superuser, CHAINS, 4, random.Random(7))
        before = [walked_world(door) for _ in range(2)]  # some of the second's patients move
        for workers, seeded in zip((2, 3), before, strict=True):
            done(run_hooks(citus_system, "sync", workers=workers, HISTORIA_REBALANCE="wait"))
            check_each_cell(door, seeded)
            check_who_is_out_of_sight(door, seeded)
            check_many_writers(citus_system, door.api)
            check_what_cannot_be_audited(citus_system, door.api)
            seal = ("seal-audit", "--clave", keys / "privada", "--sellos", keys / f"sellos-{workers}")
            done(run_hooks(citus_system, *map(str, seal), workers=workers))
            check_tamperings(citus_system, workers, superuser, Seals(read_key(keys / "publica"), seal[-1], None))


def check_each_cell(door: Door, seeded: World) -> None:
    for rol in Rol:
        wrong, counted = walk(door, seeded, rol)
        assert (wrong, counted.total() > CELLS_OF_A_ROLE) == ([], True), rol


def check_who_is_out_of_sight(door: Door, seeded: World) -> None:
    """All that a physician is told about them, however it is asked, is what he is told about nobody's number."""
    asked = [list(requests(subject)) for subject in out_of_sight(door.api, seeded).values()]
    with door.of(seeded.people[Rol.MEDICO]) as api:
        for alike in zip(*asked, strict=True):
            answers = [told(api.open(address, method=method, **sent)) for method, address, sent in alike]
            assert answers == [answers[-1]] * len(answers), alike
            assert answers[-1][0] in (403, 404)


def check_many_writers(cluster: Any, api: FlaskClient) -> None:
    """Also where none has begun the chain."""
    imported = f"I-{time.time_ns() // 1000}"
    query(cluster, "INSERT INTO pacientes (cedula, nombre, apellido) VALUES (%(one)s, 'A', 'B')", one=imported)
    for cedula, before in ((person(api).cedula, 1), (imported, 0)):

        def write(writer: int, cedula: str = cedula) -> int:
            body = {"diagnostico": f"{writer}"}
            return api.application.test_client().post(f"{PACIENTES}/{cedula}/consultas", json=body).status_code

        with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
            assert set(pool.map(write, range(WRITERS))) == {201}
        assert chain(cluster, cedula) == list(range(1, before + WRITERS + 1))


def check_what_cannot_be_audited(cluster: Any, api: FlaskClient) -> None:
    cedula = person(api).cedula
    with _without_audit(cluster):
        answers = [
            api.post(f"{PACIENTES}/{cedula}/consultas", json={"diagnostico": "d"}),
            api.get(f"{PACIENTES}/{cedula}"),
            api.get(PACIENTES),
        ]
    assert {(one.status_code, one.get_json()["type"]) for one in answers} == {
        (503, "/docs/problemas#auditoria-no-disponible")
    }
    assert query(cluster, "SELECT 1 FROM consultas WHERE paciente_id = %(one)s", one=cedula) == []


@contextlib.contextmanager
def _without_audit(cluster: Any) -> Iterator[None]:
    for table in AUDITED:
        query(cluster, f"ALTER TABLE {table} ADD CONSTRAINT ninguna CHECK (false) NOT VALID")
    yield
    for table in AUDITED:
        query(cluster, f"ALTER TABLE {table} DROP CONSTRAINT ninguna")


def check_tamperings(cluster: Any, workers: int, superuser: Any, seals: Seals) -> None:
    """Most of the chains in one way each; what everybody else has done meanwhile gives no alarm."""
    copy = copy_of(superuser, CHAINS)
    with contextlib.closing(nodes_of(cluster, workers)) as nodes:
        assert list(verify_audit(nodes, seals, Verdict())) == []
        with tampered(superuser, copy, random.Random()) as changed:
            faults = list(verify_audit(nodes, seals, Verdict()))
        assert (judged(changed, faults), bool(changed)) == ([], True)
        assert list(verify_audit(nodes, seals, Verdict())) == []
