"""Pinpointing: standing or creeping, strength against the level when it was begun, and no baseline that creeps."""

from array import array

import micropython
from sapper.contact import CLASS_NONE, class_of, strength_of
from sapper.footprint_kernels import FULL_SIGMA

_ROW = 2  # of the kernels' speeds: running means over 8 frames scatter less than that kernel's estimate


@micropython.viper
def _smooth(frame: ptr32, state: ptr32):
    """state[0..2]: running means over 8 frames of the gates, in 1/16."""
    g = 0
    while g < 3:
        state[g] += ((frame[g] << 4) - state[g]) >> 3
        g += 1


class Pinpoint:
    """`step` every frame, always; `begin` notes the level; `read` while `on`."""

    def __init__(self, balance):
        self._balance = balance
        self._state = array("i", [0, 0, 0])
        self._level = array("i", [0, 0, 0])
        self._bump = array("i", [0, 0, 0])
        self._parts = array("i", [0, 0, 0])
        self._best_mm = self._from_mm = self._to_mm = 0
        self._best_class = CLASS_NONE
        self.reset()

    def reset(self):
        """The next frame starts the running means."""
        self._fresh = True
        self.on = False
        self.best = 0
        self.class_hint = CLASS_NONE

    def step(self, frame):
        """One frame."""
        if self._fresh:
            self._fresh = False
            for g in range(3):
                self._state[g] = frame[g] << 4
        _smooth(frame, self._state)

    def begin(self):
        """From here on strength is against the present level."""
        for g in range(3):
            self._level[g] = self._state[g]
        self.on = True
        self.best = 0
        self.class_hint = CLASS_NONE

    def read(self, noise_x100, s_mm):
        """Statistic (1/100 sigma) against the level at the beginning; keeps the best, its place, and where it was
        over half of that.

        noise_x100: scatter of the bend against the nominal one, in 1/100.
        """
        for g in range(3):
            self._bump[g] = self._state[g] - self._level[g]
        self._balance.split(self._bump, self._parts)
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
        contact.s_mm = self._best_mm
        contact.extent_mm = self._to_mm - self._from_mm
        contact.strength = strength_of(self.best)
        contact.snr_x10 = self.best // 10
        contact.class_hint = self._best_class
