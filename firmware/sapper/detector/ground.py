"""The ground as bins along the track: what the gates read over each 20 mm of it.

Frames fall into bins, so one set of kernels in place serves any speed, and a rover that stands still adds nothing.
Only new ground makes bins; going back over old ground makes none. While the coil stands, or goes over ground that
has its bins already, the front end drifts on: that shift is followed and taken off all later bins.
"""

from array import array

import micropython
from sapper.detector.arithmetic import quotient
from sapper.detector.footprint_kernels import BIN_MM

BINS = 64
MASK = BINS - 1
SKIP_MAX = 5  # bins that one frame may pass over before the odometer is not believed
# A bin takes no more than 40 frames, 0.4 s: three times what the slowest sweep spends in it. A stand shorter than a
# second
# after that shifts nothing, nor does a crawl.

# Indices into the state array: sums of three gates, frames in them, shift of three gates in 1/16 (a running mean),
# frames in that, offsets taken off, the open bin, bins so far.
_COUNT, _OPEN, _STATE = 3, 11, 13


@micropython.viper
def _take(frame: ptr32, state: ptr32, rings: ptr32, here: int) -> int:
    """Take a frame in bin `here`. Returns how many bins that completes (to be closed by _close), 0 mostly.

    In the open bin it is summed up, from the 41st frame on followed: how far the gates have drifted from what the rings
    say, as a running mean over 64 frames, sooner settled at first. |shift| <= 2^17, so 2^21 in sixteenths.
    """
    done = here - state[11]
    if done > 0:
        return done
    if done == 0 and state[3] < 40:
        g = 0
        while g < 3:
            state[g] += frame[g] - state[8 + g]
            g += 1
        state[3] += 1
        return 0
    if done < -31:
        return 0
    if done + state[12] < 0:
        return 0
    n = state[7]
    if n < 100:
        n += 1
        state[7] = n
    shift = 6
    if n < 32:
        shift = 4
    if n < 8:
        shift = 1
    at = here & 63
    g = 0
    while g < 3:
        error = ((frame[g] - state[8 + g] - rings[at + (g << 6)]) << 4) - state[4 + g]
        state[4 + g] += error >> shift
        g += 1
    return 0


@micropython.viper
def _write(state: ptr32, rings: ptr32):
    """Put the means of the open bin into the rings."""
    at = state[11] & 63
    count = state[3]
    g = 0
    while g < 3:
        total = state[g]
        if total >= 0:
            rings[at + (g << 6)] = int(quotient(total, count))
        else:
            rings[at + (g << 6)] = 0 - int(quotient(0 - total, count))
        g += 1


@micropython.viper
def _close(frame: ptr32, state: ptr32, rings: ptr32, done: int):
    """Close the open bin, give its values to the other done - 1 that were passed over, and begin the next with this
    frame.

    Where the coil stood for a second and more, the drift meanwhile is taken off from here on.
    """
    at = state[11]
    i = 1
    while i < done:
        g = 0
        while g < 3:
            rings[((at + i) & 63) + (g << 6)] = rings[(at & 63) + (g << 6)]
            g += 1
        i += 1
    g = 0
    while g < 3:
        if state[7] == 100:
            offset = state[8 + g] + (state[4 + g] >> 4)
            if offset > 32768:
                offset = 32768
            if offset < -32768:
                offset = -32768
            state[8 + g] = offset
        state[4 + g] = 0
        state[g] = frame[g] - state[8 + g]
        g += 1
    state[7] = 0
    state[3] = 1
    state[11] += done
    state[12] += done


class Ground:
    """Rings of the last 64 bins: gate g of bin b is rings[64 g + b % 64], in frame units; ends[b % 64] its end in ms.

    `open`: the bin under the coil; `bins`: how many were completed.
    """

    def __init__(self):
        self.rings = array("i", bytes(4 * 3 * BINS))
        self.ends = array("i", bytes(4 * BINS))
        self._state = array("i", bytes(4 * _STATE))
        self.reset()

    def reset(self):
        """Forget all ground; the next frame starts the first bin."""
        for i in range(_STATE):
            self._state[i] = 0
        self.bins = 0
        self.open = -1
        self._started = False

    @micropython.native
    def step(self, frame, t_ms, s_mm):
        """Take one frame at odometer s_mm; returns how many bins it completed, or -1 when the odometer jumped."""
        here = s_mm // BIN_MM
        state = self._state
        if not self._started:
            self._started = True
            self.open = here
            state[_OPEN] = here
        done = _take(frame, state, self.rings, here)
        if not done:
            if state[_COUNT] == 40:
                _write(state, self.rings)
            return 0
        if done > SKIP_MAX:
            return -1
        _write(state, self.rings)
        _close(frame, state, self.rings, done)
        for i in range(done):
            self.ends[(self.open + i) & MASK] = t_ms
        self.open = here
        self.bins += done
        return done
