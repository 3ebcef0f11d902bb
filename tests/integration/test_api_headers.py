"""Request ids, security headers, the documentation pages, and what an unforeseen fault may tell."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from historia_clinica import create_app
from historia_clinica.http.problems import tree
from historia_clinica.settings import Settings
from structlog.testing import capture_logs

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SECRET = "1012345678"


@pytest.fixture
def faulty_api(postgres_system: Any, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """With one route more, that fails in a way nobody foresaw and quotes the data as it does."""
    for name, value in postgres_system.api_environment().items():
        monkeypatch.setenv(name, value)
    app = create_app(Settings())

    @app.get("/falla/<cedula>")
    def fail(cedula: str) -> str:
        raise RuntimeError(cedula)

    return app.test_client()


@pytest.mark.parametrize("offered", ["abc-123", "0d9e6c2e-4d4f-4d62-8a5e-6f2f6f1c5a11", "a" * 64])
def test_a_well_formed_request_id_is_kept(api: FlaskClient, offered: str) -> None:
    answer = api.get("/api/v1/pacientes/x", headers={"X-Request-ID": offered})
    assert answer.headers["X-Request-ID"] == offered
    assert answer.get_json()["instance"] == f"urn:historia-clinica:peticion:{offered}"


@pytest.mark.parametrize("offered", ["", "a" * 65, "a b", "ñ", "a;b", '{"a":1}'])
def test_any_other_is_replaced(api: FlaskClient, offered: str) -> None:
    answer = api.get("/zzq", headers={"X-Request-ID": offered})
    assert UUID.fullmatch(answer.headers["X-Request-ID"])


def test_request_ids_differ(api: FlaskClient) -> None:
    assert len({api.get("/livez").headers["X-Request-ID"] for _ in range(20)}) == 20


@pytest.mark.parametrize("path", ["/", "/status", "/zzq", "/api/v1/pacientes", "/docs", "/openapi.json"])
def test_every_answer_has_the_security_headers(api: FlaskClient, path: str) -> None:
    headers = api.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_an_unforeseen_fault_tells_nothing(faulty_api: FlaskClient) -> None:
    with capture_logs() as lines:
        answer = faulty_api.get(f"/falla/{SECRET}")
    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["type"].endswith("#error-interno")
    logged = json.dumps(lines)
    assert SECRET not in logged + answer.get_data(as_text=True)
    assert "RuntimeError" in logged
    assert "test_api_headers.py" in logged


def test_the_access_log_names_the_route_and_nobody(api: FlaskClient) -> None:
    with capture_logs() as lines:
        api.get(f"/api/v1/pacientes/{SECRET}?otro={SECRET}", headers={"User-Agent": SECRET})
        api.get(f"/zzq/{SECRET}")
        api.open("/", method=f"Z{SECRET}")
        api.get("/livez")
    assert SECRET not in json.dumps(lines)
    requests = [line for line in lines if line["event"] == "petición atendida"]
    assert [(line["metodo"], line["ruta"]) for line in requests] == [
        ("GET", "/api/v1/pacientes/<cedula>"),
        ("GET", None),
        (None, None),
    ]
    assert all(line["milisegundos"] >= 0 for line in requests)


def test_the_documentation_loads_from_here_alone(api: FlaskClient) -> None:
    page = api.get("/docs")
    html = page.get_data(as_text=True)
    addresses = re.findall(r'(?:src|href|data-spec)="([^"]+)"', html)
    assert len(addresses) >= 6
    for address in addresses:
        assert address.startswith("/")
        assert not address.startswith("//")
        assert api.get(address, buffered=True).status_code == 200, address
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"].split("script-src")[1].split(";")[0]


def test_the_style_sheet_and_its_like_may_be_kept_by_browsers(api: FlaskClient) -> None:
    assert "max-age" in api.get("/docs/assets/swagger-ui.css", buffered=True).headers["Cache-Control"]


def test_every_problem_type_is_explained_where_it_points(api: FlaskClient) -> None:
    html = api.get("/docs/problemas").get_data(as_text=True)
    assert [problem.slug for problem in tree() if f'id="{problem.slug}"' not in html] == []
    address = api.get("/api/v1/pacientes/x").get_json()["type"]
    assert api.get(address.split("#")[0]).status_code == 200
