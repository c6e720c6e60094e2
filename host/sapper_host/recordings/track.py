"""Where the coil was: its path over a part of a session, by the board's time and by the place along the track.

Places are of the coil, in the part's frame (`odom`): x ahead and y left of where the tracks' middle was at the boot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sapper.shared.settings import row_of
from sapper_host.recordings.parts import Part

Floats = NDArray[np.float64]

_COIL_AHEAD_M = row_of("coil_ahead_mm")[1] / 1000


@dataclass(frozen=True)
class Track:
    """The coil's path, each (n,): board time rising (ms), place along the track (m; falls where the rover backed),
    place on the ground (m) and heading (rad, adding up over whole turns)."""

    t_ms: Floats
    s_m: Floats
    x_m: Floats
    y_m: Floats
    heading_rad: Floats

    def at(self, t_ms: Any) -> tuple[Floats, Floats]:
        """Places of the coil at board times (ms); those before and after the recording are its ends."""
        return np.interp(t_ms, self.t_ms, self.x_m), np.interp(t_ms, self.t_ms, self.y_m)

    def passed(self, s_m: float, t_ms: float) -> tuple[float, float]:
        """The place where the coil, at t_ms or last before, was so far along the track; straight on from the nearest
        (the last of them) when it never was. The same s comes again on other ground where the rover backed, turned and
        went on."""
        until = int(np.searchsorted(self.t_ms, t_ms, side="right"))
        s = self.s_m[: until + 1]
        low, high = np.minimum(s[:-1], s[1:]), np.maximum(s[:-1], s[1:])
        over = np.flatnonzero((low <= s_m) & (s_m <= high))
        if len(over):
            i = int(over[-1])
            way = s[i + 1] - s[i]
            share = float((s_m - s[i]) / way) if way else 1.0
            x, y = ((1 - share) * line[i] + share * line[i + 1] for line in (self.x_m, self.y_m))
            return float(x), float(y)
        i = len(s) - 1 - int(np.abs(s - s_m)[::-1].argmin())
        beyond = s_m - float(s[i])
        x = self.x_m[i] + beyond * np.cos(self.heading_rad[i])
        return float(x), float(self.y_m[i] + beyond * np.sin(self.heading_rad[i]))

    def along(self, s_m: Any, lateral_m: Any = 0.0) -> tuple[Floats, Floats]:
        """Places so far along the track, when the coil first came there, and so far to its left (m); beyond the ends
        straight on."""
        s = np.asarray(s_m, dtype=np.float64)
        first = np.concatenate(([True], self.s_m[1:] > np.maximum.accumulate(self.s_m)[:-1]))
        known = self.s_m[first]
        within = np.clip(s, known[0], known[-1])
        x, y, heading = (np.interp(within, known, line[first]) for line in (self.x_m, self.y_m, self.heading_rad))
        beyond = s - within
        return (
            x + beyond * np.cos(heading) - lateral_m * np.sin(heading),
            y + beyond * np.sin(heading) + lateral_m * np.cos(heading),
        )


def track_of(part: Part) -> Track:
    """The coil's path from the part's STATUS messages: dead reckoning of the tracks' middle, and the coil ahead of it.

    ValueError when there are none.
    """
    status = part.status
    if not len(status["t_ms"]):
        raise ValueError(f"{part.name} has no STATUS")
    heading = np.unwrap(status["heading_mrad"] / 1000)
    return Track(
        status["t_ms"],
        status["s_mm"] / 1000,
        status["x_mm"] / 1000 + _COIL_AHEAD_M * np.cos(heading),
        status["y_mm"] / 1000 + _COIL_AHEAD_M * np.sin(heading),
        heading,
    )
