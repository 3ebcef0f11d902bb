"""How far a job that moves shards has come, how fast it goes and how long it still takes. Pure arithmetic."""

from dataclasses import dataclass

from historia_hooks.units import duration, size


@dataclass(frozen=True)
class Moved:
    """Of a whole job."""

    shards: int
    all_shards: int
    bytes: int
    all_bytes: int


@dataclass(frozen=True)
class Reading:
    moved: Moved
    rate: float | None = None  # bytes a second since the first look; None: nothing to tell from
    remaining: float | None = None  # seconds at that rate


class Pace:
    """Measures from its first look: what was moved before, by an earlier run, says nothing of the time it took."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None

    def look(self, now: float, moved: Moved) -> Reading:
        """`now` in seconds of a clock that never goes back."""
        begun, before = self._first = self._first or (now, moved.bytes)
        elapsed, gained = now - begun, moved.bytes - before
        if elapsed <= 0 or gained <= 0:
            return Reading(moved)
        rate = gained / elapsed
        return Reading(moved, rate, max(0, moved.all_bytes - moved.bytes) / rate)


def words(reading: Reading) -> dict[str, str]:
    """For a line of the log; the first one knows neither rate nor remaining time."""
    moved = reading.moved
    said = {
        "fragmentos": f"{moved.shards}/{moved.all_shards}",
        "datos": f"{size(moved.bytes)}/{size(moved.all_bytes)}",
    }
    if reading.rate is not None and reading.remaining is not None:
        said |= {"velocidad": f"{size(reading.rate)}/s", "faltan": duration(reading.remaining)}
    return said
