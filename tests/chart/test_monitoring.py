"""Metrics of the API: their port, who collects them, and alerts and dashboard that ask for what there is."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import promql_parser
import pytest
import yaml
from chart.render import CHART, CI, ROOT, SUBCHART, Object, environment, find, render

ON: Object = {
    "networkPolicy": {"monitoring": [{"namespaceSelector": {"matchLabels": {"team": "monitoring"}}}]},
    "monitoring": {name: {"enabled": True} for name in ("serviceMonitor", "prometheusRule", "dashboard")},
    "middleware": {"metrics": {"enabled": True}},
}
DURATION = {"type": "string", "pattern": "^([0-9]+h)?([0-9]+m)?([0-9]+s)?$", "minLength": 2}
TEXTS = {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}}
# Of the fields that we use; the operator's own schema knows many more, and refuses none of these.
RULES = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "groups": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "rules"],
                "properties": {
                    "name": {"type": "string"},
                    "rules": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["alert", "expr", "for", "labels", "annotations"],
                            "properties": {
                                "alert": {"type": "string", "pattern": "^Historia[A-Z][A-Za-z]+$"},
                                "expr": {"type": "string"},
                                "for": DURATION,
                                "labels": TEXTS,
                                "annotations": {
                                    **TEXTS,
                                    "required": ["summary", "description", "runbook"],
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}


def alerts(objects: list[Object]) -> list[dict[str, Any]]:
    [group] = find(objects, "PrometheusRule", "hc")["spec"]["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def audit_alerts(**audit: Object) -> dict[str, dict[str, Any]]:
    """By name those about the audit."""
    spec = find(render(values={**ON, "audit": audit}), "PrometheusRule", "hc")["spec"]
    jsonschema.validate(spec, RULES)
    rules = [rule for group in spec["groups"][1:] for rule in group["rules"]]
    return {rule["alert"]: rule for rule in rules}


def dashboard(objects: list[Object]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(find(objects, "ConfigMap", "hc-dashboard")["data"]["historia-clinica.json"])
    return found


def queries(objects: list[Object]) -> Iterator[str]:
    """Every query of alerts and dashboard, with the variables of the dashboard filled in."""
    yield from (rule["expr"] for rule in alerts(objects))
    for panel in dashboard(objects)["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"].replace("$__rate_interval", "5m")


def selectors(query: str) -> Iterator[Any]:
    """The vector selectors of a query; a query that is no PromQL is a ValueError."""
    found: list[Any] = []

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(promql_parser.parse(query), visit)
    return iter(found)


def test_off_unless_asked_for() -> None:
    objects = render()
    assert not {"ServiceMonitor", "PrometheusRule"} & {one["kind"] for one in objects}
    pod = find(objects, "Deployment", "hc-middleware")["spec"]["template"]
    assert "HISTORIA_METRICS_PORT" not in environment(pod)
    assert [port["name"] for port in pod["spec"]["containers"][0]["ports"]] == ["http"]


def test_the_metrics_have_a_port_and_a_service_that_no_publishing_touches() -> None:
    values = {"metrics": {"enabled": True, "port": 9100}, "service": {"type": "LoadBalancer"}}
    objects = render("api", values=values, chart=SUBCHART)
    pod = find(objects, "Deployment", "api-middleware")["spec"]["template"]
    assert environment(pod)["HISTORIA_METRICS_PORT"] == "9100"
    assert {"name": "metrics", "containerPort": 9100} in pod["spec"]["containers"][0]["ports"]
    apart = find(objects, "Service", "api-middleware-metrics")["spec"]
    assert apart["type"] == "ClusterIP"
    assert apart["ports"] == [{"name": "metrics", "port": 9100, "targetPort": "metrics"}]
    assert [port["name"] for port in find(objects, "Service", "api-middleware")["spec"]["ports"]] == ["http"]


@pytest.mark.parametrize("values", [ON, None], ids=["on", "everything"])
def test_the_service_monitor_finds_the_service_of_the_metrics_and_no_other(values: Object | None) -> None:
    objects = render(values=values) if values else render(file=CI["everything"])
    monitor = find(objects, "ServiceMonitor", "hc")
    assert monitor["apiVersion"] == "monitoring.coreos.com/v1"
    interval, timeout = ("30s", "10s") if values else ("15s", "5s")
    assert monitor["spec"] == {
        "selector": {
            "matchLabels": {
                "app.kubernetes.io/name": "middleware",
                "app.kubernetes.io/instance": "hc",
                "app.kubernetes.io/component": "metrics",
            }
        },
        "endpoints": [{"port": "metrics", "path": "/metrics", "interval": interval, "scrapeTimeout": timeout}],
    }
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    services = [one for one in objects if one["kind"] == "Service" and wanted <= one["metadata"]["labels"].items()]
    [name] = [one["metadata"]["name"] for one in services]
    for rule in alerts(objects):
        assert f'job="{name}"' in rule["expr"], "the Service's name is the job of what is scraped there"
    if not values:
        for kind in ("ServiceMonitor", "PrometheusRule"):
            assert find(objects, kind, "hc")["metadata"]["labels"]["release"] == "prometheus"


def test_a_users_label_cannot_replace_a_standard_one() -> None:
    labels = {"app.kubernetes.io/instance": "mine", "release": "prometheus"}
    values = {**ON, "monitoring": {"serviceMonitor": {"enabled": True, "labels": labels}}}
    found = find(render(values=values), "ServiceMonitor", "hc")["metadata"]["labels"]
    assert (found["app.kubernetes.io/instance"], found["release"]) == ("hc", "prometheus")


def test_every_alert_is_about_this_release_and_says_what_to_do() -> None:
    spec = find(render(values=ON), "PrometheusRule", "hc")["spec"]
    jsonschema.validate(spec, RULES)
    names = [rule["alert"] for rule in alerts(render(values=ON))]
    assert len(set(names)) == len(names) > 10
    for rule in alerts(render(values=ON)):
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert (ROOT / rule["annotations"]["runbook"]).is_file()
        for selector in selectors(rule["expr"]):
            matchers = {one.name: one.value for one in selector.matchers.matchers}
            assert (matchers["namespace"], matchers["job"]) == ("clinic", "hc-middleware-metrics")


SEALS: Object = {"enabled": True, "existingSecret": "k"}
VERIFY: Object = {"enabled": True}
# What kube-state-metrics tells, and by which labels.
COUNTED = {
    "kube_cronjob_created": "cronjob",
    "kube_cronjob_status_last_successful_time": "cronjob",
    "kube_job_failed": "job_name",
}


@pytest.mark.parametrize(
    ("audit", "names"),
    [
        ({"seals": SEALS}, {"HistoriaSealsLate"}),
        ({"verify": VERIFY}, {"HistoriaVerificationFailed", "HistoriaVerificationLate"}),
        ({"seals": {**SEALS, "suspend": True}, "verify": {**VERIFY, "suspend": True}}, set()),
        ({}, set()),
    ],
    ids=["seals", "verify", "suspended", "off"],
)
def test_alerts_about_the_audit_are_about_what_runs(audit: Object, names: set[str]) -> None:
    found = audit_alerts(**audit)
    assert found.keys() == names
    command = "seal" if "seals" in audit else "verify"
    for name, rule in found.items():
        assert (ROOT / rule["annotations"]["runbook"]).is_file()
        assert not re.search("NAMESPACE|CRONJOB|AFTER", str(rule)), name
        selectors_of = list(selectors(rule["expr"]))
        assert selectors_of
        for selector in selectors_of:
            matchers = {one.name: one.value for one in selector.matchers.matchers}
            assert matchers["namespace"] == "clinic"
            assert matchers[COUNTED[selector.name]].startswith(f"hc-{command}-audit")


def test_how_late_is_too_late_is_a_value() -> None:
    found = audit_alerts(seals=SEALS, verify={**VERIFY, "alertAfter": 700000})
    assert "> 10800 or absent(" in " ".join(found["HistoriaSealsLate"]["expr"].split())
    assert "> 700000 or absent(" in " ".join(found["HistoriaVerificationLate"]["expr"].split())


def test_runbooks_have_an_address_where_people_have_put_them() -> None:
    assert all("runbook_url" not in rule["annotations"] for rule in alerts(render(values=ON)))
    for rule in alerts(render(file=CI["everything"])):
        file = rule["annotations"]["runbook"].removeprefix("docs/runbooks/")
        assert rule["annotations"]["runbook_url"] == f"https://wiki.example.org/runbooks/{file}"


def test_annotations_name_only_labels_that_the_query_keeps() -> None:
    for rule in alerts(render(values=ON)):
        named = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
        kept = set(re.search(r"by \(([^)]*)\)", rule["expr"])[1].split(", "))  # type: ignore[index]
        assert named <= kept, rule["alert"]


def test_every_query_is_promql_about_one_release() -> None:
    asked = list(queries(render(values=ON)))
    assert len(asked) > 30
    for query in asked:
        found = list(selectors(query))
        assert found, query
        for selector in found:
            assert {"namespace", "job"} <= {one.name for one in selector.matchers.matchers}, query


def test_a_query_that_is_none_would_be_seen() -> None:
    with pytest.raises(ValueError, match="unclosed"):
        list(selectors("max by (node) (historia_node_up"))


def test_what_every_replica_tells_is_never_added_up() -> None:
    """The nodes are the same for each: only requests and what a process has of its own may be summed."""
    own = re.compile(r"historia_http_|historia_pool_|process_|up$")
    for query in queries(render(values=ON)):
        for summed in re.findall(r"sum by \([^)]*\) \((?!max)(?:rate\()?(\w+)|sum\((?:rate\()?(\w+)", query):
            assert own.match("".join(summed)), query


def test_the_dashboard_is_found_by_grafana_and_draws_without_overlap() -> None:
    for objects, label in ((render(values=ON), "grafana_dashboard"), (render(file=CI["everything"]), "dashboards")):
        assert label in find(objects, "ConfigMap", "hc-dashboard")["metadata"]["labels"]
    annotations = find(render(file=CI["everything"]), "ConfigMap", "hc-dashboard")["metadata"]["annotations"]
    assert annotations == {"grafana_folder": "Historia"}
    shown = dashboard(render(values=ON))
    assert shown == json.loads((CHART / "files/dashboard.json").read_text())
    assert {one["name"] for one in shown["templating"]["list"]} == {"datasource", "namespace", "job"}
    taken: set[tuple[int, int]] = set()
    for panel in shown["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in shown["panels"]}) == len(shown["panels"])


def test_the_file_of_the_alerts_is_plain_yaml() -> None:
    file = yaml.safe_load((CHART / "files/alerts.yaml").read_text())
    assert [rule["alert"] for rule in file["groups"][0]["rules"]] == [
        rule["alert"] for rule in alerts(render(values=ON))
    ]
