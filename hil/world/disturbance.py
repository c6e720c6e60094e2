"""What disturbs the gates whatever lies in the ground: noise, slow wander, warming up, mains, bursts; the arm's swing.

Everything is a function of the pulse's number, drawn in blocks from the seed: the same times give the same noise in
whatever slices they are asked for.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hil.world.world_spec import Machine

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 4096
FRAME_S = 0.01
# Slow wander is a sum of sines whose power falls as 1/f^2, like a random walk's, over these frequencies.
WANDER_HZ = (0.08, 5.0)
WANDER_SINES = 20
# Far finer than the fastest of them.
SLOW_STEP_S = 0.02
SLOW_BLOCK = 256
# Bursts are laid out for so long; a rover that stands longer in one world hears none after that.
HORIZON_S = 4 * 3600


class Disturbance:
    """Adds to the gates; see `gates_mv`."""

    def __init__(self, file: Machine) -> None:
        end, self._tone, self._drift = file.front_end, file.interference, file.drift
        self.seed = file.seed
        self.rate_hz = end.pulse_rate_hz
        # noise_mv is that of the mean over a frame; a single pulse has more
        self.per_pulse_mv = np.array(end.noise_mv) * np.sqrt(max(self.rate_hz * FRAME_S, 1.0))
        random = np.random.default_rng([self.seed, 202])
        low, high = WANDER_HZ
        self._wander_w = 2 * np.pi * np.geomspace(low, high, WANDER_SINES) * random.uniform(0.9, 1.1, WANDER_SINES)
        # Power density 1/f^2, bandwidth of each sine proportional to f: amplitude as f^-1/2
        shape = self._wander_w**-0.5
        shape *= np.sqrt(2 / (shape**2).sum())
        self._wander_a = shape[:, None] * np.array(end.wander_mv)
        self._wander_phase = random.uniform(0, 2 * np.pi, (WANDER_SINES, 3))
        self._thermal = np.array(file.drift.thermal_mv)
        self._rate = np.array(file.drift.rate_mv_s)
        self._noisy = file.bursts
        self._swing = file.swing
        self._tone_phase = random.uniform(0, 2 * np.pi)
        self._tone_share = random.uniform(0.7, 1.0, 3)
        count = int(self._tone.burst_per_s * HORIZON_S) if self._tone.burst_mv else 0
        gaps = random.exponential(1 / self._tone.burst_per_s, count) if count else np.empty(0)
        self.bursts_s: Array = np.cumsum(gaps)
        self._swing_phase = np.random.default_rng([self.seed, 606]).uniform(0, 2 * np.pi)
        self._block = lru_cache(maxsize=4)(self._make_block)
        self._slow_block = lru_cache(maxsize=4)(self._make_slow_block)

    def _make_block(self, number: int) -> Array:
        random = np.random.Generator(np.random.Philox(key=[self.seed, number]))
        return random.standard_normal((BLOCK, 6))

    def white(self, pulses: Ints) -> Array:
        """(m, 6) normal numbers of the pulses: three for the noise, three for bursts."""
        first, last = int(pulses[0]) // BLOCK, int(pulses[-1]) // BLOCK
        if first == last:
            return np.asarray(self._block(first)[pulses - first * BLOCK])
        out = np.empty((len(pulses), 6))
        numbers = pulses // BLOCK
        for number in range(first, last + 1):
            here = numbers == number
            if here.any():
                out[here] = self._block(number)[pulses[here] - number * BLOCK]
        return out

    def gates_mv(self, t_s: Array, pulses: Ints) -> Array:
        """All disturbances at the rising times t_s (m,), whose pulses have these numbers (m,): (m, 3) ADC
        millivolts.
        """
        white = self.white(pulses)
        out = white[:, :3] * self.per_pulse_mv
        for burst in self._noisy:
            on = (t_s >= burst.t0_s) & (t_s < burst.t1_s)
            out[on] *= burst.times
        out += self._slow(t_s)
        tone = self._tone
        if tone.mains_mv:
            wave = np.sin(2 * np.pi * tone.mains_hz * t_s + self._tone_phase)
            out += wave[:, None] * self._tone_share * tone.mains_mv
        if len(self.bursts_s):
            long_s = tone.burst_ms / 1000
            i = np.searchsorted(self.bursts_s, t_s, side="right") - 1
            age = t_s - self.bursts_s[np.maximum(i, 0)]
            on = (i >= 0) & (age < long_s)
            if on.any():
                level = tone.burst_mv * np.sqrt(max(self.rate_hz * FRAME_S, 1.0)) * np.exp(-2 * age[on] / long_s)
                out[on] += white[on, 3:] * level[:, None]
        return out

    def _slow(self, t_s: Array) -> Array:
        """Wander and warming up (m, 3): found every SLOW_STEP_S and straight in between, whatever the slice."""
        first, last = int(t_s[0] / SLOW_STEP_S) // SLOW_BLOCK, int(t_s[-1] / SLOW_STEP_S) // SLOW_BLOCK
        if first == last:
            knots = self._slow_block(first)
        else:
            knots = np.concatenate([self._slow_block(k)[:SLOW_BLOCK] for k in range(first, last + 1)])
            knots = np.concatenate([knots, self._slow_block(last)[SLOW_BLOCK:]])
        position = t_s / SLOW_STEP_S - first * SLOW_BLOCK
        i = position.astype(np.intp)
        part = (position - i)[:, None]
        return np.asarray(knots[i] * (1 - part) + knots[i + 1] * part)

    def _make_slow_block(self, number: int) -> Array:
        """Values at SLOW_BLOCK steps of SLOW_STEP_S and the first of the next block: (SLOW_BLOCK + 1, 3)."""
        grid = (number * SLOW_BLOCK + np.arange(SLOW_BLOCK + 1)) * SLOW_STEP_S
        angle = self._wander_w[None, :, None] * grid[:, None, None] + self._wander_phase
        knots = (np.sin(angle) * self._wander_a).sum(axis=1)
        warming = self._thermal * (1 - np.exp(-grid / self._drift.thermal_s))[:, None]
        return np.asarray(knots + warming + self._rate * grid[:, None])

    def swing_m(self, t_s: Array) -> Array | None:
        """How much higher the arm holds the coil at times t_s (m,), (m,); None where it does not swing."""
        swing = self._swing
        if not swing.height_mm:
            return None
        return np.asarray(swing.height_mm / 1000 * np.sin(2 * np.pi * swing.hz * t_s + self._swing_phase))
