"""Passwords: changed under traffic as docs/operar.md says, and never made up for data that exists."""

import base64
import json
import secrets

import pytest
from cluster.release import WORKERS, Release

TRAFFIC = """
import collections, json, os, sys, threading, time, urllib.request
counts, numbers, stop = collections.Counter(), iter(range(10**9)), threading.Event()

def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(sys.argv[1] + path, data, {'Content-Type': 'application/json'})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            answer.read()
            counts[answer.status] += 1
    except Exception as error:
        counts[str(error)] += 1

def client():
    while not stop.is_set():
        cedula = f'{sys.argv[2]}-{next(numbers)}'
        ask('/api/v1/pacientes', {'cedula': cedula, 'nombre': 'Ana', 'apellido': 'Paz'})
        ask(f'/api/v1/pacientes/{cedula}')
        ask('/api/v1/medicos', {'nombre': 'L', 'apellido': 'G', 'codigo_medico': cedula})
        time.sleep(0.05)

threads = [threading.Thread(target=client) for _ in range(2)]
for thread in threads: thread.start()
while not os.path.exists('/tmp/stop'): time.sleep(0.2)
stop.set()
for thread in threads: thread.join()
print(json.dumps(counts))
"""
OFTEN = ("--set-string=middleware.extraEnv.HISTORIA_POOL_RECYCLE=1",)  # new connections all the time
SECOND = ("middleware.database.user=historia_app_b", "middleware.database.secretKey=app-password-b")


@pytest.fixture(scope="module")
def installed(release: Release) -> Release:
    release.install(f"workers.count={WORKERS}", extra=OFTEN)
    return release


def upgrade(release: Release, *settings: str) -> None:
    release.upgrade(f"workers.count={WORKERS}", *settings, extra=OFTEN)


def set_passwords(release: Release, **values: str) -> None:
    data = {key.replace("_", "-"): value for key, value in values.items()}
    release.kubectl("patch", "secret", "hc-auth", "--type=merge", "-p", json.dumps({"stringData": data}))


def password(release: Release, key: str) -> str:
    return base64.b64decode(json.loads(release.kubectl("get", "secret", "hc-auth", "-o", "json"))["data"][key]).decode()


def nobody_failed(release: Release, name: str) -> None:
    release.kubectl("exec", name, "--", "touch", "/tmp/stop")
    counts = json.loads(release.end_python(name))
    assert set(counts) == {"200", "201"}, counts
    assert sum(counts.values()) > 100


def test_the_api_changes_its_login_and_no_request_fails(installed: Release) -> None:
    installed.start_python("clients", TRAFFIC, "http://hc-middleware:8080", "A")
    set_passwords(installed, app_password_b=secrets.token_hex(24))
    upgrade(installed)
    upgrade(installed, *SECOND)
    installed.kubectl("rollout", "status", "deployment/hc-middleware", "--timeout=180s")
    set_passwords(installed, app_password=secrets.token_hex(24))
    upgrade(installed, *SECOND)
    nobody_failed(installed, "clients")
    [(users,)] = installed.sql(
        "SELECT string_agg(DISTINCT usename, ' ') FROM pg_stat_activity WHERE application_name = 'historia-clinica-api'"
    )
    assert users == "historia_app_b"
    installed.test()


def test_the_owners_password_changes_and_no_request_fails(installed: Release) -> None:
    extra = SECOND if "app-password-b" in installed.kubectl("get", "deployment/hc-middleware", "-o", "yaml") else ()
    installed.start_python("clients", TRAFFIC, "http://hc-middleware:8080", "O")
    before = password(installed, "postgres-password")
    set_passwords(installed, postgres_password=secrets.token_hex(24), postgres_password_previous=before)
    upgrade(installed, *extra)
    remove = [{"op": "remove", "path": "/data/postgres-password-previous"}]
    installed.kubectl("patch", "secret", "hc-auth", "--type=json", "-p", json.dumps(remove))
    nobody_failed(installed, "clients")
    with installed.watched_sync() as logs:
        upgrade(installed, *extra)
    assert "nada que hacer" in logs.text()


def test_volumes_whose_secret_is_lost_are_not_given_another_password(another_release: Release) -> None:
    release = another_release
    release.install("workers.count=0", "middleware.replicaCount=1")
    kept = json.loads(release.kubectl("get", "secret", "hc-auth", "-o", "json"))
    release.helm("uninstall", "hc", "--wait")
    release.kubectl("delete", "secret", "hc-auth")
    refused = release.install("workers.count=0", check=False)
    assert 'el volumen "pgdata-hc-coordinator-0" guarda datos de una instalación anterior' in refused.stderr
    kept["metadata"] = {key: kept["metadata"][key] for key in ("name", "labels", "annotations")}
    release.kubectl("create", "-f", "-", input=json.dumps(kept))
    release.install("workers.count=0", "middleware.replicaCount=1")
    release.test()
