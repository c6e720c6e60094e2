"""A late alert: for what the early estimate, with 0.06 m beyond the object, did not see, and the full one does.

The early estimate keeps 0.6 to 0.85 of the full one's signal to noise (footprint_kernels.py), so a weak object's
contact may come without an alert. The full estimate is there when the coil is AHEAD bins past the object; its
statistic, with bodies of a few bins beyond, is judged at once where it has passed its peak. Contacts wait for bodies of
0.2 m on both sides and tell hot rocks better.
"""

from array import array

import micropython
from micropython import const

BEYOND = 2  # bins beyond, whose bodies are looked at
_ALONE = const(10)  # bins: the alert that was in sight nearer than that is of the same object
_SHADOW = const(25)  # bins: within half a metre of an alert, what is under a quarter of it is its echo
_COMES = const(7)  # tenths of the peak: an early statistic over that tells that the peak is the shoulder of what comes
_FAR = const(1 << 20)
# The state: the last statistic and the one before; the bin of the last late alert.
_LAST = const(0)
_BEFORE = const(1)
_AT = const(2)


@micropython.viper
def _late(state: ptr32, statistic: int, level: int, early: int, place: int, seen: int, top: int) -> int:
    """Take in the newest statistic; the one before where it is a late alert, or 0. Statistics are below 2^17."""
    peak = state[0]
    before = state[1]
    state[1] = peak
    state[0] = statistic
    if peak < level:
        return 0
    if peak <= statistic:
        return 0
    if peak < before:
        return 0
    if early * 10 >= peak * _COMES:
        return 0
    if place - seen <= _ALONE:
        return 0
    if place - seen <= _SHADOW and peak * 4 < top:
        return 0
    if place - state[2] <= _SHADOW:
        return 0
    state[2] = place
    return peak


class SecondChance:
    """Looks at the full estimate's statistic bin after bin."""

    def __init__(self):
        self._state = array("i", [0, 0, -_FAR])

    def reset(self):
        """Forget all bins."""
        self._state[_LAST] = self._state[_BEFORE] = 0
        self._state[_AT] = -_FAR

    def put(self, statistic, level, early, place, seen, top):
        """The newest statistic, of bin `place` + 1. The statistic of bin `place` where a late alert is due there, or 0.

        early: the early estimate's statistic now; seen: the last bin over which an alert stood, and `top` its highest.
        """
        return _late(self._state, statistic, level, early, place, seen, top)
