"""Gyro and accelerometer are as their data sheet says: bias, drift, noise, scale, tilt and shaking, in raw values.

Known bad: a gyro three times as noisy, and one with no bias at all, are told from it.
"""

import math
from typing import Any

import numpy as np
import pytest
from field_worlds import EVEN, played, with_parts

from hil.world.field.imu import DPS_PER_LSB, G_PER_LSB

pytestmark = pytest.mark.unit

IDEAL = {
    "zero_rate_dps": 0.0, "zero_rate_dps_c": 0.0, "instability_dps": 0.0, "rate_noise_mdps": 0.0, "scale_error": 0.0,
    "g_sensitivity_dps": 0.0, "zero_g_mg": 0.0, "noise_ug": 0.0, "vibration_mg": 0.0,
}  # fmt: skip
CLOCK_S = 1 / 104


def standing(seconds: float = 20.0, seed: int = 1, **imu: Any) -> np.ndarray:
    return played(with_parts(EVEN, field={"seed": seed}, imu=imu)).go(seconds, 0.0).all_rows.astype(float)


def test_it_stands_at_its_zero_rate_level_with_the_noise_of_the_data_sheet() -> None:
    for seed in (1, 2, 3):
        rows = standing(seed=seed)
        assert len(rows) == 104 * 20
        assert np.all(np.abs(rows[:, 1:4].mean(axis=0)) * DPS_PER_LSB < 1.2), "zero-rate level and g-sensitivity"
        noise = rows[:, 1:4].std(axis=0) * DPS_PER_LSB
        assert noise == pytest.approx(0.0038 * math.sqrt(52) * np.ones(3), rel=0.15)
    assert standing(rate_noise_mdps=11.4)[:, 3].std() * DPS_PER_LSB > 2 * 0.0038 * math.sqrt(52)


def test_each_part_has_a_bias_of_its_own_and_that_moves_with_temperature() -> None:
    biases = {round(standing(2.0, seed)[:, 3].mean()) for seed in range(6)}
    assert len(biases) == 6 and min(biases) < 0 < max(biases)
    assert standing(2.0, **IDEAL)[:, 1:4].tolist() == np.zeros((208, 3)).tolist(), "known bad: no bias at all"
    warming = with_parts(EVEN, supply={"warming_c": 20.0, "warming_s": 10.0}, imu={**IDEAL, "zero_rate_dps_c": 0.01})
    out = played(warming).go(30.0, 0.0)
    rows = out.all_rows.astype(float)
    drift = (rows[-104:, 1:4].mean(axis=0) - rows[:104, 1:4].mean(axis=0)) * DPS_PER_LSB
    warmer = (rows[-104:, 0].mean() - rows[:104, 0].mean()) / 256
    assert warmer == pytest.approx(18, abs=2)
    assert drift == pytest.approx(np.array(out.world.imu.zero_dps_c) * warmer, abs=0.006)


def test_the_sum_of_its_rates_is_the_turn() -> None:
    out = played(with_parts(EVEN, imu=IDEAL, start={"x_m": 4.0, "y_m": -2.5}))
    out.go(3.0, -0.35, 0.35).go(2.0, 0.0)
    rows = out.all_rows.astype(float)
    turned = rows[:, 3].sum() * DPS_PER_LSB * CLOCK_S
    assert abs(out.world.skid.heading_rad) > 1
    assert turned == pytest.approx(math.degrees(out.world.skid.heading_rad), abs=0.1)
    scaled = played(with_parts(EVEN, imu={**IDEAL, "scale_error": 0.01}, start={"x_m": 4.0, "y_m": -2.5}))
    scaled.go(3.0, -0.35, 0.35).go(2.0, 0.0)
    again = scaled.all_rows.astype(float)[:, 3].sum() * DPS_PER_LSB * CLOCK_S
    assert again / turned == pytest.approx(scaled.world.imu.scale[2], abs=1e-3) and again != turned


@pytest.mark.parametrize(("uphill", "axis"), [(0.0, 4), (90.0, 5)], ids=["nose up", "left side up"])
def test_tilt_shows_in_the_accelerometer(uphill: float, axis: int) -> None:
    out = played(with_parts(EVEN, imu=IDEAL, relief={"slope_deg": 4.0, "uphill_deg": uphill})).go(1.0, 0.0)
    g = out.all_rows[-1].astype(float) * G_PER_LSB
    assert g[axis] == pytest.approx(math.sin(math.radians(4)), abs=1e-3)
    assert g[9 - axis] == pytest.approx(0, abs=1e-3)
    assert g[6] == pytest.approx(math.cos(math.radians(4)), abs=1e-3)


def test_tracks_shake_it_while_they_move_and_no_longer() -> None:
    shaken = {**IDEAL, "vibration_mg": 120.0}
    rows = played(with_parts(EVEN, imu=shaken)).go(4.0, 0.35).all_rows.astype(float)
    moving = rows[-208:, 6].std() * G_PER_LSB
    assert 0.05 < moving < 0.2
    assert played(with_parts(EVEN, imu=shaken)).go(2.0, 0.0).all_rows.astype(float)[:, 4:].std(axis=0).max() == 0


def test_a_turn_faster_than_its_range_is_held_at_its_end() -> None:
    out = played(with_parts(EVEN, imu=IDEAL))
    out.world.skid.hand = (-2.0, 2.0)
    rows = out.go(0.5, 0.0).all_rows
    assert rows[-1, 3] == 32767
