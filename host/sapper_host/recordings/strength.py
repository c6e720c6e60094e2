"""The detector's strength at the places it is of, which the coil has left by up to 0.1 m when the board tells it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sapper_host.recordings.parts import Part
from sapper_host.recordings.track import Track

Floats = NDArray[np.float64]

# Further behind, or ahead where the rover backed, is not what the detector looks at: the strength has not been renewed.
_BEHIND_MOST_MM = 200


@dataclass(frozen=True)
class Strength:
    """Each (n,), in order of the board's time (ms): strength of 1000, its place along the track and on the ground (m).

    On the ground it lies straight behind the coil.
    """

    t_ms: Floats
    strength: Floats
    s_m: Floats
    x_m: Floats
    y_m: Floats


def strength_of(part: Part, track: Track) -> Strength:
    """Of a part's DETECT frames, without those that tell old strength again. Firmware that did not tell how far behind
    the coil it is has it under the coil.
    """
    behind_mm = part.detect["behind_mm"]
    fresh = (behind_mm >= 0) & (behind_mm <= _BEHIND_MOST_MM)
    t_ms, behind_m = part.detect["t_ms"][fresh], behind_mm[fresh] / 1000
    x_m, y_m = track.at(t_ms)
    heading = np.interp(t_ms, track.t_ms, track.heading_rad)
    return Strength(
        t_ms,
        part.detect["strength"][fresh],
        part.detect["s_mm"][fresh] / 1000 - behind_m,
        x_m - behind_m * np.cos(heading),
        y_m - behind_m * np.sin(heading),
    )
