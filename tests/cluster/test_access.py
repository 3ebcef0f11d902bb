"""A release as the chart gives it: only who has an account is let in, and the first one is there."""

import base64
import json

import pytest
from cluster.release import WORKERS, Answer, Release

SECRET = ("get", "secret", "hc-auth", "-o", "jsonpath={.data.administrator-password}")
CHOSEN = "cuatro palabras nada comunes"
SESIONES = "/api/v1/sesiones"
PACIENTES = "/api/v1/pacientes"


@pytest.mark.timeout(600)
def test_the_administrator_gives_accounts_and_helm_test_has_one_of_its_own(another_release: Release) -> None:
    release = another_release
    release.install(f"workers.count={WORKERS}", "middleware.auth=required")
    release.test()
    once = base64.b64decode(release.kubectl(*SECRET)).decode()

    def log_in(clave: str) -> Answer:
        return release.post(SESIONES, {"documento_id": "ADMIN-1", "clave": clave})

    def as_administrator(clave: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {log_in(clave).body['access_token']}"}

    assert release.get(PACIENTES).status == 401
    first = as_administrator(once)
    assert release.get("/api/v1/usuarios", first).status == 403  # before anything else: another password
    change = {"clave_actual": once, "clave_nueva": CHOSEN}
    assert release.post(f"{SESIONES}/clave", change, first).status == 204
    assert log_in(once).status == 401
    administrator = as_administrator(CHOSEN)
    assert release.get("/api/v1/usuarios", administrator).status == 200
    assert release.get(PACIENTES, administrator).status == 403  # nothing clinical
    release.upgrade(f"workers.count={WORKERS}", "middleware.auth=required")
    assert log_in(once).status == 401
    assert log_in(CHOSEN).status == 200
    assert "PRUEBA-" not in json.dumps(release.get("/api/v1/usuarios", as_administrator(CHOSEN)).body)
