"""Ground that the board counts as searched, and ground that it passed without: runs of a part, in order of time.

Whatever the recording does not say was searched, was not: `covered` events and STATUS flags say it, each until the
next. Where STATUS was lost while the rover moved nothing does, nor between the last STATUS that says so and one that
does not, when the event is missing that tells where it ended.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sapper_host.recordings.parts import Part, number_of, t_ms_of

_SEARCHED_BIT = 8  # of STATUS.flags
# STATUS comes at least once a second.
_LOST_MS = 2500
_MOVED_MM = 100


@dataclass(frozen=True)
class Run:
    """A stretch of the coil's way, searched or not: board times (ms) and places along the track (mm) of its ends."""

    part: int
    searched: bool
    from_t_ms: float
    to_t_ms: float
    from_mm: int
    to_mm: int

    @property
    def length_m(self) -> float:
        """From end to end along the track."""
        return abs(self.to_mm - self.from_mm) / 1000


def runs_of(part: Part) -> list[Run]:
    """The part's runs, one after the other from its first STATUS to its last; [] when it has none."""
    t_ms, s_mm = part.status["t_ms"], part.status["s_mm"]
    if not len(t_ms):
        return []
    flags = (part.status["flags"].astype(np.int64) & _SEARCHED_BIT) > 0
    covered = [event for event in part.events if event["kind"] == "covered"]
    told = np.searchsorted([t_ms_of(event) for event in covered], t_ms, side="right")
    lost = (np.diff(t_ms) > _LOST_MS) & (np.abs(np.diff(s_mm)) > _MOVED_MM)
    lost |= flags[:-1] & ~flags[1:] & (told[:-1] == told[1:])
    # Board time, searched from then on, place.
    said = [(float(t), bool(flag), float(s)) for t, flag, s in zip(t_ms, flags, s_mm, strict=True)]
    said += [(float(t_ms_of(e)), e.get("searched") == 1, float(number_of(e, "from_mm"))) for e in covered]
    said += [(float(t_ms[i]), False, float(s_mm[i])) for i in np.flatnonzero(lost)]
    said.sort(key=lambda row: row[0])  # stable: what was lost after a STATUS goes after it
    turns: list[tuple[float, bool, float]] = []
    for t, searched, s in said:
        if t_ms[0] <= t <= t_ms[-1] and (not turns or searched != turns[-1][1]):
            turns.append((t, searched, s))
    ends = [*turns[1:], (float(t_ms[-1]), False, float(s_mm[-1]))]
    return [
        Run(part.number, searched, since, until, round(from_mm), round(to_mm))
        for (since, searched, from_mm), (until, _, to_mm) in zip(turns, ends, strict=True)
        if until > since
    ]
