"""The velocity loop of one track: feed-forward and PI on millimetres a second, integers, thousandths of duty out."""

from array import array

import micropython
from micropython import const
from sapper.shared.limits import TICK_MS

# Ticks of 10 ms over which a track's speed is measured (1 mm of travel is 12.5 mm/s), and where in a window stand the
# place of the oldest and the sum.
_WINDOW = const(8)
_AT = const(8)
_SUM = const(9)
MM_S = 1_000_000 // (_WINDOW * TICK_MS)  # speed in mm/s: counts in the window x this // counts a metre
_INTEGRAL_SCALE = const(100)  # the integral is kept in 1/100 of a duty step


def window():
    """The counts of a track that stands, for `slide`."""
    return array("i", [0] * (_WINDOW + 2))


@micropython.viper
def slide(window: ptr32, ticks: int) -> int:
    """Add a track's counts of one tick; the counts of the last 80 ms."""
    at = window[_AT]
    total = window[_SUM] + ticks - window[at]
    window[_SUM] = total
    window[at] = ticks
    at += 1
    window[_AT] = at if at < _WINDOW else 0
    return total


class VelocityLoop:
    """PI with feed-forward. duty = ff v + min sign(v) + kp e + ki sum(e dt), held within duty_max; no wind-up beyond
    it."""

    def __init__(self, settings):
        self.configure(settings)

    def configure(self, settings):
        """Take the gains; starts at rest."""
        self._ff = settings.get("motor_ff_pm")
        self._kp = settings.get("motor_kp_pm")
        self._ki = settings.get("motor_ki_pm")
        self._min = settings.get("motor_min_pm")
        self._max = settings.get("duty_max_pm")
        self.reset()

    def reset(self):
        """Forget the integral."""
        self._integral = 0

    @micropython.native
    def step(self, target_mm_s, measured_mm_s):
        """Duty in thousandths for the next 10 ms. A target of 0 is duty 0: the tracks roll out, they are not driven
        back."""
        if target_mm_s == 0:
            self._integral = 0
            return 0
        error = target_mm_s - measured_mm_s
        most = self._max
        ahead = self._ff * target_mm_s // 1000 + (self._min if target_mm_s > 0 else -self._min)
        duty = ahead + self._kp * error // 1000 + self._integral // _INTEGRAL_SCALE
        if -most < duty < most or (duty > 0) != (error > 0):
            self._integral += self._ki * error // (1000 * 100 // _INTEGRAL_SCALE)
        # The motor is never driven against the way it should go: braking is by rolling out.
        if target_mm_s > 0:
            return 0 if duty < 0 else duty if duty < most else most
        return 0 if duty > 0 else duty if duty > -most else -most
