"""Databases of earlier revisions, with rows, are brought to the newest one."""

import subprocess
from collections.abc import Callable

import pytest
from citus.hooks_state import at_revision_1, done, leftovers, rows, run, state
from historia_local.nodes import Cluster

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
Synced = Callable[..., Cluster]
NOTHING = "nada que hacer"
FILL = (
    "INSERT INTO medicos (nombre, apellido, codigo_medico) VALUES ('Clara', 'Ejemplo', 'MED001')",
    "INSERT INTO usuario (nombre, email) SELECT 'Inés', n || '@hospital.com' FROM generate_series(1, 20) n",
    "INSERT INTO pacientes (cedula, nombre, apellido) SELECT 'P-' || n, 'Ana', 'Ejemplo' FROM generate_series(1, 50) n",
    "INSERT INTO consultas (paciente_id, medico_id, diagnostico) SELECT cedula, 1, 'Control' FROM pacientes",
)
CHECKSUMS = (
    "SELECT count(*), sum(hashtextextended((cedula, id, nombre, fecha_registro, version)::text, 0)::numeric)"
    " FROM pacientes",
    "SELECT count(*), sum(hashtextextended((paciente_id, id, medico_id, diagnostico, fecha_consulta,"
    " fecha_registro)::text, 0)::numeric) FROM consultas",
    "SELECT count(*), sum(hashtextextended((id, nombre, fecha_registro)::text, 0)::numeric) FROM medicos",
    "SELECT count(*), sum(hashtextextended((documento_id, id, email, fecha_creacion)::text, 0)::numeric) FROM usuario",
)

# Of the words of names, which only ANALYZE brings about.
STATISTICS = "SELECT count(*) > 0 FROM pg_statistic WHERE starelid::regclass::text ~ '^pacientes_nombre(_[0-9]+)?$'"


def contents(cluster: Cluster) -> list[list[tuple[object, ...]]]:
    return [rows(cluster, cluster.coordinator, checksum) for checksum in CHECKSUMS]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_database_of_the_first_revision_keeps_its_rows(synced: Synced, run_hooks: Hooks, workers: int) -> None:
    cluster = synced(workers)
    wanted = state(cluster, workers)
    cluster.reset()
    done(run_hooks(cluster, "register", workers=workers))
    at_revision_1(cluster, distributed=workers > 0)
    run(cluster, *FILL)
    before = contents(cluster)
    done(run_hooks(cluster, "sync", workers=workers))
    assert state(cluster, workers) == wanted
    assert NOTHING in done(run_hooks(cluster, "sync", workers=workers))["event"]
    assert contents(cluster) == before
    assert rows(cluster, cluster.coordinator, "SELECT DISTINCT estado FROM pacientes") == [("activo",)]
    assert rows(cluster, cluster.nodes[min(workers, 1)], STATISTICS) == [(True,)]
    assert leftovers(cluster) == {} if workers else True
