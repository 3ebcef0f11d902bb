"""The API as it is deployed: gunicorn with our settings, without a writable home or a database, until SIGTERM."""

import json
import pathlib
import signal
from typing import Any

from flask.testing import FlaskClient
from serving import Server, running
from versioned import PACIENTES, paciente

CEDULA = "1012345678"


def test_it_serves_logs_json_and_stops_politely(postgres_system: Any, tmp_path: pathlib.Path) -> None:
    with running(postgres_system.api_environment(), tmp_path) as server:
        assert server.get("/status")[0] == 200
        assert server.get("/readyz")[0] == 200
        assert server.get(f"/api/v1/pacientes/{CEDULA}?otro={CEDULA}")[0] == 422
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
    text = server.output.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    [begun, *lines] = lines
    assert (begun["event"], begun["level"]) == ("la API atiende", "info")
    assert [line["ruta"] for line in lines if "ruta" in line] == ["/status", "/api/v1/pacientes/<cedula>"]
    assert all({"request_id", "timestamp", "level"} <= line.keys() for line in lines)
    assert CEDULA not in text
    assert "Error" not in text


def test_it_starts_without_a_database(postgres_system: Any, tmp_path: pathlib.Path) -> None:
    with running(postgres_system.api_environment() | {"POSTGRES_PORT": "1"}, tmp_path) as server:
        assert server.get("/")[0] == 200
        assert server.get("/readyz")[0] == 503
        status, body = server.get("/status")
        assert (status, body["status"]) == (503, "error")


def test_processes_with_one_key_go_on_where_another_stopped(
    postgres_system: Any, api: FlaskClient, tmp_path: pathlib.Path
) -> None:
    for address, body in (paciente(api), paciente(api)):
        assert api.post(address, json=body).status_code == 201
    environment = postgres_system.api_environment()
    output = [tmp_path / name for name in ("one", "two", "other")]
    for folder in output:
        folder.mkdir()
    other = environment | {"HISTORIA_SIGNING_KEY": "otra clave de al menos 32 letras"}
    with (
        running(environment, output[0]) as first,
        running(environment, output[1]) as second,
        running(other, output[2]) as stranger,
    ):
        page = first.get(f"{PACIENTES}?limite=1")[1]
        following = f"{PACIENTES}?limite=1&cursor={page['siguiente']}"
        status, rest = second.get(following)
        assert status == 200
        assert rest["pacientes"] == first.get(following)[1]["pacientes"] != page["pacientes"]
        status, problem = stranger.get(following)
        assert status == 422
        assert [error["pointer"] for error in problem["errors"]] == ["/cursor"]
        assert page["siguiente"] not in json.dumps(problem)


def test_a_wrong_setting_stops_it_with_its_name(postgres_system: Any, tmp_path: pathlib.Path) -> None:
    server = Server(postgres_system.api_environment() | {"HISTORIA_POOL_SISE": "9"}, tmp_path)
    assert server.process.wait(30) != 0
    assert "HISTORIA_POOL_SISE" in server.output.read_text()
