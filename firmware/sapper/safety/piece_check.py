"""The test-piece check: before the day's work a known piece of metal is passed over the coil, and the board judges.

In SAFE, motors off, coil and rover still. It passes when the piece was there and has gone again (piece_passing.py,
which is in the heap only for as long as a check runs). It is forgotten at every start, with settings that make the
detector another one, with a fault of it, and after `testpiece_hours`.
"""

from sapper import safety
from sapper.safety.supervisor import SAFE
from sapper.shared.detector_settings import TUNING
from sapper.shared.events import PIECE_STEPS
from sapper.shared.forget import forget
from sapper.shared.limits import PIECE_AWAY_MS, PIECE_BRING_MS, PIECE_HELD_MS, PIECE_QUIET_MS, TICK_MS, TIME_WRAP_MS

# For piece_passing.py: the tables that they come from are no longer there when it is.
NAMES = tuple([row[0] for row in PIECE_STEPS])
TICKS = tuple([ms // TICK_MS for ms in (PIECE_QUIET_MS, PIECE_BRING_MS, PIECE_AWAY_MS, PIECE_HELD_MS)])

_NONE = NAMES.index("none")
_QUIET = NAMES.index("quiet")
_PASSED = NAMES.index("passed")
_ENDED = NAMES.index("ended")
_FAULTY = NAMES.index("fault")
_CHANGED = NAMES.index("changed")
_EXPIRED = NAMES.index("expired")

# Whatever changes one of these makes it another detector than the one that was checked.
_DECIDING = ("pulse_rate_hz", "pulse_us", "gate0_ns", "gate1_ns", "gate2_ns") + tuple([row[0] for row in TUNING])


class PieceCheck:
    """`begin`, then `step` every tick while `active`. last: the step (index into PIECE_STEPS) that was told last;
    snr_x10: of the piece, as far as it has come.
    """

    def __init__(self, app):
        self._app = app
        self.active = False
        self.last = _NONE
        self.snr_x10 = 0
        self._passed_ms = self._noise_uv = 0
        self._passing = None
        self._settings = self._deciding()

    def _deciding(self):
        get = self._app.settings.get
        return [get(name) for name in _DECIDING]

    @property
    def passed(self):
        """Whether a check has passed that still counts."""
        return self.last == _PASSED and self.left_min() > 0

    def left_min(self):
        """For how many minutes the last one that passed still counts, begun ones in full; 0 for no longer."""
        app = self._app
        left_ms = app.settings.get("testpiece_hours") * 3600000 - (app.t_ms - self._passed_ms) % TIME_WRAP_MS
        return max(0, (left_ms + 59999) // 60000)

    def begin(self):
        """A check from here on, in place of what passed before."""
        from sapper.safety.piece_passing import Passing  # here: it would take 2 kB of heap from every mission

        get = self._app.settings.get
        self._passing = Passing(self._need(), get("det_ground2_pm") * 1000 // get("det_ground1_pm"))
        self.active = True
        self.snr_x10 = 0
        self._tell(_QUIET)

    def end(self):
        """The operator gives it up."""
        if self.active:
            self._finish(_ENDED)

    def configure(self):
        """Settings changed: where they make it another detector, or ask for more than the piece gave, nothing has been
        checked."""
        now = self._deciding()
        need_x10 = self._need()
        if now != self._settings:
            self._settings = now
            self._spoil(_CHANGED)
        elif self.active and need_x10 != self._passing.need_x10 or self.last == _PASSED and need_x10 > self.snr_x10:
            self._finish(_CHANGED)

    def fault(self):
        """The detector has a fault, or no frames come."""
        self._spoil(_FAULTY)

    def age(self):
        """Now and then, at least every few days, as the board's time comes round again."""
        if self.last == _PASSED and not self.passed:
            self._spoil(_EXPIRED)

    def _spoil(self, why):
        if self.active or self.last == _PASSED:
            self._finish(why)

    def step(self):
        """One tick of a check that runs."""
        app = self._app
        passing = self._passing
        if app.state != SAFE or app.drive.speed_mm_s:
            self._finish(_ENDED)
            return
        if app.detector.health.fault:
            self._finish(_FAULTY)
            return
        step = passing.step(None if app.watch.frame_age else app.board.acquisition.frame)
        self.snr_x10 = passing.snr_x10
        if step == self.last:
            return
        if passing.left > 0:
            self._tell(step)
            return
        self._passed_ms = app.t_ms
        self._finish(step)

    def _finish(self, step):
        self.active = False
        self._tell(step)
        self._passing = None
        forget(safety, "piece_passing")

    def _tell(self, step):
        self.last = step
        if self._passing:
            self._noise_uv = self._passing.noise_uv()
        self._app.emit("testpiece", step, self.snr_x10, self._need(), self._noise_uv)

    def _need(self):
        return self._app.settings.get("testpiece_snr_x10")

    def problem(self):
        """The arming check: '' or what is wrong."""
        if not self._app.settings.get("arm_needs_testpiece") or self.passed:
            return ""
        return "no test-piece check has passed (%s); `testpiece begin`, disarmed" % NAMES[self.last]
