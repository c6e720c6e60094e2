"""Both tracks: encoders in, odometry, ramps, velocity loops, duties out. Motors and encoders are handed in."""

import micropython
from micropython import const
from sapper.drive.odometry import Odometry
from sapper.drive.track_check import TrackCheck, TrackPair
from sapper.drive.velocity import MM_S, VelocityLoop, slide, window
from sapper.shared.limits import TICK_MS

_HEADING_MM_S_PER_MM = const(2)  # straight-line keeping: correction for each millimetre one track is ahead of the other


class Drive:
    """`sense` and then `act` once a tick. Sides: 0 left, 1 right. ticks: of each, forwards, in the last tick."""

    def __init__(self, settings, motors, encoders):
        self._settings = settings
        self._motors = motors
        self._encoders = encoders
        self.odometry = Odometry(settings)
        self._loops = (VelocityLoop(settings), VelocityLoop(settings))
        self._windows = (window(), window())
        self._checks = (TrackCheck(settings), TrackCheck(settings))
        self._pair = TrackPair(self._checks[0], self._checks[1])
        self.ticks = [0, 0]
        self._measured = [0, 0]
        self._duties = [0, 0]
        self._targets = [0, 0]
        self._stop_step = 0
        self.speed_mm_s = 0
        self.fault_side = -1
        self.fault_how = 0
        self.configure()

    def configure(self):
        """Take the settings again, standing."""
        get = self._settings.get
        self.signs = (-1 if get("left_reversed") else 1, -1 if get("right_reversed") else 1)
        self._per_m = get("ticks_per_m")
        self._half_width_mm = get("track_width_mm") // 2
        self._step_mm_s = max(1, get("accel_mm_s2") * TICK_MS // 1000)
        self.odometry.configure(self._settings)
        for side in (0, 1):
            self._loops[side].configure(self._settings)
            self._checks[side].configure(self._settings)
        self._pair.reset()

    def engage(self):
        """Motors onto PWM at duty 0; checks start afresh. The place goes on."""
        self.odometry.fold()
        self.fault_side = -1
        self._pair.reset()
        for side in (0, 1):
            self._checks[side].reset()
            self._duties[side] = 0
            self._motors[side].engage()

    @micropython.native
    def sense(self):
        """Read the encoders, update place and speeds, check the tracks. `fault_side` >= 0 names a track that is at
        fault, `fault_how` what it looks like (TRACK_FAULTS)."""
        encoders = self._encoders
        signs = self.signs
        ticks = self.ticks
        left = ticks[0] = encoders[0].delta() * signs[0]
        right = ticks[1] = encoders[1].delta() * signs[1]
        self.odometry.step(left, right)
        per_m = self._per_m
        windows = self._windows
        of_left = slide(windows[0], left) * MM_S
        of_right = slide(windows[1], right) * MM_S
        measured = self._measured
        measured[0] = of_left // per_m
        measured[1] = of_right // per_m
        self.speed_mm_s = (of_left + of_right) // (2 * per_m)
        if self._pair.step(self._targets, self._duties, ticks, measured) and self.fault_side < 0:
            self.fault_side = self._pair.side
            self.fault_how = self._pair.how

    @micropython.native
    def turn_mrad_s(self):
        """How fast the tracks turn the rover, if they do not slip: what they do, at least."""
        measured = self._measured
        return (measured[1] - measured[0]) * 500 // self._half_width_mm

    @micropython.native
    def act(self, speed_mm_s, turn_mrad_s):
        """Steer towards a speed and a turn, both tracks ramped alike by the set acceleration."""
        turn = turn_mrad_s * self._half_width_mm // 1000
        step = self._step_mm_s
        self._track(0, speed_mm_s - turn, step)
        self._track(1, speed_mm_s + turn, step)

    @micropython.native
    def keep_straight(self, speed_mm_s, ahead_ticks):
        """As `act`, with the tracks held level. ahead_ticks: how far the left track is ahead of the right."""
        turn = ahead_ticks * 1000 // self._per_m * _HEADING_MM_S_PER_MM
        step = self._step_mm_s
        self._track(0, speed_mm_s - turn, step)
        self._track(1, speed_mm_s + turn, step)

    def ramp_down(self, ramp_ms):
        """Towards rest: from the fastest track's present target in at most ramp_ms. Call each tick until `resting`."""
        targets = self._targets
        if not self._stop_step:
            fastest = max(abs(targets[0]), abs(targets[1]))
            self._stop_step = max(self._step_mm_s, -(-fastest * TICK_MS // ramp_ms))
        step = self._stop_step
        self._track(0, 0, step)
        self._track(1, 0, step)
        self._stop_step = step

    @micropython.native
    def _track(self, side, wanted, step):
        targets = self._targets
        target = targets[side]
        if target != wanted:
            if target < wanted:
                target += step
                if target > wanted:
                    target = wanted
            else:
                target -= step
                if target < wanted:
                    target = wanted
            targets[side] = target
        self._stop_step = 0
        duty = self._loops[side].step(target, self._measured[side])
        self._duties[side] = duty
        self._motors[side].drive(duty * self.signs[side])

    @micropython.native
    def resting(self):
        """True when neither track is asked to move."""
        targets = self._targets
        return targets[0] == 0 and targets[1] == 0

    def halt(self):
        """Duty 0 on both now; motors stay engaged."""
        self._targets[0] = 0
        self._targets[1] = 0
        self._stop_step = 0
        for side in (0, 1):
            self._duties[side] = 0
            self._motors[side].drive(0)
            self._loops[side].reset()

    def release(self):
        """Duty 0 and pins low."""
        self.halt()
        self._motors[0].release()
        self._motors[1].release()

    def duty(self, side):
        """Signed duty in thousandths, forward positive."""
        return self._motors[side].duty_pm * self.signs[side]
