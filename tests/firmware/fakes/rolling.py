"""A rover on its tracks, in memory: motors that take time, ground on which they slip, and where it truly is.

`Rolling` has a real drive and motion on them, and a pose that knows the truth, or what it is made to believe.
"""

import math

from bench import Encoder, Motor

from sapper.drive.drive import Drive
from sapper.drive.motion import Motion
from sapper.drive.moves import Moves
from sapper.safety.supervisor import TELEOP
from sapper.shared.settings import Settings

TICK_MS = 10
_LAG_MS = 60  # until a motor has 63 % of what it is asked for
_ROLLS_MS = 40  # and without duty
_DUTY_PM_PER_M_S = 1500
_FRICTION_PM = 60


class Track:
    """A motor of this duty (thousandths) -> millimetres of track. left_over: not yet counted by the encoder."""

    def __init__(self, per_m):
        self.speed_mm_s = 0.0
        self._per_mm = per_m / 1000
        self._left_over = 0.0

    def roll(self, duty_pm, elapsed_ms=TICK_MS):
        """Time passes: (mm, encoder ticks)."""
        wanted = max(0, abs(duty_pm) - _FRICTION_PM) * 1000 / _DUTY_PM_PER_M_S * (1 if duty_pm > 0 else -1)
        self.speed_mm_s += (wanted - self.speed_mm_s) * min(1.0, elapsed_ms / (_LAG_MS if duty_pm else _ROLLS_MS))
        moved = self.speed_mm_s * elapsed_ms / 1000
        self._left_over += moved * self._per_mm
        ticks = math.trunc(self._left_over)
        self._left_over -= ticks
        return moved, ticks


class Truth:
    """Where the rover is, mm and rad. slip: of each track's way, what the ground gives, straight on; wider: by how much
    more than the tracks' own distance the rover behaves in a turn."""

    def __init__(self, x_mm, y_mm, heading_rad, slip=(1.0, 1.0), wider=1.6, width_mm=420):
        self.x_mm, self.y_mm, self.heading_rad = x_mm, y_mm, heading_rad
        self.slip = slip
        self._width_mm = width_mm * wider

    def move(self, left_mm, right_mm):
        left_mm *= self.slip[0]
        right_mm *= self.slip[1]
        turn = (right_mm - left_mm) / self._width_mm
        middle = self.heading_rad + turn / 2
        self.x_mm += (left_mm + right_mm) / 2 * math.cos(middle)
        self.y_mm += (left_mm + right_mm) / 2 * math.sin(middle)
        self.heading_rad += turn


class Pose:
    """As pose/pose.py is read: integers, the heading within half a turn."""

    placed = True
    sigma_mm = 5
    sigma_mrad = 3
    absolute = True
    gnss = 0
    dropped = False

    def __init__(self):
        self.x_mm = self.y_mm = self.heading_mrad = 0

    def take(self, truth):
        self.x_mm, self.y_mm = round(truth.x_mm), round(truth.y_mm)
        self.heading_mrad = (round(truth.heading_rad * 1000) + 3142) % 6283 - 3142


class Rolling:
    """At a place (mm, mm, mrad), standing. stuck: the motors do nothing."""

    def __init__(self, x_mm=0, y_mm=0, heading_mrad=0, slip=(1.0, 1.0), wider=1.6, **changes):
        self.settings = Settings()
        self.settings.set_many(list(changes.items()))
        self.motors, self.encoders = (Motor(), Motor()), (Encoder(), Encoder())
        self.truth = Truth(x_mm, y_mm, heading_mrad / 1000, slip, wider)
        self.tracks = (Track(1000), Track(1000))
        self.pose = Pose()
        self.pose.take(self.truth)
        self.drive = Drive(self.settings, self.motors, self.encoders)
        self.motion = Motion(self.settings, self.drive)
        self.motion.take_moves(Moves(self.settings, self.drive, self.pose), self.pose)
        self.moves = self.motion.moves
        self.drive.engage()
        self.stuck = False
        self.ticks = 0

    def roll(self):
        """Ten milliseconds of the world, and of the sensors."""
        ways = []
        for track, motor, encoder in zip(self.tracks, self.motors, self.encoders, strict=True):
            way, encoder.ticks = track.roll(0 if self.stuck else motor.duty_pm)
            ways.append(way)
        self.truth.move(*ways)
        self.pose.take(self.truth)
        self.drive.sense()
        self.ticks += 1

    def tick(self, state=TELEOP):
        """A tick of the world and of the motion; what the motion returned."""
        self.roll()
        return self.motion.step(state, TICK_MS)

    def until_ended(self, most_ticks=6000, state=TELEOP):
        """Until the motion is over, and the rover rests: what it returned, 0 when it was not in so many ticks."""
        for _ in range(most_ticks):
            ended = self.tick(state)
            if ended:
                self.halt()
                return ended
        return 0

    def halt(self):
        """As the application does at a motion's end: duty 0, and until it rests."""
        self.drive.halt()
        self.motion.halt()
        for _ in range(60):
            self.roll()
