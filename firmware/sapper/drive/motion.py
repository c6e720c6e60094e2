"""What the tracks are asked to do in each state: the operator's speed in TELEOP, the lane in SWEEP, rest in all
others."""

import micropython
from micropython import const
from sapper.safety.supervisor import SWEEP, TELEOP
from sapper.shared.limits import LOOK_BACK_MM, LOOK_MS, SWEEP_LEAST_MM_S

RESTED, LOOKED, LOOK_LOST, MOVED, BROKEN = 2, 3, 4, 5, 6  # what `step` returns
_SLOW_MM_S = const(60)  # creep at a lane's end
_BRAKE_PER_S = const(3)  # at the end of a lane: mm/s are at most this times the millimetres left, plus the creep
_RESTS_MM_S = const(20)  # a track that rocks shows a count or two: 13 mm/s
# Of events.MOVES, and of moves.py, which a test holds them to.
_DRIVE = const(1)
_SWEEP = const(2)
_LANE = const(3)
_AHEAD = const(5)
_MOVED = const(1)
# A second look: none, coming to rest, on the way back.
_NONE = const(0)
_RESTS = const(1)
_BACKS = const(2)


class Motion:
    """Commands in, `step` once a tick; drives a `Drive`. strayed: turned or driven backwards since the last sweep
    began, so that the ground ahead is not that which the detector knows. backed: a second look went back over its
    place, which it does not where the tracks may have reached that, nor where it would leave the ground of this sweep.
    kind: what the tracks are doing (events.MOVES); asked_mm_s, asked_mrad_s: what is asked of them. moves: those that
    the board makes by itself, in a field.
    """

    def __init__(self, settings, drive):
        self._settings = settings
        self._drive = drive
        self._pose = self.moves = None
        self.strayed = False
        self.backed = False
        self._began_mm = 0
        self.configure()
        self.halt()

    def configure(self):
        """Take the settings again."""
        get = self._settings.get
        self._stale_ms = get("drive_timeout_ms")
        self._ramp_ms = get("stop_ramp_ms")
        self._sweep_mm_s = get("sweep_mm_s")
        self._slow_mm_s = min(self._sweep_mm_s, get("sweep_slow_mm_s"))
        self._back_most_mm = min(LOOK_BACK_MM, get("coil_clear_mm"))
        if self.moves is not None:
            self.moves.configure(self._settings)

    def take_moves(self, own, pose):
        """In a field: moves of the board's own (moves.Moves), by the place that a pose tells."""
        self.moves = own
        self._pose = pose

    def drive(self, speed_mm_s, turn_mrad_s):
        """The operator's command, good for drive_timeout_ms. No speed and no turn: duty 0 at the next tick, without a
        ramp, as whoever lets go of the keys wants to stand."""
        self._speed = speed_mm_s
        self._turn = turn_mrad_s
        self._age_ms = 0
        if self.kind != _DRIVE:
            self._end_move()
            self.kind = _DRIVE
        if turn_mrad_s or speed_mm_s < 0:
            self.strayed = True

    def begin_move(self):
        """The move that `moves` is set to is under way; its lane begins with `sweep`."""
        self.kind = self.moves.kind
        if self.kind != _AHEAD:
            self.strayed = True

    def _end_move(self):
        if self.moves is not None:
            self.moves.end()

    def sweep(self, length_mm, lane=False):
        """A straight lane from here; lane: along the line that `moves` has, to its end."""
        self.strayed = False
        self.kind = _LANE if lane else _SWEEP
        odometry = self._drive.odometry
        odometry.fold()
        self._began_mm = odometry.s_mm
        self._slow_to_mm = self._began_mm
        self._goal_mm = odometry.s_mm + length_mm
        self._skew = odometry.left - odometry.right

    def slow_to(self, s_mm):
        """The sweep goes slowly up to there."""
        self._slow_to_mm = s_mm

    def look(self, place_mm):
        """In a sweep: stand, go back over a place that the coil has passed, and stand over it."""
        self._place_mm = place_mm
        self._look_ms = 0
        self.backed = False
        self._look = _RESTS
        self.asked_mm_s = 0
        self.asked_mrad_s = 0
        odometry = self._drive.odometry
        if self.kind == _LANE:  # it was steered: what is straight is straight from here
            self._skew = odometry.left - odometry.right
        self._drive.halt()

    @property
    def looks(self):
        """Whether a second look is under way."""
        return self._look != _NONE

    def halt(self):
        """Nothing is asked of the tracks."""
        self.kind = 0
        self._end_move()
        self.asked_mm_s = 0
        self.asked_mrad_s = 0
        self._look = _NONE
        self._speed = 0
        self._turn = 0
        self._age_ms = 0
        self._goal_mm = 0
        self._skew = 0

    @micropython.native
    def step(self, state, elapsed_ms):
        """Move on by one tick. Returns 0 while this state's motion goes on, RESTED when the last command was to stand
        and is stale, LOOKED when it stands for a second look, LOOK_LOST when it does not come there, MOVED or BROKEN
        when a move of the board's own is there, or does not come there; 1 at any other end: the lane done, or a command
        to move stale and at rest."""
        drive = self._drive
        if state == TELEOP:
            if self.moves is not None and self.moves.kind:
                return self._step_move(elapsed_ms)
            self._age_ms += elapsed_ms
            if self._age_ms < self._stale_ms:
                self.asked_mm_s = self._speed
                self.asked_mrad_s = self._turn
                if self._speed == 0 and self._turn == 0:
                    drive.halt()
                else:
                    drive.act(self._speed, self._turn)
                return 0
            self.asked_mm_s = 0
            self.asked_mrad_s = 0
            drive.ramp_down(self._ramp_ms)
            if not drive.resting():
                return 0
            return 1 if self._speed or self._turn else RESTED
        if state == SWEEP:
            if self._look:
                return self._step_look(elapsed_ms)
            odometry = drive.odometry
            lane = self.kind == _LANE
            if lane:
                line = self.moves.line
                line.look(self._pose)
                left_mm = line.left_mm
            else:
                left_mm = self._goal_mm - odometry.s_mm
            if left_mm <= 0:
                drive.halt()
                return 1
            speed = self._sweep_mm_s if odometry.s_mm >= self._slow_to_mm else self._slow_mm_s
            speed = min(speed, _SLOW_MM_S + _BRAKE_PER_S * left_mm)
            self.asked_mm_s = speed
            if lane:
                self.asked_mrad_s = turn = line.turn_mrad_s(False)
                drive.act(speed, turn)
            else:
                self.asked_mrad_s = 0
                drive.keep_straight(speed, odometry.left - odometry.right - self._skew)
            return 0
        if not drive.resting():
            drive.halt()
        return 0

    @micropython.native
    def _step_move(self, elapsed_ms):
        """A tick of a move of the board's own."""
        own = self.moves
        ended = own.step(elapsed_ms)
        self.asked_mm_s = own.speed_mm_s
        self.asked_mrad_s = own.turn_mrad_s
        if ended:
            return MOVED if ended == _MOVED else BROKEN
        return 0

    @micropython.native
    def _step_look(self, elapsed_ms):
        """A tick of a second look. Reversing a track that still rolls would look like one that goes the wrong way, so
        it comes to rest first."""
        drive = self._drive
        odometry = drive.odometry
        self._look_ms += elapsed_ms
        if self._look_ms > LOOK_MS:
            drive.halt()
            return LOOK_LOST
        back_mm = odometry.s_mm - self._place_mm
        if self._look == _RESTS:
            drive.halt()
            if not -_RESTS_MM_S < drive.speed_mm_s < _RESTS_MM_S:
                return 0
            if back_mm <= 0 or back_mm > self._back_most_mm or self._place_mm < self._began_mm:
                self.backed = back_mm <= 0
                return LOOKED
            self._look = _BACKS
            self.backed = True
        if back_mm <= 0:
            drive.halt()
            return LOOKED
        speed = -min(SWEEP_LEAST_MM_S, _SLOW_MM_S + _BRAKE_PER_S * back_mm)
        self.asked_mm_s = speed
        self.asked_mrad_s = 0
        drive.keep_straight(speed, odometry.left - odometry.right - self._skew)
        return 0
