"""May the rover move so? The tracks' outlines along a commanded motion until it has stopped, looked at in the map."""

from array import array

import micropython
from micropython import const
from sapper.ground.bits import worst
from sapper.ground.cells import NONE, PLACE_UNKNOWN
from sapper.ground.direction import direct, phase_of
from sapper.ground.outline import look_at_tracks
from sapper.ground.rectangle import new_job, new_spans
from sapper.ground.trust import K
from sapper.shared.sine import sine_table

MARGIN_MOST_MM = const(500)  # where the place is less sure, it is unknown
TRAVEL_MOST_MM = const(2000)
# Between two outlines that are looked at the rover turns by so much at most, and each of them is grown by what the
# tracks touch within half of that.
STEP_URAD = const(125_000)
_PARTS_MOST = const(64)
# A pose on the way is in whole millimetres (0.7), and cosines are cut. Each part's chord, cut to 1/32 mm, is 1/10 mm
# off: parts / 8 come on top.
_GUARD_MM = const(2)

# How long a motion lasts; half a track's length, how far from the middle the tracks begin and end to either side. And
# the viper code's own: a chord's cosine and sine.
_DURING = const(0)
_HALF_LENGTH = const(1)
_INNER = const(2)
_OUTER = const(3)
_COS = const(4)
_SIN = const(5)

# As in cells.py: what a look asks.
_FREE = const(2)
_ALL = const(3)

# Of a job (rectangle.py).
_JOB_X = const(0)
_JOB_Y = const(1)
_JOB_COS = const(2)
_A0 = const(4)
_A1 = const(5)
_CELL = const(8)
_COL = const(10)
_ROW = const(11)
_NEED = const(12)
_BAD_COL = const(13)
_BAD_ROW = const(14)


@micropython.viper
def _along(
    plan_,
    job_,
    out_,
    searched_,
    kept_,
    shape_,
    sine_,
    need: int,
    col: int,
    row: int,
    x_in_cell: int,
    y_in_cell: int,
    speed: int,
    turn: int,
    margin: int,
    phase: int,
) -> int:
    """The first reason against a motion of (mm/s, mrad/s) from a place, with a margin (mm); 0: none.

    No division: n / 1000 is below (n / 32 + 1) x 1049 / 2^15, and that by 1/2,000 and one at most.
    """
    plan = ptr32(plan_)
    job = ptr32(job_)
    job[_BAD_COL] = col
    job[_BAD_ROW] = row
    job[_NEED] = need
    back = 0
    if speed < 0:
        back = 1
        speed = 0 - speed
    right = 0
    if turn < 0:
        right = 1
        turn = 0 - turn
    way = speed * plan[_DURING]  # um
    if way > 2000000:  # TRAVEL_MOST_MM
        return 4
    # In 1/32 mm: way x 4 / 125, which 1049 / 2^15 is above by 1 in 2,470; two shifts take all but 1 in 21,000 of it.
    length = ((way >> 1) * 1049 >> 14) - (way >> 17) - (way >> 18)
    turn = turn * plan[_DURING]  # urad
    parts = 1
    while turn > STEP_URAD:
        turn = (turn + 1) >> 1
        length = length >> 1
        parts = parts << 1
    if parts > _PARTS_MOST:
        return 4
    part = (length + 63) >> 5  # mm
    margin += _GUARD_MM + (parts >> 3)
    ahead = margin + ((part + 1) >> 1)
    aside = margin
    step = 0
    if turn:
        half = ((((turn >> 5) + 1) * 1049 >> 15) >> 1) + 2  # f, in mrad
        a = plan[_HALF_LENGTH] + margin
        b = plan[_OUTER] + margin
        # a f^2 / 2: 2^21 is above 2,000,000 by less than what the last number adds.
        ahead += ((((b * half) >> 5) + 1) * 1049 >> 15) + ((a * half * half) >> 21) + 2
        aside += ((((a * half) >> 5) + 1) * 1049 >> 15) + ((b * half * half) >> 21) + ((part * half) >> 11) + 3
        step = (turn * 2734) >> 10  # 2^24 / (2000 pi) / 1000 = 2.670177
        if right:
            step = 0 - step
    if back:
        length = 0 - length
    job[_A1] = plan[_HALF_LENGTH] + ahead
    job[_A0] = 0 - plan[_HALF_LENGTH] - ahead
    low = plan[_INNER] - aside
    high = plan[_OUTER] + aside
    cell = job[_CELL]
    # From the pose to the middle of the first part by half a part, and on by whole ones: a chord of each.
    direct(sine_, phase + (step >> 2), plan_, _COS)
    x = (length >> 1) * plan[_COS] >> 14
    y = (length >> 1) * plan[_SIN] >> 14
    phase += step >> 1
    was_x = 0
    was_y = 0
    while True:
        at = (x + 16) >> 5
        x_in_cell += at - was_x
        was_x = at
        while x_in_cell < 0:
            x_in_cell += cell
            col -= 1
        while x_in_cell >= cell:
            x_in_cell -= cell
            col += 1
        at = (y + 16) >> 5
        y_in_cell += at - was_y
        was_y = at
        while y_in_cell < 0:
            y_in_cell += cell
            row -= 1
        while y_in_cell >= cell:
            y_in_cell -= cell
            row += 1
        job[_JOB_X] = x_in_cell
        job[_JOB_Y] = y_in_cell
        job[_COL] = col
        job[_ROW] = row
        direct(sine_, phase, job_, _JOB_COS)
        reason = int(look_at_tracks(job_, out_, searched_, kept_, shape_, low, high))
        # Without SEARCHED, only what is kept off counts.
        if reason == 2 or (reason and need & 1):
            return reason
        parts -= 1
        if parts == 0:
            return 0
        direct(sine_, phase + (step >> 1), plan_, _COS)
        x += length * plan[_COS] >> 14
        y += length * plan[_SIN] >> 14
        phase += step


class Permission:
    """`ask` once a tick and motion. reason: of the last one (cells.REASONS); where_x_mm(), where_y_mm(): the middle of
    the cell that it was about.

    A motion of v, w goes on as it is for ground_reaction_ms, ramps down over stop_ramp_ms, and rolls for ground_stop_mm
    when it was speed_max_mm_s, as much less as it is slower: friction stops sooner than that. v and w fall alike, so
    the way is one arc, as long as the speed would take in `during_ms`.

    The arc is halved until the rover turns by STEP_URAD at most in each part. Seen from a part's middle, the rover at
    any moment of it is turned by at most f = turn / 2, and its middle at most half the part's length ahead or behind,
    and length x turn / 8 aside (the arc's height). So a point (a, b) of a track moves by at most
      ahead: length / 2 + |b| f + |a| f^2 / 2      aside: length turn / 8 + |a| f + |b| f^2 / 2
    and an outline grown by these holds all between: nothing is missed, however fast the turn.
    """

    def __init__(self, settings, cells, trust, sine=None):
        self._cell_mm = cells.cell_mm
        self._plan = array("i", [0] * 6)
        self._job = new_job(cells.cell_mm)
        # Taken out at once: each look for a name costs 3 us.
        self._held = (self._plan, self._job, new_spans(), cells, trust, sine_table() if sine is None else sine)
        self._bits = (cells.searched, cells.kept, cells.shape, cells.blocks)
        self.reason = NONE
        self.configure(settings)

    def configure(self, settings):
        """Take the settings again."""
        get = settings.get
        width = get("track_width_mm")
        breadth = get("track_breadth_mm")
        plan = self._plan
        plan[_HALF_LENGTH] = get("track_length_mm") + 1 >> 1
        plan[_INNER] = width - breadth >> 1
        plan[_OUTER] = width + breadth + 1 >> 1
        self._margin_mm = get("ground_margin_mm")
        rolls_ms = -(-get("ground_stop_mm") * 1000 // get("speed_max_mm_s"))
        self.during_ms = get("ground_reaction_ms") + (get("stop_ramp_ms") + 1) // 2 + rolls_ms
        plan[_DURING] = self.during_ms
        # Blocks within so many cells decide how far to stand off.
        reach_mm = get("speed_max_mm_s") * self.during_ms // 1000 + plan[_HALF_LENGTH] + plan[_OUTER] + MARGIN_MOST_MM
        self._reach = reach_mm // self._cell_mm + 1

    @micropython.native
    def ask(self, speed_mm_s, turn_mrad_s, x_mm, y_mm, heading_mrad, release=None):
        """Whether the rover, here, may move so. release: a Release, which waives what it covers while it lasts. A
        motion that the rover goes over to takes time to be taken up: ask for the one it has, too.
        """
        need = _ALL
        if release is not None and release.left_ms > 0:
            if release.kept_off:
                self.reason = NONE
                return True
            need = _FREE
        plan, job, out, cells, trust, sine = self._held
        searched, kept, shape, blocks = self._bits
        cell = self._cell_mm
        col = x_mm // cell
        row = y_mm // cell
        sigma = trust.sigma_mm
        if sigma < 0:
            return self._unknown(need, col, row)
        reach = self._reach
        since = trust.since_mm(worst(blocks, shape, col - reach, col + reach, row - reach, row + reach))
        margin = self._margin_mm + since
        if margin > MARGIN_MOST_MM:
            if need == _ALL:
                return self._unknown(need, col, row)
            margin = MARGIN_MOST_MM
        # The base line itself was not marked: it is off by all of the uncertainty.
        cells.narrow(K * sigma - since)
        self.reason = reason = _along(
            plan,
            job,
            out,
            searched,
            kept,
            shape,
            sine,
            need,
            col,
            row,
            x_mm - col * cell,
            y_mm - row * cell,
            speed_mm_s,
            turn_mrad_s,
            margin,
            phase_of(heading_mrad),
        )
        return reason == 0

    def _unknown(self, need, col, row):
        """The place is not known well enough for a look."""
        self._job[_BAD_COL] = col
        self._job[_BAD_ROW] = row
        self.reason = PLACE_UNKNOWN if need == _ALL else NONE
        return need != _ALL

    def where_x_mm(self):
        """The middle of the cell that the last refusal was about, or of the rover's own; so is where_y_mm()."""
        return self._job[_BAD_COL] * self._cell_mm + self._cell_mm // 2

    def where_y_mm(self):
        return self._job[_BAD_ROW] * self._cell_mm + self._cell_mm // 2
