"""The ground as bins along the track: what the gates read over each 20 mm of it.

Frames fall into bins, so one set of kernels in place serves any speed, and a rover that stands still adds nothing.
Only new ground makes bins; going back over old ground makes none. While the coil stands, or goes over ground that
has its bins already, the front end drifts on: that shift is followed and taken off all that comes, and its time is
taken out, so that before and behind a stand the track is as if the coil had never stood.
A stand's shift is what the gates do at one place, so that no object that is crept over can pass for drift.
"""

from array import array

import micropython
from micropython import const
from sapper.detector.arithmetic import quotient
from sapper.detector.footprint_kernels import BIN_MM

BINS = 64
MASK = BINS - 1
SKIP_MAX = 5  # bins that one frame may pass over before the odometer is not believed
_FRAME_MS = const(10)

# Indices into the state array: sums of three gates in the open bin, frames in them; shift of three gates in 1/16 (a
# running mean), frames in that; offsets taken off; the open bin; bins so far; what three gates read where the coil
# stands, in 1/16, frames in that, the place in mm; frames spent over old ground; frames taken out of the time.
_OPEN = const(11)
_OUT = const(19)
_STATE = const(20)


@micropython.viper
def _take(frame: ptr32, state: ptr32, rings: ptr32, here: int, s_mm: int) -> int:
    """Take a frame in bin `here`. Returns how many bins that completes (to be closed by _close), 0 mostly.

    The coil stands while it is within 1 mm. The first 16 frames of a stand tell what the gates read there and still
    count for the bin; later ones tell the shift, against those. Over old ground the shift is against the rings. It is
    taken off when the coil goes on, where 16 frames of a stand or 32 of old ground make it worth having: the wander
    within so short a time is as large as what is left of the white noise.
    |shift| <= 2^17, so 2^21 in sixteenths; 2^13 frames of 2^17 are 2^30.
    """
    done = here - state[11]
    behind = state[18]
    ended = 0
    if done < 0:
        if behind == 0:
            ended = 1
    elif done > 0 or behind > 0:
        ended = 1
    else:
        away = s_mm - state[17]
        if away > 1 or away < -1:
            ended = 1
    if ended:
        n = state[7]
        if behind == 0 and n >= 16:
            state[19] += n
        elif n >= 32:
            state[19] += behind
        else:
            n = 0
        g = 0
        while g < 3:
            if n:
                offset = state[8 + g] + (state[4 + g] >> 4)
                if offset > 32768:
                    offset = 32768
                if offset < -32768:
                    offset = -32768
                state[8 + g] = offset
            state[13 + g] = 0
            g += 1
        state[7] = 0
        state[16] = 0
        state[17] = s_mm
        state[18] = 0
        if done > 0:
            return done
    most = 4
    if done < 0:
        state[18] += 1
        if done < -31:
            return 0
        if done + state[12] < 0:
            return 0
        most = 5
        at = here & 63
        g = 0
        while g < 3:
            state[13 + g] = rings[at + (g << 6)] << 4
            g += 1
    elif state[16] < 16:
        state[16] += 1
        counts = 0
        if state[3] < 8191:
            counts = 1
            state[3] += 1
        g = 0
        while g < 3:
            v = frame[g] - state[8 + g]
            state[13 + g] += v
            if counts:
                state[g] += v
            g += 1
        return 0
    n = state[7] + 1
    state[7] = n
    shift = 0
    while (2 << shift) <= n and shift < most:
        shift += 1
    g = 0
    while g < 3:
        error = ((frame[g] - state[8 + g]) << 4) - state[13 + g]
        if n == 1:
            state[4 + g] = error
        else:
            state[4 + g] += (error - state[4 + g]) >> shift
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
        state[g] = frame[g] - state[8 + g]
        g += 1
    state[3] = 1
    state[11] += done
    state[12] += done


class Ground:
    """Rings of the last 64 bins: gate g of bin b is rings[64 g + b % 64], in frame units; ends[b % 64] its end in ms,
    without the time of stands.

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
        done = _take(frame, state, self.rings, here, s_mm)
        if not done:
            return 0
        if done > SKIP_MAX:
            return -1
        _write(state, self.rings)
        _close(frame, state, self.rings, done)
        t_ms -= state[_OUT] * _FRAME_MS
        for i in range(done):
            self.ends[(self.open + i) & MASK] = t_ms
        self.open = here
        self.bins += done
        return done
