"""Nodes that take nothing but TLS, with names and authority verified by the hooks, the API and the nodes themselves."""

import contextlib
import json
import pathlib
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from certificates import Authority, demand_tls, give_certificate, verifying
from citus.hooks_state import done, rows
from flask.testing import FlaskClient
from historia_clinica import create_app
from historia_clinica.settings import Settings
from historia_local.nodes import Cluster

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
NewApi = Callable[..., FlaskClient]
PACIENTES = "/api/v1/pacientes"
NAMES = "IP:127.0.0.1,DNS:localhost"
NOTHING = "nada que hacer"
NOT_ENCRYPTED = """
SELECT backend_type, application_name FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
 WHERE backend_type IN ('client backend', 'walsender') AND client_addr IS NOT NULL AND NOT ssl
"""


@dataclass(frozen=True)
class Encrypted:
    cluster: Cluster
    authority: Authority
    folder: pathlib.Path

    @property
    def trust(self) -> dict[str, str]:
        return verifying(self.authority)


@pytest.fixture
def encrypted(blank_citus: Cluster) -> Iterator[Encrypted]:
    """Blank nodes with one certificate, as in the chart."""
    with tempfile.TemporaryDirectory(prefix="historia-tls-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)  # the nodes read the authority's certificate
        authority = Authority.create(folder)
        pair = authority.issue(NAMES)
        for node in blank_citus.nodes:
            give_certificate(node, *pair)
            demand_tls(blank_citus, node, authority)
        yield Encrypted(blank_citus, authority, folder)
        blank_citus.reset()


@pytest.fixture
def new_api(encrypted: Encrypted, monkeypatch: pytest.MonkeyPatch) -> NewApi:
    def make(**changes: str) -> FlaskClient:
        wanted = encrypted.cluster.api_environment() | {"HISTORIA_READINESS_CACHE": "0"} | encrypted.trust | changes
        for name, value in wanted.items():
            monkeypatch.setenv(name, value)
        return create_app(Settings()).test_client()

    return make


def test_everything_works_inside_tls_and_nothing_outside(
    encrypted: Encrypted, run_hooks: Hooks, new_api: NewApi
) -> None:
    cluster, trust = encrypted.cluster, encrypted.trust
    done(run_hooks(cluster, "sync", **trust))
    assert NOTHING in done(run_hooks(cluster, "sync", **trust))["event"]
    api = new_api(HISTORIA_ROUTING="owner")
    assert api.get("/readyz").status_code == 200
    for number in range(8):
        patient = {"cedula": f"T-{number}", "nombre": "Ana", "apellido": "Paz"}
        assert api.post(PACIENTES, json=patient).status_code == 201
    assert api.get(PACIENTES).status_code == 200
    for node in cluster.nodes[:3]:
        assert rows(cluster, node, NOT_ENCRYPTED) == []
    grown = run_hooks(cluster, "sync", workers=3, HISTORIA_REBALANCE="wait", **trust)
    done(grown)
    placements = rows(cluster, cluster.coordinator, "SELECT count(DISTINCT nodeport) FROM pg_dist_shard_placement")
    assert placements == [(4,)]  # the coordinator has its copy of the reference tables
    assert api.get(PACIENTES).status_code == 200


@pytest.mark.parametrize("names", [NAMES, "DNS:elsewhere.example.org"])
def test_hooks_and_api_trust_no_other_authority_and_no_other_name(
    encrypted: Encrypted, run_hooks: Hooks, new_api: NewApi, names: str
) -> None:
    cluster = encrypted.cluster
    other = Authority.create(encrypted.folder, "other")
    trust = verifying(other)
    sentence = "no lo firmó la CA que se espera, o está vencido"
    if names != NAMES:
        give_certificate(cluster.coordinator, *other.issue(names))
        cluster.restart(cluster.coordinator)
        sentence = "su certificado es de otro nombre"
    refused = done(run_hooks(cluster, "sync", HISTORIA_TIMEOUT="1", **trust), 78)
    assert sentence in refused["event"]
    assert "docs/runbooks/certificados.md" in refused["event"]
    api = new_api(**trust)
    answer = api.get(PACIENTES)
    assert answer.status_code == 503
    assert "La API no se fía de la base de datos" in answer.get_json()["detail"]
    assert api.get("/readyz").status_code == 200  # no other pod would do better


def test_plain_text_is_refused_and_says_what_to_do(encrypted: Encrypted, run_hooks: Hooks, new_api: NewApi) -> None:
    refused = done(run_hooks(encrypted.cluster, "sync", POSTGRES_SSLMODE="disable"), 78)
    assert "solo admite conexiones cifradas. Ponga POSTGRES_SSLMODE=verify-full" in refused["event"]
    api = new_api(POSTGRES_SSLMODE="disable")
    assert "solo admite conexiones cifradas" in api.get(PACIENTES).get_json()["detail"]


def test_readiness_asks_inside_tls_and_leaves_no_complaint_behind(encrypted: Encrypted, new_api: NewApi) -> None:
    log = encrypted.cluster.coordinator.log
    before = len(log.read_text())
    api = new_api()
    assert api.get("/readyz").status_code == 200
    assert [line for line in log.read_text()[before:].splitlines() if "FATAL" in line or "client" in line] == []
    encrypted.cluster.kill(encrypted.cluster.coordinator)
    try:
        assert api.get("/readyz").status_code == 503
    finally:
        encrypted.cluster.restart(encrypted.cluster.coordinator)


def test_a_file_that_is_missing_is_named(encrypted: Encrypted, run_hooks: Hooks) -> None:
    trust = encrypted.trust | {"POSTGRES_SSLROOTCERT": "/nowhere/ca.crt"}
    assert "no se puede leer la CA" in done(run_hooks(encrypted.cluster, "sync", **trust), 78)["event"]


def test_a_new_certificate_is_taken_up_without_a_restart(encrypted: Encrypted, run_hooks: Hooks) -> None:
    cluster = encrypted.cluster
    done(run_hooks(cluster, "sync", **encrypted.trust))
    certificate, key = encrypted.authority.issue(NAMES, days=25)
    wanted = encrypted.folder / "wanted.crt"
    wanted.write_text(certificate)
    environment = encrypted.trust | {"HISTORIA_TLS_CERT": str(wanted)}
    late = run_hooks(cluster, "certificates", HISTORIA_TIMEOUT="1", **environment)
    assert "esperando: el archivo del certificado nuevo" in done(late, 75)["event"]
    started = rows(cluster, cluster.coordinator, "SELECT pg_postmaster_start_time()")
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        for node in cluster.nodes[:3]:
            give_certificate(node, certificate, key)
        assert NOTHING not in done(run_hooks(cluster, "sync", **environment))["event"]
        cursor.execute("SELECT 1")  # a session that was there lives on
    assert NOTHING in done(run_hooks(cluster, "sync", **environment))["event"]
    log = cluster.workers[1].log
    before = len(log.read_text())
    checked = run_hooks(cluster, "certificates", **environment)
    done(checked)
    assert "could not receive data" not in log.read_text()[before:]
    shown = [line for line in map(json.loads, checked.stdout.splitlines()) if line["event"] == "certificado"]
    assert [line["dias"] for line in shown] == [24, 24, 24]
    assert rows(cluster, cluster.coordinator, "SELECT pg_postmaster_start_time()") == started


def test_a_certificate_that_ends_soon_is_told(encrypted: Encrypted, run_hooks: Hooks) -> None:
    last = encrypted.cluster.workers[1]
    give_certificate(last, *encrypted.authority.issue(NAMES, days=5))
    encrypted.cluster.restart(last)
    told = done(run_hooks(encrypted.cluster, "certificates", **encrypted.trust), 78)["event"]
    assert f"al certificado del nodo {last.address} le quedan 4 días" in told


def test_certificates_have_nothing_to_do_without_an_authority(blank_citus: Cluster, run_hooks: Hooks) -> None:
    assert NOTHING in done(run_hooks(blank_citus, "certificates"))["event"]
