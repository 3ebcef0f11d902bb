"""The CronJobs that seal and verify the audit: when they run, what they get to see, and the volume between them."""

from typing import Any

import pytest
from chart.render import CI, Object, environment, find, refusal, render

SEALS: Object = {"enabled": True, "existingSecret": "seal-keys"}
KEPT: Object = {**SEALS, "persistence": {"enabled": True}}
VERIFY: Object = {"enabled": True, "existingSecret": "seal-keys"}
BUCKET: Object = {"name": "sellos", "existingSecret": "credentials"}
PRIVATE, PUBLIC = "sellos.pem", "sellos-publica.pem"


def audit(**values: Object) -> list[Object]:
    return render(values={"audit": values})


def pod_of(objects: list[Object], name: str) -> Object:
    pod: Object = find(objects, "CronJob", f"hc-{name}-audit")["spec"]["jobTemplate"]["spec"]["template"]
    return pod


def volume_of(pod: Object, name: str) -> tuple[Any, Any]:
    """The volume, and its only mount; None twice where there is neither."""
    volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
    mounts = {one["name"]: one for one in pod["spec"]["containers"][0]["volumeMounts"]}
    return volumes.get(name), mounts.get(name)


def claims(objects: list[Object]) -> list[Object]:
    return [one for one in objects if one["kind"] == "PersistentVolumeClaim"]


def test_off_unless_asked_for() -> None:
    objects = render()
    assert [one["metadata"]["name"] for one in objects if one["kind"] == "CronJob"] == ["hc-tls"]
    assert claims(objects) == []


@pytest.mark.parametrize("name", ["seal", "verify"])
def test_runs_one_at_a_time_when_the_values_say(name: str) -> None:
    spec = find(audit(seals=KEPT, verify=VERIFY), "CronJob", f"hc-{name}-audit")["spec"]
    assert spec["schedule"] == {"seal": "7 * * * *", "verify": "47 2 * * *"}[name]
    assert (spec["concurrencyPolicy"], spec["startingDeadlineSeconds"], spec["suspend"]) == ("Forbid", 3600, False)
    assert (spec["successfulJobsHistoryLimit"], spec["failedJobsHistoryLimit"]) == (3, 3)
    assert "timeZone" not in spec
    job = spec["jobTemplate"]["spec"]
    assert (job["backoffLimit"], job["activeDeadlineSeconds"]) == (4, {"seal": 1800, "verify": 21600}[name])
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    theirs = find(render(file=CI["everything"]), "CronJob", f"hc-{name}-audit")["spec"]
    assert theirs["schedule"] == {"seal": "*/15 * * * *", "verify": "@weekly"}[name]
    assert theirs["timeZone"] == {"seal": "America/Bogota", "verify": "Etc/UTC"}[name]
    assert theirs["suspend"] is True
    assert theirs["jobTemplate"]["spec"]["activeDeadlineSeconds"] == {"seal": 600, "verify": 7200}[name]


def test_an_altered_audit_is_not_looked_at_again() -> None:
    job = find(audit(seals=KEPT, verify=VERIFY), "CronJob", "hc-verify-audit")["spec"]["jobTemplate"]["spec"]
    rule = job["podFailurePolicy"]["rules"][0]
    assert rule["action"] == "FailJob"
    assert rule["onExitCodes"]["containerName"] == job["template"]["spec"]["containers"][0]["name"]
    assert 65 in rule["onExitCodes"]["values"]


def test_each_gets_its_own_key_as_a_file_and_no_other() -> None:
    objects = audit(seals=KEPT, verify=VERIFY)
    for name, key in (("seal", PRIVATE), ("verify", PUBLIC)):
        pod = pod_of(objects, name)
        volume, mount = volume_of(pod, "audit-key")
        items = [{"key": key, "path": "key.pem"}]
        assert volume["secret"] == {"secretName": "seal-keys", "defaultMode": 0o440, "items": items}
        assert mount["readOnly"] is True
        assert environment(pod)["HISTORIA_AUDIT_KEY"] == f"{mount['mountPath']}/key.pem"
        assert "seal-keys" not in str(environment(pod))
    others = [one for one in objects if one["kind"] != "CronJob" or not one["metadata"]["name"].endswith("-audit")]
    assert "seal-keys" not in str(others)


def test_the_log_of_the_verifier_names_nobody() -> None:
    objects = audit(seals=KEPT, verify=VERIFY)
    assert pod_of(objects, "verify")["spec"]["containers"][0]["args"] == ["verify-audit", "--sin-nombres"]
    assert pod_of(objects, "seal")["spec"]["containers"][0]["args"] == ["seal-audit"]


@pytest.mark.parametrize(("given", "name"), [("", "hc-audit-seals"), ("mine", "mine")])
def test_the_file_is_on_a_volume_that_only_the_sealer_writes(given: str, name: str) -> None:
    kept = {**SEALS, "persistence": {"enabled": True, "existingClaim": given, "file": "other.jsonl"}}
    objects = audit(seals=kept, verify=VERIFY)
    assert [one["metadata"]["name"] for one in claims(objects)] == ([] if given else [name])
    for part in ("seal", "verify"):
        pod = pod_of(objects, part)
        volume, mount = volume_of(pod, "audit-seals")
        assert volume["persistentVolumeClaim"] == {"claimName": name}
        assert mount["readOnly"] is (part == "verify")
        assert environment(pod)["HISTORIA_AUDIT_SEALS"] == f"{mount['mountPath']}/other.jsonl"


def test_without_a_volume_seals_are_printed_and_rows_are_verified() -> None:
    objects = audit(seals=SEALS, verify={"enabled": True})
    assert claims(objects) == []
    assert volume_of(pod_of(objects, "seal"), "audit-seals") == (None, None)
    assert "HISTORIA_AUDIT_KEY" in environment(pod_of(objects, "seal"))
    for pod, names in ((pod_of(objects, "seal"), {"HISTORIA_AUDIT_SEALS"}), (pod_of(objects, "verify"), set())):
        assert not names & set(environment(pod))
    assert not {"HISTORIA_AUDIT_KEY", "HISTORIA_AUDIT_SEALS"} & set(environment(pod_of(objects, "verify")))


def test_there_is_room_for_what_the_seals_have_seen() -> None:
    """SQLite keeps it below /tmp: more than the other Jobs write there."""
    for objects, size in ((audit(seals=KEPT), "1Gi"), (render(file=CI["everything"]), "3Gi")):
        assert volume_of(pod_of(objects, "seal"), "tmp")[0]["emptyDir"] == {"sizeLimit": size}


def test_the_volume_is_made_once_and_is_no_part_of_the_release() -> None:
    """Then `--wait` does not wait for it, and no upgrade and no uninstall takes it away."""
    (claim,) = claims(render(file=CI["everything"]))
    assert claim["metadata"]["annotations"] == {
        "example.org/backup": "yes",
        "helm.sh/hook": "pre-install,pre-upgrade",
        "helm.sh/hook-weight": "0",
        "helm.sh/hook-delete-policy": "hook-failed",
    }
    assert claim["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "fast",
        "resources": {"requests": {"storage": "5Gi"}},
    }


def test_a_tool_without_hooks_gets_the_volume_as_an_object_that_stays() -> None:
    (claim,) = claims(render(file=CI["job-mode"]))
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert claim["spec"] == {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"seals": KEPT, "verify": {"enabled": True}},
            "audit.verify.existingSecret: está vacío, y para comprobar los sellos del volumen hace falta la clave "
            'pública. Ponga el nombre de un Secret que la tenga en "sellos-publica.pem".',
        ),
        (
            {"seals": SEALS, "verify": VERIFY},
            'audit.verify.existingSecret: es "seal-keys", pero sin audit.seals.persistence.enabled ni '
            "audit.seals.bucket.name no hay sellos que comprobar y no se usaría.",
        ),
        (
            {"seals": {**SEALS, "persistence": {"existingClaim": "mine"}}},
            'audit.seals.persistence.existingClaim: es "mine", pero audit.seals.persistence.enabled es false',
        ),
        (
            {"seals": {**KEPT, "bucket": BUCKET}, "verify": {"enabled": True}},
            "audit.verify.existingSecret: está vacío, y para comprobar los sellos del bucket hace falta la clave",
        ),
        (
            {"seals": {"bucket": BUCKET}},
            'audit.seals.bucket.name: es "sellos", pero nadie sella ni verifica y no se usaría.',
        ),
        (
            {"seals": {**KEPT, "bucket": {**BUCKET, "caConfigMap": "ca"}}},
            'audit.seals.bucket.caConfigMap: es "ca", pero sin audit.seals.bucket.endpoint el bucket es de AWS',
        ),
    ],
)
def test_contradictions_are_refused(values: Object, said: str) -> None:
    refused = refusal({"audit": values})
    assert said in refused
    assert refused.count("\n  - ") == 1


@pytest.mark.parametrize(
    "values",
    [
        {"seals": {"schedule": "hourly"}},
        {"seals": {"timeZone": "America Bogota"}},
        {"seals": {"deadline": 0}},
        {"seals": {"persistence": {"file": "../elsewhere"}}},
        {"seals": {"persistence": {"accessMode": "ReadOnlyMany"}}},
        {"seals": {"bucket": {**BUCKET, "endpoint": "http://s3.example.org"}}},
        {"seals": {"bucket": {**BUCKET, "endpoint": "https://me:secret@s3.example.org"}}},
        {"seals": {"bucket": {**BUCKET, "name": "Sellos"}}},
        {"seals": {"alertAfter": 0}},
        {"scratch": "much"},
    ],
    ids=str,
)
def test_the_schema_refuses(values: Object) -> None:
    assert "schema" in refusal({"audit": values})


def test_the_key_of_the_seals_may_not_be_given_by_other_ways() -> None:
    said = refusal({"hooks": {"extraEnv": {"HISTORIA_AUDIT_KEY": "/elsewhere"}}})
    assert 'hooks.extraEnv: "HISTORIA_AUDIT_KEY" lo fija el chart.' in said


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "HISTORIA_AUDIT_BUCKET"])
def test_nor_may_the_bucket_and_its_secret(name: str) -> None:
    assert f'hooks.extraEnv: "{name}" lo fija el chart.' in refusal({"hooks": {"extraEnv": {name: "x"}}})


def container_environment(pod: Object) -> dict[str, Object]:
    return {one["name"]: one for one in pod["spec"]["containers"][0]["env"]}


def test_a_bucket_gets_the_seals_and_whoever_verifies_needs_no_volume() -> None:
    objects = audit(seals={**KEPT, "bucket": {**BUCKET, "prefix": "hc"}}, verify=VERIFY)
    sealer, verifier = pod_of(objects, "seal"), pod_of(objects, "verify")
    for pod in (sealer, verifier):
        said = container_environment(pod)
        assert said["HISTORIA_AUDIT_BUCKET"]["value"] == "sellos"
        assert said["HISTORIA_AUDIT_BUCKET_PREFIX"]["value"] == "hc"
        assert not {"HISTORIA_AUDIT_BUCKET_ENDPOINT", "HISTORIA_AUDIT_BUCKET_REGION", "HISTORIA_AUDIT_BUCKET_CA"} & set(
            said
        )
        for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            assert said[key]["valueFrom"] == {"secretKeyRef": {"name": "credentials", "key": key}}
        assert volume_of(pod, "bucket-ca") == (None, None)
    assert volume_of(sealer, "audit-seals") != (None, None)
    assert volume_of(verifier, "audit-seals") == (None, None)
    assert "HISTORIA_AUDIT_STORED" not in container_environment(sealer)
    assert "HISTORIA_AUDIT_SEALS" not in container_environment(verifier)
    assert container_environment(verifier)["HISTORIA_AUDIT_STORED"]["value"] == "auditoria.jsonl"
    others = [one for one in objects if one["kind"] != "CronJob" or not one["metadata"]["name"].endswith("-audit")]
    assert "credentials" not in str(others)


def test_another_installation_may_verify_what_is_in_the_bucket() -> None:
    objects = audit(seals={"bucket": {"name": "sellos"}}, verify=VERIFY)
    said = container_environment(pod_of(objects, "verify"))
    assert said["HISTORIA_AUDIT_STORED"]["value"] == "auditoria.jsonl"
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} & set(said)  # an identity of its own


def test_a_store_of_ones_own_has_an_address_and_an_authority() -> None:
    objects = render(file=CI["everything"])
    for name in ("seal", "verify"):
        pod = pod_of(objects, name)
        said = container_environment(pod)
        assert said["HISTORIA_AUDIT_BUCKET_ENDPOINT"]["value"] == "https://s3.example.org:9000"
        assert said["HISTORIA_AUDIT_BUCKET_REGION"]["value"] == "bogota-1"
        volume, mount = volume_of(pod, "bucket-ca")
        assert volume["configMap"] == {"name": "theirs", "items": [{"key": "ca.pem", "path": "ca.crt"}]}
        assert said["HISTORIA_AUDIT_BUCKET_CA"]["value"] == f"{mount['mountPath']}/ca.crt"
        assert mount["readOnly"] is True
        secret = said["AWS_SECRET_ACCESS_KEY"]["valueFrom"]["secretKeyRef"]
        assert secret == {"name": "secrets", "key": "secret"}


@pytest.mark.parametrize(
    ("bucket", "port"), [({}, 443), ({"endpoint": "https://s3.example.org:9000/"}, 9000), ({"port": 8443}, 8443)]
)
def test_only_who_seals_or_verifies_reaches_the_store(bucket: Object, port: int) -> None:
    spec = find(audit(seals={**KEPT, "bucket": {**BUCKET, **bucket}}), "NetworkPolicy", "hc-bucket")["spec"]
    (chosen,) = spec["podSelector"]["matchExpressions"]
    assert chosen["values"] == ["seal-audit", "verify-audit"]
    assert (spec["policyTypes"], spec["egress"]) == (["Egress"], [{"ports": [{"port": port}]}])


def test_the_store_may_be_named_to_the_network_policy() -> None:
    (rule,) = find(render(file=CI["everything"]), "NetworkPolicy", "hc-bucket")["spec"]["egress"]
    assert rule == {"ports": [{"port": 9443}], "to": [{"ipBlock": {"cidr": "198.51.100.7/32"}}]}
    assert not [one for one in audit(seals=KEPT) if one["metadata"]["name"] == "hc-bucket"]
