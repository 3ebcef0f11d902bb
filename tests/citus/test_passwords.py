"""Changes of passwords under traffic: the procedures of docs/operar.md, with every answer counted."""

import contextlib
import itertools
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import psycopg2
import pytest
from citus.hooks_state import done, rows
from citus.routed import database_of
from flask.testing import FlaskClient
from historia_clinica import create_app
from historia_clinica.settings import Settings
from historia_local.nodes import Cluster, Node

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
NewApi = Callable[..., FlaskClient]
PACIENTES = "/api/v1/pacientes"
NOTHING = "nada que hacer"
SECOND = "historia_app_b"
CLIENTS = 3
_numbers = itertools.count()


@pytest.fixture
def new_api(citus_cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewApi]:
    """An API that opens connections all the time, as pods do that start, grow or replace old ones."""
    made: list[FlaskClient] = []

    def make(**changes: str) -> FlaskClient:
        often = {"HISTORIA_POOL_RECYCLE": "1", "HISTORIA_ROUTING": "workers"}
        for name, value in (citus_cluster.api_environment() | often | changes).items():
            monkeypatch.setenv(name, value)
        made.append(create_app(Settings()).test_client())
        return made[-1]

    yield make
    for api in made:
        database_of(api).close()


class Traffic:
    """Clients that read and write without a pause; `api` may be replaced meanwhile, as a Service replaces pods."""

    def __init__(self, api: FlaskClient) -> None:
        self.api = api
        self.statuses: Counter[int] = Counter()

    @contextlib.contextmanager
    def flowing(self) -> Iterator["Traffic"]:
        stop = threading.Event()

        def client() -> None:
            while not stop.is_set():
                cedula = f"P-{next(_numbers)}"
                asker = self.api.application.test_client()
                patient = {"cedula": cedula, "nombre": "Ana", "apellido": "Paz"}
                doctor = {"nombre": "L", "apellido": "G", "codigo_medico": cedula}
                answers = [
                    asker.post(PACIENTES, json=patient),
                    asker.get(f"{PACIENTES}/{cedula}"),
                    asker.get(f"{PACIENTES}?limite=5"),
                    asker.post("/api/v1/medicos", json=doctor),
                ]
                self.statuses.update(answer.status_code for answer in answers)

        threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            time.sleep(2)
            yield self
            time.sleep(2)
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def nobody_failed(traffic: Traffic) -> None:
    assert set(traffic.statuses) == {200, 201}
    assert traffic.statuses.total() > 100


def login(node: Node, role: str, password: str) -> bool:
    try:
        opened = psycopg2.connect(
            host=node.host, port=node.port, user=role, password=password, dbname="historia_clinica"
        )
    except psycopg2.OperationalError:
        return False
    opened.close()
    return True


def test_the_api_moves_to_its_other_login_and_no_request_fails(
    fresh_citus: Cluster, run_hooks: Hooks, new_api: NewApi
) -> None:
    cluster = fresh_citus
    with Traffic(new_api()).flowing() as traffic:
        both = {"HISTORIA_APP_PASSWORD_B": "otra 'clave'"}
        done(run_hooks(cluster, "sync", **both))  # first: the new login exists, the old one is good
        time.sleep(2)
        traffic.api = new_api(POSTGRES_USER=SECOND, POSTGRES_PASSWORD="otra 'clave'")  # second: the pods move
        time.sleep(2)
        retired = both | {"HISTORIA_APP_PASSWORD": "nadie la usa"}
        done(run_hooks(cluster, "sync", **retired))  # third: the old password is worth nothing
    nobody_failed(traffic)
    assert NOTHING in done(run_hooks(cluster, "sync", **retired))["event"]
    for node in cluster.nodes[:3]:
        assert not login(node, "historia_app", cluster.passwords.app)
    # and back again, the other way round
    with Traffic(traffic.api).flowing() as traffic:
        traffic.api = new_api(POSTGRES_USER="historia_app", POSTGRES_PASSWORD="nadie la usa")
        time.sleep(2)
        done(run_hooks(cluster, "sync", **retired | {"HISTORIA_APP_PASSWORD_B": "una tercera"}))
    nobody_failed(traffic)


def test_a_worker_that_joins_knows_both_logins(blank_citus: Cluster, run_hooks: Hooks, new_api: NewApi) -> None:
    cluster, both = blank_citus, {"HISTORIA_APP_PASSWORD_B": "otra-clave"}
    done(run_hooks(cluster, "sync", **both))
    with Traffic(new_api(POSTGRES_USER=SECOND, POSTGRES_PASSWORD="otra-clave")).flowing() as traffic:
        done(run_hooks(cluster, "sync", workers=3, HISTORIA_REBALANCE="wait", **both))
    nobody_failed(traffic)
    assert login(cluster.workers[2], SECOND, "otra-clave")


def test_the_second_login_can_do_what_the_first_can_and_no_more(
    blank_citus: Cluster, run_hooks: Hooks, new_api: NewApi
) -> None:
    done(run_hooks(blank_citus, "sync", HISTORIA_APP_PASSWORD_B="otra-clave"))
    for node in blank_citus.nodes[:3]:
        [found] = rows(
            blank_citus,
            node,
            "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication,"
            " (SELECT array_agg(roleid::regrole::text) FROM pg_auth_members WHERE member = r.oid)"
            f" FROM pg_roles r WHERE rolname = '{SECOND}'",
        )
        assert found == (False, ["historia_app"])


def test_the_owners_password_changes_and_no_request_fails(
    fresh_citus: Cluster, run_hooks: Hooks, new_api: NewApi
) -> None:
    cluster = fresh_citus
    changing = {"POSTGRES_PASSWORD": "dueña nueva", "POSTGRES_PASSWORD_PREVIOUS": cluster.passwords.owner}
    with Traffic(new_api()).flowing() as traffic:
        done(run_hooks(cluster, "sync", **changing))
        assert NOTHING in done(run_hooks(cluster, "sync", **changing))["event"]
    nobody_failed(traffic)
    alone = {"POSTGRES_PASSWORD": "dueña nueva"}
    assert NOTHING in done(run_hooks(cluster, "sync", **alone))["event"]
    assert done(run_hooks(cluster, "verify", **alone))["event"] == "verificado"
    for node in cluster.nodes[:3]:
        assert not login(node, "admin", cluster.passwords.owner)


def test_a_change_of_the_owners_password_that_was_interrupted_is_finished(
    fresh_citus: Cluster, run_hooks: Hooks
) -> None:
    cluster = fresh_citus
    with contextlib.closing(cluster.connect(cluster.workers[0])) as connection, connection.cursor() as cursor:
        cursor.execute("SET citus.enable_alter_role_propagation TO off")
        cursor.execute("ALTER ROLE admin PASSWORD 'nueva'")
    changing = {"POSTGRES_PASSWORD": "nueva", "POSTGRES_PASSWORD_PREVIOUS": cluster.passwords.owner}
    finished = run_hooks(cluster, "sync", **changing)
    assert NOTHING not in done(finished)["event"]
    assert finished.stdout.count('"poner la contraseña nueva del dueño en') == 2 * 2  # in the plan, and as a step
    assert NOTHING in done(run_hooks(cluster, "sync", POSTGRES_PASSWORD="nueva"))["event"]


def test_two_wrong_passwords_of_the_owner_are_refused(blank_citus: Cluster, run_hooks: Hooks) -> None:
    wrong = {"POSTGRES_PASSWORD": "una", "POSTGRES_PASSWORD_PREVIOUS": "otra"}
    assert "rechaza la contraseña" in done(run_hooks(blank_citus, "sync", **wrong), 78)["event"]
