"""Users where their table is distributed by documento_id: the rows of earlier revisions, one task, one phase."""

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from citus.hooks_state import at_revision_1, done, rows, run
from citus.routed import written_in_two_phases
from citus.test_api_one_task import SAMPLES, STATEMENTS, plan_of
from flask.testing import FlaskClient
from historia_clinica.db import Scope
from historia_clinica.http import audit
from historia_local.nodes import Cluster
from versioned import KINDS, USUARIOS, if_match, key

USUARIO = KINDS[-1]
BY_DOCUMENT = {"HISTORIA_USUARIO": "documento_id"}
ONE_ROW = sorted(name for name, statement in STATEMENTS.items() if statement.scope is Scope.ROW)
THERE = 60
FILL = (
    f"INSERT INTO usuario (nombre, email) SELECT 'Inés ' || n, n || '@hospital.com' FROM generate_series(1, {THERE}) n"
)
KEPT = "SELECT documento_id, id, nombre, email, fecha_creacion, version FROM usuario ORDER BY id"


@pytest.fixture(scope="module")
def system(citus_cluster: Cluster, run_hooks: Callable[..., Any]) -> Cluster:
    """Two workers that had users at the first revision."""
    citus_cluster.reset()
    done(run_hooks(citus_cluster, "register"))
    at_revision_1(citus_cluster, distributed=True, users_by_document=True)
    run(citus_cluster, FILL)
    before = rows(citus_cluster, citus_cluster.coordinator, KEPT)
    done(run_hooks(citus_cluster, "sync", **BY_DOCUMENT))
    assert rows(citus_cluster, citus_cluster.coordinator, KEPT) == before
    assert len(before) == THERE
    return citus_cluster


@pytest.fixture(scope="module")
def users(system: Cluster, api_of: Callable[..., Any]) -> Iterator[FlaskClient]:
    with api_of(system) as client:
        yield client


def test_former_rows_lie_beside_their_user(system: Cluster) -> None:
    found = rows(
        system,
        system.coordinator,
        "SELECT count(DISTINCT colocationid), array_agg(DISTINCT partmethod::text) FROM pg_dist_partition"
        " WHERE logicalrelid IN ('usuario'::regclass, 'usuario_historial'::regclass)",
    )
    assert found == [(1, ["h"])]


@pytest.mark.parametrize("node", ["coordinator", "worker-0", "worker-1"])
@pytest.mark.parametrize("name", ONE_ROW)
def test_a_statement_about_one_user_is_one_task(name: str, node: str, system: Cluster) -> None:
    for sample in SAMPLES[name]:
        plan = plan_of(system, name, sample, node)
        assert re.findall(r"Task Count: (\d+)", plan) == ["1"], plan
        assert plan.count("Node: ") == 1, plan


def test_users_of_before_are_listed_read_and_corrected(users: FlaskClient) -> None:
    found: list[dict[str, Any]] = []
    following: str | None = f"{USUARIOS}?limite=7"
    while following:
        page = users.get(following)
        found += page.get_json()["usuarios"]
        link = page.headers.get("Link")
        following = link.split(">")[0].removeprefix("<") if link else None
    numbers = [one["id"] for one in found]
    assert numbers == sorted(set(numbers))
    old = next(one for one in found if one["version"] == 1 and len(one["documento_id"]) == 36)
    there = f"{USUARIOS}/{old['documento_id']}"
    assert users.get(there).get_json() == old
    assert users.put(there, json=USUARIO.body(), headers=if_match('"1"')).status_code == 200
    assert users.get(f"{there}?version=1").get_json() == old
    assert users.get(f"{there}?en={old['fecha_creacion']}").get_json() == old


def test_a_user_is_written_in_one_phase(users: FlaskClient, system: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the row of the audit: that is in the chain of whoever asks, and may lie on another node."""
    monkeypatch.setattr(audit, "audited_operation", lambda _endpoint: None)
    before = written_in_two_phases(system)
    for _ in range(8):
        created = USUARIO.created(users)
        there = created.headers["Location"]
        answers = [users.put(there, json=USUARIO.body(n), headers=if_match(f'"{n}"')) for n in range(1, 4)]
        answers.append(users.post(f"{there}/anulacion", json={"motivo": "m"}, headers=if_match('"4"')))
        assert [answer.status_code for answer in answers] == [200] * 4
        for number, answer in enumerate([created, *answers], 1):
            assert users.get(f"{there}?version={number}").data == answer.data
        found = users.get(f"{there}/historial").get_json()["versiones"]
        assert [one["usuario"] for one in reversed(found)] == [one.get_json() for one in (created, *answers)]
        for later, earlier in itertools.pairwise(found):
            assert earlier["vigente_hasta"] == later["vigente_desde"]
    assert written_in_two_phases(system) <= before


def test_a_repetition_is_one_user(users: FlaskClient) -> None:
    address, body = USUARIO.request(users)
    headers = key()
    answers = [users.post(address, json=body, headers=headers) for _ in range(3)]
    assert {(answer.status_code, answer.data) for answer in answers} == {(201, answers[0].data)}


def test_a_document_is_one_users_and_an_address_may_be_twos(users: FlaskClient) -> None:
    """No shard knows the addresses of another; the documents say so."""
    created = USUARIO.created(users).get_json()
    _, other = USUARIO.request(users)
    refused = users.post(USUARIOS, json=other | {"documento_id": created["documento_id"]})
    assert refused.status_code == 409
    assert [error["pointer"] for error in refused.get_json()["errors"]] == ["/documento_id"]
    assert users.post(USUARIOS, json=other | {"email": created["email"]}).status_code == 201
