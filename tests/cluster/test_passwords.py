"""Passwords: changed under traffic as docs/operar.md says, and never made up for data that exists."""

import base64
import json
import secrets

import pytest
from cluster.clients import Seen, asking
from cluster.release import WORKERS, Release

CEDULAS = [f"P{number:09}" for number in range(1, 51)]
FILL = (
    "INSERT INTO pacientes (cedula, nombre, apellido)"
    f" SELECT 'P' || lpad(n::text, 9, '0'), 'Ana', 'Prueba ' || n FROM generate_series(1, {len(CEDULAS)}) n"
)
CONSULTAS = "INSERT INTO consultas (paciente_id, diagnostico) SELECT cedula, 'Control' FROM pacientes"
OFTEN = ("--set-string=middleware.extraEnv.HISTORIA_POOL_RECYCLE=1",)  # new connections all the time
SECOND = ("middleware.database.user=historia_app_b", "middleware.database.secretKey=app-password-b")


@pytest.fixture(scope="module")
def installed(release: Release) -> Release:
    release.install(f"workers.count={WORKERS}", extra=OFTEN)
    release.sql(FILL)
    release.sql(CONSULTAS)
    return release


def upgrade(release: Release, *settings: str) -> None:
    release.upgrade(f"workers.count={WORKERS}", *settings, extra=OFTEN)


def set_passwords(release: Release, **values: str) -> None:
    data = {key.replace("_", "-"): value for key, value in values.items()}
    release.kubectl("patch", "secret", "hc-auth", "--type=merge", "-p", json.dumps({"stringData": data}))


def password(release: Release, key: str) -> str:
    return base64.b64decode(json.loads(release.kubectl("get", "secret", "hc-auth", "-o", "json"))["data"][key]).decode()


def nobody_failed(seen: Seen) -> None:
    assert not seen.failed, (len(seen.failed), seen.failed[:3])
    assert min(seen.requests.values()) > 50, seen.requests


def test_the_api_changes_its_login_and_no_request_fails(installed: Release) -> None:
    with asking(installed, CEDULAS) as seen:
        set_passwords(installed, app_password_b=secrets.token_hex(24))
        upgrade(installed)
        upgrade(installed, *SECOND)
        installed.kubectl("rollout", "status", "deployment/hc-middleware", "--timeout=180s")
        set_passwords(installed, app_password=secrets.token_hex(24))
        upgrade(installed, *SECOND)
    nobody_failed(seen)
    [(users,)] = installed.sql(
        "SELECT string_agg(DISTINCT usename, ' ') FROM pg_stat_activity WHERE application_name = 'historia-clinica-api'"
    )
    assert users == "historia_app_b"
    installed.test()


def test_the_owners_password_changes_and_no_request_fails(installed: Release) -> None:
    extra = SECOND if "app-password-b" in installed.kubectl("get", "deployment/hc-middleware", "-o", "yaml") else ()
    before = password(installed, "postgres-password")
    with asking(installed, CEDULAS) as seen:
        set_passwords(installed, postgres_password=secrets.token_hex(24), postgres_password_previous=before)
        upgrade(installed, *extra)
        remove = [{"op": "remove", "path": "/data/postgres-password-previous"}]
        installed.kubectl("patch", "secret", "hc-auth", "--type=json", "-p", json.dumps(remove))
    nobody_failed(seen)
    with installed.watched_sync() as logs:
        upgrade(installed, *extra)
    assert "nada que hacer" in logs.text()


def test_the_key_that_signs_changes_and_lists_begin_again(installed: Release) -> None:
    extra = SECOND if "app-password-b" in installed.kubectl("get", "deployment/hc-middleware", "-o", "yaml") else ()
    before = {key: password(installed, key) for key in ("app-password", "postgres-password", "signing-key")}
    address = "/api/v1/pacientes?limite=1"
    following = f"{address}&cursor={installed.get(address).body['siguiente']}"
    assert installed.get(following).status == 200
    new = secrets.token_hex(32)
    with asking(installed, CEDULAS) as seen:
        set_passwords(installed, signing_keys_accepted=new)
        upgrade(installed, *extra)  # the nodes know it before anybody signs with it
        set_passwords(installed, signing_key=new, signing_keys_accepted=before["signing-key"])
        restart(installed)
    nobody_failed(seen)
    assert [installed.get(path).status for path in (following, address)] == [422, 200]

    # as the Secret is that an earlier chart made
    remove = [{"op": "remove", "path": "/data/signing-key"}]
    installed.kubectl("patch", "secret", "hc-auth", "--type=json", "-p", json.dumps(remove))
    upgrade(installed, *extra)
    after = {key: password(installed, key) for key in before}
    assert len(after["signing-key"]) >= 32
    assert {key for key in before if before[key] != after[key]} == {"signing-key"}
    restart(installed)


def restart(release: Release) -> None:
    release.kubectl("rollout", "restart", "deployment/hc-middleware")
    release.kubectl("rollout", "status", "deployment/hc-middleware", "--timeout=180s")


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
