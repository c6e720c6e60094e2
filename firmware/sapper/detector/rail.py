"""A gate at the end of its range: what a large body does to it, and what a broken front end does.

A body explains a rail where the moving coil came to it over a flank, and while another gate stands off the ground with
it; then for as long as the coil stands there, or for as far as a body may be long. What no body explains is a fault
within 50 ms.
"""

from micropython import const
from sapper.shared.events import FAULTS

SATURATED = FAULTS.index("saturated")
NO_PULSE = FAULTS.index("no_pulse")

LOW, HIGH = 500, 65040  # 25 mV from the ends of the range

# Indices into the state array of health.py, gate by gate but for the last two: the newest frame; frames at a rail;
# whether a jump led there; the level over ground without an object; frames at a rail that nothing explains. Then where
# the coil stands, and for how many frames.
LAST, RAIL, JUMPED, LEVEL, STATE = 0, 18, 21, 34, 42
_BARE = const(37)
_STOOD = const(41)

_RAIL_FRAMES = const(5)  # at a rail that no body explains
_RAIL_MM = const(2500)  # at a rail over a body: a sheet of 2 m, and as far as it drives a gate there on both sides
_STANDS = const(50)  # frames within 3 mm, which the slowest creep passes in 15: no body comes to a coil that stands
_SHARE = const(8)  # another gate moves by at least this part of what a gate at its rail does: a third was least


class Rail:
    """`judge` every frame with a gate at a rail, `left` every other one. `held`: a body holds a gate there."""

    def __init__(self, state):
        self._state = state
        self._from_mm = 0
        self.held = False

    def left(self):
        """No gate is at a rail: no fault, 0."""
        if self.held:
            self.held = False
        return 0

    def judge(self, s_mm):
        """The fault of gates at a rail with the coil at s_mm, or 0."""
        state = self._state
        held = False
        railed = False
        low = 0
        for g in range(3):
            frames = state[RAIL + g]
            if not frames:
                continue
            if frames == 1 and state[_STOOD] >= _STANDS:
                state[JUMPED + g] = 1
            if not state[JUMPED + g] and self._stands_off_with_another(g):
                state[_BARE + g] = 0
                held = True
                continue
            state[_BARE + g] = bare = 1 if frames == 1 else state[_BARE + g] + 1
            if bare >= _RAIL_FRAMES:
                railed = True
                if state[JUMPED + g] and state[LAST + g] < LOW:
                    low += 1
        if held:
            if not self.held:
                self._from_mm = s_mm
            elif not -_RAIL_MM <= s_mm - self._from_mm <= _RAIL_MM:
                railed = True
        self.held = held and not railed
        if low >= 2:
            return NO_PULSE
        return SATURATED if railed else 0

    def _stands_off_with_another(self, g):
        """Whether another gate is off its level by enough of what gate g, at its rail, is."""
        state = self._state
        off = abs(state[LAST + g] - state[LEVEL + g])
        for other in range(3):
            if other != g and (state[RAIL + other] or abs(state[LAST + other] - state[LEVEL + other]) * _SHARE >= off):
                return True
        return False
