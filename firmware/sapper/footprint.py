"""The ground as bins along the track, and the matched estimate over the coil's footprint.

Frames fall into bins of BIN_MM of track, so one set of kernels in place serves any speed, and a rover that stands still
adds nothing. Only new ground makes bins: going back over old ground does not.
"""

from array import array

import micropython

from sapper import footprint_kernels as k

BINS = 64
MASK = BINS - 1
TAPS_FULL = k.BACK + 1 + k.AHEAD
TAPS_EARLY = k.BACK + 1 + k.EARLY
FRAMES_MAX = 1000  # of one bin: the sums stay below 2^26
SKIP_MAX = 5  # bins that one frame may jump over before the odometer is not believed


@micropython.viper
def estimate(ring: ptr32, kernel: ptr32, where: ptr32) -> int:
    """Sum of ring * kernel; where = [first bin, taps, first weight, level taken off first]. Frame units * 2^KERNEL_BITS."""
    at = where[0]
    taps = where[1]
    w = where[2]
    level = where[3]
    total = 0
    for i in range(taps):
        total += (ring[(at + i) & 63] - level) * kernel[w + i]
    return total


class Footprint:
    """Rings of bins for the three gates, and the estimates over them. `update` per frame; all else per new bin."""

    def __init__(self):
        self.rings = (array("i", bytes(4 * BINS)), array("i", bytes(4 * BINS)), array("i", bytes(4 * BINS)))
        self.times = array("i", bytes(4 * BINS))
        self._where = array("i", [0, 0, 0, 0])
        self._sums = [0, 0, 0]
        self.reset()

    def reset(self):
        """Forget all bins; the next frame starts the first one."""
        self._frames = 0
        self.bins = 0
        self.bin = None

    def update(self, frame, t_ms, s_mm):
        """Take one frame; returns how many bins it completed (0 mostly), or -1 when the odometer jumped."""
        b = s_mm // k.BIN_MM
        if self.bin is None:
            self.bin = b
        done = b - self.bin
        if done > 0:
            if done > SKIP_MAX:
                return -1
            if self._frames:
                for g in range(3):
                    mean = self._sums[g] // self._frames
                    for i in range(done):
                        self.rings[g][(self.bin + i) & MASK] = mean
            else:
                for g in range(3):
                    for i in range(done):
                        self.rings[g][(self.bin + i) & MASK] = frame[g]
            for i in range(done):
                self.times[(self.bin + i) & MASK] = t_ms
            self.bin = b
            self.bins += done
            self._frames = 0
            self._sums[0] = self._sums[1] = self._sums[2] = 0
        else:
            done = 0
        if b == self.bin and self._frames < FRAMES_MAX:
            self._frames += 1
            for g in range(3):
                self._sums[g] += frame[g]
        return done

    def speed_index(self, last, taps):
        """Which kernel fits the mean speed over the `taps` bins that end with bin `last`."""
        dt = self.times[last & MASK] - self.times[(last - taps + 1) & MASK]
        mm = (taps - 1) * k.BIN_MM * 1000
        index = 0
        for edge in k.SPEED_EDGES:
            if dt * edge < mm:
                index += 1
        return index

    def full(self, ring, last, index):
        """Amplitude at bin `last - AHEAD` (1/16 frame units), from bins on both sides."""
        return self._run(ring, k.FULL, last, TAPS_FULL, index)

    def early(self, ring, last, index):
        """Amplitude at bin `last - EARLY` (1/16 frame units), before the object is passed."""
        return self._run(ring, k.EARLY_KERNELS, last, TAPS_EARLY, index)

    def _run(self, ring, kernel, last, taps, index):
        where = self._where
        where[0] = (last - taps + 1) & MASK
        where[1] = taps
        where[2] = index * taps
        where[3] = ring[(last - taps // 2) & MASK]
        return estimate(ring, kernel, where) >> (k.KERNEL_BITS - 4)
