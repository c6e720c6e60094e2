"""How rough the gates are from frame to frame on the way, and where along the track they were rougher than usual.

A burst of interference lasts for tenths of a second: too short for the running median of noise.py, long enough to look
like an object. The second difference of a part (bend, early) between frames tells it from the ground: over an object
of 600 mV at 0.6 m/s it is no larger than in the coil's own noise.
"""

from array import array

import micropython
from micropython import const
from sapper.detector.arithmetic import quotient
from sapper.detector.ground import BINS

_ONE = const(64)  # in the rings
# The state, of bend and of early: the last value and the one before; the sum over the open bin; what is usual, a
# frame's mean size in 1/256. Then frames in the sum, frames since the start, and frames since a bin was completed.
_LAST = const(0)
_BEFORE = const(2)
_SUM = const(4)
_USUAL = const(6)
_COUNT = const(8)
_FRAMES = const(9)
_AGE = const(10)
_STATE = const(11)
_SETTLED = const(34)  # two frames, and 32 whose mean is what is usual; from then on it moves in small steps
# Frames after a bin was completed: later the coil stands or crawls, and motors that rest are quieter than running ones.
_STANDS = const(40)


@micropython.viper
def _take(frame: ptr32, ratio: ptr32, state: ptr32):
    """Sizes of the second differences of bend and early onto their sums, each held within 8 times what is usual.

    What is usual follows the mean: in Gauss noise 0.425 of all sizes are over it, so it rises by 4 steps where it
    falls by 3. |v| < 2^18, so sizes are below 2^20, and below 2^17 in 1/256 once held.
    """
    n = state[9]
    age = state[10]
    if age < 40:
        state[10] = age + 1
    i = 0
    while i < 2:
        if i:
            v = frame[0] - ((frame[1] * ratio[1]) >> 12)
        else:
            v = frame[2] - ((frame[1] * ratio[0]) >> 12)
        d = v - 2 * state[i] + state[2 + i]
        state[2 + i] = state[i]
        state[i] = v
        if d < 0:
            d = 0 - d
        if age >= 40:
            d = 0
        elif n >= 34:
            usual = state[6 + i]
            if d > usual >> 5:
                d = usual >> 5
            if d << 8 > usual:
                usual += (usual >> 10) + 1
            else:
                usual -= ((usual >> 10) * 3) >> 2
            state[6 + i] = usual
            state[4 + i] += d
        elif n >= 2:
            if d > 16383:
                d = 16383
            state[6 + i] += d << 3
        i += 1
    if age >= 40:
        return
    if n < 34:
        state[9] = n + 1
    else:
        state[8] += 1


@micropython.viper
def _close(state: ptr32, rings: ptr16, last: int, done: int):
    """The open bin's ratio to what is usual, in 1/64, for the `done` bins that end with bin `last`."""
    n = state[8]
    i = 0
    while i < 2:
        ratio = 64
        if n:
            usual = state[6 + i] * n
            if usual > 256:
                ratio = int(quotient(state[4 + i] << 6, usual >> 8))
        k = 0
        while k < done:
            rings[((last - k) & 63) + (i << 6)] = ratio
            k += 1
        state[4 + i] = 0
        i += 1
    state[8] = 0
    state[10] = 0


class Roughness:
    """`step` each frame, `close` with each completed bin. rings: the ratio to what is usual, of bend in bin b at
    rings[b % 64], of early at rings[64 + b % 64], in 1/64, at most 512.
    """

    def __init__(self, balance):
        self._ratio = balance.state
        self._state = array("i", bytes(4 * _STATE))
        self.rings = array("H", bytes(2 * 2 * BINS))

    def restart(self):
        """New ground; what is usual stays."""
        state = self._state
        state[_AGE] = _STANDS
        state[_SUM] = state[_SUM + 1] = state[_COUNT] = 0
        for i in range(2 * BINS):
            self.rings[i] = _ONE

    def usual(self, part):
        """Mean size of a frame's second difference of bend (0) or early (1), in 1/256 of a frame's unit; 0: not known
        yet.
        """
        return self._state[_USUAL + part] if self._state[_FRAMES] >= _SETTLED else 0

    @micropython.native
    def step(self, frame):
        """One frame."""
        _take(frame, self._ratio, self._state)

    @micropython.native
    def close(self, last, done):
        """So many bins were completed, `last` the newest."""
        _close(self._state, self.rings, last, done)
