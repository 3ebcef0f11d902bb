"""GET /metrics on plain PostgreSQL: its port, what it counts, and that nobody's cédula is in it."""

import json
import pathlib
import re
import socket
import time
import urllib.error
import urllib.request
from typing import Any

import promql_parser
import pytest
import yaml
from flask.testing import FlaskClient
from historia_clinica import create_app
from historia_clinica.settings import Settings
from integration.test_api_server import running
from scraped import ON, Scraped, scrape

CEDULA = "1098765432"
FILES = pathlib.Path(__file__).parents[2] / "charts/historia-clinica/files"
OF_PROMETHEUS = {"namespace", "job", "pod"}  # labels that it adds to what it scrapes


@pytest.fixture
def api(postgres_system: Any, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    for name, value in (postgres_system.api_environment() | ON).items():
        monkeypatch.setenv(name, value)
    return create_app(Settings()).test_client()


def test_requests_are_counted_by_the_template_of_their_route(api: FlaskClient) -> None:
    for path in (f"/api/v1/pacientes/{CEDULA}", f"/api/v1/pacientes/{CEDULA}/consultas", f"/no/{CEDULA}", "/livez"):
        api.get(path)
    api.get(f"/api/v1/pacientes/{CEDULA}")
    api.open(f"/api/v1/pacientes/{CEDULA}", method=f"X{CEDULA}")
    api.post("/api/v1/pacientes", json={"cedula": CEDULA})
    found = scrape(api)
    counted = {
        (labels["method"], labels["route"], labels["status"]): value
        for labels, value in found.of("historia_http_requests_total")
    }
    assert counted == {
        ("GET", "/api/v1/pacientes/<cedula>", "404"): 2,
        ("GET", "/api/v1/pacientes/<cedula>/consultas", "404"): 1,
        ("GET", "/livez", "200"): 1,
        ("GET", "other", "404"): 1,
        ("POST", "/api/v1/pacientes", "422"): 1,
        ("other", "other", "405"): 1,
    }
    lasted = found.of("historia_http_request_duration_seconds_count", route="/api/v1/pacientes/<cedula>", method="GET")
    assert [value for _, value in lasted] == [2]
    assert CEDULA not in found.text


def test_the_one_server_and_the_connections_to_it(api: FlaskClient, postgres_system: Any) -> None:
    scrape(api)
    found = scrape(api)
    node = {"node": f"{postgres_system.coordinator.host}:{postgres_system.coordinator.port}", "role": "coordinator"}
    assert found.of("historia_node_up") == [(node, 1)]
    assert found.value("historia_database_up") == 1
    assert {value for _, value in found.of("historia_scrape_success")} == {1}
    assert found.value("historia_postgres_connections", **node) >= 1
    assert found.value("historia_postgres_commits_total", **node) > 0
    assert found.of("historia_node_disk_free_bytes") == [], "only Citus can tell"
    assert found.of("historia_skew") == []
    assert found.value("historia_pool_size") == 8
    assert found.value("historia_pool_connections", state="idle") >= 1
    assert found.value("historia_pool_connections", state="lent") == 0


def test_a_lent_connection_is_seen(api: FlaskClient, postgres_system: Any) -> None:
    database = api.application.extensions["historia_clinica"].database
    with database.transaction():
        assert scrape(api).value("historia_pool_connections", state="lent") >= 1
    database.close()


def test_a_scrape_does_not_wait_for_connections_that_requests_have(
    api: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("HISTORIA_POOL_SIZE", "1"), ("HISTORIA_POOL_TIMEOUT", "5")):
        monkeypatch.setenv(name, value)
    busy = create_app(Settings()).test_client()
    database = busy.application.extensions["historia_clinica"].database
    with database.transaction():
        begun = time.monotonic()
        found = scrape(busy)
        assert time.monotonic() - begun < 2.5
        assert found.value("historia_database_up") == 1
        assert found.value("historia_scrape_success", part="nodes") == 0
        assert found.value("historia_pool_connections", state="lent") == found.value("historia_pool_size") == 1
    deadline = time.monotonic() + 10
    while not scrape(busy).value("historia_scrape_success", part="nodes"):
        assert time.monotonic() < deadline


def test_the_database_away(api: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_PORT", "1")
    found = scrape(create_app(Settings()).test_client())
    assert found.value("historia_database_up") == 0
    assert {value for _, value in found.of("historia_scrape_success")} == {0}


@pytest.mark.parametrize("path", ["/", "/status", "/api/v1/pacientes", "/metrics/"])
def test_its_port_answers_nothing_else(api: FlaskClient, path: str) -> None:
    answer = api.get(path, environ_overrides={"SERVER_PORT": ON["HISTORIA_METRICS_PORT"]})
    assert answer.status_code == 404
    assert answer.get_data() == b"/metrics\n"


def test_the_port_of_the_api_has_no_metrics(api: FlaskClient, postgres_system: Any) -> None:
    host = f"localhost:{ON['HISTORIA_METRICS_PORT']}"
    assert api.get("/metrics", headers={"Host": host, "X-Forwarded-Port": host[-5:]}).status_code == 404


def ask(port: int, path: str, host: str | None = None) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_server_listens_on_both_ports_and_tells_them_apart(postgres_system: Any, tmp_path: pathlib.Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = postgres_system.api_environment() | {"HISTORIA_METRICS_PORT": str(port)}
    with running(environment, tmp_path) as server:
        ours = int(server.address.rpartition(":")[2])
        server.get(f"/api/v1/pacientes/{CEDULA}")
        status, text = ask(port, "/metrics")
        assert status == 200
        found = Scraped(text)
        assert found.value("historia_http_requests_total", route="/api/v1/pacientes/<cedula>") == 1
        assert found.value("process_open_fds") > 0
        assert CEDULA not in text
        assert ask(ours, "/metrics", host=f"127.0.0.1:{port}")[0] == 404
        assert ask(port, "/status", host=server.address) == (404, "/metrics\n")
    lines = [json.loads(line) for line in server.output.read_text().splitlines() if line.startswith("{")]
    assert "/metrics" not in [line.get("ruta") for line in lines]


def queries() -> list[str]:
    """Of the chart's alerts and dashboard; tests/chart looks at them as they are rendered."""
    alerts = (FILES / "alerts.yaml").read_text().replace("SELECTOR", "")
    found = [rule["expr"] for rule in yaml.safe_load(alerts)["groups"][0]["rules"]]
    panels = json.loads((FILES / "dashboard.json").read_text())["panels"]
    found += [target["expr"] for panel in panels for target in panel.get("targets", [])]
    return [query.replace("$__rate_interval", "5m").replace("{,", "{") for query in found]


def test_alerts_and_dashboard_ask_for_metrics_and_labels_that_there_are(api: FlaskClient) -> None:
    api.get("/livez")
    scrape(api)  # it takes the first connections
    found = scrape(api)
    suffixes = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_count", "_sum"]}
    there = {name + suffix for name, kind in found.kinds.items() for suffix in suffixes[kind]} | {"up"}
    labels = {label for sample in found.samples for label in sample.labels} | OF_PROMETHEUS
    asked: set[str] = set()
    for query in queries():

        def visit(node: Any) -> None:
            if isinstance(node, promql_parser.VectorSelector):
                asked.add(node.name)
                assert {one.name for one in node.matchers.matchers} <= labels, node

        promql_parser.walk(promql_parser.parse(query), visit)
        for listed in re.findall(r"(?:by|on) \(([^)]*)\)", query):
            assert set(listed.split(", ")) <= labels, query
    assert asked - there == set()
    unseen = {name for name in there if name.startswith("historia_")} - asked
    assert {name for name in unseen if not name.endswith(("_sum", "_count"))} <= {"historia_build_info"}
