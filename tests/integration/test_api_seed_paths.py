"""The four paths of the laboratory, to the letter, on plain PostgreSQL."""

import contextlib
from typing import Any

import pytest
from flask.testing import FlaskClient
from historia_clinica import create_app
from historia_clinica.settings import Settings


@pytest.fixture
def closed_api(postgres_system: Any, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """As installed by default: /usuarios asks who is calling."""
    monkeypatch.delenv("HISTORIA_COMPAT_ANONYMOUS_USUARIOS", raising=False)
    for name, value in postgres_system.api_environment().items():
        if name != "HISTORIA_COMPAT_ANONYMOUS_USUARIOS":
            monkeypatch.setenv(name, value)
    return create_app(Settings()).test_client()


@pytest.fixture
def _one_user(postgres_system: Any) -> Any:
    with contextlib.closing(postgres_system.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO usuario (nombre, email) VALUES ('Inés Peña', 'ines@hospital.com')")
        yield
        cursor.execute("DELETE FROM usuario WHERE email = 'ines@hospital.com'")


def test_root(api: FlaskClient) -> None:
    body = api.get("/").get_json()
    assert (body["status"], body["service"]) == ("healthy", "middleware-citus")
    assert body["version"]


def test_status(api: FlaskClient) -> None:
    answer = api.get("/status")
    body = answer.get_json()
    assert answer.status_code == 200
    assert body["status"] == "connected"
    assert body["postgres_version"].startswith("PostgreSQL ")
    assert (body["engine"], body["citus_version"], body["workers"]) == ("postgresql", None, 0)
    assert body["schema_version"]
    assert body["problems"] == []


@pytest.mark.usefixtures("_one_user")
def test_usuarios_while_compatible(api: FlaskClient) -> None:
    users = api.get("/usuarios").get_json()["usuarios"]
    mine = [user for user in users if user["email"] == "ines@hospital.com"]
    assert len(mine) == 1
    assert list(mine[0]) == ["id", "nombre", "email", "fecha_creacion"]
    assert mine[0]["nombre"] == "Inés Peña"


def test_usuarios_closed_by_default(closed_api: FlaskClient) -> None:
    answer = closed_api.get("/usuarios")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    body = answer.get_json()
    assert body["error"]
    assert "usuarios" not in body


def test_workers_of_plain_postgresql(api: FlaskClient) -> None:
    assert api.get("/citus/workers").get_json() == {"workers": [], "detail": []}


@pytest.mark.parametrize("path", ["/usuarios", "/citus/workers"])
def test_errors_of_seed_paths_have_an_error_member(api: FlaskClient, path: str) -> None:
    answer = api.post(path)
    assert answer.status_code == 405
    assert answer.get_json()["error"]


def test_letters_travel_unescaped(api: FlaskClient) -> None:
    assert "válido" in api.get("/api/v1/pacientes/x").get_data(as_text=True)
