"""How much the estimates scatter over ground without objects: a running median of their size.

The median hardly moves for the few bins that an object takes, and follows every noise there is: hum, motors, drift,
rough soil. In Gauss noise the median of |x| is 0.6745 sigma (691/1024). Each bin moves the estimate up or down by a
fixed share (stochastic approximation of a quantile, Robbins and Monro 1951), in larger steps first; statistic.py does
it, in the same pass that stores the bin.

Where one gate is noisier than the kernels suppose, bend and body scatter together: their correlation r is learned from
how often their signs agree, sin(pi/2 (2 p - 1)) in Gauss noise (Sheppard 1899), which no object's size can pull along.
"""

from array import array

from micropython import const
from sapper.detector.footprint_kernels import EARLY_SIGMA, FULL_SIGMA

# Scatter of bend, body and early in the nominal noise, against that of the bend, in 1/1024.
_BASE = (1024, 1024, 7900)
_ONE = const(1024)
# Bounds of a factor at the start.
_LEAST = const(512)
_MOST = const(16384)
# Before any ground was seen, the factors are what frames show of the noise: in the nominal noise (kernels.py's WHITE,
# 52 units a frame) the mean size of the bend's second difference is 52 * 1.955 units. Frames do not show the wander:
# on the recorded days the estimates scatter 1.0 to 1.5 times as much as frames say.
_NOMINAL_ROUGH = const(26000)  # in 1/256
_WANDER_PERCENT = const(130)
# Up to so many bins, the shift that makes a step; and later: a step of 1/128 would let the estimate itself scatter by
# 15 to 20 %, as neighbouring bins go together.
_FIRST = const(96)
_FIRST_SHIFT = const(6)
_SECOND = const(288)
_SECOND_SHIFT = const(7)
_LATER_SHIFT = const(8)
# The state: sigmas of bend, body, early (1/16 frame units); nominal ones; factors between them (1/1024); the step's
# shift; how often bend and body agree in sign (2 p - 1, 1/65536); their correlation r and 1 / sqrt(1 - r^2) (1/1024).
_SIGMA = const(0)
_NOMINAL = const(3)
_FACTOR = const(6)
_SHIFT = const(9)
_AGREE = const(10)
_TOGETHER = const(11)
_APART = const(12)
_STATE = const(13)


class Noise:
    """Sigmas of bend, body and early for one kind of estimate: state[0..2], in 1/16 of a frame's unit."""

    def __init__(self, early):
        self._table = EARLY_SIGMA if early else FULL_SIGMA
        self.state = array("i", bytes(4 * _STATE))
        for i in range(3):
            self.state[_FACTOR + i] = _ONE
        self.state[_APART] = _ONE
        self._row = -1
        self._learned = False
        self.restart()

    def restart(self):
        """New ground: what was learned stays, as the noise is the front end's, and is corrected in larger steps
        again.
        """
        self._seen = 0
        self.state[_SHIFT] = _FIRST_SHIFT

    def suppose(self, bend, early):
        """What to start from where no ground was seen yet: the mean sizes of frames' second differences of bend and
        early, in 1/256 of a frame's unit (roughness.py); 0 where they are not known.
        """
        if self._learned or not bend:
            return
        state = self.state
        bend = (bend << 6) // (_NOMINAL_ROUGH >> 4)
        early = (early << 6) // (_NOMINAL_ROUGH * _BASE[2] // _BASE[0] >> 4)  # sizes < 2^20: these are small integers
        for i in range(3):
            state[_FACTOR + i] = max(_LEAST, min(_MOST, (early if i == 2 else bend) * _WANDER_PERCENT // 100))
        self._row = -1

    def factor_x100(self):
        """Scatter of the bend against the nominal noise, in 1/100."""
        return self.state[_FACTOR] * 100 // _ONE

    def next_bin(self, row):
        """One more bin, at the speed of kernel `row`."""
        self._learned = True
        if self._seen < _SECOND:
            self._seen += 1
            if self._seen == _FIRST:
                self.state[_SHIFT] = _SECOND_SHIFT
            elif self._seen == _SECOND:
                self.state[_SHIFT] = _LATER_SHIFT
        if row != self._row:
            self._row = row
            state = self.state
            for i in range(3):
                state[_NOMINAL + i] = self._table[row] * _BASE[i] >> 10
                state[_SIGMA + i] = state[_NOMINAL + i] * state[_FACTOR + i] >> 10
