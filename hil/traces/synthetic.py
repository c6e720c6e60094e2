"""A plain trace made in memory: a steady speed or some legs, white noise, and bumps where metal lies. For the soak and
for tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hil.traces.motion import STEP_S, Leg, places_m
from sapper_host.recordings.trace import Trace

_RESTING_MV = (1650.0, 1650.0, 1650.0)
_NOISE_MV = (5.0, 3.0, 3.0)  # rms of a frame: quiet air
_STEEL_MV = (30.0, 55.0, 140.0)  # a fist of steel under the coil, well above the noise
_FOOTPRINT_M = 0.13


def synthetic_trace(
    name: str,
    length_m: float,
    speed_m_s: float,
    targets_m: Sequence[float] = (),
    seed: int = 1,
    legs: Sequence[Leg] = (),
) -> Trace:
    """A lane with steel at `targets_m`, and its truth. 1000 encoder ticks a metre. legs: how it goes, where not at
    speed_m_s from end to end."""
    random = np.random.default_rng(seed)
    t_s = np.arange(0.0, length_m / speed_m_s, STEP_S, dtype=np.float64)
    s_m = t_s * speed_m_s
    if legs:
        s_m = places_m(legs)
        t_s = STEP_S * np.arange(len(s_m), dtype=np.float64)
    bump = sum((np.exp(-0.5 * ((s_m - at) / _FOOTPRINT_M) ** 2) for at in targets_m), np.zeros_like(s_m))
    gates = np.stack(
        [
            rest + peak * bump + noise * random.standard_normal(len(t_s))
            for rest, peak, noise in zip(_RESTING_MV, _STEEL_MV, _NOISE_MV, strict=True)
        ],
        axis=1,
    )
    truth: dict[str, Any] = {
        "lane_length_m": length_m,
        "swath_m": 0.5,
        "speed_m_s": speed_m_s,
        "targets": [{"s_m": at, "lateral_m": 0.0, "name": "steel", "distance_cm": 5.0} for at in targets_m],
        "hot_rocks": [],
        "stuck": [],
    }
    ticks = np.floor(s_m * 1000)
    steady = np.ones_like(t_s)
    return Trace(name, t_s, gates, 5000.0 * steady, 27.0 * steady, ticks, ticks, (), truth)
