"""Encryption on a real cluster: what a node presents, who is refused, what leaks, and what a renewal disturbs."""

import base64
import json

import pytest
from cluster.release import WORKERS, Release

SHOW = """
import socket, ssl, struct, sys
for host in sys.argv[1:]:
    plain = socket.create_connection((host, 5432), timeout=10)
    plain.sendall(struct.pack('!ii', 8, 80877103))
    assert plain.recv(1) == b'S'
    context = ssl.create_default_context(cafile='/etc/historia-tls/ca.crt')
    print(ssl.DER_cert_to_PEM_cert(context.wrap_socket(plain, server_hostname=host).getpeercert(True)))
"""
ENTER = """
import os, psycopg2, sys
host, *ways = sys.argv[1:]
for way in ways:
    try:
        psycopg2.connect(host=host, user='admin', password=os.environ['POSTGRES_PASSWORD'], dbname='historia_clinica',
                         connect_timeout=10, **dict(part.split('=') for part in way.split()))
        print('entered')
    except psycopg2.OperationalError as error:
        print(str(error).replace(chr(10), ' '))
"""


@pytest.fixture(scope="module")
def installed(release: Release) -> Release:
    release.install(f"workers.count={WORKERS}")
    return release


def secret(release: Release, name: str) -> dict[str, str]:
    data: dict[str, str] = json.loads(release.kubectl("get", "secret", name, "-o", "json"))["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def presented(release: Release) -> set[str]:
    """The certificates of all nodes, by each name they have."""
    shown = release.run_python("look", SHOW, *nodes(release))
    footer = "-----END CERTIFICATE-----"
    parts = [part.strip() + f"\n{footer}" for part in shown.split(footer)[:-1]]
    assert len(parts) == len(nodes(release))
    return set(parts)


def nodes(release: Release) -> list[str]:
    ends = [f"hc-{kind}-nodes.{release.namespace}.svc.cluster.local" for kind in ("coordinator", "worker")]
    return ["hc-coordinator", f"hc-coordinator-0.{ends[0]}", *(f"hc-worker-{n}.{ends[1]}" for n in range(WORKERS))]


def pods(release: Release) -> dict[str, str]:
    found = json.loads(release.kubectl("get", "pods", "-o", "json"))["items"]
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in found if pod["status"]["phase"] == "Running"}


def test_every_node_presents_the_certificate_of_the_secret(installed: Release) -> None:
    assert presented(installed) == {secret(installed, "hc-tls")["tls.crt"].strip()}


def test_plain_text_and_a_client_without_the_authority_are_refused(installed: Release) -> None:
    ways = ("sslmode=disable", "sslmode=verify-full", "sslmode=verify-full sslrootcert=/etc/historia-tls/ca.crt")
    plain, alone, trusting = installed.run_python("look", ENTER, nodes(installed)[-1], *ways).splitlines()
    assert "no encryption" in plain
    assert "root certificate file" in alone
    assert trusting == "entered"


def test_every_connection_over_the_network_is_encrypted(installed: Release) -> None:
    installed.test()
    plain = (
        "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
        " WHERE NOT ssl AND client_addr IS NOT NULL AND client_addr <> '127.0.0.1'"
    )
    assert installed.sql(plain) == [["0"]]


def test_no_secret_shows_anywhere(installed: Release) -> None:
    """Logs, descriptions, everything that is no Secret, and what Helm tells; keys line by line."""
    values = [
        value for name in ("hc-auth", "hc-tls") for key, value in secret(installed, name).items() if "crt" not in key
    ]
    lines = {line for value in values for line in value.splitlines() if len(line) >= 20 and "PRIVATE KEY" not in line}
    assert len(lines) >= 4
    kinds = "pods,configmaps,statefulsets,deployments,jobs,cronjobs,services,events"
    shown = [installed.kubectl("get", kinds, "-o", "yaml"), installed.kubectl("describe", kinds.replace(",events", ""))]
    shown += [installed.helm("get", what, "hc").stdout for what in ("notes", "values")]
    for pod in installed.kubectl("get", "pods", "-o", "name").split():
        shown.append(installed.kubectl("logs", pod, "--tail=-1"))
    encoded = {base64.b64encode(line.encode()).decode() for line in lines}
    assert not [text[:80] for text in shown for line in lines | encoded if line in text]


def test_an_upgrade_keeps_the_certificate_and_another_revision_renews_it_without_a_restart(installed: Release) -> None:
    installed.upgrade(f"workers.count={WORKERS}")
    before, running = secret(installed, "hc-tls"), pods(installed)
    installed.upgrade(f"workers.count={WORKERS}")
    assert secret(installed, "hc-tls") == before
    assert running.items() <= pods(installed).items()
    installed.upgrade(f"workers.count={WORKERS}", "tls.generated.revision=2")
    after = secret(installed, "hc-tls")
    assert after["ca.crt"] == before["ca.crt"]
    assert after["tls.crt"] != before["tls.crt"]
    assert running.items() <= pods(installed).items()
    assert presented(installed) == {after["tls.crt"].strip()}
    installed.test()


def test_the_job_of_every_day_finds_all_well(installed: Release) -> None:
    installed.kubectl("create", "job", "now", "--from=cronjob/hc-tls")
    installed.kubectl("wait", "--for=condition=complete", "job/now", "--timeout=120s")
    assert installed.kubectl("logs", "job/now").count('"event": "certificado"') == 1 + WORKERS


def test_the_authority_changes_as_the_runbook_says(installed: Release) -> None:
    before = secret(installed, "hc-tls")["ca.crt"]
    installed.kubectl("delete", "secret", "hc-tls")
    installed.upgrade(f"workers.count={WORKERS}", "tls.generated.revision=2", extra=("--no-hooks",))
    sets = ["statefulset/hc-coordinator", *(["statefulset/hc-worker"] if WORKERS else [])]
    installed.kubectl("rollout", "restart", *sets)
    for one in sets:
        installed.kubectl("rollout", "status", one, "--timeout=180s")
    installed.upgrade(f"workers.count={WORKERS}", "tls.generated.revision=2")
    assert secret(installed, "hc-tls")["ca.crt"] != before
    installed.test()


def test_encryption_can_be_switched_off_and_on(installed: Release) -> None:
    installed.upgrade(f"workers.count={WORKERS}", "tls.mode=off", "middleware.database.sslmode=prefer")
    assert installed.sql("SHOW ssl") == [["off"]]
    installed.test()
    installed.upgrade(f"workers.count={WORKERS}")
    assert installed.sql("SHOW ssl") == [["on"]]
    installed.test()
