"""What `make up` makes of its variables and of what an earlier run left."""

import pathlib
from dataclasses import replace

import pytest
from historia_local import ports, system
from historia_local.binaries import Binaries
from historia_local.engine import Probes
from historia_local.errors import ConfigurationError, LocalError
from historia_local.options import Options
from historia_local.state import State, alone, load, remove

BINARIES = Binaries(pathlib.Path("/usr/lib/postgresql/15/bin"))
EARLIER = State("citus", "porque sí", [100, 101, 102], 8080, str(BINARIES.folder), major=15)
NOTHING_SAID = Options.read({"HISTORIA_STATE": "/nowhere"})


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with Citus where every port is free."""
    monkeypatch.setattr(system, "look", lambda options: Probes(citus=BINARIES, plain=BINARIES))
    monkeypatch.setattr(ports, "port_is_free", lambda port: True)


def test_defaults(machine: None) -> None:
    state = system.decide(NOTHING_SAID, None)
    assert (state.kind, state.ports, state.api_port) == ("citus", [15432, 15433, 15434], 8080)


def test_plain_postgresql_is_one_node(machine: None) -> None:
    assert system.decide(replace(NOTHING_SAID, engine="postgresql"), None).ports == [15432]


def test_plain_postgresql_with_workers_is_refused(machine: None) -> None:
    with pytest.raises(ConfigurationError, match="WORKERS=2"):
        system.decide(replace(NOTHING_SAID, engine="postgresql", workers=2), None)


def test_a_taken_port_names_the_variable(machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "port_is_free", lambda port: port != 15433)
    monkeypatch.setattr(ports, "listener", lambda port: " por nginx")
    with pytest.raises(ConfigurationError, match=r"15433 está ocupado por nginx.*PG_PORT="):
        system.decide(NOTHING_SAID, None)


def test_an_earlier_run_is_continued() -> None:
    assert system.decide(NOTHING_SAID, EARLIER) == EARLIER


def test_workers_and_the_ports_of_the_api_can_be_changed() -> None:
    state = system.decide(replace(NOTHING_SAID, workers=4, api_port=9090), EARLIER)
    assert (state.ports, state.api_port) == ([100, 101, 102, 103, 104], 9090)


@pytest.mark.parametrize(
    "said", [{"engine": "docker"}, {"engine": "postgresql"}, {"workers": 0}, {"pg_port": 200}], ids=str
)
def test_what_would_lose_or_move_data_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="make clean"):
        system.decide(replace(NOTHING_SAID, **said), EARLIER)  # type: ignore[arg-type]


def test_fewer_workers_keep_the_first_ones() -> None:
    assert system.decide(replace(NOTHING_SAID, workers=1), EARLIER).ports == [100, 101]


def test_workers_are_not_added_to_plain_postgresql() -> None:
    with pytest.raises(ConfigurationError, match="make clean"):
        system.decide(replace(NOTHING_SAID, workers=2), replace(EARLIER, kind="postgresql", ports=[100]))


@pytest.mark.parametrize(
    ("name", "value"),
    [("ENGINE", "oracle"), ("WORKERS", "-1"), ("WORKERS", "33"), ("API_PORT", "0"), ("PG_PORT", "70000")],
)
def test_wrong_values_are_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name}={value}"):
        Options.read({name: value})


def test_empty_variables_say_nothing() -> None:
    empty = dict.fromkeys(("ENGINE", "WORKERS", "PG_PORT", "API_PORT", "CITUS_IMAGE"), "")
    assert Options.read(empty | {"HISTORIA_STATE": "/nowhere"}) == NOTHING_SAID


def test_where_the_state_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert Options.read({"XDG_STATE_HOME": "/state"}).state == pathlib.Path("/state/historia-clinica")
    assert Options.read({}).state == pathlib.Path("~/.local/state/historia-clinica").expanduser()
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert Options.read({}).state == pathlib.Path("/var/lib/historia-clinica")


def test_state_goes_round(tmp_path: pathlib.Path) -> None:
    assert load(tmp_path) is None
    EARLIER.save(tmp_path)
    assert load(tmp_path) == EARLIER


def test_a_state_nobody_understands_says_what_to_do(tmp_path: pathlib.Path) -> None:
    (tmp_path / "state.json").write_text("{}")
    with pytest.raises(LocalError, match="make clean"):
        load(tmp_path)


def test_removal_leaves_what_is_not_ours(tmp_path: pathlib.Path) -> None:
    EARLIER.save(tmp_path)
    (tmp_path / "nodes/coordinator").mkdir(parents=True)
    (tmp_path / "postgresql-17.10").mkdir()
    (tmp_path / "thesis.odt").touch()
    remove(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.odt"]


def test_two_commands_do_not_work_at_once(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "state"
    with alone(folder), pytest.raises(LocalError, match="Otra orden"), alone(folder):
        pass
    assert not folder.exists()
