"""Encryption: what each mode renders, and what no pod gets to see."""

import base64
import pathlib
import ssl
import subprocess
from typing import Any

import pytest
import yaml
from chart.render import CI, Object, environment, find, manifest, pods, refusal, render

NAMES = [
    "hc-coordinator",
    "hc-coordinator.clinic",
    "hc-coordinator.clinic.svc",
    "hc-coordinator.clinic.svc.cluster.local",
    "hc-worker-nodes",
    "hc-worker-nodes.clinic",
    "hc-worker-nodes.clinic.svc",
    "hc-worker-nodes.clinic.svc.cluster.local",
    "*.hc-coordinator-nodes.clinic.svc.cluster.local",
    "*.hc-worker-nodes.clinic.svc.cluster.local",
    "localhost",
]
OFF = {"tls": {"mode": "off"}, "middleware": {"database": {"sslmode": "prefer"}}}
FOLDER = "/etc/historia-tls"


def files_of(pod: Object) -> dict[str, Any]:
    """The volume of the certificates: Secret, files, and what else it says."""
    (volume,) = (one["secret"] for one in pod["spec"]["volumes"] if one["name"] == "tls")
    assert all(item["key"] == item["path"] for item in volume["items"])
    return {**volume, "items": [item["key"] for item in volume["items"]]}


def text_of(name: str, objects: list[Object]) -> str:
    return base64.b64decode(find(objects, "Secret", "hc-tls")["data"][name]).decode()


def test_each_pod_gets_only_the_files_that_it_needs(objects: list[Object]) -> None:
    if any(one["metadata"]["labels"]["app.kubernetes.io/instance"] != "hc" for one in objects):
        pytest.fail("another release")
    for name, pod in pods(objects):
        if not any(volume["name"] == "tls" for volume in pod["spec"]["volumes"]):
            continue
        kind = name.split("/")[0]
        wanted = {
            "StatefulSet": (["tls.crt", "tls.key", "ca.crt"], 0o640),
            "Deployment": (["ca.crt"], 0o440),
        }.get(kind, (["tls.crt", "ca.crt"], 0o640))
        found = files_of(pod)
        assert (found["items"], found["defaultMode"]) == wanted, name
        (mount,) = (one for one in pod["spec"]["containers"][0]["volumeMounts"] if one["name"] == "tls")
        assert (mount["mountPath"], mount["readOnly"]) == (FOLDER, True), name


def test_off_leaves_no_trace(tmp_path: pathlib.Path) -> None:
    unquoted = tmp_path / "off.yaml"
    unquoted.write_text("tls:\n  mode: off\nmiddleware:\n  database:\n    sslmode: prefer\n")
    for text in (manifest("hc", values=str(OFF).replace("'", '"')), manifest("hc", files=(unquoted,))):
        objects = [one for one in yaml.safe_load_all(text) if one]
        assert not [one for one in objects if one["metadata"]["name"] == "hc-tls"]
        assert "historia-tls" not in text
        assert "citus.node_conninfo=sslmode=prefer" in text
    api = environment(find(render(values=OFF), "Deployment", "hc-middleware")["spec"]["template"])
    assert api["POSTGRES_SSLMODE"] == "prefer"
    assert "POSTGRES_SSLROOTCERT" not in api


def test_a_generated_certificate_is_for_every_node_that_scaling_can_reach(tmp_path: pathlib.Path) -> None:
    objects = render()
    for name in ("ca.crt", "tls.crt", "tls.key"):
        (tmp_path / name).write_text(text_of(name, objects))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")  # they belong together
    checked = subprocess.run(
        ["openssl", "verify", "-purpose", "sslserver", "-CAfile", tmp_path / "ca.crt", tmp_path / "tls.crt"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    shown = subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "tls.crt", "-noout", "-text"], capture_output=True, text=True, check=True
    ).stdout
    (names,) = (line.strip() for line in shown.splitlines() if "DNS:" in line)
    assert names == ", ".join([*(f"DNS:{name}" for name in NAMES), "IP Address:127.0.0.1"])
    api = environment(
        find(render(values={"middleware": {"routing": "owner"}}), "Deployment", "hc-middleware")["spec"]["template"]
    )
    assert {api["POSTGRES_HOST"], api["HISTORIA_WORKERS"]} <= set(NAMES)
    assert "NIST CURVE: P-256" in shown


def test_the_days_are_a_value(tmp_path: pathlib.Path) -> None:
    objects = render(values={"tls": {"generated": {"validityDays": 30}}})
    for name in ("ca.crt", "tls.crt"):
        (tmp_path / name).write_text(text_of(name, objects))
        for days, lasts in ((29, 0), (31, 1)):
            asked = ["openssl", "x509", "-in", tmp_path / name, "-noout", "-checkend", str(days * 86400)]
            assert subprocess.run(asked, capture_output=True, check=False).returncode == lasts


def test_the_key_of_the_authority_reaches_no_pod() -> None:
    objects = render()
    assert text_of("ca.key", objects).startswith("-----BEGIN EC PRIVATE KEY-----")
    assert not [name for name, pod in pods(objects) if "ca.key" in files_of(pod)["items"]]


@pytest.mark.parametrize("values", [{"tls": {"generated": {"revision": 2}}}, {"clusterDomain": "example.internal"}])
def test_another_revision_and_other_names_ask_for_another_certificate(values: dict[str, Any]) -> None:
    before, after = (find(render(values=v), "Secret", "hc-tls")["metadata"]["annotations"] for v in ({}, values))
    assert before["historia-clinica/recipe"] != after["historia-clinica/recipe"]
    again = find(render("hc", "--skip-tests"), "Secret", "hc-tls")["metadata"]["annotations"]
    assert before == again


def test_a_certificate_restarts_nothing() -> None:
    """The files of a pod follow the Secret; nothing in the pod's template speaks of what they hold."""
    first, second = (render("hc", flag) for flag in ("--skip-tests", "--include-crds"))
    assert text_of("tls.crt", first) != text_of("tls.crt", second)
    for kind, name in (
        ("StatefulSet", "hc-coordinator"),
        ("StatefulSet", "hc-worker"),
        ("Deployment", "hc-middleware"),
    ):
        assert find(first, kind, name) == find(second, kind, name)


def test_a_secret_of_ones_own() -> None:
    objects = render(file=CI["existing-secret"])
    assert not [one for one in objects if one["kind"] == "Secret"]
    assert {files_of(pod)["secretName"] for _, pod in pods(objects)} == {"certificate"}


def test_cert_manager_makes_the_secret_that_the_pods_mount() -> None:
    objects = render(file=CI["everything"])
    certificate = find(objects, "Certificate", "hc-tls")
    assert certificate["apiVersion"] == "cert-manager.io/v1"
    assert certificate["spec"] == {
        "secretName": "hc-tls",
        "issuerRef": {"name": "hospital", "kind": "ClusterIssuer", "group": "issuer.example.org"},
        "duration": "4320h",
        "renewBefore": "1440h",
        "commonName": "hc",
        "dnsNames": [
            "db",
            "db.clinic",
            "db.clinic.svc",
            "db.clinic.svc.example.internal",
            "shard-nodes",
            "shard-nodes.clinic",
            "shard-nodes.clinic.svc",
            "shard-nodes.clinic.svc.example.internal",
            "*.db-nodes.clinic.svc.example.internal",
            "*.shard-nodes.clinic.svc.example.internal",
            "localhost",
        ],
        "ipAddresses": ["127.0.0.1"],
        "usages": ["digital signature", "server auth"],
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
    }
    assert {files_of(pod)["secretName"] for _, pod in pods(objects)} == {"hc-tls"}


def test_renewed_certificates_are_taken_up_once_a_day() -> None:
    job = find(render(), "CronJob", "hc-tls")["spec"]
    assert (job["schedule"], job["concurrencyPolicy"]) == ("23 3 * * *", "Forbid")
    assert job["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["args"] == ["certificates"]
    assert find(render(file=CI["everything"]), "CronJob", "hc-tls")["spec"]["schedule"] == "@daily"


def test_the_api_checks_the_certificate_and_says_how() -> None:
    env = environment(find(render(), "Deployment", "hc-middleware")["spec"]["template"])
    assert (env["POSTGRES_SSLMODE"], env["POSTGRES_SSLROOTCERT"]) == ("verify-full", f"{FOLDER}/ca.crt")


def test_no_config_map_holds_a_secret(objects: list[Object]) -> None:
    secrets = [value for one in objects if one["kind"] == "Secret" for value in one["data"].values()]
    shown = str([one for one in objects if one["kind"] != "Secret"])
    assert not [value for value in secrets if value in shown or base64.b64decode(value).decode() in shown]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"tls": {"mode": "existingSecret"}}, "tls.existingSecret: está vacío y tls.mode es existingSecret."),
        ({"tls": {"existingSecret": "mine"}}, 'tls.existingSecret: es "mine", pero tls.mode es generated'),
        (
            {"tls": {"mode": "existingSecret", "existingSecret": "mine"}},
            'middleware.database.caSecret: es "hc-tls", pero la CA está en el Secret "mine".',
        ),
        ({"middleware": {"database": {"sslmode": "require"}}}, "Ponga middleware.database.sslmode=verify-full."),
        ({"postgresql": {"parameters": {"ssl": "off"}}}, 'postgresql.parameters: "ssl" lo fija el chart.'),
        (
            {"postgresql": {"parameters": {"citus.node_conninfo": "sslmode=require"}}},
            '"citus.node_conninfo" lo fija el chart.',
        ),
        (
            {"middleware": {"database": {"user": "historia_app_b"}}},
            'middleware.database.secretKey: es "app-password", pero auth.secretKeys.appPasswordB es "app-password-b".',
        ),
    ],
)
def test_contradictions_are_refused(values: dict[str, Any], said: str) -> None:
    assert said in refusal(values)


@pytest.mark.parametrize(
    "values",
    [
        {"tls": {"mode": "on"}},
        {"tls": {"generated": {"validityDays": 1}}},
        {"tls": {"schedule": "daily"}},
        {"tls": {"certManager": {"duration": "90 days"}}},
        {"middleware": {"database": {"caSecret": ""}}},
    ],
    ids=str,
)
def test_the_schema_refuses(values: dict[str, Any]) -> None:
    assert "schema" in refusal(values)
