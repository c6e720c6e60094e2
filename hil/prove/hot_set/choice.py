"""Which sections to put into RAM: those whose misses cost most, by the byte, until the RAM for them is used up.

A section's cost is the sum, over all work that has a limit of time, of its misses' share of the room that the limit
leaves for misses: what the work takes on a chip without the cache is subtracted. So what is nearest to its limit weighs
most. What moves changes where the rest lies, and so which lines of the cache it is in: the choice is made in several
steps, each by a new trace.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from hil.prove.hot_set.sections import FLASH, Image, Section
from hil.prove.hot_set.traced import Misses, Trace
from hil.prove.hot_set.work import WORK
from hil.rigs.virtual.xip import XIP_MISS_CLK

MISS_US = XIP_MISS_CLK / 125
_WORD = 4
_LEAST_ROOM = 0.03


@dataclass(frozen=True)
class Stall:
    """What misses take of a limit, us: the limit, what the work takes without the cache, they, and where they are."""

    of: str
    limit_us: float
    work_us: float
    stall_us: float
    misses: Misses

    @property
    def room_us(self) -> float:
        """What the limit leaves for misses; of a limit that the work alone fills, something still."""
        return max(self.limit_us - self.work_us, _LEAST_ROOM * self.limit_us)


def stalls(traces: Mapping[str, Trace], uncached: Mapping[str, Trace]) -> list[Stall]:
    """Of each limit that the traced work has. uncached: the same work on a chip without the cache."""
    rows = []
    for name, trace in traces.items():
        work = WORK[name]
        alone = uncached[name]
        for of, limit_us, work_us, misses in (
            (name, work.second_us, alone.a_second.busy_us, trace.a_second.misses),
            (f"{name}, longest tick", work.tick_us, alone.worst_tick.busy_us, trace.worst_tick.misses),
        ):
            if limit_us is not None:
                rows.append(Stall(of, limit_us, work_us, sum(misses.values()) * MISS_US, misses))
    return rows


def costs(image: Image, traces: Mapping[str, Trace], uncached: Mapping[str, Trace]) -> dict[Section, float]:
    """What each section's misses cost: the sum of their shares of the room for them."""
    out: defaultdict[Section, float] = defaultdict(float)
    for row in stalls(traces, uncached):
        for section, count in image.by_section(row.misses).items():
            out[section] += count * MISS_US / row.room_us
    return dict(out)


def best(image: Image, cost: Mapping[Section, float], room_b: int) -> list[Section]:
    """What to move from flash into `room_b` bytes of RAM, the most costly byte first."""
    sizes = image.bytes_of(*FLASH)
    worth = [section for section in sizes if section.movable and cost.get(section, 0) > 0]
    chosen = []
    for section in sorted(worth, key=lambda section: (-cost[section] / _rounded(sizes[section]), section)):
        if _rounded(sizes[section]) <= room_b:
            chosen.append(section)
            room_b -= _rounded(sizes[section])
    return chosen


def _rounded(size: int) -> int:
    return -(-size // _WORD) * _WORD
