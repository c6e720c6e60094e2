"""Matched estimates over the coil's footprint: how big a bump the gates show at one bin, against the ground around it.

Baseline and drift need no filter of their own: every kernel sums to zero and ignores a slope, so the level around
the bin is taken off without a target ever having pulled it along.
"""

from array import array

import micropython
from sapper import footprint_kernels as kernels
from sapper.ground import MASK

TAPS_FULL = kernels.BACK + 1 + kernels.AHEAD
TAPS_EARLY = kernels.BACK + 1 + kernels.EARLY_AHEAD


@micropython.viper
def _estimate(rings: ptr32, weights: ptr32, job: ptr32, out: ptr32):
    """out[0..2] = bump of each gate. job = [first bin, taps, first weight]. In 1/16 of a frame's unit.

    About 30 cycles a tap and gate. |ring - level| < 2^17 and the weights' absolute sum is below 2^13 (the kernels'
    maker
    checks it), so the totals stay within 30 bits; the result is held within 2^20, the ADC's whole range.
    """
    at = job[0]
    taps = job[1]
    first = job[2]
    middle = (at + (taps >> 1)) & 63
    g = 0
    while g < 3:
        base = g << 6
        level = rings[base + middle]
        total = 0
        i = 0
        while i < taps:
            total += (rings[base + ((at + i) & 63)] - level) * weights[first + i]
            i += 1
        total = total >> 6
        if total > 1048576:
            total = 1048576
        if total < -1048576:
            total = -1048576
        out[g] = total
        g += 1


class Footprint:
    """Bumps of the three gates at a bin: `full` from both sides of it, `early` with little beyond it."""

    def __init__(self, ground):
        self._ground = ground
        self._job = array("i", [0, 0, 0])
        self.row = 0

    def full(self, last, out):
        """Bumps at bin `last` - AHEAD into out[0..2]; `row` tells the kernel's speed."""
        self._run(kernels.FULL, last, TAPS_FULL, out)

    def early(self, last, out):
        """Bumps at bin `last` - EARLY_AHEAD into out[0..2]."""
        self._run(kernels.EARLY, last, TAPS_EARLY, out)

    def _run(self, weights, last, taps, out):
        first = last - taps + 1
        self.row = row = self._speed_row(first, last)
        job = self._job
        job[0] = first & MASK
        job[1] = taps
        job[2] = row * taps
        _estimate(self._ground.rings, weights, job, out)

    def _speed_row(self, first, last):
        """The kernel for the mean speed from bin `first` to bin `last`."""
        ends = self._ground.ends
        ms = ends[last & MASK] - ends[first & MASK]
        mm_1000 = (last - first) * kernels.BIN_MM * 1000
        if ms * kernels.SPEED_EDGES[0] >= mm_1000 or ms <= 0 or ms > 60000:
            return 0
        row = 0
        for edge in kernels.SPEED_EDGES:
            if ms * edge < mm_1000:
                row += 1
        return row
