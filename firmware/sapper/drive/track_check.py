"""Does a track do what its motor is told? Driven but still, moving but not driven, or the wrong way round is a
fault."""

import micropython
from sapper.shared.limits import DRIVEN_PM, TICK_MS

_MOVING_TICKS = 4  # in the window; fewer can be the rover rocking
_REVERSED_TICKS = 6


class TrackCheck:
    """One track; `step` every frame, true on a fault."""

    def __init__(self, settings):
        self.configure(settings)

    def configure(self, settings):
        """Take the times."""
        self._limit = settings.get("encoder_fault_ms") // TICK_MS
        self._coast = settings.get("coast_ms") // TICK_MS
        self.reset()

    def reset(self):
        """Start afresh, as after arming."""
        self._still = 0
        self._free = self._coast  # it stands: nothing to roll out
        self._strays = 0
        self._wrong = 0

    @micropython.native
    def step(self, target_mm_s, duty_pm, ticks):
        """Target and duty of the last frame, ticks of this one, all signed. Returns 1 on a fault.

        A loop that wants to move but gives duty 0 for a while (downhill) is still driving.
        """
        if target_mm_s == 0 and duty_pm == 0:
            self._still = 0
            self._wrong = 0
            self._free += 1
            if self._free <= self._coast:
                return 0
            # A leaky count: lone ticks drain away, a rolling track fills it.
            self._strays += (ticks if ticks > 0 else -ticks) * 4
            if self._strays:
                self._strays -= 1
            return 1 if self._strays > _MOVING_TICKS * 4 else 0
        self._free = 0
        self._strays = 0
        if ticks == 0:
            if duty_pm >= DRIVEN_PM or duty_pm <= -DRIVEN_PM:
                self._still += 1
        else:
            self._still = 0
            # At duty 0 (rolling faster than asked) the wanted way counts.
            if (ticks > 0) != ((duty_pm or target_mm_s) > 0):
                self._wrong += ticks if ticks > 0 else -ticks
            else:
                self._wrong = 0
        return 1 if self._still > self._limit or self._wrong > _REVERSED_TICKS else 0
