"""Progress of a job: what is said of it, and that it never says nonsense."""

import pytest
from historia_hooks.pace import Moved, Pace, words
from historia_hooks.units import duration, size
from hypothesis import given
from hypothesis import strategies as st

MIB = 1024 * 1024


def moved(done: int, *, shards: int = 0) -> Moved:
    return Moved(shards=shards, all_shards=8, bytes=done * MIB, all_bytes=100 * MIB)


def test_rate_and_rest_are_measured_from_the_first_look() -> None:
    pace = Pace()
    assert words(pace.look(50.0, moved(20, shards=2))) == {"fragmentos": "2/8", "datos": "20,0 MiB/100,0 MiB"}
    assert words(pace.look(60.0, moved(40, shards=3))) == {
        "fragmentos": "3/8",
        "datos": "40,0 MiB/100,0 MiB",
        "velocidad": "2,0 MiB/s",
        "faltan": "30 s",
    }
    assert words(pace.look(90.0, moved(100, shards=8)))["faltan"] == "0 s"


def test_a_move_that_began_anew_tells_no_rate() -> None:
    pace = Pace()
    pace.look(0.0, moved(20))
    assert pace.look(10.0, moved(12)).rate is None
    assert pace.look(20.0, moved(30)).rate == 0.5 * MIB


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 2**50)), min_size=1, max_size=8),
    st.integers(0, 2**50),
)
def test_a_rate_is_positive_and_the_rest_never_negative(looks: list[tuple[float, int]], total: int) -> None:
    pace, now = Pace(), 0.0
    for pause, done in looks:
        now += pause
        found = pace.look(now, Moved(0, 0, min(done, total), total))
        assert (found.rate is None) == (found.remaining is None)
        assert found.rate is None or found.rate > 0
        assert found.remaining is None or found.remaining >= 0
        assert words(found)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1,0 KiB"), (1536 * MIB, "1,5 GiB"), (2**60, "1024,0 PiB")],
)
def test_sizes_for_people(number: int, text: str) -> None:
    assert size(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")]
)
def test_times_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text
