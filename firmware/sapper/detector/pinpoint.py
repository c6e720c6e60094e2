"""Pinpointing: standing or creeping, strength against the level when it was begun, and no baseline that creeps."""

from array import array

import micropython
from sapper.detector.contact import CLASS_NONE, class_of, strength_of
from sapper.detector.footprint_kernels import FULL_SIGMA

_ROW = 5  # of the kernels' speeds, 0.26 m/s: running means over 8 frames scatter less than that kernel's estimate


@micropython.viper
def _read(frame: ptr32, state: ptr32, ratio: ptr32, out: ptr32):
    """state[0..2]: running means over 8 frames of the gates, in 1/16, less their level state[3..5] -> out = [bend,
    body].

    The first frames (state[6] of 16) make the level: the running means begin there and follow in the same steps.
    """
    n = state[6]
    g = 0
    while g < 3:
        v = frame[g] << 4
        if n == 0:
            state[g] = v
        else:
            state[g] += (v - state[g]) >> 3
        if n < 16:
            state[3 + g] = state[g]
        g += 1
    if n < 16:
        state[6] = n + 1
    e1 = state[1] - state[4]
    e2 = state[2] - state[5]
    body = e1 + (((e2 >> 3) * ratio[0]) >> 9)
    out[0] = e2 - (((e1 >> 3) * ratio[0]) >> 9) - (((body >> 3) * ratio[2]) >> 9)
    out[1] = body


class Pinpoint:
    """`begin`, then `step` every frame."""

    def __init__(self, balance):
        self._ratio = balance.state
        self._state = array("i", bytes(4 * 7))
        self._parts = array("i", [0, 0])
        self._best_mm = self._from_mm = self._to_mm = 0
        self._best_class = CLASS_NONE
        self.reset()

    def reset(self):
        """Nothing found yet."""
        self.best = 0
        self.class_hint = CLASS_NONE

    def begin(self):
        """From here on strength is against the present level, the mean of the next 16 frames."""
        self.reset()
        self._state[6] = 0

    def step(self, frame, noise_x100, s_mm):
        """Statistic (1/100 sigma) against the level; keeps the best, its place, and where it was over half of that.

        noise_x100: scatter of the bend against the nominal one, in 1/100.
        """
        _read(frame, self._state, self._ratio, self._parts)
        bend = self._parts[0]
        sigma = FULL_SIGMA[_ROW] * noise_x100 // 100
        statistic = min(100000, (bend if bend > 0 else -bend) * 100 // sigma)
        self.class_hint = class_of(bend, self._parts[1], sigma)
        if statistic > self.best:
            if statistic > 2 * self.best:
                self._from_mm = self._to_mm = s_mm
            self.best = statistic
            self._best_mm = s_mm
            self._best_class = self.class_hint
        if statistic * 2 >= self.best:
            self._from_mm = min(self._from_mm, s_mm)
            self._to_mm = max(self._to_mm, s_mm)
        return statistic

    def describe(self, contact):
        """Fill `contact` with the best of this pinpointing."""
        contact.pinpointed = 1
        contact.s_mm = self._best_mm
        contact.extent_mm = self._to_mm - self._from_mm
        contact.strength = strength_of(self.best)
        contact.snr_x10 = self.best // 10
        contact.class_hint = self._best_class
