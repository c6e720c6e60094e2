"""The test-piece check: before the day's work a known piece of metal is passed over the coil, and the board judges.

In SAFE, motors off, coil and rover still. What counts is the bend of the late gates (detector/balance.py): running
means over 8 frames against their level, in sigmas of the nominal noise, so that one day's figure is like another's; and
ten times what they scatter by here and now, so that no noise passes. It passes when the piece was there and has gone
again. It is forgotten at every start, with settings that make the detector another one, with a fault of it, and after
`testpiece_hours`.
"""

from sapper.safety.supervisor import SAFE
from sapper.shared.detector_settings import TUNING
from sapper.shared.events import PIECE_STEPS
from sapper.shared.limits import (
    PIECE_AWAY_MS,
    PIECE_BRING_MS,
    PIECE_HELD_MS,
    PIECE_QUIET_MS,
    TICK_MS,
    TIME_WRAP_MS,
)

_NAMES = [row[0] for row in PIECE_STEPS]
NONE = _NAMES.index("none")
QUIET = _NAMES.index("quiet")
BRING = _NAMES.index("bring")
AWAY = _NAMES.index("away")
PASSED = _NAMES.index("passed")
ENDED = _NAMES.index("ended")
FAULTY = _NAMES.index("fault")
CHANGED = _NAMES.index("changed")
EXPIRED = _NAMES.index("expired")
UNQUIET = _NAMES.index("unquiet")
MISSING = _NAMES.index("missing")
WEAK = _NAMES.index("weak")
LEFT = _NAMES.index("left")
SOIL = _NAMES.index("soil")
INVERTED = _NAMES.index("inverted")

_TICKS = {QUIET: PIECE_QUIET_MS // TICK_MS, BRING: PIECE_BRING_MS // TICK_MS, AWAY: PIECE_AWAY_MS // TICK_MS}
_LEVEL = PIECE_QUIET_MS // TICK_MS // 4  # frames of the quiet that the level is taken from, the scatter from the rest
_HELD = PIECE_HELD_MS // TICK_MS
_NOMINAL = 469  # 1/16 of a frame's unit, 1.5 mV: such means of the bend scatter so in the nominal noise
_NOISE_MOST = 5 * _NOMINAL  # twice that of other days
_OVER_NOISE_X10 = 100  # however low the level is: what scatters by chance never comes so far
_SEEN_X10 = 50  # from there on the level stays: something comes; what has not come so far is noise
_METAL = 10  # a bend that is a tenth of all the rest, and more, no soil makes: its ratio is off by some per cent
_FOLLOW_BITS = 7  # the level goes after the front end's slow wander, in 1.3 s, until the piece is there
_NV = 3300000000 // (65536 * 16)  # of 1/16 of a frame's unit

# Whatever changes one of these makes it another detector than the one that was checked.
_DECIDING = ("pulse_rate_hz", "pulse_us", "gate0_ns", "gate1_ns", "gate2_ns") + tuple(row[0] for row in TUNING)


class PieceCheck:
    """`begin`, then `step` every tick while `active`. last: the step (index into PIECE_STEPS) that was told last;
    snr_x10: of the piece, as far as it has come.
    """

    def __init__(self, app):
        self._app = app
        self.active = False
        self.last = NONE
        self.snr_x10 = 0
        self._passed_ms = 0
        self._mean = [0, 0]
        self._level = [0, 0]
        self._settings = self._deciding()

    def _deciding(self):
        get = self._app.settings.get
        return [get(name) for name in _DECIDING]

    @property
    def passed(self):
        """Whether a check has passed that still counts."""
        return self.last == PASSED and self.left_min() > 0

    def left_min(self):
        """For how many minutes the last one that passed still counts, begun ones in full; 0 for no longer."""
        app = self._app
        left_ms = app.settings.get("testpiece_hours") * 3600000 - (app.t_ms - self._passed_ms) % TIME_WRAP_MS
        return max(0, (left_ms + 59999) // 60000)

    def begin(self):
        """A check from here on, in place of what passed before."""
        get = self._app.settings.get
        self.active = True
        self._need_x10 = get("testpiece_snr_x10")
        self._ratio_pm = get("det_ground2_pm") * 1000 // get("det_ground1_pm")
        self._sigma = _NOMINAL
        self._level_x10 = self._need_x10 * _NOMINAL
        self._frames = self._scatter = self._peak = 0
        self._held = self._wrong = self._soil = 0
        self._level[0] = self._level[1] = 0
        self._go(QUIET)

    def end(self):
        """The operator gives it up."""
        if self.active:
            self._finish(ENDED)

    def configure(self):
        """Settings changed: where they make it another detector, or ask for more than the piece gave, nothing has been
        checked."""
        now = self._deciding()
        need_x10 = self._need()
        if now != self._settings:
            self._settings = now
            self._spoil(CHANGED)
        elif self.active and need_x10 != self._need_x10 or self.last == PASSED and need_x10 > self.snr_x10:
            self._finish(CHANGED)

    def fault(self):
        """The detector has a fault, or no frames come."""
        self._spoil(FAULTY)

    def age(self):
        """Now and then, at least every few days, as the board's time comes round again."""
        if self.last == PASSED and not self.passed:
            self._spoil(EXPIRED)

    def _spoil(self, why):
        if self.active or self.last == PASSED:
            self._finish(why)

    def step(self):
        """One tick of a check that runs."""
        app = self._app
        if app.state != SAFE or app.drive.speed_mm_s:
            self._finish(ENDED)
            return
        if app.detector.health.fault:
            self._finish(FAULTY)
            return
        self._left -= 1
        if not app.watch.frame_age:
            self._look(app.board.acquisition.frame)
        if self.active and self._left <= 0:
            self._late()

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
        if self.last == QUIET:
            self._quiet(bend)
            return
        if abs(body) > abs(bend) * _METAL and abs(body) * 10 > 2 * self._level_x10:
            self._soil += 1
            if self._soil >= _HELD:
                self._finish(SOIL)
            return
        self._soil = 0
        if bend > self._peak:
            self._peak = bend
            self.snr_x10 = bend * 10 // _NOMINAL
        if self.last == BRING:
            self._bring(bend)
        else:
            self._held = self._held + 1 if bend * 20 < self._level_x10 else 0
            if self._held >= 2 * _HELD:
                self._passed_ms = self._app.t_ms
                self._finish(PASSED)

    def _quiet(self, bend):
        """The level, then how the bend scatters about it."""
        frames = self._frames
        if frames <= _LEVEL:
            for i in range(2):
                self._level[i] += (self._mean[i] - self._level[i]) // frames
        elif abs(bend) * 5 > self._need_x10 * _NOMINAL:
            self._finish(UNQUIET)
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
            self._go(AWAY)
        elif self._wrong >= _HELD:
            self._finish(INVERTED)
        elif abs(bend) * 10 < _SEEN_X10 * self._sigma:
            self._follow()

    def _late(self):
        """The time of this step is over."""
        if self.last == QUIET:
            # The mean size of Gauss noise is 0.8 of its deviation.
            self._sigma = max(_NOMINAL, self._scatter * 5 // (4 * max(1, self._frames - _LEVEL)))
            if self._sigma > _NOISE_MOST:
                self._finish(UNQUIET)
            else:
                self._level_x10 = max(self._level_x10, _OVER_NOISE_X10 * self._sigma)
                self._go(BRING)
        elif self.last == AWAY:
            self._finish(LEFT)
        else:
            self._finish(WEAK if self.snr_x10 >= _SEEN_X10 else MISSING)

    def _finish(self, step):
        self.active = False
        self._go(step)

    def _go(self, step):
        if step == QUIET:
            self.snr_x10 = 0
        self.last = step
        self._left = _TICKS.get(step, 0)
        self._app.emit("testpiece", step, self.snr_x10, self._need(), self._sigma * _NV // 1000)

    def _need(self):
        return self._app.settings.get("testpiece_snr_x10")

    def problem(self):
        """The arming check: '' or what is wrong."""
        if not self._app.settings.get("arm_needs_testpiece") or self.passed:
            return ""
        return "no test-piece check has passed (%s); `testpiece begin`, disarmed" % _NAMES[self.last]
