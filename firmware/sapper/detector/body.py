"""A body in sight: for how far along the track the gates stand off the ground before it, and where the ground is again.

The kernels take out any level, so of a long body they see its two edges and nothing between. Here the gates are held
against the ground's level before the body: over it they stand off by at least half of what they did at most. Bend
tells, and body where it is more than soil can do; a gate at its rail tells by itself.

Behind a body its flank runs out. The lowest place there is where the ground begins again: before it a kernel is given
that place's levels, or it would swing by up to half of a body's height, for as long as the body is within its reach.
"""

from array import array

import micropython
from micropython import const
from sapper.detector.footprint_kernels import BACK
from sapper.detector.ground import BINS

_LONG = const(18)  # bins over half of its height from which on a body has edges: of a small object they are 7 to 9
_AGAIN = const(40)  # bins: so soon behind a body the level before it counts for the next, too
_NO_SOIL = const(8000)  # frame units: no soil moves two gates together by 0.4 V
_EVEN = const(40)  # frame units (2 mV): nearer to the level before it no lower place is looked for
_NEVER = const(-(1 << 20))

# Indices into the state: level of the ground at three gates; bend and body there, and at most; means of the gates; bins
# under half of the height; the last over it; whether the body goes up; the plateau.
_LEVEL = const(0)
_BEND = const(3)
_BODY = const(4)
_TOP_BEND = const(5)
_TOP_BODY = const(6)
_MEAN = const(7)
_UNDER = const(10)
_END = const(11)
_RISES = const(12)
_PLATEAU = const(13)
_STATE = const(14)
_FAINT = const(0)
_OVER = const(1)
_ENDED = const(2)


@micropython.viper
def _read(rings: ptr32, at: int, shift: int, ratio: ptr32, state: ptr32):
    """Means of the gates over 2^shift bins that end with bin `at` -> state[7..9]; off the level, as bend and body ->
    state[3..4].

    |mean| < 2^17; off the level below 2^18, products below 2^28.
    """
    g = 0
    while g < 3:
        total = 0
        i = 0
        while i < 1 << shift:
            total += rings[(g << 6) + ((at - i) & 63)]
            i += 1
        state[7 + g] = total >> shift
        g += 1
    e1 = state[8] - state[1]
    e2 = state[9] - state[2]
    body = e1 + (((e2 >> 3) * ratio[0]) >> 9)
    state[3] = e2 - (((e1 >> 3) * ratio[0]) >> 9) - (((body >> 3) * ratio[2]) >> 9)
    state[4] = body


@micropython.viper
def _judge(state: ptr32, last: int, seen: int, held: int, sigma: int, bins: int) -> int:
    """_OVER where bin `last`, which was read last, is of the body; _ENDED behind it, after two bins under half of its
    height, or after 200 `bins`: what stands off for 4 m is other ground. _FAINT where no bin tells by itself: below
    five sigmas of the early bend, and below what soil can do to the body.
    """
    bend = state[3]
    body = state[4]
    if body < 0:
        body = 0 - body
    if bend > state[5]:
        state[5] = bend
    if body > state[6]:
        state[6] = body
        state[12] = 0
        if state[4] > 0:
            state[12] = 1
    off = held
    if state[5] > 0 and bend * 2 >= state[5]:
        off = 1
    if body >= 8000 and body * 2 >= state[6]:
        off = 1
    if off:
        state[11] = last
        state[10] = 0
    else:
        state[10] += 1
    if held == 0 and state[5] * 16 < sigma * 5 and state[6] < 8000:
        return 0
    if state[10] >= 2 or bins >= 200:
        return 2
    if seen == 0:
        if state[13]:
            state[13] += (bend - state[13]) >> 4
        else:
            state[13] = bend
    return 1


class Body:
    """`step` once a bin, and `advance` behind it. `open`: a body may be in sight. `over`: it is under the coil, by the
    gates' own levels. `first`, `end`: its first and last bin over half of its height; `railed`: it drove a gate to its
    rail; `rises`: its body goes up. `runs_out`: its flank still falls; `valley`: the bin from which on the ground
    counts again behind it, and the levels there.
    """

    def __init__(self, ground, balance):
        self._rings = ground.rings
        self._ratio = balance.state
        self._state = array("i", bytes(4 * _STATE))
        self.valley = array("i", [_NEVER, 0, 0, 0])
        self.reset()

    def reset(self):
        """Start of a sweep: no body."""
        self.open = self.over = self.railed = self.rises = self.runs_out = self._sinks = self._waits = False
        self.first = self.end = self.valley[0] = _NEVER
        self._low = 0

    @micropython.native
    def step(self, last, seen, held, sigma):
        """Take in bin `last`; True where a body ended. seen: the search sees something there; held: a gate is at its
        rail; sigma: of the early bend, in 1/16 of a frame's unit.
        """
        state = self._state
        if self._waits:
            self._begin()
        if not self.open:
            self.runs_out = self._sinks and self._sink(last)
            if self.runs_out or not (seen or held):
                return False
            self.open = self._waits = True
            self._from = last
            self._from_held = held
            self._from_sigma = sigma
            return False
        if held:
            self.railed = True
        _read(self._rings, last, 0, self._ratio, state)
        told = _judge(state, last, seen, held, sigma, last - self.first)
        self.over = told == _OVER
        if told == _FAINT:
            self.open = seen
        if told != _ENDED:
            return False
        self.end = state[_END]
        self.rises = state[_RISES]
        self.open = False
        self._sinks = True
        self._low = 1 << 28
        return True

    def is_long(self):
        """Whether it is long, and of one height where the kernels saw nothing."""
        state = self._state
        plateau = state[_PLATEAU]
        return state[_END] - self.first >= _LONG and (self.railed or not plateau or plateau * 3 >= state[_TOP_BEND] * 2)

    def is_more(self):
        """Whether another object stands off by a quarter more than the plateau before it."""
        plateau = self._state[_PLATEAU]
        return plateau > 0 and self.over and not self.railed and self._state[_BEND] >= plateau + (plateau >> 2)

    def _begin(self):
        """Something came in sight: the ground's level before it, where it may have begun, and its first bin. In a frame
        with time for it, not in that in which an alert rises.
        """
        self._waits = False
        last = self._from
        state = self._state
        before = last - BACK + 8
        if last - self.end > _AGAIN:
            _read(self._rings, before, 3, self._ratio, state)
            for g in range(3):
                state[_LEVEL + g] = state[_MEAN + g]
        state[_TOP_BEND] = state[_TOP_BODY] = state[_UNDER] = state[_PLATEAU] = 0
        state[_END] = last
        self._sinks = False
        self.railed = self._from_held
        self.first = max(before, self.end + 1)
        _read(self._rings, last, 0, self._ratio, state)
        self.over = _judge(state, last, True, self._from_held, self._from_sigma, last - self.first) == _OVER

    def _stands_off(self):
        """Whether what was read last is at least half of the most."""
        state = self._state
        body = abs(state[_BODY])
        return (state[_BEND] * 2 >= state[_TOP_BEND] > 0) or (body >= _NO_SOIL and body * 2 >= state[_TOP_BODY])

    def advance(self, last):
        """Look anew for the first bin over half of the height, which may have grown: two bins at a time, in a frame
        with time for it.
        """
        if self._waits:
            self._begin()
            return
        for _ in range(2):
            if not 3 < last - self.first < BINS - 3:
                return
            _read(self._rings, self.first + 2, 2, self._ratio, self._state)
            if self._stands_off():
                return
            self.first += 1

    def _sink(self, last):
        """Behind a body: where it is lowest the ground begins. True while it still runs out."""
        state = self._state
        if last - self.end > _AGAIN:
            self._sinks = False
            return False
        _read(self._rings, last, 2, self._ratio, state)
        low = abs(state[_BEND]) + (abs(state[_BODY]) >> 4)
        if low >= self._low:
            return False
        self._low = low
        self._sinks = low > _EVEN
        valley = self.valley
        valley[0] = last
        for g in range(3):
            valley[1 + g] = state[_MEAN + g]
        return True
