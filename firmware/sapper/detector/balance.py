"""Ground balance over three gates: splits the gates' bumps into what soil can do and what it cannot.

Soil answers in all gates at once, in the fixed ratio of its 1/t decay (settings det_ground1_pm, det_ground2_pm).
From bumps e0, e1, e2:
    bend  = e2 - k e1            late against middle gate, soil taken off: every metal measured shows here, positive
    body  = e1 + k e2            what soil, stones and metal share
    early = e0 - e1 / g1         early against middle gate, soil taken off: the third gate's direction, in which a metal
                                 whose late gates look like soil still shows
The ratio is learned on the move (`learn`), but held near its setting, so no class of targets can be learned away.
"""

from array import array

import micropython
from micropython import const
from sapper.detector.ground import MASK

_LAG = const(25)  # bins: half a metre, longer than any object
_PRIOR = const(25000000)  # weight of the setting: as much as 200 m of ground that moves by 7 mV over half a metre
_TILT_MAX = const(123)  # of 4096: 3 % of the body, 6 % in the ratio of the gates


@micropython.viper
def _learn(rings: ptr32, at: int, before: int, state: ptr32):
    """Add how bend and body changed from bin `before` to bin `at` to the sums state[3] (products), state[4] (squares).

    state[0] = k. Changes in quarters of a frame's unit; a change that soil of nearly this ratio cannot make is left
    out, and so is one that no soil makes in half a metre: both are objects.
    """
    k = state[0]
    e1 = rings[64 + at] - rings[64 + before]
    e2 = rings[128 + at] - rings[128 + before]
    if e1 < 0 - 4000:
        return
    if e1 > 4000:
        return
    if e2 < 0 - 4000:
        return
    if e2 > 4000:
        return
    body = (e1 + ((e2 * k) >> 12)) >> 2
    bend = (e2 - ((e1 * k) >> 12)) >> 2
    if body > 300:
        return
    if body < 0 - 300:
        return
    if bend > 30:
        return
    if bend < 0 - 30:
        return
    state[3] += bend * body - (state[3] >> 10)
    state[4] += body * body - (state[4] >> 10)


class Balance:
    """Learns how far this soil is off its setting. `state`: [k, 1/g1, tilt] in 1/4096, and the sums behind the tilt."""

    def __init__(self, ground):
        self._rings = ground.rings
        self.state = array("i", [4096, 4096, 0, 0, 0])

    def configure(self, ground1_pm, ground2_pm):
        """Soil's answer at gates 1 and 2, in 1/1000 of that at gate 0. Forgets what was learned."""
        state = self.state
        state[0] = min(8191, 4096 * ground2_pm // ground1_pm)
        state[1] = min(8191, 4096 * 1000 // ground1_pm)
        state[2] = state[3] = state[4] = 0

    def learn(self, last, bins):
        """Take the newest bin `last` into account, where `bins` of them lie behind."""
        if bins <= _LAG:
            return
        state = self.state
        _learn(self._rings, last & MASK, (last - _LAG) & MASK, state)
        if last & 7:
            return
        tilt = state[3] // ((state[4] + _PRIOR) >> 12)
        state[2] = max(-_TILT_MAX, min(_TILT_MAX, tilt))

    def tilt_pm(self):
        """What was learned: the bend that soil still shows, in 1/1000 of its body."""
        return self.state[2] * 1000 // 4096
