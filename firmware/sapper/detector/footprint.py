"""Matched estimates over the coil's footprint: how big a bump the gates show at one bin, against the ground around it.

Baseline and drift need no filter of their own: every kernel sums to zero and ignores a slope, so the level around
the bin is taken off without a target ever having pulled it along.
"""

from array import array

import micropython
from micropython import const
from sapper.detector import footprint_kernels as kernels
from sapper.detector.ground import MASK

TAPS_FULL = kernels.BACK + 1 + kernels.AHEAD
TAPS_EARLY = kernels.BACK + 1 + kernels.EARLY_AHEAD
_NEAR = const(7)  # bins


@micropython.viper
def _estimate(rings: ptr32, weights: ptr16, job: ptr32, out: ptr32):
    """out[0..2] = bump of each gate. job = [first bin, taps, first weight, taps before the ground, its levels]. In 1/16
    of a frame's unit.

    |ring - level| < 2^17 and the weights' absolute sum is below 2^13 (the kernels' maker checks it), so the totals stay
    within 30 bits; the result is held within 2^20, the ADC's whole range.
    """
    at = job[0]
    taps = job[1]
    w = job[2]
    middle = (at + (taps >> 1)) & 63
    level0 = rings[middle]
    level1 = rings[64 + middle]
    level2 = rings[128 + middle]
    total0 = 0
    total1 = 0
    total2 = 0
    end = w + taps
    ground = w + job[3]
    weight = 0
    while w < ground:
        tap = weights[w]
        if tap > 32767:
            tap -= 65536
        weight += tap
        at = (at + 1) & 63
        w += 1
    if weight:
        total0 = (job[4] - level0) * weight
        total1 = (job[5] - level1) * weight
        total2 = (job[6] - level2) * weight
    while w < end:
        weight = weights[w]
        if weight > 32767:
            weight -= 65536
        total0 += (rings[at] - level0) * weight
        total1 += (rings[64 + at] - level1) * weight
        total2 += (rings[128 + at] - level2) * weight
        at = (at + 1) & 63
        w += 1
    out[0] = total0 >> 6
    out[1] = total1 >> 6
    out[2] = total2 >> 6
    g = 0
    while g < 3:
        total = out[g]
        if total > 1048576:
            out[g] = 1048576
        if total < -1048576:
            out[g] = -1048576
        g += 1


@micropython.viper
def _row(ends: ptr32, first: int, last: int, edges: ptr32) -> int:
    """The kernel for the mean speed between the ends of bins first and last; edges = [how many, mm/s ...], ends in
    ms of board time, which wraps (limits.TIME_WRAP_MS).
    """
    ms = (ends[last & 63] - ends[first & 63]) & 0x1FFFFFFF
    if ms == 0:
        return 0
    if ms > 60000:
        return 0
    um = (last - first) * 20000
    row = 0
    i = 1
    while i <= edges[0]:
        if ms * edges[i] < um:
            row += 1
        i += 1
    return row


class Footprint:
    """Bumps of the three gates at a bin: `full` from both sides of it, `early` with little beyond it."""

    def __init__(self, ground):
        self._rings = ground.rings
        self._ends = ground.ends
        self._edges = array("i", (len(kernels.SPEED_EDGES),) + kernels.SPEED_EDGES)
        self._job = array("i", bytes(4 * 7))

    def row(self, place, last):
        """The kernels' row for the speed around bin `place`, where a kernel weighs most, and not beyond `last`."""
        return _row(self._ends, place - _NEAR, min(place + _NEAR, last), self._edges)

    def full(self, last, row, out):
        """Bumps at bin `last` - AHEAD into out[0..2]."""
        job = self._job
        job[0] = (last - TAPS_FULL + 1) & MASK
        job[1] = TAPS_FULL
        job[2] = row * TAPS_FULL
        job[3] = 0
        _estimate(self._rings, kernels.FULL, job, out)

    def early(self, last, row, out, valley):
        """Bumps at bin `last` - EARLY_AHEAD into out[0..2]. valley: the bin before which there is no ground, and the
        levels there (body.py).
        """
        job = self._job
        first = last - TAPS_EARLY + 1
        job[0] = first & MASK
        job[1] = TAPS_EARLY
        job[2] = row * TAPS_EARLY
        before = valley[0] - first
        job[3] = before if before > 0 else 0
        job[4] = valley[1]
        job[5] = valley[2]
        job[6] = valley[3]
        _estimate(self._rings, kernels.EARLY, job, out)
