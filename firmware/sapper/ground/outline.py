"""What the coil has swept, marked; and what the tracks touch, looked at.

Of the swept strip only cells that are wholly inside count, of the tracks every cell that they touch at all.
"""

import micropython
from micropython import const
from sapper.ground.bits import look
from sapper.ground.direction import direct, phase_of
from sapper.ground.rectangle import new_job, place, spans
from sapper.ground.root import root_up
from sapper.shared.sine import sine_table
from sapper.shared.zeros import zeros

# Places are whole millimetres: two of them 0.7 mm off each, and a projection cut to whole ones.
_GUARD_MM = const(3)
_EVERY_MM = const(10)  # a strip is marked when the coil has come so much further
_STEP_MOST_MM = const(40)  # a coil that comes further between two calls was not seen to sweep what lies between
_TURN_MOST_MRAD = const(150)  # a strip ends where the heading is so far from its beginning's
# As in trust.py: a constant of another file is none in viper code.
_K = const(3)
_NEAR = const(24)
_FLOOR = const(16)
_ZERO = const(4096)

# The coil: its middle, the heading, and its cosine and sine; the settings; the place's sigma, and the number of the
# drift, -1 for an absolute place; how late the detector decides. Then two strips.
_X = const(0)
_Y = const(1)
_HEADING = const(2)
_COS = const(3)
_SIN = const(4)
_HALF = const(5)
_LONG = const(6)
_SIGMA = const(7)
_DRIFT = const(8)
_STALE = const(9)  # given: the trust of what is to be marked
_AHEAD = const(10)
_SETTLE = const(11)
_FROM = const(12)
# Where a strip begins, as far as the coil's (_X .. _SIN), and since then: how far to the left it came, to either side,
# how far the heading went, the largest sigma; how far the strip is marked; and, of its beginning, drift and sigma.
_LEAST_LEFT = const(5)
_MOST_LEFT = const(6)
_TURNED = const(7)
_MOST_SIGMA = const(8)
_MARKED = const(9)
_WHICH = const(10)
_FIRST_SIGMA = const(11)
_SIZE = const(12)

# Of a job (rectangle.py).
_JOB_COS = const(2)
_JOB_SIN = const(3)
_A0 = const(4)
_A1 = const(5)
_B0 = const(6)
_B1 = const(7)
_WHOLE = const(9)

# What `step` of a strip finds.
_GOES_ON = const(0)
_MARK = const(1)
_NEXT = const(2)


@micropython.viper
def _come(coil: ptr32, x: int, y: int, heading: int, sigma: int, drift: int) -> int:
    """The rover is here, with the cosine and sine of its heading in place; returns whether that is a jump."""
    ahead = coil[_AHEAD]
    x += (ahead * coil[_COS] + 8192) >> 14
    y += (ahead * coil[_SIN] + 8192) >> 14
    jump = 0
    moved = x - coil[_X]
    if moved > _STEP_MOST_MM or moved < 0 - _STEP_MOST_MM:
        jump = 1
    moved = y - coil[_Y]
    if moved > _STEP_MOST_MM or moved < 0 - _STEP_MOST_MM:
        jump = 1
    moved = heading - coil[_HEADING]
    if moved > _TURN_MOST_MRAD or moved < 0 - _TURN_MOST_MRAD:
        jump = 1
    coil[_X] = x
    coil[_Y] = y
    coil[_HEADING] = heading
    coil[_SIGMA] = sigma
    coil[_DRIFT] = drift
    return jump


@micropython.viper
def _begin(coil: ptr32, at: int):
    """A strip begins here. at: where it is kept."""
    i = 0
    while i < 5:
        coil[at + i] = coil[i]
        i += 1
    coil[at + _LEAST_LEFT] = 0
    coil[at + _MOST_LEFT] = 0
    coil[at + _TURNED] = 0
    coil[at + _MOST_SIGMA] = coil[_SIGMA]
    coil[at + _MARKED] = 0
    coil[at + _WHICH] = coil[_DRIFT]
    coil[at + _FIRST_SIGMA] = coil[_SIGMA]


@micropython.viper
def _onward(coil: ptr32, at: int) -> int:
    """Take the coil's place into a strip; returns how far ahead of its beginning it is."""
    x = coil[_X] - coil[at + _X]
    y = coil[_Y] - coil[at + _Y]
    cos = coil[at + _COS]
    sin = coil[at + _SIN]
    left = (cos * y - sin * x) >> 14
    if left < coil[at + _LEAST_LEFT]:
        coil[at + _LEAST_LEFT] = left
    if left > coil[at + _MOST_LEFT]:
        coil[at + _MOST_LEFT] = left
    turned = coil[_HEADING] - coil[at + _HEADING]
    if turned < 0:
        turned = 0 - turned
    if turned > coil[at + _TURNED]:
        coil[at + _TURNED] = turned
    if coil[_SIGMA] > coil[at + _MOST_SIGMA]:
        coil[at + _MOST_SIGMA] = coil[_SIGMA]
    return (cos * x + sin * y) >> 14


@micropython.viper
def _strip(coil_, at: int, other: int, job: ptr32) -> int:
    """The older strip, at `at`, a tick on, and the later one, at `other`. _MARK: the job has the rectangle to
    mark. _NEXT: the later one takes its place."""
    coil = ptr32(coil_)
    newer = int(_onward(coil_, other))
    far = int(_onward(coil_, at))
    turned = coil[at + _TURNED]
    off = coil[at + _MOST_SIGMA]
    coil[_STALE] = _ZERO
    if coil[_DRIFT] >= 0 and coil[_DRIFT] == coil[at + _WHICH]:
        # All of it is of one drift: only what it walked since the beginning is not known (trust.py).
        coil[_STALE] = _ZERO - coil[at + _FIRST_SIGMA]
        if off == coil[at + _FIRST_SIGMA]:
            off = 0
        else:
            off = int(root_up(off * off - coil[at + _FIRST_SIGMA] * coil[at + _FIRST_SIGMA]))
    if coil[_DRIFT] < 0 and off <= _NEAR:
        if off < _FLOOR:
            off = _FLOOR
        off = (17 * off + 7) >> 3
    else:
        off = _K * off
    settle = coil[_SETTLE]
    if newer >= coil[_LONG] + 2 * off + settle or turned > _TURN_MOST_MRAD or far < 0 - _EVERY_MM:
        return _NEXT
    if far < coil[at + _MARKED] + _EVERY_MM:
        return _GOES_ON
    half = coil[_HALF]
    # cos(t) >= 1 - t^2 / 2: 2^21 is more than 2,000,000, by less than the millimetres that are added.
    wide = half - ((half * turned * turned) >> 21) - 3 - off - _GUARD_MM
    job[_JOB_COS] = coil[at + _COS]
    job[_JOB_SIN] = coil[at + _SIN]
    job[_B0] = coil[at + _MOST_LEFT] - wide
    job[_B1] = coil[at + _LEAST_LEFT] + wide
    turn = coil[_HEADING] - coil[at + _HEADING]
    if turn < 0:
        turn = 0 - turn
    # For t <= 150 mrad tan(t) <= 1.01 t, of which a mrad is below 34 / 2^15, and 1 / cos(t) <= 1 + 1/64.
    job[_A1] = far - settle - off - (off >> 6) - 1 - _GUARD_MM - ((half * turn * 34) >> 15) - 1
    back = coil[at + _MARKED] - settle - coil[_LONG] - 2 * off
    if back < off + _GUARD_MM:
        back = off + _GUARD_MM
    job[_A0] = back
    coil[at + _MARKED] = far
    return _MARK


class Swept:
    """Marks what the coil sweeps. `step` once a tick while the ground under the coil is searched, `lost` when it is not
    (blind, too fast, too high, a contact): what is marked is then only what was whole before.

    The coil is a segment, swath_mm long, square to the heading. From a beginning with heading u it has come to a place
    `far` ahead; in between it was at most from `least` to `most` to the left of the line along u, and its heading at
    most `turned` off. Then a point Q of the frame of u, (a, l), was under it if
      0 < a,  far - a > tan(turn now) swath / 2,  |l - left| <= cos(turned) swath / 2 for left = least, most:
    Q is ahead of the segment's line at the beginning and behind it now, so it was on it in between; there the middle of
    the segment was (l - left) / cos(heading - u) from Q, at most. With an error E of the place E is taken off each.
    These Q are a rectangle, whatever the path was. Two strips are kept, the later one begun when the earlier one is
    long enough to hold any cell by itself, and takes its place when it is so itself. So along a way without breaks no
    cell is lost between strips. settle_mm: ground counts when the coil is so far beyond it, as its detector decides
    that late; what lies nearer when the way breaks off does not count.
    """

    def __init__(self, settings, cells, trust, sine=None, settle_mm=0):
        self._cells = cells
        self._trust = trust
        self._sine = sine_table() if sine is None else sine
        self._job = new_job(cells.cell_mm)
        self._later = new_job(cells.cell_mm)
        self._coil = zeros("i", _FROM + 2 * _SIZE)
        self._at = _FROM
        self._begun = False
        self._coil[_SETTLE] = settle_mm
        # 1.5 cells hold any cell's diagonal; and what is driven between two marks, and between two ticks.
        self._coil[_LONG] = cells.cell_mm * 3 // 2 + _EVERY_MM + 20 + 2 * _GUARD_MM
        self.configure(settings)

    def configure(self, settings):
        """Take the settings again."""
        self._coil[_AHEAD] = settings.get("coil_ahead_mm")
        self._coil[_HALF] = settings.get("swath_mm") // 2
        self.lost()

    def lost(self):
        """The coil does not search: what comes is a way of its own."""
        self._begun = False

    @micropython.native
    def step(self, x_mm, y_mm, heading_mrad):
        """The coil searches, and the rover has come to this place. heading_mrad adds up: a turn is no jump."""
        trust = self._trust
        sigma = trust.sigma_mm
        if sigma < 0:
            self._begun = False
            return
        coil = self._coil
        direct(self._sine, phase_of(heading_mrad), coil, _COS)
        if _come(coil, x_mm, y_mm, heading_mrad, sigma, -1 if trust.absolute else trust.drift):
            self._begun = False
        at = self._at
        other = 2 * _FROM + _SIZE - at
        if not self._begun:
            self._begun = True
            _begin(coil, at)
            _begin(coil, other)
            place(self._job, coil[_X], coil[_Y])
            place(self._later, coil[_X], coil[_Y])
            return
        job = self._job
        found = _strip(coil, at, other, job)
        if found == _NEXT:
            _begin(coil, at)
            place(job, coil[_X], coil[_Y])
            later = self._later
            self._later = job
            self._job = job = later
            self._at = other
            found = _strip(coil, other, at, job)
            if found == _NEXT:
                _begin(coil, other)
                place(job, coil[_X], coil[_Y])
        if found == _MARK:
            self._cells.mark(job, coil[_STALE])


@micropython.viper
def look_at_tracks(job_, out_, searched_, kept_, shape_, low: int, high: int) -> int:
    """0, or the first reason (cells.py) against a cell that one of two rectangles touches: a0 to a1 ahead, as the job
    has it, from low to high to the left, and the same to the right. low <= 0: they are one."""
    job = ptr32(job_)
    job[_WHOLE] = 0
    job[_B1] = high
    job[_B0] = low
    if low <= 0:
        job[_B0] = 0 - high
    if int(spans(job_, out_)) < 0:
        return 4
    reason = int(look(out_, searched_, kept_, shape_, job_))
    if reason != 0 or low <= 0:
        return reason
    job[_B0] = 0 - high
    job[_B1] = 0 - low
    if int(spans(job_, out_)) < 0:
        return 4
    return int(look(out_, searched_, kept_, shape_, job_))
