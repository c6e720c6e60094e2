"""What the tracks are asked to do in each state: the operator's speed in TELEOP, the lane in SWEEP, rest in all
others."""

import micropython
from sapper.safety.supervisor import SWEEP, TELEOP

RESTED = 2  # what `step` returns
_SLOW_MM_S = 60  # creep at a lane's end
_BRAKE_PER_S = 3  # at the end of a lane: speed in mm/s is at most this times the millimetres left, plus the creep


class Motion:
    """Commands in, `step` once a tick; drives a `Drive`. strayed: turned or driven backwards since the last sweep
    began, so that the ground ahead is not that which the detector knows."""

    def __init__(self, settings, drive):
        self._settings = settings
        self._drive = drive
        self.strayed = False
        self.configure()
        self.halt()

    def configure(self):
        """Take the settings again."""
        get = self._settings.get
        self._stale_ms = get("drive_timeout_ms")
        self._ramp_ms = get("stop_ramp_ms")
        self._sweep_mm_s = get("sweep_mm_s")

    def drive(self, speed_mm_s, turn_mrad_s):
        """The operator's command, good for drive_timeout_ms. No speed and no turn: duty 0 at the next tick, without a
        ramp, as whoever lets go of the keys wants to stand."""
        self._speed = speed_mm_s
        self._turn = turn_mrad_s
        self._age_ms = 0
        if turn_mrad_s or speed_mm_s < 0:
            self.strayed = True

    def sweep(self, length_mm):
        """A straight lane from here."""
        self.strayed = False
        odometry = self._drive.odometry
        odometry.fold()
        self._goal_mm = odometry.s_mm + length_mm
        self._skew = odometry.left - odometry.right

    def halt(self):
        """Nothing is asked of the tracks."""
        self._speed = 0
        self._turn = 0
        self._age_ms = 0
        self._goal_mm = 0
        self._skew = 0

    @micropython.native
    def step(self, state, elapsed_ms):
        """Move on by one tick. Returns 0 while this state's motion goes on, RESTED when the last command was to stand
        and is stale, 1 at any other end: the lane done, or a command to move stale and at rest."""
        drive = self._drive
        if state == TELEOP:
            self._age_ms += elapsed_ms
            if self._age_ms < self._stale_ms:
                if self._speed == 0 and self._turn == 0:
                    drive.halt()
                else:
                    drive.act(self._speed, self._turn)
                return 0
            drive.ramp_down(self._ramp_ms)
            if not drive.resting():
                return 0
            return 1 if self._speed or self._turn else RESTED
        if state == SWEEP:
            odometry = drive.odometry
            left_mm = self._goal_mm - odometry.s_mm
            if left_mm <= 0:
                drive.halt()
                return 1
            drive.keep_straight(
                min(self._sweep_mm_s, _SLOW_MM_S + _BRAKE_PER_S * left_mm), odometry.left - odometry.right - self._skew
            )
            return 0
        if not drive.resting():
            drive.halt()
        return 0
