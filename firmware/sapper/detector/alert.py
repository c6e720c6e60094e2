"""The alert: raised at once by the early estimate, held over the whole body that it is about, and not by its echo.

Behind an object the early kernel swings, and again when the object leaves its far end. There only a bump that is
larger than that makes of the object's raises an alert; what is weaker may still become a contact. Behind a body that
stood off the ground by itself (body.py) the kernel does not see it, so there everything counts.
"""

from micropython import const
from sapper.detector.footprint import TAPS_EARLY
from sapper.detector.footprint_kernels import EARLY_ECHO

BETTER, RISEN = 1, 2

_HOLD_PERCENT = const(60)  # of its level: below this an alert is over
_ECHO_BINS = const(32)  # 0.64 m
# Half again what the swing behind may be of the bump before it, by the kernel's row, in 1/1024.
_ECHO_SHARE = tuple(3 * share // 2 for share in EARLY_ECHO)
# From an alert's rise: what is stronger there is the same object, on whose flank the alert rose.
SAME_BINS = 13
_FAR_BINS = const(1 << 20)


def is_in_sight(statistic, level):
    """Whether an alert would be held."""
    return statistic * 100 >= level * _HOLD_PERCENT


class Alert:
    """`step` once a bin. `on`: 1 while it stands; `last`: the last bin over which it did; `top`: its highest
    statistic; `rose`: the bin at which the last one was told.
    """

    def __init__(self, body):
        self._body = body
        self.reset()

    def reset(self):
        """No alert."""
        self.on = 0
        self.top = self._bump = 0
        self.last = self.rose = self._top_bin = -_FAR_BINS

    def step(self, at, statistic, level, bump, row, inhibit):
        """Raise, hold or end the alert at bin `at`: RISEN where there is one to be told, BETTER where its class is
        told better than before, 0. bump: size of the early bend; row: the kernel's.
        """
        body = self._body
        better = 0
        if self.on:
            self.last = at
            if not is_in_sight(statistic, level):
                if not body.over:  # whose middle the kernel does not see
                    self.on = 0
                return 0
            self._bump = max(self._bump, bump)
            if statistic > self.top:
                self.top = statistic
                self._top_bin = at
                better = BETTER
            if inhibit or statistic < level or not body.is_more():
                return better
            # another object, on the body's plateau
        elif inhibit or body.runs_out or self._is_echo(at, bump, row):
            return 0
        self.on = 1
        self._bump = bump
        self.top = statistic
        self.last = self._top_bin = at
        return RISEN if at - self.rose > SAME_BINS else BETTER

    def _is_echo(self, at, bump, row):
        """Whether what the kernel makes of the object behind explains a bump at bin `at`."""
        return (
            at - self._top_bin <= _ECHO_BINS
            and self._body.valley[0] <= at - TAPS_EARLY
            and bump <= (self._bump >> 10) * _ECHO_SHARE[row]
        )
