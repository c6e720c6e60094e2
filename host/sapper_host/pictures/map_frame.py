"""The piece of ground that a map shows: path, finds, lane and targets, in a box as wide as the page, at one scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sapper_host.recordings.contacts import Contact
from sapper_host.recordings.track import Track
from sapper_host.recordings.truth import Truth

Floats = NDArray[np.float64]

# The map on the page: its width, and the least and greatest height.
_MAP_WIDTH_IN = 9.7
_MAP_HEIGHT_IN = (1.5, 6.0)
# At least so much to both sides of its middle, across and along.
_SIDE_MIN_M = 0.9
_LONG_MIN_M = 2.5


@dataclass(frozen=True)
class Frame:
    """A box on the ground (m)."""

    left_m: float
    right_m: float
    low_m: float
    high_m: float

    @property
    def height_in(self) -> float:
        """Height of the map on the page."""
        return _MAP_WIDTH_IN * (self.high_m - self.low_m) / (self.right_m - self.left_m)


def frame_of(track: Track, contacts: list[Contact], truth: Truth | None) -> Frame:
    """The box around all that a part's map shows."""
    x, y = [track.x_m], [track.y_m]
    if truth is not None:
        places = [(float(target["s_m"]), float(target["lateral_m"])) for target in truth["targets"]]
        s_m, lateral_m = zip(*places, (float(track.s_m[0]) + float(truth["lane_length_m"]), 0.0), strict=True)
        for lines, line in zip((x, y), track.along(np.array(s_m), np.array(lateral_m)), strict=True):
            lines.append(line)
    for contact in contacts:
        if contact.x_mm is not None and contact.y_mm is not None:
            x.append(np.array([contact.x_mm / 1000]))
            y.append(np.array([contact.y_mm / 1000]))
    left, right = _span(np.concatenate(x), 0.4, _LONG_MIN_M)
    low, high = _span(np.concatenate(y), 0.5, _SIDE_MIN_M)
    m_per_in = max((right - left) / _MAP_WIDTH_IN, (high - low) / _MAP_HEIGHT_IN[1])
    height_in = max(_MAP_HEIGHT_IN[0], (high - low) / m_per_in)
    wide, tall = _MAP_WIDTH_IN * m_per_in, height_in * m_per_in
    return Frame((left + right - wide) / 2, (left + right + wide) / 2, (low + high - tall) / 2, (low + high + tall) / 2)


def _span(values: Floats, margin: float, half_least: float) -> tuple[float, float]:
    low, high = float(values.min()) - margin, float(values.max()) + margin
    more = max(0.0, half_least - (high - low) / 2)
    return low - more, high + more
