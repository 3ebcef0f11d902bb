"""Through which chains a patient's record went, and which rows of them are about that patient. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from historia_clinica.audit.entries import Vinculo

MOST = 50  # chains that are followed


@dataclass(frozen=True)
class Tied:
    """A row of a chain that names another number."""

    seq: int
    vinculo: str
    vinculado: str


@dataclass(frozen=True)
class Segment:
    """The rows of one chain after the one and up to the other; without an end, all that come."""

    numero: str
    after: int
    upto: int | None


TiesOf = Callable[[str], Sequence[Tied]]


def segments(number: str, ties_of: TiesOf) -> list[Segment]:
    """Of the patient who has that number now, the newest first."""
    found: list[Segment] = []
    for one in _follow(number, None, ties_of):
        if one in found or len(found) == MOST:
            break
        found.append(one)
    return found


def _follow(number: str, upto: int | None, ties_of: TiesOf) -> Iterator[Segment]:
    ties = [tie for tie in ties_of(number) if upto is None or tie.seq <= upto]
    left = [tie.seq for tie in ties if tie.vinculo == Vinculo.PASA_A and tie.seq != upto]
    after = max(left, default=0)  # whoever had the number until then is somebody else
    yield Segment(number, after, upto)
    back: set[str] = set()
    for tie in sorted(ties, key=lambda tie: tie.seq, reverse=True):
        if tie.seq <= after:
            break
        if tie.vinculo == Vinculo.VIENE_DE:
            yield from _follow(tie.vinculado, _left_for(number, tie.vinculado, ties_of), ties_of)
        elif tie.vinculo == Vinculo.DEVUELVE:
            back.add(tie.vinculado)
        elif tie.vinculo == Vinculo.RECIBE and tie.vinculado in back:
            back.remove(tie.vinculado)
        elif tie.vinculo == Vinculo.RECIBE:
            yield from _follow(tie.vinculado, None, ties_of)


def _left_for(number: str, former: str, ties_of: TiesOf) -> int | None:
    """The row with which a patient left the former number for that one, the last time."""
    rows = [tie.seq for tie in ties_of(former) if (tie.vinculo, tie.vinculado) == (Vinculo.PASA_A, number)]
    return max(rows, default=None)
