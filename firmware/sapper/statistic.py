"""The statistic of one bin: how sure it is that metal, and neither noise nor a stone, lies there. In 1/100 sigma.

Two questions, and the weaker answer counts:
- Is anything there? bend and body together against their noise.
- Is it metal? Soil and hot rocks have body but no bend; a rock's own ratio is off by some per cent of its body, which
adds to the
  bend's noise. All metal measured bends the late gates upwards and the early gate downwards, so those sides count in
  full
  and a bend the other way at less than half: it must be far stronger, but is not invisible.
Bodies beside a larger one are its shoulders (kernels swing negative beside an object), so they say nothing.
"""

from array import array

import micropython
from sapper.ground import BINS, MASK

STATISTIC_MAX = 100000
_SHOULDER_PERCENT = 70
_WRONG_WAY_PERCENT = 44
_EARLY_FREE = 100  # the early gate counts from 1 sigma on


@micropython.viper
def _largest(ring: ptr32, at: int, before: int, after: int) -> int:
    """Largest of ring[at - before .. at + after]."""
    top = 0
    i = at - before
    end = at + after
    while i <= end:
        v = ring[i & 63]
        if v > top:
            top = v
        i += 1
    return top


def hypotenuse(a, b):
    """sqrt(a^2 + b^2) of a, b >= 0 within 3 %, by the larger plus parts of both."""
    if a < b:
        a, b = b, a
    bent = a - (a >> 3) + (b >> 1)
    return bent if bent > a else a


class Evidence:
    """Bends, bodies and earlies of the last 64 bins, and the statistic at one of them."""

    def __init__(self):
        self.bend = array("i", bytes(4 * BINS))
        self.body = array("i", bytes(4 * BINS))
        self.early = array("i", bytes(4 * BINS))
        self._size = array("i", bytes(4 * BINS))
        self.reset()

    def reset(self):
        """Forget all bins."""
        for i in range(BINS):
            self.bend[i] = self.body[i] = self.early[i] = self._size[i] = 0

    def configure(self, bend_percent, rock_pm):
        """`bend_percent`: weight of 'is it metal'. `rock_pm`: by how much a rock's ratio may be off, in 1/1000."""
        self._bend_percent = bend_percent
        self._rock_pm = rock_pm

    def put(self, at, parts):
        """Store parts = [bend, body, early] of a bin."""
        at &= MASK
        self.bend[at] = parts[0]
        body = self.body[at] = parts[1]
        self.early[at] = parts[2]
        self._size[at] = body if body >= 0 else -body

    def size(self, at):
        """Size of the body at bin `at`."""
        return self._size[at & MASK]

    def statistic(self, at, before, after, sigma):
        """Statistic of bin `at`, from bodies of `before` bins before and `after` bins after it too; sigma[0..2] as
        Noise has it.
        """
        at &= MASK
        size = self._size[at]
        largest = _largest(self._size, at, before, after)
        bend = self.bend[at]
        weight = self._bend_percent
        if bend < 0:
            bend = -bend
            weight = weight * _WRONG_WAY_PERCENT // 100
        rock = largest * self._rock_pm // 2000
        metal = bend * 100 // hypotenuse(sigma[0], rock) * weight // 100
        early = -self.early[at]
        if early > 0:
            early = early * 100 // hypotenuse(sigma[2], rock) - _EARLY_FREE
            if early > 0:
                metal = hypotenuse(metal, early * self._bend_percent // 100)
        there = bend * 100 // sigma[0]
        if size * 100 >= largest * _SHOULDER_PERCENT:
            there = hypotenuse(there, size * 100 // sigma[1])
        return min(there, metal, STATISTIC_MAX)
