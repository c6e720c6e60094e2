"""Driving: duty 0 for target 0, ramps in their time, faults in theirs, and places that geometry confirms."""

import math

import pytest
from bench import Encoder, Motor
from hypothesis import given
from hypothesis import strategies as st

from sapper.drive.drive import Drive
from sapper.drive.motion import Motion
from sapper.drive.odometry import Odometry
from sapper.drive.velocity import MM_S, VelocityLoop, slide, window
from sapper.safety.supervisor import ARMED, SWEEP, TELEOP
from sapper.shared.events import TRACK_FAULTS
from sapper.shared.limits import DUTY_MAX_LEAST_PM
from sapper.shared.settings import TABLE, Settings
from sapper.shared.together import problem

pytestmark = pytest.mark.unit

FAULT_LIMIT_MS = 250
DEFAULTS = {row[0]: row[1] for row in TABLE}
speeds = st.integers(-600, 600)
gains = st.fixed_dictionaries(
    {"motor_ff_pm": st.integers(0, 5000), "motor_kp_pm": st.integers(0, 10000), "motor_ki_pm": st.integers(0, 50000),
     "motor_min_pm": st.integers(0, 400), "duty_max_pm": st.integers(DUTY_MAX_LEAST_PM, 1000)}
).filter(lambda changes: not problem({**DEFAULTS, **changes}.get))  # fmt: skip


def made(**changes):
    settings = Settings()
    settings.set_many(list(changes.items()))
    return settings


class Rover:
    """A drive on motors that turn their tracks: 1 encoder tick a frame for each 100/1000 of duty."""

    def __init__(self, **changes):
        self.settings = made(**changes)
        self.motors = (Motor(), Motor())
        self.encoders = (Encoder(), Encoder())
        self.drive = Drive(self.settings, self.motors, self.encoders)
        self.motion = Motion(self.settings, self.drive)
        self.drive.engage()
        self.stuck = [False, False]

    def tick(self, state):
        for side in (0, 1):
            duty = self.motors[side].duty_pm
            self.encoders[side].ticks = 0 if self.stuck[side] else round(duty / 100)
        self.drive.sense()
        return self.motion.step(state, 10)

    def duties(self):
        return [motor.duty_pm for motor in self.motors]


@given(gains, st.lists(st.tuples(speeds, speeds), max_size=60), speeds)
def test_a_target_of_zero_is_duty_zero_whatever_went_before(changes, history, measured):
    loop = VelocityLoop(made(**changes))
    for target, speed in history:
        loop.step(target, speed)
    assert loop.step(0, measured) == 0


@given(gains, st.lists(st.tuples(speeds, speeds), min_size=1, max_size=100))
def test_a_duty_never_passes_its_limit_nor_drives_against_the_target(changes, history):
    loop = VelocityLoop(made(**changes))
    for target, speed in history:
        duty = loop.step(target, speed)
        assert abs(duty) <= changes["duty_max_pm"]
        assert duty * target >= 0
        assert abs(loop._integral) < 2**30


@given(st.lists(st.integers(-50, 50), max_size=40), st.integers(100, 10000))
def test_the_speed_is_the_mean_of_the_last_eighty_milliseconds(ticks, per_m):
    counts, total = window(), 0
    for n in ticks:
        total = slide(counts, n)
    assert total == sum(([0] * 8 + ticks)[-8:])
    assert total * MM_S // per_m == math.floor(total * 1_000_000 / (80 * per_m))


@given(
    st.integers(-600, 600), st.integers(-600, 600), st.integers(20, 180), st.integers(150, 5000), st.integers(1, 200)
)
def test_a_stale_command_ramps_to_rest_within_its_time_and_never_speeds_up(speed, turn, ramp_ms, accel, ticks):
    rover = Rover(stop_ramp_ms=ramp_ms, accel_mm_s2=accel, speed_max_mm_s=150, sweep_mm_s=150)
    rover.motion.drive(speed, turn)
    for _ in range(ticks):
        rover.motion.drive(speed, turn)
        rover.tick(TELEOP)
    rover.motion._age_ms = 10_000
    before = [abs(target) for target in rover.drive._targets]
    for tick in range(ramp_ms // 10 + 1):  # noqa: B007 (asked for after the loop)
        done = rover.tick(TELEOP)
        after = [abs(target) for target in rover.drive._targets]
        assert all(now <= then for now, then in zip(after, before, strict=True))
        before = after
        if done:
            break
    assert done and rover.duties() == [0, 0]
    assert tick + 1 <= max(1, -(-ramp_ms // 10))


def test_a_command_stays_good_for_its_time_and_no_longer():
    """300 ms of age, then the ramp: rest within 460 ms of the command."""
    rover = Rover()
    for _ in range(100):
        rover.motion.drive(600, 0)
        rover.tick(TELEOP)
    rover.motion.drive(600, 0)
    ticks = 0
    while not rover.tick(TELEOP):
        ticks += 1
    assert 300 <= ticks * 10 <= 460


@pytest.mark.parametrize("accel", [600, 5000])
@pytest.mark.parametrize(("speed", "turn"), [(600, 0), (-300, 400), (0, -1000)])
def test_told_to_stand_the_tracks_are_at_duty_zero_after_one_tick_without_a_ramp(speed, turn, accel):
    rover = Rover(accel_mm_s2=accel)
    for _ in range(200):
        rover.motion.drive(speed, turn)
        rover.tick(TELEOP)
    assert any(rover.duties())
    rover.motion.drive(0, 0)
    assert not rover.tick(TELEOP) and rover.duties() == [0, 0]
    rover.motion.drive(speed, turn)
    rover.tick(TELEOP)
    assert all(abs(target) <= max(1, accel // 100) for target in rover.drive._targets), "it sets off from rest"


@pytest.mark.parametrize("state", [0, ARMED, 4, 5, 6])
def test_outside_teleop_and_sweep_the_tracks_are_at_duty_zero_after_one_tick(state):
    rover = Rover()
    for _ in range(50):
        rover.motion.drive(500, 200)
        rover.tick(TELEOP)
    assert any(rover.duties())
    rover.tick(state)
    assert rover.duties() == [0, 0]


@given(st.integers(50, 3000), st.integers(150, 600))
def test_a_lane_ends_at_its_length_and_at_rest(length_mm, speed):
    rover = Rover(sweep_mm_s=speed)
    rover.motion.sweep(length_mm)
    for _ in range(4000):
        if rover.tick(SWEEP):
            break
    else:
        pytest.fail("the lane did not end")
    assert rover.duties() == [0, 0]
    assert length_mm - 1 <= rover.drive.odometry.s_mm <= length_mm + 10


def test_the_drive_names_the_side_at_fault_and_engaging_clears_it():
    for side in (0, 1):
        rover = Rover()
        rover.motion.sweep(100_000)
        for _ in range(50):
            rover.tick(SWEEP)
        assert rover.drive.fault_side == -1
        rover.stuck[side] = True
        for tick in range(1, 40):  # noqa: B007 (asked for after the loop)
            rover.tick(SWEEP)
            if rover.drive.fault_side >= 0:
                break
        assert rover.drive.fault_side == side and tick * 10 <= FAULT_LIMIT_MS
        assert TRACK_FAULTS[rover.drive.fault_how] == "still"
        rover.drive.engage()
        assert rover.drive.fault_side == -1


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(-6, 6)), max_size=300), st.integers(500, 3000))
def test_the_odometer_agrees_with_dead_reckoning_in_floating_point(moves, per_m):
    settings = made(ticks_per_m=per_m)
    odometry = Odometry(settings)
    width = settings.get("track_width_mm")
    x = y = left = right = 0.0
    for n, extra in moves:
        odometry.step(n, n + extra)
        left += n
        right += n + extra
        heading = (right - left) / per_m * 1000 / width
        step = (2 * n + extra) / 2 / per_m * 1000
        x += step * math.cos(heading)
        y += step * math.sin(heading)
    travel = sum(abs(2 * n + extra) for n, extra in moves) / 2 / per_m * 1000
    assert odometry.s_mm == math.floor((left + right) / 2 / per_m * 1000)
    # One step of the sine table is 3 mrad, and the heading is kept in mrad of whole millimetres.
    assert math.hypot(odometry.x_um / 1000 - x, odometry.y_um / 1000 - y) <= 0.012 * travel + 2


@given(st.integers(-600, 600), st.integers(-1000, 1000))
def test_reversed_tracks_are_the_same_rover_seen_from_outside(speed, turn):
    plain, turned = Rover(), Rover(left_reversed=1, right_reversed=1)
    for _ in range(30):
        for rover in (plain, turned):
            rover.motion.drive(speed, turn)
            rover.tick(TELEOP)
    assert [-duty for duty in turned.duties()] == plain.duties()
    assert turned.drive.odometry.s_mm == plain.drive.odometry.s_mm
