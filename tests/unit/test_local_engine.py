"""Which engine `make up` takes, from what the machine has and what was asked for."""

import pathlib

import pytest
from historia_local.binaries import Binaries
from historia_local.engine import Kind, Probes, choose
from historia_local.errors import ConfigurationError
from historia_local.options import Wanted
from hypothesis import given
from hypothesis import strategies as st

CITUS, PLAIN = Binaries(pathlib.Path("/citus/bin")), Binaries(pathlib.Path("/plain/bin"))
EMBEDDED = Binaries(pathlib.Path("/venv/bin"), embedded=True)
EVERYTHING = Probes(CITUS, PLAIN, EMBEDDED, "citusdata/citus:1", no_docker="")


def _probes(*, citus: bool = True, plain: bool = True, embedded: bool = True, docker: bool = True) -> Probes:
    return Probes(
        CITUS if citus else None,
        PLAIN if plain else None,
        EMBEDDED if embedded else None,
        "citusdata/citus:1",
        "" if docker else "no hay programa docker",
    )


@pytest.mark.parametrize(
    ("missing", "kind", "binaries"),
    [
        ([], "citus", CITUS),
        (["citus"], "docker", None),
        (["citus", "docker"], "postgresql", PLAIN),
        (["citus", "docker", "plain"], "postgresql", EMBEDDED),
    ],
)
def test_auto_takes_the_best_there_is(missing: list[str], kind: Kind, binaries: Binaries | None) -> None:
    choice = choose("auto", _probes(**dict.fromkeys(missing, False)))
    assert (choice.kind, choice.binaries) == (kind, binaries)


def test_containers_bring_their_image() -> None:
    choice = choose("docker", EVERYTHING)
    assert choice.image == "citusdata/citus:1"
    assert choice.distributed


@pytest.mark.parametrize("kind", ["citus", "docker", "postgresql"])
def test_what_is_insisted_on_is_taken_and_said(kind: Kind) -> None:
    choice = choose(kind, EVERYTHING)
    assert choice.kind == kind
    assert f"ENGINE={kind}" in choice.reason


def test_plain_postgresql_says_why_nothing_better_runs() -> None:
    assert "no hay programa docker" in choose("auto", _probes(citus=False, docker=False)).reason


@pytest.mark.parametrize(
    ("wanted", "missing", "said"),
    [
        ("citus", ["citus"], "PG_BINDIR"),
        ("docker", ["docker"], "no hay programa docker"),
        ("postgresql", ["plain", "embedded"], "Instale PostgreSQL"),
        ("auto", ["citus", "docker", "plain", "embedded"], "Instale PostgreSQL"),
    ],
)
def test_what_cannot_be_had_is_refused_with_a_way_out(wanted: Wanted, missing: list[str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as refused:
        choose(wanted, _probes(**dict.fromkeys(missing, False)))
    assert refused.value.exit_code == 78


@given(st.sampled_from(["citus", "docker", "postgresql"]), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_insisting_never_gives_another_engine(
    wanted: Wanted, citus: bool, plain: bool, embedded: bool, docker: bool
) -> None:
    probes = _probes(citus=citus, plain=plain, embedded=embedded, docker=docker)
    try:
        assert choose(wanted, probes).kind == wanted
    except ConfigurationError:
        assert not {"citus": citus, "docker": docker, "postgresql": plain or embedded}[wanted]
