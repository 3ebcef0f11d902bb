"""The database nodes."""

import pytest
from chart.render import CI, Object, environment, find, render


def node(objects: list[Object], name: str) -> Object:
    spec: Object = find(objects, "StatefulSet", name)["spec"]
    return spec


def parameters(spec: Object) -> dict[str, str]:
    args = spec["template"]["spec"]["containers"][0]["args"]
    assert args[::2] == ["-c"] * (len(args) // 2)
    return dict(arg.split("=", 1) for arg in args[1::2])


def test_coordinator_and_worker_differ_in_name_only() -> None:
    objects = render()
    coordinator, worker = (node(objects, f"hc-{kind}")["template"] for kind in ("coordinator", "worker"))
    worker["spec"].pop("topologySpreadConstraints")  # one coordinator has nothing to be spread from
    assert str(coordinator).replace("coordinator", "worker") == str(worker)


def test_the_defaults_that_citus_needs() -> None:
    assert parameters(node(render(), "hc-worker")) == {
        "hba_file": "/etc/historia/pg_hba.conf",
        "ssl": "on",
        "ssl_cert_file": "/etc/historia-tls/tls.crt",
        "ssl_key_file": "/etc/historia-tls/tls.key",
        "citus.node_conninfo": "sslmode=verify-full",
        "citus.local_hostname": "$(POD_NAME).hc-worker-nodes.clinic.svc.cluster.local",
        "wal_level": "logical",
        "max_worker_processes": "32",
        "max_replication_slots": "20",
        "max_wal_senders": "20",
        "max_logical_replication_workers": "8",
        "wal_retrieve_retry_interval": "500",
        "max_connections": "200",
        "citus.node_connection_timeout": "5000",
        "citus.propagate_set_commands": "local",
        "citus.enable_statistics_collection": "off",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_lock_waits": "on",
    }


@pytest.mark.parametrize(("given", "written"), [(12, "12"), (1_000_000, "1000000"), (True, "true"), ("1GB", "1GB")])
def test_parameters_of_every_type_are_written_as_postgresql_reads_them(given: object, written: str) -> None:
    found = parameters(node(render(values={"postgresql": {"parameters": {"work_mem": given}}}), "hc-worker"))
    assert found["work_mem"] == written


def test_environment_of_a_node() -> None:
    spec = node(render(), "hc-coordinator")["template"]
    assert environment(spec) == {
        "POD_NAME": {"fieldRef": {"fieldPath": "metadata.name"}},
        "PGDATA": "/pgdata/data",
        "POSTGRES_DB": "historia_clinica",
        "POSTGRES_USER": "admin",
        "POSTGRES_PASSWORD": {"secretKeyRef": {"name": "hc-auth", "key": "postgres-password"}},
        "POSTGRES_INITDB_ARGS": "--data-checksums",
        "PGSSLROOTCERT": "/etc/historia-tls/ca.crt",
    }
    names = [item["name"] for item in spec["spec"]["containers"][0]["env"]]
    assert names[0] == "POD_NAME"  # the arguments use it


def test_the_group_of_a_volume_is_left_alone_and_shutdown_has_time() -> None:
    spec = node(render(), "hc-worker")["template"]["spec"]
    assert spec["securityContext"]["fsGroup"] == 999
    assert spec["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"
    assert spec["terminationGracePeriodSeconds"] == 120
    assert {volume["name"]: volume.get("emptyDir") for volume in spec["volumes"]}["shm"]["medium"] == "Memory"


def test_volumes_are_kept_unless_somebody_says_otherwise() -> None:
    objects = render(values={"workers": {"storage": {"retention": {"whenScaled": "Delete"}}}})
    policy = "persistentVolumeClaimRetentionPolicy"
    assert node(objects, "hc-coordinator")[policy] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    assert node(objects, "hc-worker")[policy] == {"whenDeleted": "Retain", "whenScaled": "Delete"}


def test_workers_start_together() -> None:
    spec = node(render(values={"workers": {"count": 7}}), "hc-worker")
    assert (spec["replicas"], spec["podManagementPolicy"]) == (7, "Parallel")
    assert spec["updateStrategy"] == {"type": "RollingUpdate"}


def test_startup_has_the_seconds_it_is_given() -> None:
    for seconds in (1, 900, 1203):
        objects = render(values={"postgresql": {"startupSeconds": seconds}})
        probe = node(objects, "hc-coordinator")["template"]["spec"]["containers"][0]["startupProbe"]
        assert seconds <= probe["failureThreshold"] * probe["periodSeconds"] < seconds + 5


def rules(objects: list[Object]) -> list[list[str]]:
    text = find(objects, "ConfigMap", "hc-postgresql")["data"]["pg_hba.conf"]
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def test_only_the_socket_inside_the_pod_is_trusted_and_the_network_is_encrypted() -> None:
    assert rules(render()) == [
        ["local", "all", "all", "trust"],
        ["host", "all", "all", "127.0.0.1/32", "scram-sha-256"],
        ["host", "all", "all", "::1/128", "scram-sha-256"],
        ["hostssl", "all", "all", "all", "scram-sha-256"],
    ]
    assert rules(render(file=CI["minimal"])) == [
        ["local", "all", "all", "trust"],
        ["host", "all", "all", "all", "scram-sha-256"],
    ]


def test_a_changed_hba_restarts_the_nodes_and_a_changed_password_does_not() -> None:
    first, second = (node(render("hc", flag), "hc-worker") for flag in ("--skip-tests", "--include-crds"))
    assert first["template"] == second["template"]  # the generated passwords differ
    assert "checksum/config" in first["template"]["metadata"]["annotations"]
