"""Where the tracks may go: the ground's map kept while the coil searches, and every motion asked for before it is made.

Without a base line nothing is asked for, and the rover goes where it is told.
"""

import micropython
from micropython import const
from sapper.ground.cells import CELL_MM, Cells
from sapper.ground.direction import direct, phase_of
from sapper.ground.geometry import DRIFTING, SETTLE_MM, problem
from sapper.ground.outline import Swept
from sapper.ground.permission import Permission
from sapper.ground.rectangle import A0, A1, B0, B1, COS, SIN, new_job, place
from sapper.ground.release import Release
from sapper.ground.root import root_up
from sapper.ground.runs import Teller
from sapper.ground.stand_off import StandOff
from sapper.ground.trust import ZERO, Trust
from sapper.shared.events import KIND_ID
from sapper.shared.sine import sine_table

# 256 x 128 cells: 12.8 m along the lanes and 6.4 m across, 8 KB.
_COLUMNS_BITS = const(8)
_ROWS_BITS = const(7)
_DISCS = const(48)
_TILE_CELLS = const(80)
_BASE = KIND_ID["base"]
_GROUND = KIND_ID["ground"]
_RELEASE = KIND_ID["release"]
_SPOT = KIND_ID["spot"]


class Tracks:
    """on: a base line was told. `mark` and `stops` once a tick, after the place is known.

    tell: function(kind, a, b, c, d, e) that logs an event.
    """

    def __init__(self, settings, pose, drive, tell):
        self._settings = settings
        self._pose = pose
        self._drive = drive
        self._tell = tell
        self._sine = sine_table()
        self.cells = Cells(CELL_MM, _COLUMNS_BITS, _ROWS_BITS, True)
        self.trust = Trust(self.cells)
        self.release = Release()
        self.teller = Teller(self.cells, self.trust)
        self._swept = Swept(settings, self.cells, self.trust, self._sine, SETTLE_MM)
        self._permission = Permission(settings, self.cells, self.trust, self._sine)
        self._stand_off = StandOff(self.cells, _DISCS)
        self._find = -1  # the last find's number there, and its place along the track
        self._find_mm = 0
        self._job = new_job(CELL_MM)
        self.on = False
        self._absolute = False  # GNSS has held the place since the base line was told
        self.reason = 0
        self._turn = 0
        self._told = 0
        self.configure(settings)

    def configure(self, settings):
        """Take the settings again."""
        self._swept.configure(settings)
        self._permission.configure(settings)
        get = settings.get
        self._ahead_mm = get("coil_ahead_mm")
        self._ticks_per_m = get("ticks_per_m")
        # A find is kept off over this lane's tracks: what of it lies further aside the next lane's coil finds itself.
        self._half_mm = (get("track_width_mm") + get("track_breadth_mm")) // 2 + get("ground_margin_mm")
        self._front_mm = get("track_length_mm") // 2 + get("ground_margin_mm")
        self._stand_off_mm = max(CELL_MM, get("stand_off_mm"))

    def begin(self, right_mm, left_mm):
        """The base line goes from right_mm to left_mm: '' and the check is on, or why it cannot be kept."""
        pose = self._pose
        if pose.sigma_mm < 0:
            return "the place is not known; `place` tells it"
        wrong = problem(self._settings.get, CELL_MM, pose.sigma_mm if pose.absolute else DRIFTING)
        if wrong:
            return wrong
        self.cells.base_line(right_mm, left_mm)
        self.cells.begin(pose.x_mm, pose.y_mm)
        self._stand_off.forget()
        self._find = -1
        self.reason = 0
        self.teller.again()
        self._absolute = pose.absolute
        self.trust.tell(pose.sigma_mm, pose.absolute)
        self.on = True
        self._tell(_BASE, right_mm, left_mm, 1)
        return ""

    def end(self):
        """Nothing is asked for any more."""
        if self.on:
            self.on = False
            self.reason = 0
            self._tell(_BASE, 0, 0, 0)

    def give(self, x0_mm, y0_mm, x1_mm, y1_mm, sigma_mm):
        """A rectangle that was searched before, its place as sure as that: the cells wholly inside, as far as the map
        goes now, in tiles that end where cells do."""
        self.cells.settle()
        job = self._job
        job[COS] = 1 << 14
        job[SIN] = 0
        job[A0] = job[B0] = 0
        left, low, columns, rows = self.cells.shape[:4]
        first_col = max(left, -(-x0_mm // CELL_MM))
        end_col = min(left + columns + 1, x1_mm // CELL_MM)
        end_row = min(low + rows + 1, y1_mm // CELL_MM)
        row = max(low, -(-y0_mm // CELL_MM))
        while row < end_row:
            col = first_col
            while col < end_col:
                place(job, col * CELL_MM, row * CELL_MM)
                job[A1] = min(_TILE_CELLS, end_col - col) * CELL_MM
                job[B1] = min(_TILE_CELLS, end_row - row) * CELL_MM
                self.cells.mark(job, ZERO + sigma_mm)
                col += _TILE_CELLS
            row += _TILE_CELLS

    def avoid(self, x_mm, y_mm, radius_mm):
        """Keep off a disc: its number."""
        return self._stand_off.add(x_mm, y_mm, radius_mm)

    def free(self, number):
        """A disc or a find's bar is harmless; whether it could be freed."""
        if number == self._find:
            self._find = -1
        return self._stand_off.remove(number)

    @micropython.native
    def mark(self, searches, elapsed_ms):
        """A tick: the rover has come where the pose is. searches: it is on its way as a search, and the detector sees
        and knows the ground. In between it may stand, and go back over what it knows."""
        pose = self._pose
        trust = self.trust
        if pose.absolute:
            self._absolute = True
        # In an outage, too: sigma is of the whole error, and what it takes off marks and puts on looks stops a lane
        # after some decimetres. Marked as of a drift the lane would go on, and for what it marked, nothing would be
        # allowed near it when GNSS is back.
        trust.tell(pose.sigma_mm, self._absolute)
        release = self.release
        if release.left_ms > 0 and not release.spend(elapsed_ms, self._went_um()):
            self._tell(_RELEASE, 0, 0)
        if not searches:
            self._swept.lost()
        self._turn = turn = self._turn + 1 & 3
        if turn == 3:
            if self.cells.follow(pose.x_mm, pose.y_mm):
                self._stand_off.again_next()
        elif turn == 1 and searches:
            self._swept.step(pose.x_mm, pose.y_mm, pose.heading_mrad)

    def _went_um(self):
        """In the last tick, the track that went farther."""
        ticks = self._drive.ticks
        return max(abs(ticks[0]), abs(ticks[1])) * 1_000_000 // self._ticks_per_m

    @micropython.native
    def stops(self, speed_mm_s, turn_mrad_s):
        """Whether a motion under way has to stop: what is asked of the tracks, and what they do, in turns."""
        turn = self._turn
        if turn & 1:
            return False
        if turn:
            drive = self._drive
            speed_mm_s = drive.speed_mm_s
            turn_mrad_s = drive.turn_mrad_s()
        if self.asks(speed_mm_s, turn_mrad_s):
            return False
        self._told = 0
        self.tell_refusal()
        return True

    @micropython.native
    def asks(self, speed_mm_s, turn_mrad_s):
        """Whether the rover may move so from here."""
        pose = self._pose
        if self._permission.ask(speed_mm_s, turn_mrad_s, pose.x_mm, pose.y_mm, pose.heading_mrad, self.release):
            self._told = 0
            return True
        self.reason = self._permission.reason
        return False

    def tell_refusal(self):
        """The event for the last refusal: once, however often a key that is held down asks for the same again."""
        if self._told != self.reason:
            self._told = self.reason
            self._tell(_GROUND, self.reason, self.refused_x_mm(), self.refused_y_mm())

    def refused_x_mm(self):
        """The place of the last refusal; so is refused_y_mm()."""
        return self._permission.where_x_mm()

    def refused_y_mm(self):
        return self._permission.where_y_mm()

    def give_release(self, time_ms, kept_off):
        """For one motion the operator answers for the ground."""
        self.release.give(time_ms, Release.MOST_MM, kept_off)
        self._tell(_RELEASE, time_ms, kept_off)

    def motion_ended(self):
        """A release is for one motion."""
        if self.release.left_ms > 0:
            self.release.end()
            self._tell(_RELEASE, 0, 0)

    def found(self, behind_mm, peak_mm, sigma_mm):
        """A find lies so far behind the coil's middle, as sure as sigma_mm, and anywhere across the swath: told, and
        kept off where the tracks of a rover on this lane would come to it."""
        pose = self._pose
        out = self._direction()
        ahead = self._ahead_mm - behind_mm
        x_mm = pose.x_mm + (ahead * out[0] >> 14)
        y_mm = pose.y_mm + (ahead * out[1] >> 14)
        number = -1
        if self.on:
            number = self._find
            if number < 0 or self._find_mm != peak_mm:  # else it is a sweep that began over it without a verdict
                number = self._keep_off_find(ahead, out)
                self._find = number
                self._find_mm = peak_mm
        sigma = pose.sigma_mm
        if sigma >= 0:
            sigma += self._ahead_mm * pose.sigma_mrad // 1000
            sigma = root_up(sigma * sigma + sigma_mm * sigma_mm)
        self._tell(_SPOT, x_mm, y_mm, sigma, peak_mm, number)

    def _keep_off_find(self, ahead_mm, way):
        """The bar of a find so far ahead of the tracks' middle: its number.

        Never onto the rover itself, which could not get away then: its tracks' foremost when it has come to rest, and
        what a look adds. Of a find nearer than that the bar is where that ends, so that nothing goes on over it.
        """
        pose = self._pose
        rolls_mm = abs(self._drive.speed_mm_s) * self._permission.during_ms // 1000
        reach_mm = rolls_mm + self._front_mm + self.trust.since_mm(ZERO) + 2 * CELL_MM
        ahead_mm = max(ahead_mm, reach_mm + CELL_MM + CELL_MM // 8)
        radius_mm = max(CELL_MM, min(self._stand_off_mm, (ahead_mm - reach_mm) * 15 // 16))
        return self._stand_off.add_bar(
            pose.x_mm + (ahead_mm * way[0] >> 14),
            pose.y_mm + (ahead_mm * way[1] >> 14),
            pose.heading_mrad,
            max(0, self._half_mm - radius_mm),
            radius_mm,
            self._sine,
        )

    def judged_clutter(self):
        """The last find is nothing to keep off."""
        if self._find >= 0:
            self.free(self._find)

    def _direction(self):
        """Cosine and sine of the heading, times 2**14."""
        out = self._job
        direct(self._sine, phase_of(self._pose.heading_mrad), out, COS)
        return out[COS], out[SIN]
