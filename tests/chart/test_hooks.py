"""The Jobs before and after, and the Pod that tests."""

from typing import Any

import pytest
from chart.render import CI, Object, environment, find, render, template

NODE = "hc-worker-{}.hc-worker-nodes.clinic.svc.cluster.local"


def pod_of(one: Object) -> Object:
    pod = template(one)
    assert pod
    return pod


def test_only_these_are_hooks(objects: list[Object]) -> None:
    hooks = {
        one["metadata"]["name"]: one["metadata"]["annotations"]
        for one in objects
        if "helm.sh/hook" in one["metadata"].get("annotations", {})
    }
    api = any(one["kind"] == "Deployment" for one in objects)
    events = {"hc-drain": "pre-upgrade,pre-rollback", "hc-sync": "post-install,post-upgrade,post-rollback"}
    if any(one["metadata"]["name"].startswith("hc-sync-") for one in objects):
        events = {}  # hooks.mode: job
    hooks.pop("hc-audit-seals", None)  # a volume: test_audit.py
    assert hooks.keys() == events.keys() | ({"hc-test"} if api else set())
    for name, event in events.items():
        assert {key: value for key, value in hooks[name].items() if "helm.sh" in key} == {
            "helm.sh/hook": event,
            "helm.sh/hook-weight": "10",
            "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
            "helm.sh/hook-output-log-policy": "hook-failed",
        }
    if not api:
        return
    assert {key: value for key, value in hooks["hc-test"].items() if "helm.sh" in key} == {
        "helm.sh/hook": "test",
        "helm.sh/hook-weight": "0",
        "helm.sh/hook-delete-policy": "before-hook-creation",
    }


@pytest.mark.parametrize(("name", "seconds"), [("hc-sync", 285), ("hc-drain", 285)])
def test_a_job_leaves_evidence_and_gives_up_before_helms_five_minutes(name: str, seconds: int) -> None:
    spec = find(render(), "Job", name)["spec"]
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert spec["backoffLimit"] == 4
    assert spec["activeDeadlineSeconds"] == seconds
    assert "ttlSecondsAfterFinished" not in spec


@pytest.mark.parametrize("command", ["sync", "drain"])
def test_wrong_configuration_is_not_tried_again(command: str) -> None:
    rules = find(render(), "Job", f"hc-{command}")["spec"]["podFailurePolicy"]["rules"]
    assert rules[0] == {
        "action": "FailJob",
        "onExitCodes": {"containerName": command, "operator": "In", "values": [2, 65, 78]},
    }
    assert rules[1]["action"] == "Ignore"


@pytest.mark.parametrize(
    ("kind", "name", "command"),
    [("Job", "hc-sync", "sync"), ("Job", "hc-drain", "drain"), ("Pod", "hc-test", "selftest")],
)
def test_runs_one_command_with_the_environment_of_the_hooks(kind: str, name: str, command: str) -> None:
    pod = pod_of(find(render(), kind, name))
    assert pod["spec"]["containers"][0]["args"] == [command]
    wanted: dict[str, Any] = {
        "POSTGRES_HOST": "hc-coordinator",
        "POSTGRES_PORT": "5432",
        "POSTGRES_DB": "historia_clinica",
        "POSTGRES_USER": "admin",
        "POSTGRES_PASSWORD": {"secretKeyRef": {"name": "hc-auth", "key": "postgres-password"}},
        "HISTORIA_APP_PASSWORD": {"secretKeyRef": {"name": "hc-auth", "key": "app-password"}},
        "POSTGRES_PASSWORD_PREVIOUS": {
            "secretKeyRef": {"name": "hc-auth", "key": "postgres-password-previous", "optional": True}
        },
        "HISTORIA_APP_PASSWORD_B": {"secretKeyRef": {"name": "hc-auth", "key": "app-password-b", "optional": True}},
        "POSTGRES_SSLMODE": "verify-full",
        "POSTGRES_SSLROOTCERT": "/etc/historia-tls/ca.crt",
        "HISTORIA_TLS_CERT": "/etc/historia-tls/tls.crt",
        "HISTORIA_COORDINATOR": "hc-coordinator-0.hc-coordinator-nodes.clinic.svc.cluster.local",
        "HISTORIA_WORKERS": f"{NODE.format(0)},{NODE.format(1)}",
        "HISTORIA_USUARIO": "reference",
        "HISTORIA_TIMEOUT": "240",
    }
    if command == "drain":
        wanted |= {"HISTORIA_DRAIN": "true", "HISTORIA_FIRST_LEAVING": NODE.format(2)}
        wanted |= {"HISTORIA_POSTGRES_MAJOR": "17", "HISTORIA_CITUS_VERSION": "14.1.0"}
    if command == "sync":
        wanted |= {"HISTORIA_REBALANCE": "start", "HISTORIA_CITUS_VERSION": "14.1.0"}
        wanted |= {"HISTORIA_ADMIN_DOCUMENTO": "ADMIN-1", "HISTORIA_ADMIN_NOMBRE": "Administración"}
        wanted |= {"HISTORIA_ADMIN_CORREO": "administracion@example.org"}
        key = {"name": "hc-auth", "key": "administrator-password", "optional": True}
        wanted["HISTORIA_ADMIN_PASSWORD"] = {"secretKeyRef": key}
        wanted["HISTORIA_SIGNING_KEY"] = {"secretKeyRef": key | {"key": "signing-key"}}
        wanted["HISTORIA_SIGNING_KEYS_ACCEPTED"] = {"secretKeyRef": key | {"key": "signing-keys-accepted"}}
    if kind == "Pod":
        wanted["HISTORIA_API_URL"] = "http://hc-middleware:8080"
    assert environment(pod) == wanted


def test_everything_may_be_called_otherwise() -> None:
    env = environment(find(render(file=CI["everything"]), "Pod", "hc-test"))
    assert env["POSTGRES_HOST"] == "db"
    assert env["POSTGRES_PASSWORD"] == {"secretKeyRef": {"name": "secrets", "key": "owner-password"}}
    assert env["HISTORIA_APP_PASSWORD"] == {"secretKeyRef": {"name": "secrets", "key": "api-password"}}
    assert env["HISTORIA_COORDINATOR"] == "db-0.db-nodes.clinic.svc.example.internal"
    nodes = [f"shard-{n}.shard-nodes.clinic.svc.example.internal" for n in range(3)]
    assert env["HISTORIA_WORKERS"] == ",".join(nodes)
    assert env["HISTORIA_USUARIO"] == "documento_id"
    assert env["HISTORIA_API_URL"] == "http://api-service:80"


def test_nobody_is_made_administrator_where_everybody_is_let_in() -> None:
    for values in ({"middleware": {"auth": "off"}}, {"auth": {"administrator": {"documento": ""}}}):
        objects = render(values=values)
        assert not [name for name in environment(pod_of(find(objects, "Job", "hc-sync"))) if "_ADMIN_" in name]
        assert "administrator-password" not in find(objects, "Secret", "hc-auth")["data"]


def test_how_data_moves_is_said_by_values() -> None:
    objects = render(file=CI["everything"])
    sync, drain = (find(objects, "Job", name) for name in ("hc-sync", "hc-drain"))
    assert environment(pod_of(sync))["HISTORIA_REBALANCE"] == "wait"
    assert environment(pod_of(drain))["HISTORIA_DRAIN"] == "false"
    assert environment(pod_of(drain))["HISTORIA_TIMEOUT"] == "900"
    assert drain["spec"]["activeDeadlineSeconds"] == 945


DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("image", "major", "citus"),
    [
        ({"tag": "13.2.0-pg16"}, "16", "13.2.0"),
        ({"tag": "13.2-pg16-alpine", "repository": "mirror/citusdata/citus"}, "16", "13.2"),
        ({"tag": "14.1.0"}, "", "14.1.0"),
        ({"tag": "2026.1-pg17", "repository": "clinic/database"}, "17", ""),  # numbers of another program
        ({"tag": "stable"}, "", ""),
        ({"tag": "13.2.0-pg16", "digest": DIGEST}, "", ""),  # the tag is not what runs
        ({"digest": DIGEST, "postgresqlMajor": "18", "citusVersion": "14.1.0"}, "18", "14.1.0"),
        ({"tag": "13.2.0-pg16", "postgresqlMajor": "17", "citusVersion": "14.0"}, "17", "14.0"),
    ],
)
def test_the_hooks_are_told_what_the_new_image_holds(image: dict[str, str], major: str, citus: str) -> None:
    objects = render(values={"postgresql": {"image": image}})
    drain = environment(pod_of(find(objects, "Job", "hc-drain")))
    assert (drain.get("HISTORIA_POSTGRES_MAJOR", ""), drain.get("HISTORIA_CITUS_VERSION", "")) == (major, citus)
    assert environment(pod_of(find(objects, "Job", "hc-sync"))).get("HISTORIA_CITUS_VERSION", "") == citus


def test_a_single_node_wants_no_workers() -> None:
    assert "HISTORIA_WORKERS" not in environment(pod_of(find(render(file=CI["single-node"]), "Job", "hc-sync")))


def test_without_the_api_there_is_nothing_that_helm_could_test() -> None:
    assert [one for one in render(file=CI["minimal"]) if one["kind"] == "Pod"] == []


def test_the_drain_refers_to_nothing_that_the_same_revision_may_bring() -> None:
    """It runs before anything is applied, and as the very first thing where a tool takes it for a pre-sync."""
    for name, values in CI.items():
        drains = [one for one in render(file=values) if one["metadata"]["name"] == "hc-drain"]
        assert len(drains) == (name != "job-mode")
        if not drains:
            continue
        pod = pod_of(drains[0])["spec"]
        assert pod["serviceAccountName"] == "default"
        needed = [volume for volume in pod["volumes"] if not volume.get("secret", {}).get("optional")]
        assert [volume for volume in needed if "emptyDir" not in volume and volume["name"] != "extra"] == []


def plain_jobs(*argv: str, **values: Any) -> list[Object]:
    objects = render("hc", *argv, file=CI["job-mode"], values=values)
    return [one for one in objects if one["kind"] == "Job"]


def test_without_hooks_one_plain_job_brings_the_database_to_its_state() -> None:
    (job,) = plain_jobs()
    assert job["metadata"]["annotations"] == {"argocd.argoproj.io/sync-wave": "1"}
    assert (
        job["spec"] == find(render(file=CI["job-mode"], values={"hooks": {"mode": "helm"}}), "Job", "hc-sync")["spec"]
    )


def test_a_plain_job_has_another_name_when_there_is_other_work() -> None:
    """A Job cannot be changed. Equal manifests have equal names, or a tool that compares them would never rest."""
    ((first,), (again,), (more,)) = plain_jobs(), plain_jobs("--skip-tests"), plain_jobs(workers={"count": 3})
    assert first["metadata"]["name"] == again["metadata"]["name"] != more["metadata"]["name"]
    upgrade = plain_jobs("--is-upgrade")
    assert [one["metadata"]["name"] for one in upgrade] == [first["metadata"]["name"]]


def test_the_drain_can_be_rendered_for_a_person_to_run() -> None:
    values = {"hooks": {"mode": "helm"}, "workers": {"count": 1}}
    (drain,) = render("hc", "--show-only=templates/hooks/drain-job.yaml", file=CI["job-mode"], values=values)
    assert environment(pod_of(drain))["HISTORIA_FIRST_LEAVING"] == NODE.format(1)


def test_a_tool_may_annotate_the_jobs_but_not_take_their_hooks_away() -> None:
    annotations = {"helm.sh/hook": "pre-delete", "example.org/x": "y"}
    found = find(render(values={"hooks": {"jobAnnotations": annotations}}), "Job", "hc-sync")["metadata"]["annotations"]
    assert found["helm.sh/hook"] == "post-install,post-upgrade,post-rollback"
    assert found["example.org/x"] == "y"
