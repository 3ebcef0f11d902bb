"""Who may talk to whom, as the policies say it; tests/cluster/test_network.py asks the cluster."""

from collections.abc import Iterator

import pytest
from chart.render import CI, Object, find, pods, render

NODES = {"hc-coordinator", "hc-worker"}
JOBS = {"hc-sync", "hc-drain", "hc-tls"}
TEST, API = "hc-test", "hc-middleware"


def fits(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a label selector means a pod with these labels."""
    assert set(selector) <= {"matchLabels", "matchExpressions"}
    expressions = selector.get("matchExpressions", [])
    assert {one["operator"] for one in expressions} <= {"In"}
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(one["key"]) in one["values"] for one in expressions
    )


def labels_of(objects: list[Object]) -> dict[str, dict[str, str]]:
    return {name.partition("/")[2]: pod["metadata"]["labels"] for name, pod in pods(objects)}


def policies(objects: list[Object], direction: str, labels: dict[str, str]) -> Iterator[Object]:
    """Rules of one direction that hold for a pod."""
    for one in objects:
        if one["kind"] == "NetworkPolicy" and fits(one["spec"]["podSelector"], labels):
            assert direction in one["spec"]["policyTypes"] or direction == "Ingress"
            yield from one["spec"].get(direction.lower(), [])


def passes(rules: Iterator[Object], side: str, labels: dict[str, str], port: int) -> bool:
    return any(
        any(set(peer) == {"podSelector"} and fits(peer["podSelector"], labels) for peer in rule[side])
        and port in {item["port"] for item in rule["ports"]}
        for rule in rules
    )


def edges(objects: list[Object], port: int) -> set[tuple[str, str]]:
    """Pairs of workloads of which the first may open a connection to the second: both sides must allow it."""
    known = labels_of(objects)
    return {
        (source, target)
        for source, from_labels in known.items()
        for target, to_labels in known.items()
        if passes(policies(objects, "Egress", from_labels), "to", to_labels, port)
        and passes(policies(objects, "Ingress", to_labels), "from", from_labels, port)
    }


def test_exactly_these_talk_to_postgresql() -> None:
    assert edges(render(), 5432) == {(source, node) for source in {API, TEST, *NODES, *JOBS} for node in NODES}


def test_the_jobs_of_the_audit_reach_the_nodes_and_nothing_else() -> None:
    objects = render(values={"audit": {"seals": {"enabled": True, "existingSecret": "x"}, "verify": {"enabled": True}}})
    for port, reached in ((5432, NODES), (8080, set[str]())):
        allowed = edges(objects, port)
        for job in ("hc-seal-audit", "hc-verify-audit"):
            assert {target for source, target in allowed if source == job} == reached


def test_inside_the_release_only_the_self_test_calls_the_api() -> None:
    assert edges(render(), 8080) == {(TEST, API)}


def test_no_pod_is_without_a_policy_in_both_directions(objects: list[Object]) -> None:
    deny = [one for one in objects if one["metadata"]["name"].endswith("-default-deny")]
    if not deny:
        assert not [one for one in objects if one["kind"] == "NetworkPolicy"]
        return
    (spec,) = (one["spec"] for one in deny)
    assert set(spec) == {"podSelector", "policyTypes"}
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    for name, labels in labels_of(objects).items():
        assert fits(spec["podSelector"], labels), name


def test_each_policy_selects_a_pod(objects: list[Object]) -> None:
    for one in (one for one in objects if one["kind"] == "NetworkPolicy"):
        chosen = [name for name, labels in labels_of(objects).items() if fits(one["spec"]["podSelector"], labels)]
        assert chosen, one["metadata"]["name"]


def test_a_neighbour_reaches_the_api_and_nothing_else() -> None:
    objects, stranger = render(), {"app": "portal"}
    reached = {
        (name, port)
        for name, labels in labels_of(objects).items()
        for port in (5432, 8080)
        if passes(policies(objects, "Ingress", labels), "from", stranger, port)
    }
    assert reached == {(API, 8080)}


def test_names_are_resolved_by_every_pod() -> None:
    spec = find(render(), "NetworkPolicy", "hc-dns")["spec"]
    assert spec["egress"] == [
        {
            "to": [
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                }
            ],
            "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
        }
    ]


@pytest.mark.parametrize(("policy", "port"), [("hc-coordinator", 5432), ("hc-monitoring", "metrics")])
def test_people_of_the_values_come_in_where_they_are_named(policy: str, port: object) -> None:
    rules = find(render(file=CI["everything"]), "NetworkPolicy", policy)["spec"]["ingress"]
    reports = {"podSelector": {"matchLabels": {"team": "reports"}}}
    assert [rule for rule in rules if reports in rule["from"] and rule.get("ports") == [{"port": port}]]


@pytest.mark.parametrize("policy", ["hc-coordinator", "hc-worker", "hc-middleware", "hc-hooks"])
def test_more_rules_are_added_as_they_are(policy: str) -> None:
    spec = find(render(file=CI["everything"]), "NetworkPolicy", policy)["spec"]
    peer = {"podSelector": {"matchLabels": {"team": "reports"}}}
    assert spec["ingress"][-1] == {"from": [peer]}
    assert spec["egress"][-1] == {"to": [peer]}


def test_off_means_none() -> None:
    assert not [one for one in render(values={"networkPolicy": {"enabled": False}}) if one["kind"] == "NetworkPolicy"]


def test_budgets_of_disruption() -> None:
    objects = render()
    budgets = {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == "PodDisruptionBudget"}
    assert budgets.keys() == {"hc-worker", "hc-middleware"}  # the one coordinator may be moved
    for name, spec in budgets.items():
        assert spec["maxUnavailable"] == 1
        chosen = [one for one, labels in labels_of(objects).items() if fits(spec["selector"], labels)]
        assert chosen == [name]
    assert find(render(file=CI["everything"]), "PodDisruptionBudget", "db")["spec"]["maxUnavailable"] == 0
    one_api = render(values={"middleware": {"replicaCount": 1}})
    assert "hc-middleware" not in {one["metadata"]["name"] for one in one_api if one["kind"] == "PodDisruptionBudget"}
