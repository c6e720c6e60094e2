"""Lanes of white noise alone with objects of a known signature: what the bound says can be reckoned by hand."""

from __future__ import annotations

import numpy as np

from hil.prove.detector_lab.baselines import SOIL
from hil.prove.detector_lab.bound import Noise
from hil.prove.detector_lab.kernels import FOOTPRINT_A_M, footprint
from hil.prove.detector_lab.lanes import Lane

WHITE_MV = (22.0, 2.1, 1.85)
WHITE = Noise(WHITE_MV, (0.0, 0.0, 0.0))
STEEL_MV = (1.0, 6.0, 14.0)
LENGTH_M = 20.0
SPEED_M_S = 0.3


def white_lane(seed: int, places_m: tuple[float, ...] = (), times: float = 1.0) -> Lane:
    """Objects of so many times STEEL_MV at these places."""
    random = np.random.default_rng(seed)
    count = round(LENGTH_M / SPEED_M_S * 100)
    s_m = np.arange(count) * SPEED_M_S / 100
    gates = 1650 + random.standard_normal((count, 3)) * WHITE_MV
    peak_mv = [times * value for value in STEEL_MV]
    for place in places_m:
        gates += footprint(s_m - place)[:, None] * peak_mv
    targets = [
        {"s_m": place, "name": "steel", "peak_mv": peak_mv, "width_a_m": FOOTPRINT_A_M, "snr": times}
        for place in places_m
    ]
    truth = {
        "lane_length_m": LENGTH_M,
        "swath_m": 0.5,
        "speed_m_s": SPEED_M_S,
        "difficulty": "nominal",
        "targets": targets,
        "hot_rocks": [],
        "stuck": [],
        "ground_ratio": list(SOIL),
    }
    return Lane(f"white_{seed}", np.arange(count) * 0.01, gates, s_m, truth)
