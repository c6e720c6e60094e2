"""How much the estimates scatter over ground without objects: a running median of their size.

The median hardly moves for the few bins that an object takes, and follows every noise there is: hum, motors, drift,
rough
soil. In Gauss noise the median of |x| is 0.6745 sigma. Each step moves the estimate up or down by a fixed share
(stochastic approximation of a quantile, Robbins and Monro 1951), in large steps first, then in smaller ones.
"""

from array import array

import micropython
from sapper.footprint_kernels import EARLY_SIGMA, FULL_SIGMA

# Scatter of body and early against bend in the nominal noise, in 1/1024.
_BASE = (1024, 1024, 7900)
_ONE = 1024
# Bins seen, the shift that makes the step up to then, and later.
_FIRST, _FIRST_SHIFT = 192, 6
_LATER_SHIFT = 7


@micropython.viper
def _track(value: ptr32, factor: ptr32, sigma: ptr32, shift: int):
    """Move factor[0..2] (in 1/1024, 1/2..16) towards |value[0..2]| and put the sigmas that come of it into sigma[0..2].

    sigma[3..5] = the nominal ones, below 2^13: all below 2^27.
    """
    i = 0
    while i < 3:
        a = value[i]
        if a < 0:
            a = 0 - a
        f = factor[i]
        if a > (((sigma[3 + i] * f) >> 10) * 691) >> 10:
            f += (f >> shift) + 1
        else:
            f -= (f >> shift) + 1
        if f < 512:
            f = 512
        if f > 16384:
            f = 16384
        factor[i] = f
        sigma[i] = (sigma[3 + i] * f) >> 10
        i += 1


class Noise:
    """Sigmas of bend, body and early for one kind of estimate. `sigma[0..2]`, in 1/16 of a frame's unit."""

    def __init__(self, early):
        self._table = EARLY_SIGMA if early else FULL_SIGMA
        self._factor = array("i", [_ONE, _ONE, _ONE])
        self.sigma = array("i", [0, 0, 0, 0, 0, 0])
        self.seen = 0
        self._row = -1

    def restart(self):
        """New ground: what was learned stays, and is corrected in large steps again."""
        self.seen = 0

    @property
    def factor_x100(self):
        """Scatter of the bend against the nominal noise, in 1/100."""
        return self._factor[0] * 100 // _ONE

    def look(self, row):
        """Make `sigma` that of the kernel for this speed."""
        if row != self._row:
            self._row = row
            for i in range(3):
                nominal = self._table[row] * _BASE[i] >> 10
                self.sigma[3 + i] = nominal
                self.sigma[i] = nominal * self._factor[i] >> 10

    def track(self, value):
        """Learn from the estimates value[0..2] of one bin."""
        shift = _LATER_SHIFT
        if self.seen < _FIRST:
            self.seen += 1
            shift = _FIRST_SHIFT
        _track(value, self._factor, self.sigma, shift)
