"""How well the control loop keeps its time: load, jitter, longest tick."""

import micropython
from sapper.shared.limits import TICK_MS

PERIOD_US = TICK_MS * 1000
WINDOW = 1000 // TICK_MS  # ticks: a second
_TICKS_MOST = 1_000_000_000  # 115 days; a small integer, and whole seconds


class LoopStats:
    """`add` once a tick; the figures are of the last full second."""

    def __init__(self):
        self.ticks = 0
        self.load_pm = 0
        self.tick_max_us = 0
        self.jitter_max_us = 0
        self._busy = 0
        self._longest = 0
        self._latest = 0

    @micropython.native
    def add(self, late_us, busy_us):
        """One tick that started late_us after its time and took busy_us. 1 when a second is complete."""
        self.ticks += 1
        self._busy += busy_us
        if busy_us > self._longest:
            self._longest = busy_us
        if late_us > self._latest:
            self._latest = late_us
        if self.ticks % WINDOW:
            return 0
        if self.ticks >= _TICKS_MOST:
            self.ticks = 0
        self.load_pm = self._busy * 1000 // (WINDOW * PERIOD_US)
        self.tick_max_us = self._longest
        self.jitter_max_us = self._latest
        self._busy = 0
        self._longest = 0
        self._latest = 0
        return 1
