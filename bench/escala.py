"""What scaling costs those who use the API meanwhile: 2 → 4 → 3 → 1 workers, with a writer and a reader all along.

Starts nodes with Citus and the API on loopback, fills them, lets the hooks scale, and ends them. Fails where a promise
is broken: a request that failed, a row that was acknowledged and is missing, a row that was there before and differs,
a worker beyond a fifth of the mean after scaling out.

    .venv/bin/python bench/escala.py [--pacientes 100000] [--consultas 500000] [--ruteo coordinator]
"""

import argparse
import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from historia_local.nodes import Cluster
from nodes import apis, hooks, system
from traffic import Seen, Traffic

BEGIN, MOST = 2, 4
QUIET = 15  # seconds of requests while nothing moves, to compare with
DATABASE_SECONDS = {"HISTORIA_TIMEOUT": "1800"}
MOVES = {"HISTORIA_REBALANCE": "wait", **DATABASE_SECONDS}
FAR = 0.2  # of the mean

PACIENTES = """
INSERT INTO pacientes (cedula, nombre, apellido, fecha_nacimiento, telefono, direccion, ciudad)
SELECT (1000000000 + n)::text, 'Nombre ' || n, 'Apellido ' || n, date '1930-01-01' + (n * 7) %% 30000,
       '+57 300 ' || n, 'Calle ' || n %% 100 || ' # ' || n %% 70 || '-' || n %% 90, 'Popayán'
  FROM generate_series(0, %(pacientes)s - 1) AS n
"""
CONSULTAS = """
INSERT INTO consultas (paciente_id, fecha_consulta, diagnostico, tratamiento, observaciones)
SELECT (1000000000 + n %% %(pacientes)s)::text, timestamptz '2020-01-01' + n * interval '1 minute',
       'Diagnóstico ' || md5(n::text), 'Tratamiento ' || repeat(md5((n + 1)::text) || ' ', 3),
       'Observaciones ' || repeat(md5((n + 2)::text) || ' ', 6)
  FROM generate_series(0, %(consultas)s - 1) AS n
"""
CHECKSUM = """
SELECT 'pacientes', count(*), sum(hashtextextended(p::text, 0)::numeric) FROM pacientes p WHERE cedula LIKE '1%'
 UNION ALL
SELECT 'consultas', count(*), sum(hashtextextended(c::text, 0)::numeric) FROM consultas c WHERE paciente_id LIKE '1%'
 ORDER BY 1
"""
STORED = "SELECT paciente_id, id::text FROM consultas WHERE paciente_id LIKE 'W%'"
SHARDS = """
SELECT shardid, nodename || ':' || nodeport, shard_size FROM citus_shards WHERE citus_table_type = 'distributed'
"""
# by shard of pacientes
PATIENTS = "SELECT shardid, result::int FROM run_command_on_shards('pacientes', 'SELECT count(*) FROM %s')"
LAST_JOB = "SELECT coalesce(max(job_id), 0) FROM pg_dist_background_job"
JOB_SECONDS = """
SELECT coalesce(sum(extract(epoch FROM finished_at - started_at)), 0) FROM pg_dist_background_job WHERE job_id > %s
"""
MB = 1024 * 1024
HEAD = (
    f"{'etapa':12} {'s':>6} {'s mov.':>6} {'MB':>6} {'MB/s':>5} {'escr./s':>7} {'lect./s':>7} {'peor escr.':>10}"
    f" {'peor lect.':>10} {'fallos':>6} {'guardadas':>9} {'perdidas':>8} {'suma':>5}  pacientes por worker"
)


@dataclass
class Stage:
    """What one change of the number of workers cost."""

    name: str
    seconds: float
    moving: float
    moved: int  # bytes
    seen: dict[str, Seen]
    acknowledged: int
    lost: int
    same: bool
    patients: list[int]
    broken: list[str] = field(default_factory=list)

    def line(self) -> str:
        writes, reads = self.seen["write"], self.seen["read"]
        rate = f"{self.moved / MB / self.moving:.1f}" if self.moving else "-"
        return (
            f"{self.name:12} {self.seconds:6.1f} {self.moving:6.1f} {self.moved / MB:6.0f} {rate:>5}"
            f" {writes.requests / self.seconds:7.0f} {reads.requests / self.seconds:7.0f} {writes.slowest:8.2f} s"
            f" {reads.slowest:8.2f} s {len(writes.failed) + len(reads.failed):6} {self.acknowledged:9} {self.lost:8}"
            f" {'igual' if self.same else 'OTRA':>5}  {' '.join(map(str, self.patients))}"
        )


class Run:
    """The database as it was filled, the requests under way, and the stages so far."""

    def __init__(self, cluster: Cluster, traffic: Traffic) -> None:
        self._cluster, self._traffic = cluster, traffic
        self._checksum = query(cluster, CHECKSUM)
        self.stages: list[Stage] = []

    def quiet(self) -> None:
        self._stage("2, en reposo", lambda: time.sleep(QUIET))

    def out(self, workers: int) -> None:
        self._stage(f"a {workers}", lambda: hooks(self._cluster, "sync", workers, **MOVES))
        stage = self.stages[-1]
        mean = sum(stage.patients) / workers
        if len(stage.patients) != workers or any(abs(count - mean) > FAR * mean for count in stage.patients):
            stage.broken.append(f"reparto desigual: {stage.patients}")

    def inwards(self, workers: int) -> None:
        def act() -> None:
            hooks(self._cluster, "drain", workers, **DATABASE_SECONDS)
            hooks(self._cluster, "sync", workers, **MOVES)

        self._stage(f"a {workers}", act)
        stage = self.stages[-1]
        if len(stage.patients) != workers:
            stage.broken.append(f"quedan shards en {len(stage.patients)} workers")

    def _stage(self, name: str, act: Callable[[], object]) -> None:
        before = query(self._cluster, SHARDS)
        [(last,)] = query(self._cluster, LAST_JOB)
        self._traffic.lap()
        begun = time.monotonic()
        act()
        seconds = time.monotonic() - begun
        seen = self._traffic.lap()
        acknowledged = set(self._traffic.acknowledged)
        after = {shard: node for shard, node, _ in query(self._cluster, SHARDS)}
        [(moving,)] = query(self._cluster, JOB_SECONDS, last)
        stage = Stage(
            name,
            seconds,
            float(moving),
            sum(size for shard, node, size in before if after[shard] != node),
            seen,
            len(acknowledged),
            len(acknowledged - set(query(self._cluster, STORED))),
            query(self._cluster, CHECKSUM) == self._checksum,
            patients_by_worker(self._cluster, after),
        )
        failed = stage.seen["write"].failed + stage.seen["read"].failed
        stage.broken += [f"fallaron {len(failed)} peticiones, por ejemplo {failed[0]}"] if failed else []
        stage.broken += [f"faltan {stage.lost} filas que se dieron por guardadas"] if stage.lost else []
        stage.broken += [] if stage.same else ["los datos cargados ya no son los mismos"]
        self.stages.append(stage)
        print(stage.line(), flush=True)


def main() -> None:
    options = arguments()
    with system(BEGIN, more=MOST - BEGIN, disposable=False) as cluster, apis(cluster, options.ruteo) as ports:
        seconds = fill(cluster, options.pacientes, options.consultas)
        total = sum(size for _, _, size in query(cluster, SHARDS)) / MB
        print(
            f"{os.cpu_count()} CPU; ruteo {options.ruteo}; {options.pacientes} pacientes y {options.consultas}"
            f" consultas, {total:.0f} MB con índices, cargados en {seconds:.0f} s\n{HEAD}",
            flush=True,
        )
        url = f"http://127.0.0.1:{ports[options.ruteo]}"
        with Traffic(url, [str(1000000000 + number) for number in range(options.pacientes)]) as traffic:
            run = Run(cluster, traffic)
            run.quiet()
            run.out(MOST)
            run.inwards(3)
            run.inwards(1)
    broken = [f"{stage.name}: {what}" for stage in run.stages for what in stage.broken]
    sys.exit("\n".join(["Promesas rotas:", *broken]) if broken else 0)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Mide cuánto estorba escalar a quien usa la API.")
    parser.add_argument("--pacientes", type=int, default=100_000)
    parser.add_argument("--consultas", type=int, default=500_000)
    parser.add_argument("--ruteo", choices=["coordinator", "workers", "owner"], default="coordinator")
    return parser.parse_args()


def fill(cluster: Cluster, pacientes: int, consultas: int) -> float:
    """Each patient has at least one consulta."""
    begun = time.monotonic()
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        sizes = {"pacientes": pacientes, "consultas": max(consultas, pacientes)}
        for statement in (PACIENTES, CONSULTAS):
            cursor.execute(statement, sizes)
        cursor.execute("ANALYZE pacientes, consultas")
    return time.monotonic() - begun


def patients_by_worker(cluster: Cluster, nodes: dict[int, str]) -> list[int]:
    patients: Counter[str] = Counter()
    for shard, count in query(cluster, PATIENTS):
        patients[nodes[shard]] += count
    return sorted(patients.values())


def query(cluster: Cluster, statement: str, *values: object) -> list[tuple]:
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall()


if __name__ == "__main__":
    main()
