"""The audit on many nodes: what becomes of patients and nodes leaves it sound, and nobody but the owner touches it."""

import contextlib
import pathlib
import random
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg2.errors
import pytest
from access import Door, physician, relate, user
from audited import chain, kept, query
from citus.breaking import elsewhere
from citus.hooks_state import done
from citus.routed import PACIENTES, NewApi, move, owner_of, patients, written_in_two_phases
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from historia_clinica.access.people import Persona, Rol
from historia_clinica.routing import Address
from historia_hooks.audit.seals import read_key
from historia_hooks.audit.verdict import Verdict
from historia_hooks.commands.verify_audit import Seals, verify_audit
from historia_local.nodes import Cluster
from merged import merge
from row_contexts import as_the_api
from tampering import copy_of, grow, judged, nodes_of, tampered
from versioned import if_match

Hooks = Callable[..., "subprocess.CompletedProcess[str]"]
CHAINS = [("p", f"T-{n}") for n in range(24)] + [("s", f"u:{n}") for n in range(8)]
READERS, MOVES = 4, 3
SHARDS = (
    "SELECT min(shard_name(logicalrelid, shardid)) FROM pg_dist_shard JOIN pg_dist_placement USING (shardid)"
    " JOIN pg_dist_local_group USING (groupid) WHERE logicalrelid = '{}'::regclass"
)


@pytest.mark.parametrize("routing", ["coordinator", "workers", "owner"])
def test_each_request_is_kept_beside_its_patient(citus_system: Cluster, new_api: NewApi, routing: str) -> None:
    """In one phase, in reads and writes, from every node."""
    api = new_api(routing)
    cedulas = patients(api, 6)
    before = written_in_two_phases(citus_system)
    for cedula in cedulas:
        consultas = f"{PACIENTES}/{cedula}/consultas"
        answers = [api.post(consultas, json={"diagnostico": "d"}), api.get(consultas), api.get(f"{consultas}/no")]
        assert [answer.status_code for answer in answers] == [201, 200, 422]
        assert [len(kept(citus_system, answer)) for answer in answers] == [1, 1, 1]
        assert chain(citus_system, cedula) == [1, 2, 3, 4]
    assert api.get(f"{PACIENTES}/NADIE-1").status_code == 404
    # what Citus has settled meanwhile it forgets
    assert written_in_two_phases(citus_system) <= before


@pytest.mark.parametrize("routing", ["coordinator", "owner"])
def test_who_moves_from_node_to_node_is_read_all_the_while(
    citus_system: Cluster, new_api: NewApi, routing: str
) -> None:
    """By whom it is asked first whether he may, too. And each time it is kept: where the patient was at first, nothing
    can be written any more.
    """
    api, moved = new_api(routing), threading.Event()
    cedula, *_ = patients(api, 1)
    medico = Persona(user(api), Rol.MEDICO, medico_id=physician(api))
    relate(api, cedula, medico.usuario)
    door = Door(api)

    def read() -> set[int]:
        client, seen = api.application.test_client(), set()
        while not moved.is_set():
            seen.add(client.get(f"{PACIENTES}/{cedula}").status_code)
        return seen

    with door.of(medico), ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(read) for _ in range(READERS)]
        try:
            for _ in range(MOVES):
                here = owner_of(citus_system, cedula)
                there = next(worker for worker in citus_system.workers[:2] if worker.port != here.port)
                move(citus_system, cedula, here, Address(there.host, there.port), "force_logical")
        finally:
            moved.set()
    assert set.union(*(reader.result() for reader in readers)) == {200}
    seqs = chain(citus_system, cedula)
    assert seqs == list(range(1, len(seqs) + 1))


@pytest.mark.parametrize(
    "change",
    ["INSERT INTO {0} SELECT * FROM {0}", "UPDATE {0} SET seq = seq", "DELETE FROM {0}", "TRUNCATE {0}"],
)
@pytest.mark.parametrize("table", ["auditoria", "auditoria_cabeza", "auditoria_sistema", "auditoria_sistema_cabeza"])
def test_the_api_s_role_changes_none_of_it_not_even_on_a_shard(citus_system: Cluster, table: str, change: str) -> None:
    places: list[tuple[Any, str]] = [(node, table) for node in citus_system.nodes[:3]]
    places += [(worker, query(citus_system, SHARDS.format(table), worker)[0][0]) for worker in citus_system.workers[:2]]
    for node, name in places:
        with as_the_api(citus_system, node) as cursor:
            cursor.execute("SET citus.enable_manual_changes_to_shards TO on")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(change.format(name))


def test_the_chains_stay_sound_whatever_becomes_of_their_patients(
    citus_system: Cluster, new_api: NewApi, run_hooks: Hooks, tmp_path: pathlib.Path
) -> None:
    """A change of number, a merge, then one worker more; and what a superuser changes is found on every node."""
    api, key, seals = new_api("owner"), tmp_path / "clave", tmp_path / "sellos"
    private = Ed25519PrivateKey.generate()
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files = {"HISTORIA_AUDIT_KEY": str(key), "HISTORIA_AUDIT_SEALS": str(seals)}
    with contextlib.closing(citus_system.connect()) as owner:
        grow(owner, CHAINS, 3, random.Random(7))
        done(run_hooks(citus_system, "seal-audit", **files))
        one, two = patients(api, 2)
        nueva = elsewhere(citus_system, one)
        change = {"json": {"cedula": nueva, "motivo": "m"}, "headers": if_match('"1"')}
        changed = api.post(f"{PACIENTES}/{one}/cambio-documento", **change)
        merged = merge(api, two, nueva)
        assert (changed.status_code, merged.status_code) == (200, 200)
        for answer, ties in (
            (changed, {(one, "pasa_a", nueva), (nueva, "viene_de", one)}),
            (
                merged,
                {(two, "recibe", nueva), (nueva, "fusionado_en", two)},
            ),
        ):
            rows = kept(citus_system, answer)
            assert {(row["paciente_id"], row["vinculo"], row["vinculado"]) for row in rows} == ties
        numbers = {row["numero"] for row in api.get(f"{PACIENTES}/{two}/accesos").get_json()["accesos"]}
        assert numbers == {one, two, nueva}
        grow(owner, CHAINS, 3, random.Random(8))
        done(run_hooks(citus_system, "seal-audit", **files))
        done(run_hooks(citus_system, "verify-audit", "--json", **files))
        done(run_hooks(citus_system, "sync", workers=3, HISTORIA_REBALANCE="wait"))
        owners = {owner_of(citus_system, name).port for kind, name in CHAINS if kind == "p"}
        assert citus_system.workers[2].port in owners
        done(run_hooks(citus_system, "verify-audit", "--json", workers=3, **files))
        copy, chance = copy_of(owner, CHAINS), random.Random()
        with contextlib.closing(nodes_of(citus_system, 3)) as nodes:
            for _ in range(3):
                with tampered(owner, copy, chance) as changes:
                    assert judged(changes, list(verify_audit(nodes, Seals(read_key(key), seals), Verdict()))) == []
        done(run_hooks(citus_system, "verify-audit", "--json", workers=3, **files))
        done(run_hooks(citus_system, "drain", workers=2))
