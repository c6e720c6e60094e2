"""What a board told of its loop, for people and for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from sapper_host.board.decoder import Event
from sapper_host.board.loop_times import Times
from sapper_host.operate.loop_limits import Held
from sapper_host.operate.loop_seconds import Second, longest
from sapper_host.operate.monitor_state import describe
from sapper_host.operate.monitor_view import bar_text

_NAMES = {"late": "how late ticks began", "tick": "how long ticks took"}
_WORDS = {True: "held", False: "MISSED", None: "not measured"}
_ROWS_MOST = 16
_BAR = 40


@dataclass(frozen=True)
class LoopReport:
    """version: the board's words. seconds: listened to, one at least; watched: whether that was asked for.
    collections: of a full heap, out of the board's log."""

    version: Mapping[str, str]
    times: Mapping[str, Times]
    seconds: Sequence[Second]
    watched: bool
    collections: Sequence[Event]
    limits: Sequence[Held]

    @property
    def good(self) -> bool:
        """Whether the rover moved, so that there is something to judge, and no limit is missed."""
        return bool(self.times["late"].ticks) and all(each.held is not False for each in self.limits)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        last = self.seconds[-1].fields
        most = longest(self.seconds) if self.watched else None
        return {
            "board": self.version.get("board", ""),
            "firmware": dict(self.version),
            "times": {name: times.as_dict() for name, times in self.times.items()},
            "heap_free": last["heap_free"],
            "missed": last["missed"],
            "collections": [describe(event) for event in self.collections],
            "longest_of_watch": None if most is None else _second(most),
            "seconds": [_second(second) for second in self.seconds] if self.watched else [],
            "limits": [each.as_dict() for each in self.limits],
            "held": self.good,
        }

    def lines(self) -> Iterator[str]:
        """For people."""
        last = self.seconds[-1].fields
        for name, times in self.times.items():
            yield from _picture(_NAMES[name], times)
        if not self.times["late"].ticks:
            yield "the rover has not moved since its start: drive it, then ask again"
        yield f"free heap {last['heap_free']:,} bytes, when last looked at, standing"
        yield f"frames missed since the start {last['missed']}, those while flash was written among them"
        yield f"collections of a full heap while armed, in the board's log: {len(self.collections) or 'none'}"
        yield from (f"  {describe(event)}" for event in self.collections)
        if self.watched and (most := longest(self.seconds)):
            yield f"longest tick of these seconds: {second_line(most)}"
        yield ""
        yield from _table(self.limits)


def second_line(second: Second) -> str:
    """A second in a line: its figures, the states it was in, and what the board told in it."""
    f = second.fields
    parts = [
        f"{f['t_ms'] / 1000:.0f} s",
        f"tick {f['tick_max_us'] / 1000:.2f} ms",
        f"late {f['jitter_max_us'] / 1000:.3f} ms",
        f"load {f['load_pm'] / 10:.1f} %",
        " ".join(sorted(second.states)) or "-",
    ]
    return "  ".join(parts) + ("  in which: " + "; ".join(map(describe, second.events)) if second.events else "")


def _second(second: Second) -> dict[str, Any]:
    return {**second.fields, "states": sorted(second.states), "told": [describe(event) for event in second.events]}


def _picture(what: str, times: Times) -> Iterator[str]:
    if not times.ticks:
        return
    figures = "  ".join(
        f"{name} {times.all_but_us(one_in)} us" for name, one_in in (("p50", 2), ("p99", 100), ("p99.9", 1000))
    )
    yield f"{what}: {times.ticks} in motion; {figures}  worst {times.worst_us} us"
    step_us = times.width_us
    while (times.counts[-1][0] // step_us) - (times.counts[0][0] // step_us) >= _ROWS_MOST:
        step_us *= 2
    rows: dict[int, int] = {}
    for from_us, count in times.counts:
        at_us = from_us // step_us * step_us
        rows[at_us] = rows.get(at_us, 0) + count
    # Of thousands of ticks the few late ones count: the bars grow with the number's logarithm.
    full = log(1 + max(rows.values()))
    for at_us, count in rows.items():
        yield f"  {at_us:6d} us |{bar_text(log(1 + count), full, _BAR, unicode=False).replace('.', ' ')}| {count}"


def _table(limits: Sequence[Held]) -> Iterator[str]:
    rows = [
        (
            each.limit.name,
            "-" if each.value is None else f"{each.value:,.6g}" if isinstance(each.value, float) else f"{each.value:,}",
            f"{'>=' if each.least else '<='} {each.limit.text}",
            _WORDS[each.held],
            each.limit.what,
        )
        for each in limits
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        yield "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]))
