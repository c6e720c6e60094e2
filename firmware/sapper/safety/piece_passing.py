"""A test piece passes over the coil: from the quiet before it to the quiet after.

What counts is the bend of the late gates (detector/balance.py): running means over 8 frames against their level, in
sigmas of the nominal noise, so that one day's figure is like another's; and ten times what they scatter by here and
now, so that no noise passes.
"""

from sapper.safety.piece_check import NAMES, TICKS

_QUIET_TICKS, _BRING_TICKS, _AWAY_TICKS, _HELD = TICKS
_QUIET = NAMES.index("quiet")
_BRING = NAMES.index("bring")
_AWAY = NAMES.index("away")
_PASSED = NAMES.index("passed")
_UNQUIET = NAMES.index("unquiet")
_MISSING = NAMES.index("missing")
_WEAK = NAMES.index("weak")
_LEFT = NAMES.index("left")
_SOIL = NAMES.index("soil")
_INVERTED = NAMES.index("inverted")

_TICKS = {_QUIET: _QUIET_TICKS, _BRING: _BRING_TICKS, _AWAY: _AWAY_TICKS}
_LEVEL = _QUIET_TICKS // 4  # frames of the quiet that the level is taken from, the scatter from the rest
_NOMINAL = 469  # 1/16 of a frame's unit, 1.5 mV: such means of the bend scatter so in the nominal noise
_NOISE_MOST = 5 * _NOMINAL  # twice that of other days
_OVER_NOISE_X10 = 100  # however low the level is: what scatters by chance never comes so far
_SEEN_X10 = 50  # from there on the level stays: something comes; what has not come so far is noise
_METAL = 10  # a bend that is a tenth of all the rest, and more, no soil makes: its ratio is off by some per cent
_FOLLOW_BITS = 7  # the level goes after the front end's slow wander, in 1.3 s, until the piece is there
_NV = 3300000000 // (65536 * 16)  # of 1/16 of a frame's unit


class Passing:
    """`step` once a tick until `left`, the ticks that its step still has, is 0: then what `step` gives is the end.

    need_x10: the signal to noise that the piece must reach; ratio_pm: of soil's late gates, in 1/1000; snr_x10: of the
    piece, as far as it has come.
    """

    def __init__(self, need_x10, ratio_pm):
        self.need_x10 = need_x10
        self._ratio_pm = ratio_pm
        self._sigma = _NOMINAL
        self._level_x10 = need_x10 * _NOMINAL
        self.snr_x10 = self._frames = self._scatter = self._peak = 0
        self._held = self._wrong = self._soil = 0
        self._mean = [0, 0]
        self._level = [0, 0]
        self._go(_QUIET)

    def noise_uv(self):
        """What the bend scatters by, in uV."""
        return self._sigma * _NV // 1000

    def step(self, frame):
        """One tick, with its frame or None where none is fresh; the step (index into PIECE_STEPS) that it is in."""
        self.left -= 1
        if frame:
            self._look(frame)
        if self._step in _TICKS and self.left <= 0:
            self._late()
        return self._step

    def _go(self, step):
        self._step = step
        self.left = _TICKS.get(step, 0)

    def _look(self, frame):
        mean = self._mean
        level = self._level
        for i in range(2):
            value = frame[1 + i] << 4
            if self._frames == 0:
                mean[i] = value
            mean[i] += (value - mean[i]) >> 3
        self._frames += 1
        middle = mean[0] - level[0]
        late = mean[1] - level[1]
        soil = middle * self._ratio_pm // 1000
        bend = late - soil
        body = late + soil
        if self._step == _QUIET:
            self._quiet(bend)
            return
        if abs(body) > abs(bend) * _METAL and abs(body) * 10 > 2 * self._level_x10:
            self._soil += 1
            if self._soil >= _HELD:
                self._go(_SOIL)
            return
        self._soil = 0
        if bend > self._peak:
            self._peak = bend
            self.snr_x10 = bend * 10 // _NOMINAL
        if self._step == _BRING:
            self._bring(bend)
        else:
            self._held = self._held + 1 if bend * 20 < self._level_x10 else 0
            if self._held >= 2 * _HELD:
                self._go(_PASSED)

    def _quiet(self, bend):
        """The level, then how the bend scatters about it."""
        frames = self._frames
        if frames <= _LEVEL:
            for i in range(2):
                self._level[i] += (self._mean[i] - self._level[i]) // frames
        elif abs(bend) * 5 > self.need_x10 * _NOMINAL:
            self._go(_UNQUIET)
        else:
            self._scatter += abs(bend)
            self._follow()

    def _follow(self):
        for i in range(2):
            self._level[i] += (self._mean[i] - self._level[i]) >> _FOLLOW_BITS

    def _bring(self, bend):
        need = self._level_x10
        self._held = self._held + 1 if bend * 10 >= need else 0
        self._wrong = self._wrong + 1 if bend * 10 <= -need else 0
        if self._held >= _HELD:
            self._held = 0
            self._go(_AWAY)
        elif self._wrong >= _HELD:
            self._go(_INVERTED)
        elif abs(bend) * 10 < _SEEN_X10 * self._sigma:
            self._follow()

    def _late(self):
        """The time of this step is over."""
        if self._step == _QUIET:
            # The mean size of Gauss noise is 0.8 of its deviation.
            self._sigma = max(_NOMINAL, self._scatter * 5 // (4 * max(1, self._frames - _LEVEL)))
            if self._sigma > _NOISE_MOST:
                self._go(_UNQUIET)
            else:
                self._level_x10 = max(self._level_x10, _OVER_NOISE_X10 * self._sigma)
                self._go(_BRING)
        elif self._step == _AWAY:
            self._go(_LEFT)
        else:
            self._go(_WEAK if self.snr_x10 >= _SEEN_X10 else _MISSING)
