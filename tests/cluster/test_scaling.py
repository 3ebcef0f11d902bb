"""`workers.count` up and down: data is spread, moved back before a worker goes, and never lost."""

from typing import Any

import pytest
from cluster.release import WORKERS, Release, until

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
UNFINISHED = "SELECT count(*) FROM pg_dist_background_job WHERE state NOT IN ('finished', 'cancelled', 'failed')"


def active_workers(release: Release) -> list[str]:
    return [row[0].split(".")[0] for row in release.sql("SELECT * FROM citus_get_active_worker_nodes() ORDER BY 1")]


def shares(release: Release) -> dict[str, int]:
    return {name.split(".")[0]: int(count) for name, count in release.sql(SHARES)}


def catalogue(release: Release) -> list[Any]:
    return [release.sql(statement) for statement in (REGISTERED, PLACEMENTS)]


@pytest.mark.timeout(1200)
def test_a_third_worker_gets_its_share_and_gives_it_back_by_rollback(another_release: Release) -> None:
    release = another_release
    release.install("workers.count=2")
    release.sql(FILL)
    before = release.sql(CHECKSUM)
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

    release.helm("rollback", "hc", "1", "--wait", "--timeout=5m")
    assert active_workers(release) == ["hc-worker-0", "hc-worker-1"]
    assert release.sql(CHECKSUM) == before
    doctor = {"codigo_medico": "MED900", "nombre": "Eva", "apellido": "Prueba"}
    assert release.post("/api/v1/medicos", doctor).status == 201  # reaches every registered node
    release.test()


@pytest.mark.timeout(1200)
def test_two_workers_become_one_that_holds_everything(another_release: Release) -> None:
    release = another_release
    release.install("workers.count=2")
    release.sql(FILL)
    before, registered = release.sql(CHECKSUM), catalogue(release)
    refused = release.upgrade("workers.count=1", "drain.enabled=false", check=False)
    assert refused.returncode
    assert "hc-worker-1" in refused.stdout + refused.stderr + release.kubectl("logs", "job/hc-drain", check=False)
    assert catalogue(release) == registered
    release.kubectl("rollout", "status", "statefulset/hc-worker", "--timeout=60s")

    release.upgrade("workers.count=1")
    assert active_workers(release) == ["hc-worker-0"]
    assert shares(release).keys() == {"hc-worker-0"}
    assert release.sql(CHECKSUM) == before
    assert release.sql("SELECT count(*) FROM pg_dist_cleanup") == [["0"]]
    release.test()
