"""The rover's place in the field, its heading, and how sure they are: tracks, gyro and GNSS made one.

Dead reckoning goes on each tick (reckoning.py), its uncertainty each eighth (spread.py); fixes are looked at as they
come (aiding.py), the gyro each eighth tick (gyro_check.py).
"""

import micropython
from micropython import const
from sapper.pose import taking
from sapper.pose.aiding import FIXED, NONE, SINGLE, Aiding
from sapper.pose.gyro_check import AGREES, GyroCheck
from sapper.pose.reckoning import Reckoning
from sapper.pose.roots import hypot
from sapper.pose.spread import Spread

PLACE_MOST_MM = const(4_000_000)

# So well is the lean of an antenna known with an accelerometer; without one, slopes are not told.
_LEAN_MRAD = const(10)
_LEAN_UNKNOWN_MRAD = const(40)
_LEAN_BLOCKS = const(12)
_SIGMA_MOST_MM = const(30_000)
_EDGE = const(1_025_000_000)  # beyond PLACE_MOST_MM and below 30 bits

# As in reckoning.py, spread.py and taking.py.
_X = const(0)
_Y = const(1)
_HEADING = const(2)
_WAY = const(7)
_MOVED_MS = const(12)
_BY_GYRO = const(14)
_BY_TRACKS = const(15)
_USE_GYRO = const(16)
_RATIO = const(18)
_CHECK_WAY = const(10)
_BLOCK = const(8)
_FIX_X = const(0)
_FIX_Y = const(1)
_FIX_SIGMA = const(2)
_FIX_KIND = const(3)
_SPEED = const(4)
_UP = const(5)
_ARM = const(6)
_LEAN = const(7)
_LEAN_TICK = const(2)
_LOOK_TICK = const(4)
_SIGMA_HEADING = const(4)
_LIN_URAD = const(6)
_TOLD_MM = const(24)
_TOLD_MRAD = const(25)


class Pose:
    """`step` once a tick, after `turned` and `tilt` where there are such sensors; `fix` for each of GNSS's; `place`
    when someone tells where it stands.

    placed; x_mm, y_mm, heading_mrad (within half a turn, counter-clockwise): of the tracks' middle. sigma_mm: one
    sigma along the worst axis, -1: unknown; sigma_mrad. absolute: GNSS held the place within 2 s; while it does not,
    sigma never falls. gnss: the kind of the last fix that agreed, 0 when older than 2 s. dropped: GNSS disagrees with
    the tracks. gyro: it turned the rover in the last tick. gyro_dropped: it disagrees with the tracks.
    """

    def __init__(self, settings):
        self._reckoning = Reckoning(settings)
        self._spread = Spread()
        self._aiding = Aiding(self._reckoning, self._spread)
        self._check = GyroCheck()
        self._words = self._reckoning.words
        self._has_gyro = 0
        self._gyro = 0
        self._pitch_mrad = self._roll_mrad = 0
        self._lean_age = _LEAN_BLOCKS
        self.gyro = False
        self.gyro_dropped = False
        self.forget()
        self.configure(settings)

    def configure(self, settings):
        """Take the settings again; the place stays, what fixes are compared with does not."""
        self._reckoning.configure(settings)
        self._aiding.fix[_LEAN] = _LEAN_UNKNOWN_MRAD
        self._aiding.fix[_UP] = settings.get("antenna_up_mm")
        self._aiding.fix[_ARM] = hypot(settings.get("antenna_ahead_mm"), settings.get("antenna_left_mm"))
        self._aiding.compare_anew()

    def forget(self):
        """The place is not known."""
        self.placed = False
        self.x_mm = self.y_mm = self.heading_mrad = 0
        self.sigma_mm = -1
        self.sigma_mrad = 0
        self.absolute = False
        self.gnss = NONE
        self.dropped = False
        self._reckoning.place(0, 0, 0)
        self._aiding.begin()

    def place(self, x_mm, y_mm, heading_mrad, sigma_mm, sigma_mrad):
        """The tracks' middle stands there. ValueError beyond PLACE_MOST_MM from the origin."""
        if abs(x_mm) > PLACE_MOST_MM or abs(y_mm) > PLACE_MOST_MM:
            raise ValueError("a place is within %d mm of the field's origin" % PLACE_MOST_MM)
        self.forget()
        # 113 turns are 710 rad, within 0.1 mrad.
        heading_mrad = (heading_mrad + 355_000) % 710_000 - 355_000
        turns = (heading_mrad + 3141) // 6283
        self._reckoning.place(x_mm << 8, y_mm << 8, 0)
        self._reckoning.turn(heading_mrad * 1000 - turns * 6_283_185)
        self._spread.place(min(_SIGMA_MOST_MM, max(0, sigma_mm)) << 4, min(1023, max(0, sigma_mrad)) << 5)
        self._spread.begin(x_mm << 8, y_mm << 8)
        self._check.clear()
        self.gyro_dropped = False
        self._words[_USE_GYRO] = 1
        self.placed = True
        taking.more(self._aiding.fix, self._spread.words)
        self._tell()
        self._show()

    @micropython.native
    def turned(self, urad):
        """The gyro's turn since the last tick, counter-clockwise, bias taken off."""
        self._gyro = urad
        self._has_gyro = 1

    @micropython.native
    def tilt(self, pitch_mrad, roll_mrad):
        """Nose up, left side up."""
        self._pitch_mrad = pitch_mrad
        self._roll_mrad = roll_mrad
        self._lean_age = 0

    @micropython.native
    def step(self, left_ticks, right_ticks, elapsed_ms):
        """A tick: what the tracks counted."""
        has = self._has_gyro
        self._has_gyro = 0
        self.gyro = has == 1 and not self.gyro_dropped
        ticks = self._reckoning.step(left_ticks, right_ticks, elapsed_ms, self._gyro, has)
        # Of eight ticks one looks at the gyro, one at the lean, one at how sure the place is; others learn.
        if ticks >= _BLOCK:
            self._block()
        elif ticks == _LOOK_TICK:
            if has:
                self._look_at_gyro()
        elif ticks == _LEAN_TICK:
            self._lean()
        else:
            self._aiding.learn()
        if self.placed:
            self._show()

    @micropython.native
    def fix(self, x_mm, y_mm, sigma_mm, kind, age_ms):
        """The antenna was there, in the field's frame, age_ms ago; kind 1 single, 2 float, 3 fixed; sigma_mm of the
        distance, as the receiver tells it (sensors/fix.py). Returns whether it was used."""
        if not self.placed or kind < SINGLE or kind > FIXED or sigma_mm < 0 or age_ms < 0:
            return False
        reckoned = self._reckoning
        at = reckoned.look_back(age_ms)
        if at < 0:
            return False
        fix = self._aiding.fix
        fix[_FIX_X] = x_mm
        fix[_FIX_Y] = y_mm
        fix[_FIX_SIGMA] = sigma_mm
        fix[_FIX_KIND] = kind
        # What it did is told with the next block.
        return self._aiding.take(reckoned.ring[at], reckoned.ring[at + 1])

    @micropython.native
    def _show(self):
        words = self._words
        self.x_mm = (words[_X] + 128) >> 8
        self.y_mm = (words[_Y] + 128) >> 8
        self.heading_mrad = (words[_HEADING] + 500) // 1000

    @micropython.native
    def _block(self):
        """The ticks since the last one."""
        words = self._words
        moved_ms = words[_MOVED_MS]
        fix = self._aiding.fix
        fix[_SPEED] = (words[_WAY] >> 8) * 1000 // moved_ms if moved_ms else 0
        fix[_LEAN] = _LEAN_MRAD if self._lean_age < _LEAN_BLOCKS else _LEAN_UNKNOWN_MRAD
        self._spread.grow(words)
        taking.more(fix, self._spread.words)
        if self.placed:
            self._aiding.elapse()
            self._tell()

    @micropython.native
    def _lean(self):
        """As the accelerometer said last; what is old is not known."""
        age = self._lean_age
        if age < _LEAN_BLOCKS:
            self._lean_age = age + 1
            self._reckoning.lean(self._pitch_mrad, self._roll_mrad)
        elif age == _LEAN_BLOCKS:
            self._lean_age = age + 1
            self._reckoning.lean(0, 0)
        words = self._words
        if abs(words[_X]) > _EDGE or abs(words[_Y]) > _EDGE:
            self.forget()

    @micropython.native
    def _look_at_gyro(self):
        """Its turn against the tracks', of the last eight ticks."""
        words = self._words
        by_gyro = words[_BY_GYRO]
        by_tracks = words[_BY_TRACKS]
        found = self._check.step(by_gyro, by_tracks, words[_CHECK_WAY] >> 8)
        words[_BY_GYRO] = words[_BY_TRACKS] = words[_CHECK_WAY] = 0
        if found != AGREES:
            self._without_gyro(found)
        elif not self._check.wrong:
            if self.gyro_dropped:
                self.gyro_dropped = False
                words[_USE_GYRO] = 1
            if (by_gyro > 20_000 or by_gyro < -20_000) and by_tracks:
                # How much of the tracks' turn is the rover's: for when there is no gyro.
                ratio = (by_gyro << 8) // by_tracks
                if 100 < ratio < 256:
                    words[_RATIO] += (ratio - words[_RATIO]) >> 4

    def _without_gyro(self, found):
        """It was wrong of late: the tracks' turn, as unsure as that is, in its place."""
        words = self._words
        self.gyro_dropped = True
        words[_USE_GYRO] = 0
        by_tracks = self._check.tracks(found) * (words[_RATIO] >> 2) >> 6
        wrong = self._check.gyro(found) - by_tracks
        self._reckoning.turn(-min(3_000_000, max(-3_000_000, wrong)))
        urad = abs(by_tracks) * 3 // 10 + min(500_000, abs(wrong)) // 2 + 30_000
        grown = self._spread.words
        grown[_LIN_URAD] = min(1_000_000, grown[_LIN_URAD] + urad)
        self._aiding.compare_anew()

    @micropython.native
    def _tell(self):
        """What others see."""
        aiding = self._aiding
        self.absolute = aiding.held
        self.gnss = aiding.gnss
        self.dropped = aiding.dropped
        grown = self._spread
        grown.tell()
        sigma = grown.words[_TOLD_MM]
        if aiding.held or sigma > self.sigma_mm:
            self.sigma_mm = sigma
        self.sigma_mrad = grown.words[_TOLD_MRAD]
