"""What `status` concludes from what it saw, and how it shows it."""

import dataclasses
import datetime
import json

import pytest
from historia_hooks.addresses import Address
from historia_hooks.identity import Entry
from historia_hooks.model import CitusMembership, Member, Server
from historia_hooks.report import Moves, Observation, Probe, Report, make_report
from historia_hooks.report_text import as_values, render, short_names

SUFFIX = ".hc-historia-clinica-worker-nodes.hospital-universitario.svc.cluster.local"
COORDINATOR = Address("hc-coordinator-0.hc-historia-clinica-coordinator-nodes.hospital-universitario.svc.cluster.local")
WORKERS = tuple(Address(f"hc-historia-clinica-worker-{number}{SUFFIX}") for number in range(3))
NODES = (COORDINATOR, *WORKERS)
NOW = datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)


def server(address: Address, server_id: str | None = None) -> Server:
    membership = CitusMembership(server_id or f"server-{address}", NODES.index(address), {})
    return Server(
        address=address,
        system_identifier=f"id-{address}",
        wal_level="logical",
        output_plugins=None,
        citus_installed=True,
        citus_preloaded=True,
        user_tables=(),
        verifier=None,
        extension="13.2-1",
        library="13.2-1",
        membership=membership,
    )


def member(address: Address, **changes: object) -> Member:
    group = NODES.index(address)
    shards = 32 if group else 0
    made = Member(address, group + 1, group, True, True, bool(group), shards, 2)
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def entry(address: Address) -> Entry:
    group = NODES.index(address)
    ordinal = group - 1 if group else None
    return Entry(address, ordinal, group + 1, group, f"server-{address}", f"id-{address}", NOW, NOW, "active")


HEALTHY = Observation(
    wanted=WORKERS,
    coordinator=COORDINATOR,
    probes={address: Probe(server(address), 12 * 1024**2) for address in NODES},
    members=tuple(map(member, NODES)),
    entries=tuple(map(entry, NODES)),
    patients={0: 0, 1: 500, 2: 300, 3: 200},
    distributed=True,
    revision="0001",
    citus_version="13.2-1",
)


def seen(**changes: object) -> Report:
    return make_report(dataclasses.replace(HEALTHY, **changes))  # type: ignore[arg-type]


def with_probe(address: Address, probe: Probe) -> dict[Address, Probe]:
    return {**HEALTHY.probes, address: probe}


def with_member(address: Address, **changes: object) -> tuple[Member, ...]:
    return tuple(member(one, **changes) if one == address else member(one) for one in NODES)


def said(report: Report, code: int) -> str:
    assert report.verdict.exit_code == code, report.verdict
    return report.verdict.sentence


def test_in_order() -> None:
    report = seen()
    assert said(report, 0) == "todo en orden"
    assert [node.share for node in report.nodes] == [0.0, 50.0, 30.0, 20.0]
    assert report.skew == 1.5
    assert {node.identity for node in report.nodes} == {"ok"}


def test_moving_is_in_order() -> None:
    assert said(seen(moves=Moves(7, "running", 3, 10, 60)), 0) == "se mueven fragmentos: 3/10"


def test_moves_that_fail_are_not() -> None:
    failing = Moves(7, "running", 3, 10, 60, complaint="logical decoding requires wal_level >= logical")
    assert "logical decoding requires" in said(seen(moves=failing), 75)


def test_leftovers_are_said_and_harm_nobody() -> None:
    assert "quedan 4 restos" in said(seen(pending_cleanup=4), 0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"revision": None}, "crear el esquema"),
        ({"pending_revisions": ("0002",)}, "aplicar las revisiones 0002"),
        ({"distributed": False}, "repartir las tablas"),
        ({"members": HEALTHY.members[:3], "entries": HEALTHY.entries[:3]}, f"registrar {WORKERS[2]}"),
        ({"members": with_member(WORKERS[1], active=False)}, f"activar {WORKERS[1]}"),
        ({"members": with_member(WORKERS[1], metadata_synced=False)}, f"que {WORKERS[1]} reciba los metadatos"),
        ({"members": with_member(WORKERS[2], shards=0)}, f"mover fragmentos a {WORKERS[2]}"),
        ({"wanted": WORKERS[:2]}, f"retirar {WORKERS[2]}, que ya no se pide (32 fragmentos)"),
        ({"entries": HEALTHY.entries[:3]}, f"anotar la identidad de {WORKERS[2]}"),
    ],
)
def test_what_is_missing(changes: dict[str, object], sentence: str) -> None:
    assert said(seen(**changes), 75).startswith("falta: ")
    assert sentence in said(seen(**changes), 75)


def test_a_worker_that_is_away() -> None:
    away = Probe(reason=f"{WORKERS[0]}: nadie responde en el puerto (TCP)")
    report = seen(probes=with_probe(WORKERS[0], away))
    assert said(report, 75) == f"no responde {WORKERS[0]}: nadie responde en el puerto (TCP) (32 fragmentos)"
    assert report.nodes[1].bytes is None


def test_the_coordinator_away() -> None:
    report = seen(probes=with_probe(COORDINATOR, Probe(reason="rechaza la contraseña")), members=(), entries=())
    assert "el coordinador no responde: rechaza la contraseña" in said(report, 75)
    assert report.engine == "unknown"


def test_a_volume_that_was_lost_is_told_with_what_was_on_it() -> None:
    blank = Probe(server(WORKERS[1], "another"), 8 * 1024**2)
    sentence = said(seen(probes=with_probe(WORKERS[1], blank)), 78)
    assert f"worker {WORKERS[1]} cambió de identidad: guarda 32 fragmentos y 300 pacientes" in sentence


def test_a_blank_worker_without_shards_only_has_to_join() -> None:
    blank = with_probe(WORKERS[1], Probe(server(WORKERS[1], "another")))
    report = seen(probes=blank, members=with_member(WORKERS[1], shards=0))
    assert f"registrar de nuevo {WORKERS[1]}" in said(report, 75)


def test_a_copy_of_before_it_joined_is_another_volume() -> None:
    old = dataclasses.replace(server(WORKERS[1]), membership=CitusMembership(f"server-{WORKERS[1]}", 0, {}))
    assert "cambió de identidad" in said(seen(probes=with_probe(WORKERS[1], Probe(old))), 78)


def test_a_cloned_volume() -> None:
    clone = Probe(server(WORKERS[1], f"server-{WORKERS[0]}"))
    assert f"{WORKERS[0]} y {WORKERS[1]} son el mismo servidor" in said(seen(probes=with_probe(WORKERS[1], clone)), 78)


def test_the_gravest_comes_first() -> None:
    probes = with_probe(WORKERS[1], Probe(server(WORKERS[1], "another"))) | {WORKERS[0]: Probe(reason="away")}
    assert "cambió de identidad" in said(seen(probes=probes, revision=None), 78)


@pytest.mark.parametrize(
    ("patients", "skew"), [(None, 1.0), ({0: 0}, 1.0), ({1: 10, 2: 10, 3: 10}, 1.0), ({3: 9}, 3.0)]
)
def test_skew(patients: dict[int, int] | None, skew: float) -> None:
    assert seen(patients=patients).skew == skew


def test_an_empty_worker_counts_in_the_mean() -> None:
    assert seen(patients=None, members=with_member(WORKERS[2], shards=0)).skew == 1.5


def test_nothing_to_compare() -> None:
    assert seen(members=(), wanted=(), patients={0: 4}).skew is None


def test_the_table_is_narrow_however_long_the_names_are() -> None:
    table = render(seen(moves=Moves(7, "running", 3, 10, 90, 1024**2, 4 * 1024**2), patients_counted="ledger"))
    rows = table.splitlines()
    shown = [row for row in rows if not row.startswith(("Nombres", "Veredicto"))]
    assert max(map(len, shown)) <= 100
    assert "hc-historia-clinica-worker-2  worker" in table
    assert "Traslado  trabajo 7 (running): 3/10 grupos, 1,0 MiB de 4,0 MiB en curso, 2,0 por minuto" in rows
    assert any("último recuento" in row for row in rows)
    assert rows[-1] == "Veredicto se mueven fragmentos: 3/10"


def test_columns_are_aligned() -> None:
    rows = [row for row in render(seen()).splitlines() if row.startswith(("nodo", "hc-"))]
    assert len({row.index("la misma") if "la misma" in row else row.index("identidad") for row in rows}) == 1


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["a.x.svc", "b.y.svc"], ["a", "b"]),
        (["a.x.svc", "a.y.svc"], ["a.x.svc", "a.y.svc"]),
        (["10.0.0.1", "10.0.0.2"], ["10.0.0.1", "10.0.0.2"]),
        (["127.0.0.1", "127.0.0.1"], ["127.0.0.1", "127.0.0.1"]),
        (["localhost"], ["localhost"]),
    ],
)
def test_short_names(names: list[str], shown: list[str]) -> None:
    assert [short_names(names)[name] for name in names] == shown


def test_what_is_wrong_with_a_worker_is_in_its_row() -> None:
    changed = seen(members=with_member(WORKERS[2], active=False, metadata_synced=False), wanted=WORKERS[:2])
    assert "inactivo, sin metadatos, sobra" in render(changed)
    assert "sin registrar" in render(seen(members=HEALTHY.members[:3]))


def test_an_extension_that_waits_for_its_upgrade() -> None:
    old = dataclasses.replace(server(COORDINATOR), extension="13.1-1")
    sentence = said(seen(probes=with_probe(COORDINATOR, Probe(old)), members=(), entries=(), patients=None), 75)
    assert sentence.startswith("falta: llevar la extensión citus de 13.1-1 a 13.2-1")


def test_values_for_programs() -> None:
    values = json.loads(json.dumps(as_values(seen(moves=Moves(7, "running", 3, 10, 90)))))
    assert values["moves"]["groups_per_minute"] == 2.0
    assert (values["state"], values["verdict"]) == ("moving", "se mueven fragmentos: 3/10")
    assert values["wanted_workers"] == [str(worker) for worker in WORKERS]
    assert values["nodes"][0]["role"] == "coordinator"
