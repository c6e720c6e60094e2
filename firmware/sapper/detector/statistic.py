"""The statistic of one bin: how sure it is that metal, and neither noise nor a stone, lies there. In 1/100 sigma.

Two questions, and the weaker answer counts:
- Is anything there? bend and body together against their noise.
- Is it metal? Soil and hot rocks have body but no bend; a rock's own ratio is off by some per cent of its body, which
  adds to the bend's noise. Body that this ground has everywhere, as under a coil that swings, is no rock: what it does
  to the bend is in the bend's noise already. Most metal bends the late gates upwards and the early gate downwards, so
  those sides count in full. Some has late gates that stand as soil's do, and an early one above: that counts 70 %. A
  bend the other way counts less than half: it must be far stronger, but is not invisible.
Bodies beside larger ones are their shoulders (kernels swing negative beside an object) and say nothing; so do bodies
where they scatter eight times as much as bends, which is a swing and not noise; and so do bends beside a far larger one
the wrong way.
"""

from array import array

import micropython
from micropython import const
from sapper.detector.arithmetic import hypotenuse, quotient
from sapper.detector.ground import BINS, MASK

# The state: bends, bodies and earlies of 64 bins and their noise, then what the next calls are about.
BEND, BODY, EARLY = 0, 64, 128
_NOMINAL = const(192)
_NOMINAL_EARLY = const(256)
_PUT_AT = const(320)
_AT = const(321)
_BEFORE = const(322)
_AFTER = const(323)
_WEIGHT = const(324)
_ROCK_PM = const(325)
_EARLY_ON = const(326)
_END = const(327)
_STATE = const(328)

_DIVISIBLE = const(64)  # a bin's noise before it was seen, by which its bumps of 0 are divided

# 1 / sqrt(1 - r^2) in 1/1024, r in steps of 1/16 from 0 on; r is held below 7/8.
_APART = array("i", [round(1024 / (1 - (i / 16) ** 2) ** 0.5) for i in range(16)])


@micropython.viper
def _scale(squares: int) -> int:
    """By how much noise is larger, in 1/64, from 16 squares of what frames show (roughness.py): 64 up to twice the
    usual power, which frames of 16 bins may show by chance.
    """
    squares = squares >> 4
    if squares < 8192:
        return 64
    root = 0
    bit = 256
    while bit:
        root += bit
        if root * root > squares:
            root -= bit
        bit >>= 1
    return root


@micropython.viper
def _put(bump: ptr32, ratio: ptr32, state: ptr32, noise: ptr32, apart: ptr32, rough: ptr16):
    """Split bumps of three gates into bend, body and early (balance.py), store them, and track their noise (noise.py).

    |bump| <= 2^20 and ratios < 2: |bend|, |body|, |early| < 2^22, products below 2^30.
    """
    e1 = bump[1] >> 3
    body = bump[1] + (((bump[2] >> 3) * ratio[0]) >> 9)
    bend = bump[2] - ((e1 * ratio[0]) >> 9) - (((body >> 3) * ratio[2]) >> 9)
    agree = noise[10]
    if bend ^ body < 0:
        agree -= (agree + 65536) >> noise[9]
    else:
        agree += (65536 - agree) >> noise[9]
    noise[10] = agree
    # sin(pi x / 2) = x (1.5706 - 0.6432 x^2 + 0.0727 x^4) within 0.0001
    agree = agree >> 6
    square = (agree * agree) >> 10
    agree = (agree * (1608 - ((square * (659 - ((square * 74) >> 10))) >> 10))) >> 10
    if agree > 870:
        agree = 870
    if agree < -870:
        agree = -870
    noise[11] = agree
    if agree < 0:
        agree = 0 - agree
    noise[12] = apart[(agree + 32) >> 6]
    early = bump[0] - ((e1 * ratio[1]) >> 9)
    at = state[320]
    state[at] = bend
    state[64 + at] = body
    if state[326] == 0:
        early = 0
    state[128 + at] = early
    end = state[327]
    i = end - 16
    first = 0
    second = 0
    while i < end:
        a = rough[i & 63]
        first += a * a
        a = rough[64 + (i & 63)]
        second += a * a
        i += 1
    first = int(_scale(first))
    second = int(_scale(second))
    state[192 + at] = (noise[3] * first) >> 6
    state[256 + at] = (noise[5] * second) >> 6
    shift = noise[9]
    i = 0
    while i < 3:
        a = state[(i << 6) + at]
        if a < 0:
            a = 0 - a
        f = noise[6 + i]
        if i == 2:
            first = second
        if a > (((((noise[3 + i] * f) >> 10) * first) >> 6) * 691) >> 10:
            f += (f >> shift) + 1
        else:
            f -= (f >> shift) + 1
        if f < 512:
            f = 512
        if f > 16384:
            if i != 1:
                f = 16384
            elif f > 65536:
                f = 65536
        noise[6 + i] = f
        noise[i] = (noise[3 + i] * f) >> 10
        i += 1


@micropython.viper
def _statistic(state: ptr32, noise: ptr32, floor: int) -> int:
    """The statistic of bin state[321], or 0 where it is sure to be below `floor`. A ratio of 1/100 sigma is below
    2^22 * 100 / 128 sigmas, a weight below 3 times that.
    """
    at = state[321]
    of_bend = (state[192 + at] * noise[6]) >> 10
    of_body = (state[192 + at] * noise[7]) >> 10
    bend = state[at]
    body = state[64 + at]
    wrong = 0
    if bend < 0:
        bend = 0 - bend
        body = 0 - body
        wrong = 1
    there = int(quotient(bend * 100, of_bend))
    size = body
    if size < 0:
        size = 0 - size
    share = int(quotient(size * 100, of_body))
    if share > 300000:
        share = 300000
    if there < floor:
        # Bend and body together are no more than this; the hypotenuse is at most the larger and half the other.
        agree = noise[11]
        if agree < 0:
            agree = 0 - agree
        most = (((share + ((there * agree) >> 10)) * noise[12]) >> 10) + 4  # of rounding
        if most + (there >> 1) < floor and (most >> 1) + there < floor:
            return 0
    largest = 0
    up = 0
    down = 0
    i = at - state[322]
    end = at + state[323]
    while i <= end:
        v = state[64 + (i & 63)]
        if v < 0:
            v = 0 - v
        if v > largest:
            largest = v
        v = state[i & 63]
        if v > up:
            up = v
        if v < down:
            down = v
        i += 1
    weight = state[324]
    of_early = (state[256 + at] * noise[8]) >> 10
    if wrong == 0 and bend * 2 < 0 - down and up < 0 - down:
        bend = 0
        there = 0
    stone = largest
    if noise[1] > noise[0]:
        stone -= noise[1] - noise[0]
        if stone < 0:
            stone = 0
    rock = int(quotient((stone >> 3) * state[325], 250))
    metal = int(quotient(bend * 100, int(hypotenuse(of_bend, rock))))
    if wrong:
        metal = (metal * 7) >> 4
    early = 0 - state[128 + at]
    if early < 0:
        early = ((0 - early) * 11) >> 4
    early = int(quotient(early * 100, int(hypotenuse(of_early, rock)))) - 80
    if early > 0:
        metal = int(hypotenuse(metal, early))
    alone = 0
    if size + (size >> 1) >= largest and of_body < of_bend << 3:
        alone = 1
    size = share
    if alone and size < 400 and wrong == 0 and noise[12] < 1094:
        metal = int(hypotenuse(metal, (size * 410) >> 10))
    if metal > 300000:
        metal = 300000
    metal = (metal * weight) >> 7
    if alone:
        if there > 300000:
            there = 300000
        if body < 0:
            size = 0 - size
        size = ((size - ((there * noise[11]) >> 10)) * noise[12]) >> 10
        if size < 0:
            size = 0 - size
        there = int(hypotenuse(there, size))
    if metal < there:
        there = metal
    if there > 100000:
        there = 100000
    return there


class Evidence:
    """Bends, bodies and earlies of the last 64 bins, and the statistic at one of them."""

    def __init__(self, before, after, ahead, rough):
        """The statistic looks at bodies of so many bins before and after too. rough: the rings of roughness.py; ahead:
        bins that are complete beyond the one that is told.
        """
        self._rough = rough
        self._ahead = ahead
        self.state = array("i", bytes(4 * _STATE))
        self.state[_BEFORE] = before
        self.state[_AFTER] = after
        self._after = after

    def reset(self):
        """Forget all bins."""
        for i in range(3 * BINS):
            self.state[i] = 0
        for i in range(3 * BINS, 5 * BINS):
            self.state[i] = _DIVISIBLE

    def configure(self, bend_percent, rock_pm):
        """`bend_percent`: weight of 'is it metal'. `rock_pm`: by how much a rock's ratio may be off, in 1/1000."""
        self.state[_WEIGHT] = bend_percent * 128 // 100
        self.state[_ROCK_PM] = rock_pm

    def judge(self, at, bump, ratio, noise, early_on, floor):
        """Take in bin `at` with the bumps of its gates; the statistic of bin `at` - after, or 0 where that is below
        `floor` for sure. `early_on`: gate 0 is believed.
        """
        state = self.state
        state[_PUT_AT] = at & MASK
        state[_AT] = (at - self._after) & MASK
        state[_EARLY_ON] = early_on
        state[_END] = at + self._ahead + 1
        _put(bump, ratio, state, noise, _APART, self._rough)
        return _statistic(state, noise, floor)

    def again(self, at, after, noise, floor):
        """The statistic of bin `at`, with the bodies of `after` bins beyond, which are all in; `floor` as above."""
        state = self.state
        state[_AT] = at & MASK
        state[_AFTER] = after
        statistic = _statistic(state, noise, floor)
        state[_AFTER] = self._after
        return statistic
