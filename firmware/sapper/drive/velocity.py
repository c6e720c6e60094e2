"""The velocity loop of one track: feed-forward and PI on millimetres a second, integers, thousandths of duty out."""

import micropython
from sapper.shared.limits import TICK_MS

_WINDOW = 8  # ticks of 10 ms over which a track's speed is measured: 1 mm of travel is 12.5 mm/s
_WINDOW_MS = _WINDOW * TICK_MS
_INTEGRAL_SCALE = 100  # the integral is kept in 1/100 of a duty step


class TrackSpeed:
    """Speed of a track from its encoder: the travel of the last 80 ms."""

    def __init__(self):
        self._ring = [0] * _WINDOW
        self._at = 0
        self._sum = 0

    @micropython.native
    def step(self, ticks):
        """Add the ticks of one frame; returns the ticks of the window."""
        at = self._at
        self._sum += ticks - self._ring[at]
        self._ring[at] = ticks
        self._at = at + 1 if at + 1 < _WINDOW else 0
        return self._sum

    def mm_s(self, ticks_per_m):
        """The window's mean speed."""
        return self._sum * 1_000_000 // (_WINDOW_MS * ticks_per_m)


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
        ahead = self._ff * target_mm_s // 1000 + (self._min if target_mm_s > 0 else -self._min)
        duty = ahead + self._kp * error // 1000 + self._integral // _INTEGRAL_SCALE
        if -self._max < duty < self._max or (duty > 0) != (error > 0):
            self._integral += self._ki * error // (1000 * 100 // _INTEGRAL_SCALE)
        # The motor is never driven against the way it should go: braking is by rolling out.
        if target_mm_s > 0:
            return 0 if duty < 0 else min(duty, self._max)
        return 0 if duty > 0 else max(duty, -self._max)
