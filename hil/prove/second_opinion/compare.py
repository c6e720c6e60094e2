"""The figures of both boards, side by side: equal within the tolerance, or different for a reason that is written down.

What is told has to be the same. A pin's edges have to be the same ones in the same order; a wave that goes on may have
a period more or less at its end. An instant, or an edge, may be off by the least that its figure allows, and by `SHARE`
of the time since the first edge. The least is
- `FLOOR_NS`: rp2040py's state machines move between instructions only; a program that polls sees it a turn later;
- `SLEEPS_NS` where the program sleeps: rp2040py's timer fires early by what the microsecond has left, at each sleep;
- `CALLBACK_NS` where besides a timer's callback waits for the interpreter's next jump;
- `TURN_NS` where the interlock's machine decides: a turn of it, 40 us, in which an act comes sooner or later;
- `DIVIDED_NS` where a slow state machine begins: rp2040py has its first instruction as it is enabled, ours a period of
  its divider (2 us) later. On the chip dividers run freely (RP2040 datasheet 3.7, CTRL): it is somewhere between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hil.prove.second_opinion.explained import EXPLAINED, Explained
from hil.prove.second_opinion.figure import Edges, Figure

FLOOR_NS = 1000
SLEEPS_NS = 5000
CALLBACK_NS = 15_000
TURN_NS = 45_000
DIVIDED_NS = 2100
SHARE = 0.0001
# The first name that a figure's begins with decides.
_FLOORS_NS = {
    "pio: GPIO 7 first edge": DIVIDED_NS,
    "interlock: loop opens": FLOOR_NS,
    "interlock: ": TURN_NS,
    "timers: ": CALLBACK_NS,
    "watchdog: ": SLEEPS_NS,
    "boot: ": SLEEPS_NS,
}
_A_PERIOD = 2  # edges
_A_WAVE = 10


@dataclass(frozen=True)
class Row:
    """One figure of both. difference_ns: theirs less ours where it is most; None where they are not comparable, or
    text. within: inside the tolerance. explained: why it is not, where that is known. wrong: what is to be told."""

    name: str
    ours: str
    theirs: str
    difference_ns: int | None
    within: bool
    explained: str = ""
    wrong: str = ""

    def difference(self) -> str:
        """As the table shows it."""
        if self.difference_ns is None:
            return "same" if self.within else "differs"
        return f"{self.difference_ns / 1000:+.3f} us"


def rows(ours: Iterable[Figure], theirs: Iterable[Figure], explained: Mapping[str, Explained] = EXPLAINED) -> list[Row]:
    """Every figure of either board, judged."""
    left, right = ({figure.name: figure for figure in each} for each in (ours, theirs))
    return [_row(name, left.get(name), right.get(name), explained.get(name)) for name in left | right]


def floor_ns(name: str) -> int:
    """What an instant of that figure may be off by at the least."""
    return next((ns for begin, ns in _FLOORS_NS.items() if name.startswith(begin)), FLOOR_NS)


def _row(name: str, ours: Figure | None, theirs: Figure | None, reason: Explained | None) -> Row:
    if ours is None or theirs is None:
        side = "rp2040py" if ours is None else "virtual"
        shown = (ours.shown() if ours else "-", theirs.shown() if theirs else "-")
        return Row(name, *shown, None, False, wrong=f"{name}: only on {side}")
    difference, within = _judge(ours, theirs, floor_ns(name))
    row = (name, ours.shown(), theirs.shown(), difference, within)
    if reason is None:
        return Row(*row, wrong="" if within else f"{name}: {ours.shown()} here, {theirs.shown()} on rp2040py")
    if within:
        same = "" if reason.either_way else f"{name}: the same on both: take its reason out of explained.py"
        return Row(*row, wrong=same)
    if not reason.covers(difference, theirs.value):
        return Row(*row, explained=reason.why, wrong=f"{name}: a difference beyond what its reason covers")
    return Row(*row, explained=reason.why)


def _judge(ours: Figure, theirs: Figure, least_ns: int) -> tuple[int | None, bool]:
    a, b = ours.value, theirs.value
    if isinstance(a, int) and isinstance(b, int):
        return b - a, abs(b - a) <= least_ns + SHARE * a
    if isinstance(a, tuple) and isinstance(b, tuple):
        return _judge_edges(a, b, least_ns)
    return None, a == b


def _judge_edges(ours: Edges, theirs: Edges, least_ns: int) -> tuple[int | None, bool]:
    pairs = list(zip(ours, theirs, strict=False))
    surplus = abs(len(ours) - len(theirs))
    same = all(a[1] == b[1] for a, b in pairs)
    # Without a partner may be the end of a wave, not the half of a pulse or two.
    if not pairs or not same or surplus > _A_PERIOD or (surplus and len(pairs) < _A_WAVE):
        return None, not ours and not theirs
    worst = max(pairs, key=lambda pair: abs(pair[1][0] - pair[0][0]) / (least_ns + SHARE * pair[0][0]))
    difference = worst[1][0] - worst[0][0]
    return difference, abs(difference) <= least_ns + SHARE * worst[0][0]
