"""Gyro and accelerometer of an LSM6DSOX on the rover, as the rows of raw values that its registers hold.

Figures: ST, LSM6DSOX, data sheet DS12814, mechanical characteristics; docs/world.md says which are not from there.
Each sample is a function of its number, so the same times give the same rows in whatever slices.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hil.world.field.field_spec import ImuSpec
from hil.world.field.skid_rover import Pose

Ints = NDArray[np.int64]
Rows = NDArray[np.int16]

RATE_HZ = 104
DPS_PER_LSB = 0.00875
G_PER_LSB = 0.000061
LSB_PER_C = 256.0
ZERO_C = 25.0

_BLOCK = 1024
_WANDER_SINES = 12
_WANDER_S = (20.0, 1000.0)
_SHAKEN_AT_M_S = 0.4
_GRAVITY = 9.81


class Imu:
    """`rows` of the sensor at rising times. at: the rover's pose at a time; temperature_c: the chip's."""

    def __init__(
        self, spec: ImuSpec, seed: int, at: Callable[[int], Pose], temperature_c: Callable[[int], float]
    ) -> None:
        self._spec, self._at, self._temperature_c = spec, at, temperature_c
        self._seed = seed
        random = np.random.default_rng([seed, 114])

        def within(most: float) -> list[float]:
            return [float(each) for each in random.uniform(-most, most, 3)]

        self.zero_dps = within(spec.zero_rate_dps)
        self.zero_dps_c = within(spec.zero_rate_dps_c)
        self.scale = [1 + each for each in within(spec.scale_error)]
        self._by_g = within(spec.g_sensitivity_dps)
        self._zero_g = within(spec.zero_g_mg / 1000)
        half_band = math.sqrt(RATE_HZ / 2)
        self._rate_noise = spec.rate_noise_mdps / 1000 * half_band
        self._noise = spec.noise_ug / 1e6 * half_band
        periods = np.geomspace(*_WANDER_S, _WANDER_SINES) * random.uniform(0.9, 1.1, _WANDER_SINES)
        self._wander_w = 2 * math.pi / periods
        self._wander_phase = random.uniform(0, 2 * math.pi, (_WANDER_SINES, 3))
        self._block = lru_cache(maxsize=2)(self._make_block)
        self._before: tuple[int, Pose] | None = None

    def times_ns(self, t0_ns: int, t1_ns: int) -> Ints:
        """When it takes samples in t0_ns <= t < t1_ns."""
        first, last = -(-t0_ns * RATE_HZ // 1_000_000_000), -(-t1_ns * RATE_HZ // 1_000_000_000)
        return np.array([_time_ns(k) for k in range(first, last)], dtype=np.int64)

    def _make_block(self, number: int) -> list[list[float]]:
        """Of each sample of a block: normal numbers (6), a uniform one, the rates' wander (3)."""
        random = np.random.Generator(np.random.Philox(key=[self._seed, 2**40 + number]))
        t_s = (number * _BLOCK + np.arange(_BLOCK)) / RATE_HZ
        waves = np.sin(self._wander_w[None, :, None] * t_s[:, None, None] + self._wander_phase).sum(axis=1)
        wander = waves * (self._spec.instability_dps * math.sqrt(2 / _WANDER_SINES))
        normal, uniform = random.standard_normal((_BLOCK, 6)), random.uniform(0, 1, (_BLOCK, 1))
        rows: list[list[float]] = np.concatenate([normal, uniform, wander], axis=1).tolist()
        return rows

    def rows(self, times_ns: Ints) -> Rows:
        """(m, 7): temperature, rates about ahead, left, up, accelerations along them, at sample times of the rover's
        last second."""
        rows = [self._row(int(t_ns)) for t_ns in times_ns]
        return np.array(rows, dtype=np.int16).reshape(-1, 7)

    def _row(self, t_ns: int) -> list[int]:
        number = round(t_ns * RATE_HZ / 1e9)
        before_ns = _time_ns(number - 1)
        now = self._at(t_ns)
        # Each sample is the mean since the last: what its own filter keeps of faster motion is shaking, below.
        kept = self._before
        before = kept[1] if kept and kept[0] == before_ns else self._at(max(before_ns, 0))
        self._before = (t_ns, now)
        pitch, roll = now.pitch_rad, now.roll_rad
        sin_p, cos_p, sin_r, cos_r = math.sin(pitch), math.cos(pitch), math.sin(roll), math.cos(roll)
        turn = (now.heading_rad - before.heading_rad) * RATE_HZ
        nod, sway = (pitch - before.pitch_rad) * RATE_HZ, (roll - before.roll_rad) * RATE_HZ
        # Body rates of a heading about the vertical, then a pitch (nose up), then a roll (left side up).
        rates = (sway + turn * sin_p, -nod * cos_r + turn * sin_r * cos_p, turn * cos_r * cos_p + nod * sin_r)
        speed = now.speed_m_s
        ahead = (speed - before.speed_m_s) * RATE_HZ / _GRAVITY
        aside = speed * turn / _GRAVITY
        noise = self._block(number // _BLOCK)[number % _BLOCK]
        shaken = self._spec.vibration_mg / 1000 * abs(speed) / _SHAKEN_AT_M_S
        tone = math.sin(2 * math.pi * (speed * t_ns * 1e-9 / self._spec.cleat_m + noise[6])) if shaken else 0.0
        random = 0.707 * shaken + self._noise
        felt = (
            sin_p + ahead * cos_p + random * noise[3] + 0.3 * shaken * tone,
            sin_r * cos_p + aside * cos_r + random * noise[4] + 0.3 * shaken * tone,
            cos_r * cos_p + random * noise[5] + shaken * tone,
        )
        warm = self._temperature_c(t_ns) - ZERO_C
        row = [_raw(warm * LSB_PER_C)]
        for k in range(3):
            zero = self.zero_dps[k] + self.zero_dps_c[k] * warm + self._by_g[k] * felt[k] + noise[7 + k]
            dps = math.degrees(rates[k]) * self.scale[k] + zero + self._rate_noise * noise[k]
            row.append(_raw(dps / DPS_PER_LSB))
        row += [_raw((felt[k] + self._zero_g[k]) / G_PER_LSB) for k in range(3)]
        return row


def _time_ns(number: int) -> int:
    return -(-number * 1_000_000_000 // RATE_HZ)


def _raw(value: float) -> int:
    return max(-32768, min(32767, round(value)))
