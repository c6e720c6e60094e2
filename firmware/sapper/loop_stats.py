"""How well the control loop keeps its time: load, jitter, longest tick, of the last second; and of all ticks in motion,
how many began how late and took how long."""

from array import array

import micropython
from micropython import const
from sapper.shared.limits import TICK_MS

PERIOD_US = TICK_MS * 1000
WINDOW = const(100)  # ticks: a second
_TICKS_MOST = const(1_000_000_000)  # 115 days; a small integer, and whole seconds

# The figures, an array: of this second ...
_BUSY = const(0)
_LONGEST = const(1)
_LATEST = const(2)
# ... and in motion, since the start: the worst, and ticks by their time, the last place for all beyond.
_WORST_LATE = const(3)
_WORST_TICK = const(4)
_LATE = const(5)
_LATE_SHIFT = const(5)
_LATE_MOST = const(63)
_TICK = const(69)
_TICK_SHIFT = const(8)
_TICK_MOST = const(48)
_WORDS = const(118)

_RARE = const(1000)  # one in so many is worse than what `rare` tells


@micropython.viper
def _note(figures: ptr32, late_us: int, busy_us: int, moving: int):
    figures[_BUSY] += busy_us
    if busy_us > figures[_LONGEST]:
        figures[_LONGEST] = busy_us
    if late_us > figures[_LATEST]:
        figures[_LATEST] = late_us
    if moving == 0:
        return
    if late_us > figures[_WORST_LATE]:
        figures[_WORST_LATE] = late_us
    if busy_us > figures[_WORST_TICK]:
        figures[_WORST_TICK] = busy_us
    if busy_us < 0:
        busy_us = 0  # the clock was moved
    at = late_us >> _LATE_SHIFT
    figures[_LATE + (at if at < _LATE_MOST else _LATE_MOST)] += 1
    at = busy_us >> _TICK_SHIFT
    figures[_TICK + (at if at < _TICK_MOST else _TICK_MOST)] += 1


class Spread:
    """Ticks in motion by one of their times. name: of the time; width_us: of a place; last: the number of the
    last, which is open."""

    def __init__(self, name, figures, worst, first, last, width_us):
        self.name = name
        self.width_us = width_us
        self._figures = figures
        self._worst = worst
        self._first = first
        self.last = last

    def worst_us(self):
        """The longest of all."""
        return self._figures[self._worst]

    def p999_us(self):
        """At most one in a thousand was longer."""
        worst = self.worst_us()
        left = sum(count for _, count in self.counts()) // _RARE
        for at in range(self.last, -1, -1):
            left -= self._figures[self._first + at]
            if left < 0:
                return worst if at == self.last else min(worst, (at + 1) * self.width_us)
        return worst

    def counts(self):
        """(from so many us on, how many ticks), where there are any; the last place is open."""
        for at in range(self.last + 1):
            count = self._figures[self._first + at]
            if count:
                yield at * self.width_us, count


class LoopStats:
    """`add` once a tick. moving: whether the rover may move, set by whoever knows; late, tick: of all ticks in which it
    was."""

    def __init__(self):
        self.ticks = 0
        self.load_pm = 0
        self.tick_max_us = 0
        self.jitter_max_us = 0
        self.moving = 0
        self._figures = figures = array("i", [0] * _WORDS)
        self.late = Spread("late", figures, _WORST_LATE, _LATE, _LATE_MOST, 1 << _LATE_SHIFT)
        self.tick = Spread("tick", figures, _WORST_TICK, _TICK, _TICK_MOST, 1 << _TICK_SHIFT)

    @micropython.native
    def add(self, late_us, busy_us):
        """One tick that started late_us after its time and took busy_us. 1 when a second is complete."""
        ticks = self.ticks + 1
        self.ticks = ticks
        figures = self._figures
        _note(figures, late_us, busy_us, self.moving)
        if ticks % WINDOW:
            return 0
        if ticks >= _TICKS_MOST:
            self.ticks = 0
        self.load_pm = figures[_BUSY] * 1000 // (WINDOW * PERIOD_US)
        self.tick_max_us = figures[_LONGEST]
        self.jitter_max_us = figures[_LATEST]
        figures[_BUSY] = figures[_LONGEST] = figures[_LATEST] = 0
        return 1
