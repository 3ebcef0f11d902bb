"""The identity provider in the chart: what the API is told of it, and the way there."""

from typing import Any

import pytest
from chart.render import CI, Object, environment, find, render, template

ISSUER = "https://id.example.org/realms/hospital"


def said(issuer: str = ISSUER, way: Object | None = None, **more: str) -> list[Object]:
    oidc = {"issuer": issuer, "clientId": "historia"} | more
    return render(values={"middleware": {"oidc": oidc}, "networkPolicy": {"oidc": way or {}}})


def api(objects: list[Object], name: str = "hc-middleware") -> Object:
    pod = template(find(objects, "Deployment", name))
    assert pod
    return pod


def way(objects: list[Object]) -> list[Any]:
    """The rules beside that to the nodes."""
    rules: list[Any] = find(objects, "NetworkPolicy", "hc-middleware")["spec"]["egress"]
    return rules[1:]


def test_without_an_issuer_the_api_knows_none_and_goes_nowhere() -> None:
    objects = render()
    assert [name for name in environment(api(objects)) if "OIDC" in name] == []
    assert way(objects) == []


def test_the_api_is_told_which_provider_and_for_which_client() -> None:
    told = environment(api(said()))
    assert (told["HISTORIA_OIDC_ISSUER"], told["HISTORIA_OIDC_CLIENT_ID"]) == (ISSUER, "historia")
    assert "HISTORIA_OIDC_CA_FILE" not in told


def test_a_ca_comes_from_a_config_map() -> None:
    pod = api(render(file=CI["everything"]), "api")
    (volume,) = (one["configMap"] for one in pod["spec"]["volumes"] if one["name"] == "oidc")
    assert volume == {"name": "theirs", "items": [{"key": "bundle.crt", "path": "ca.crt"}]}
    (mount,) = (one for one in pod["spec"]["containers"][0]["volumeMounts"] if one["name"] == "oidc")
    assert mount["readOnly"]
    assert environment(pod)["HISTORIA_OIDC_CA_FILE"] == f"{mount['mountPath']}/ca.crt"


@pytest.mark.parametrize(
    ("issuer", "port"),
    [(ISSUER, 443), ("https://id.example.org:8443/realms/hospital", 8443), ("https://[2001:db8::1]:9443", 9443)],
)
def test_the_way_there_is_open_on_the_port_of_its_address(issuer: str, port: int) -> None:
    assert way(said(issuer)) == [{"ports": [{"port": port}]}]


def test_the_way_there_may_be_made_narrower() -> None:
    to, ports = [{"ipBlock": {"cidr": "192.0.2.80/32"}}], [{"port": 8443}]
    assert way(said(way={"to": to, "ports": ports})) == [{"to": to, "ports": ports}]
    assert way(said(way={"to": to})) == [{"to": to, "ports": [{"port": 443}]}]
