"""The ground as bins along the track: what the gates read over each 20 mm of it.

Frames fall into bins, so one set of kernels in place serves any speed, and a rover that stands still adds nothing.
Only new ground makes bins; going back over old ground makes none. While the coil stands, or goes over ground that
has its bins already, the front end drifts on: that shift is followed and taken off all later bins.
"""

from array import array

import micropython
from sapper.footprint_kernels import BIN_MM

BINS = 64
MASK = BINS - 1
SKIP_MAX = 5  # bins that one frame may pass over before the odometer is not believed
_SUM_FRAMES = 40  # a bin takes no more: 0.4 s, three times what the slowest sweep spends in it
_LEVEL_FRAMES = 100  # a stand shorter than a second shifts nothing, nor does a crawl

# Indices into the state array: sums of three gates, frames in them, shift of three gates in 1/16 (a running mean),
# frames in that, offsets taken off.
_SUM, _COUNT, _SHIFT, _SHIFT_COUNT, _OFFSET, _STATE = 0, 3, 4, 7, 8, 11
_OFFSET_MAX = 32768


@micropython.viper
def _add(frame: ptr32, state: ptr32):
    """Add a frame to the open bin."""
    g = 0
    while g < 3:
        state[g] += frame[g] - state[8 + g]
        g += 1
    state[3] += 1


@micropython.viper
def _follow(frame: ptr32, state: ptr32, reference: ptr32, at: int):
    """Follow how far the gates have drifted from reference[at], [at + 64], [at + 128] since that was read.

    A running mean over the last 64 frames, sooner settled at first. |shift| <= 2^17, so 2^21 in sixteenths.
    """
    n = state[7]
    if n < 100:
        n += 1
        state[7] = n
    shift = 6
    if n < 32:
        shift = 4
    if n < 8:
        shift = 1
    g = 0
    while g < 3:
        error = ((frame[g] - state[8 + g] - reference[at + (g << 6)]) << 4) - state[4 + g]
        state[4 + g] += error >> shift
        g += 1


class Ground:
    """Rings of the last 64 bins: gate g of bin b is rings[64 g + b % 64], in frame units; ends[b % 64] its end in
    ms.
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

    def step(self, frame, t_ms, s_mm):
        """Take one frame at odometer s_mm; returns how many bins it completed (mostly 0), or -1 when the odometer
        jumped.
        """
        here = s_mm // BIN_MM
        if not self._started:
            self._started = True
            self.open = here
        done = here - self.open
        if done > 0:
            if done > SKIP_MAX:
                return -1
            self._close(frame, t_ms, done)
            _add(frame, self._state)
            return done
        state = self._state
        if done == 0:
            if state[_COUNT] < _SUM_FRAMES:
                _add(frame, state)
                if state[_COUNT] == _SUM_FRAMES:
                    self._write(self.open & MASK)
            else:
                _follow(frame, state, self.rings, here & MASK)
        elif -done < BINS // 2 and -done <= self.bins:
            _follow(frame, state, self.rings, here & MASK)
        return 0

    def _write(self, at):
        """Put the open bin's means into the rings."""
        state = self._state
        count = state[_COUNT]
        for g in range(3):
            self.rings[at + BINS * g] = state[g] // count

    def _close(self, frame, t_ms, done):
        """Close the open bin and those that were passed over (they take its values)."""
        state = self._state
        if not state[_COUNT]:
            _add(frame, state)
        for i in range(done):
            at = (self.open + i) & MASK
            self._write(at)
            self.ends[at] = t_ms
        if state[_SHIFT_COUNT] == _LEVEL_FRAMES:
            for g in range(3):
                offset = state[_OFFSET + g] + (state[_SHIFT + g] >> 4)
                state[_OFFSET + g] = max(-_OFFSET_MAX, min(_OFFSET_MAX, offset))
        for i in range(_OFFSET):
            state[i] = 0
        self.open += done
        self.bins += done
