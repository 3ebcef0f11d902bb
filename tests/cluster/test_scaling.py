"""`workers.count` up and down: data is spread, moved back before a worker goes, and never lost."""

from typing import Any

import pytest
from cluster.clients import asking
from cluster.release import WORKERS, Release, run, until

pytestmark = pytest.mark.skipif(not WORKERS, reason="the PostgreSQL image holds no Citus")
PATIENTS = 200
FILL = (
    "INSERT INTO pacientes (cedula, nombre, apellido)"
    f" SELECT 'P' || lpad(n::text, 9, '0'), 'Ana', 'Prueba ' || n FROM generate_series(1, {PATIENTS}) n"
)
CHECKSUM = "SELECT count(*), sum(hashtextextended(p::text, 0)::numeric) FROM pacientes p WHERE cedula LIKE 'P%'"
SHARES = "SELECT nodename, count(*) FROM citus_shards WHERE citus_table_type = 'distributed' GROUP BY 1 ORDER BY 1"
REGISTERED = "SELECT nodename, isactive, shouldhaveshards FROM pg_dist_node ORDER BY 1"
PLACEMENTS = "SELECT shardid, groupid FROM pg_dist_placement ORDER BY 1, 2"
SHARDS = "SELECT logicalrelid, shardid, shardminvalue, shardmaxvalue FROM pg_dist_shard ORDER BY 1, 2"
CEDULAS = [f"P{number:09}" for number in range(1, PATIENTS + 1)]
CONSULTAS = "INSERT INTO consultas (paciente_id, diagnostico) SELECT cedula, 'Control' FROM pacientes"
STORED = "SELECT paciente_id, id FROM consultas WHERE paciente_id LIKE 'W%'"
NOWHERE = '{"spec": {"template": {"spec": {"nodeSelector": {"no-such-label": "true"}}}}}'
ANYWHERE = '{"spec": {"template": {"spec": {"nodeSelector": {"no-such-label": null}}}}}'
UNFINISHED = "SELECT count(*) FROM pg_dist_background_job WHERE state NOT IN ('finished', 'cancelled', 'failed')"


def active_workers(release: Release) -> list[str]:
    return [row[0].split(".")[0] for row in release.sql("SELECT * FROM citus_get_active_worker_nodes() ORDER BY 1")]


def shares(release: Release) -> dict[str, int]:
    return {name.split(".")[0]: int(count) for name, count in release.sql(SHARES)}


def catalogue(release: Release) -> list[Any]:
    return [release.sql(statement) for statement in (REGISTERED, PLACEMENTS, SHARDS)]


@pytest.mark.timeout(1200)
def test_a_third_worker_gets_its_share_and_gives_it_back_by_rollback(another_release: Release) -> None:
    release = another_release
    release.install("workers.count=2")
    release.sql(FILL)
    release.sql(CONSULTAS)
    before = release.sql(CHECKSUM)
    with asking(release, CEDULAS) as seen:
        out_to_three(release)
        release.helm("rollback", "hc", "1", "--wait", "--timeout=5m")
    print(seen.requests, seen.slowest)  # noqa: T201
    assert not seen.failed, (len(seen.failed), seen.failed[:3])
    assert seen.acknowledged
    assert seen.acknowledged <= {(cedula, consulta) for cedula, consulta in release.sql(STORED)}
    assert active_workers(release) == ["hc-worker-0", "hc-worker-1"]
    assert release.sql(CHECKSUM) == before
    doctor = {"codigo_medico": "MED900", "nombre": "Eva", "apellido": "Prueba"}
    assert release.post("/api/v1/medicos", doctor).status == 201  # reaches every registered node
    release.test()


def out_to_three(release: Release) -> None:
    release.upgrade("workers.count=3")
    assert active_workers(release) == ["hc-worker-0", "hc-worker-1", "hc-worker-2"]
    until(lambda: release.sql(UNFINISHED) == [["0"]], "the end of the moves", 300)
    spread = shares(release)
    mean = sum(spread.values()) / 3
    assert len(spread) == 3
    assert all(abs(share - mean) <= 0.2 * mean for share in spread.values()), spread
    with release.watched_sync() as logs:
        release.upgrade("workers.count=3")
    assert "nada que hacer" in logs.text()


def refused(release: Release, *settings: str) -> str:
    """What a person sees of an upgrade to one worker that is refused; nothing has changed then."""
    before = catalogue(release)
    done = release.upgrade("workers.count=1", *settings, check=False)
    assert done.returncode
    assert catalogue(release) == before
    return done.stdout + done.stderr + release.kubectl("logs", "job/hc-drain", check=False)


def until_both_run(release: Release) -> None:
    release.kubectl("rollout", "status", "statefulset/hc-worker", "--timeout=90s")


@pytest.mark.timeout(1200)
def test_two_workers_become_one_that_holds_everything(another_release: Release) -> None:
    release = another_release
    release.install("workers.count=2")
    release.sql(FILL)
    before = release.sql(CHECKSUM)
    assert "hc-worker-1" in refused(release, "drain.enabled=false")
    until_both_run(release)

    # a worker whose pod cannot run
    release.kubectl("patch", "statefulset/hc-worker", "-p", NOWHERE)
    pending = ("get", "pod", "hc-worker-1", "-o", "jsonpath={.status.phase}{.spec.nodeSelector}")
    until(lambda: release.kubectl(*pending, check=False).startswith('Pending{"no-such-label"'), "a pod that cannot run")
    said = refused(release, "hooks.backoffLimit=0")
    assert "no responde hc-worker-1" in said
    assert "No se cambió nada" in said
    release.kubectl("patch", "statefulset/hc-worker", "-p", ANYWHERE)
    # the controller may have replaced the pod by itself
    release.kubectl("delete", "pod", "hc-worker-1", "--ignore-not-found")
    until_both_run(release)

    # a worker that somebody took away without asking the hooks
    release.kubectl("scale", "statefulset/hc-worker", "--replicas=1")
    release.kubectl("wait", "--for=delete", "pod/hc-worker-1", "--timeout=90s")
    said = refused(release, "hooks.backoffLimit=0")
    assert "pida otra vez los workers que había" in said
    release.kubectl("scale", "statefulset/hc-worker", "--replicas=2")
    until_both_run(release)

    # Helm 4 leaves to kubectl what kubectl has set, unless told otherwise; Helm 3 does not know of it
    insist = [flag for flag in ("--force-conflicts",) if flag in release.helm("upgrade", "--help").stdout]
    run(*release.command("upgrade", "workers.count=1"), *insist)
    assert active_workers(release) == ["hc-worker-0"]
    assert shares(release).keys() == {"hc-worker-0"}
    assert release.sql(CHECKSUM) == before
    assert release.sql("SELECT count(*) FROM pg_dist_cleanup") == [["0"]]
    release.test()
