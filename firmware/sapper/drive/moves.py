"""Moves that the board makes by itself in the field, for an operator who is there: back, ahead, turn, shift; and the
line of a lane. Each has its goal in the field's own places, so one that was broken off goes on when it is said anew."""

import micropython
from micropython import const
from sapper.drive.line import QUARTER_MRAD, Line, nearest_axis, within_half_turn
from sapper.shared.events import MOVES

NONE, DRIVE, SWEEP, LANE, BACK, AHEAD, TURN, SHIFT = range(len(MOVES))
# Farther off its line or heading than this a move is refused: it would not be the one that was planned.
LINE_MOST_MM = 100
LINE_MOST_MRAD = 200

_BACK = const(4)
_TURN = const(6)
_SHIFT = const(7)
_SLOW_MM_S = const(60)  # as at a lane's end (motion.py)
_BRAKE_PER_S = const(3)
_ROLLS_MS = const(350)  # halted at its creep, it rolls as far as it went in this time, on ground as it usually is
_ROLLS_MOST_MM = const(24)
_NEAR_MM = const(8)  # nearer than that it does not begin anew
_RESTS_MM_S = const(20)
_RESTS_MRAD_S = const(100)  # likewise, of tracks that rock against each other
_THERE_MM = const(25)
_THERE_MRAD = const(15)
_TURN_PER_S = const(3)
_TURN_LEAST_MRAD_S = const(150)  # slower, stiction may hold the tracks on loose ground
_TURN_MOST_MS = const(30_000)
# A shift: turn aside, go, turn back.
_ASIDE = const(0)
_ALONG = const(1)
_STRAIGHT = const(2)

GOES, MOVED, BROKEN = 0, 1, 2


class Moves:
    """kind: what is under way (MOVES); speed_mm_s, turn_mrad_s: what is asked of the tracks now."""

    def __init__(self, settings, drive, pose):
        self._drive = drive
        self._pose = pose
        self.line = Line()
        self.configure(settings)
        self.end()

    def configure(self, settings):
        """Take the settings again."""
        get = settings.get
        self._travel_mm_s = min(get("travel_mm_s"), get("speed_max_mm_s"))
        self._turn_most_mrad_s = min(get("travel_mrad_s"), get("turn_max_mrad_s"))

    def end(self):
        """None is under way."""
        self.kind = NONE
        self.speed_mm_s = 0
        self.turn_mrad_s = 0
        self.x_mm = 0
        self.y_mm = 0
        self._goal_mrad = 0
        self._part = _ASIDE
        self._ms = 0

    def straight(self, kind, x_mm, y_mm):
        """Aim a lane, back or ahead along the axis that the heading is nearest to; '' or why it cannot be."""
        pose = self._pose
        line = self.line
        line.aim(x_mm, y_mm, nearest_axis(pose.heading_mrad))
        line.look(pose)
        way = -line.left_mm if kind == BACK else line.left_mm
        if abs(line.cross_mm) > LINE_MOST_MM or abs(line.off_mrad) > LINE_MOST_MRAD:
            return "%d mm beside the line and %d mrad off it; at most %d and %d" % (
                line.cross_mm,
                line.off_mrad,
                LINE_MOST_MM,
                LINE_MOST_MRAD,
            )
        if way <= 0:
            return "that place is %d mm %s" % (abs(way), "ahead" if kind == BACK else "behind")
        self._begin(kind, x_mm, y_mm)
        self.speed_mm_s = -self._travel_mm_s if kind == BACK else self._travel_mm_s
        return ""

    def turn(self, heading_mrad):
        """Begin to turn to a heading."""
        self._goal_mrad = within_half_turn(heading_mrad)
        self._begin(TURN, self._pose.x_mm, self._pose.y_mm)
        self._turn_to()

    def shift(self, y_mm):
        """Begin to shift, or go on in the middle of it."""
        pose = self._pose
        self._begin(SHIFT, pose.x_mm, y_mm)
        way = y_mm - pose.y_mm
        axis = 1 if way > 0 else 3
        self.line.aim(pose.x_mm, y_mm, axis)
        self.line.look(pose)
        self._goal_mrad = QUARTER_MRAD if axis == 1 else -QUARTER_MRAD
        self._part = _ASIDE
        if -_THERE_MM <= way <= _THERE_MM:
            self._goal_mrad = 0
            self._part = _STRAIGHT
        self._turn_to()

    def _begin(self, kind, x_mm, y_mm):
        self.kind = kind
        self.x_mm = x_mm
        self.y_mm = y_mm
        self.speed_mm_s = 0
        self.turn_mrad_s = 0
        self._ms = 0

    @micropython.native
    def _turn_to(self):
        """Ask for the turn to the goal; whether it is there."""
        left = within_half_turn(self._goal_mrad - self._pose.heading_mrad)
        self.speed_mm_s = 0
        if -_THERE_MRAD <= left <= _THERE_MRAD:
            self.turn_mrad_s = 0
            return True
        turn = left * _TURN_PER_S
        most = self._turn_most_mrad_s
        if left > 0:
            self.turn_mrad_s = min(max(turn, _TURN_LEAST_MRAD_S), most)
        else:
            self.turn_mrad_s = max(min(turn, -_TURN_LEAST_MRAD_S), -most)
        return False

    @micropython.native
    def _go(self, backwards):
        """Ask for the way along the line; whether it is there."""
        line = self.line
        line.look(self._pose)
        left = -line.left_mm if backwards else line.left_mm
        rolls = self._drive.speed_mm_s * _ROLLS_MS // 1000
        if backwards:
            rolls = -rolls
        if left <= _NEAR_MM or left <= min(rolls, _ROLLS_MOST_MM):
            self.speed_mm_s = 0
            self.turn_mrad_s = 0
            return True
        speed = min(self._travel_mm_s, _SLOW_MM_S + _BRAKE_PER_S * left)
        self.speed_mm_s = -speed if backwards else speed
        self.turn_mrad_s = line.turn_mrad_s(backwards)
        return False

    @micropython.native
    def step(self, elapsed_ms):
        """Move on by one tick: GOES, MOVED when it is there and stands, BROKEN when a turn does not come there."""
        self._ms += elapsed_ms
        drive = self._drive
        kind = self.kind
        if kind == _TURN:
            there = self._turn_to()
        elif kind == _SHIFT:
            there = self._shift()
        else:
            there = self._go(kind == _BACK)
        if there:
            drive.halt()
            return MOVED if self._stands() else GOES
        if self.speed_mm_s == 0 and self._ms > _TURN_MOST_MS:
            drive.halt()
            return BROKEN
        drive.act(self.speed_mm_s, self.turn_mrad_s)
        return GOES

    @micropython.native
    def _stands(self):
        """Whether the tracks have come to rest, the one that goes back, too."""
        drive = self._drive
        if not -_RESTS_MM_S < drive.speed_mm_s < _RESTS_MM_S:
            return False
        return -_RESTS_MRAD_S < drive.turn_mrad_s() < _RESTS_MRAD_S

    @micropython.native
    def _shift(self):
        """A tick of a shift; whether it is there. Each part begins standing."""
        if self._part == _ALONG:
            if not self._go(False):
                return False
            self._goal_mrad = 0
        elif not self._turn_to():
            return False
        elif self._part == _STRAIGHT:
            return True
        drive = self._drive
        if not drive.resting():
            drive.halt()
        if self._stands():
            self._part += 1
            self._ms = 0
        return False
