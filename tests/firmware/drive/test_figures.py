"""Driving in figures worked out by hand: duties of the speed loop, ramps, steering, braking, places."""

import math

import pytest
from bench import Encoder, Motor

from sapper.drive.drive import Drive
from sapper.drive.motion import Motion
from sapper.drive.odometry import Odometry, sine_table
from sapper.drive.velocity import MM_S, VelocityLoop, slide, window
from sapper.safety.supervisor import ARMED, SWEEP, TELEOP
from sapper.shared.settings import Settings

pytestmark = pytest.mark.unit

# A metre a second takes 900; 800 and 3000 for what is missing; 60 to begin with.
GAINS = {"motor_ff_pm": 900, "motor_kp_pm": 800, "motor_ki_pm": 3000, "motor_min_pm": 60, "duty_max_pm": 950}


def made(**changes):
    settings = Settings()
    settings.set_many(list((GAINS | changes).items()))
    return settings


class Rover:
    """A drive and a motion on motors and encoders in memory; nothing rolls but what `roll` says."""

    def __init__(self, **changes):
        self.settings = made(**changes)
        self.motors, self.encoders = (Motor(), Motor()), (Encoder(), Encoder())
        self.drive = Drive(self.settings, self.motors, self.encoders)
        self.motion = Motion(self.settings, self.drive)
        self.drive.engage()

    def roll(self, left, right):
        self.encoders[0].ticks, self.encoders[1].ticks = left, right
        self.drive.sense()

    @property
    def targets(self):
        return list(self.drive._targets)


# The speed loop: duty = 0.9 v + 60 + 0.8 e + the integral of 3 e


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("steps", "duties"),
    [
        ([(300, 0), (300, 0), (300, 0)], [330 + 240, 330 + 240 + 9, 330 + 240 + 18]),
        ([(300, 300), (300, 300)], [330, 330]),
        ([(10, 0)], [9 + 60 + 8]),
        ([(300, 200), (300, 400)], [330 + 80, 330 - 80 + 3]),
        ([(600, 0), (600, 0), (600, 400)], [950, 950, 600 + 160]),  # held at its end nothing adds up
        ([(100, 600), (100, 100)], [0, 150 - 15]),  # too fast: rolled out, never driven back
        ([(300, 0), (0, 300), (300, 300)], [570, 0, 330]),  # a stop forgets
    ],
)
def test_a_duty_is_what_the_gains_say(steps, duties, sign):
    loop = VelocityLoop(made())
    found = [loop.step(sign * target, sign * measured) for target, measured in steps]
    assert found == [sign * duty for duty in duties]


def test_a_stop_forgets_all_that_had_added_up():
    loop = VelocityLoop(made())
    loop.step(300, 0)
    loop.step(0, 100)
    assert loop._integral == 0


@pytest.mark.parametrize("sign", [1, -1])
def test_at_its_end_the_integral_only_runs_back(sign):
    loop = VelocityLoop(made(duty_max_pm=200))
    assert loop.step(sign * 600, 0) == sign * 200 and loop._integral == 0
    assert loop.step(sign * 600, sign * 700) == sign * 200 and loop._integral == sign * -300
    loop.reset()
    assert loop._integral == 0


@pytest.mark.parametrize("sign", [1, -1])
def test_the_ends_of_the_duty_are_reached(sign):
    loop = VelocityLoop(made(duty_max_pm=570))
    assert loop.step(sign * 300, 0) == sign * 570 and loop._integral == 0
    loop = VelocityLoop(made(duty_max_pm=571))
    assert loop.step(sign * 300, 0) == sign * 570 and loop._integral == sign * 900


@pytest.mark.parametrize(("ticks", "speeds"), [([2] * 8, [25 * n for n in range(1, 9)]), ([1, 0, 0], [12, 12, 12])])
def test_a_speed_is_the_travel_of_eighty_ms(ticks, speeds):
    counts = window()
    assert [slide(counts, n) * MM_S // 1000 for n in ticks] == speeds


def test_what_is_eighty_ms_old_is_forgotten():
    counts = window()
    sums = [slide(counts, n) for n in (8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0)]
    assert sums == [8, 9, 10, 11, 12, 13, 14, 15, 8, 8, 7]


# Both tracks


def test_the_rovers_speed_is_the_mean_of_its_tracks():
    rover = Rover()
    for n in range(1, 9):
        rover.roll(2, 4)
        assert rover.drive.speed_mm_s == n * 6 * 6250 // 1000
    assert rover.drive.speed_mm_s == 300
    rover.roll(-100, 0)
    assert rover.drive.speed_mm_s < 0


def test_steering_puts_the_tracks_half_the_turn_apart_each_ramped_by_the_acceleration():
    rover = Rover(accel_mm_s2=800, track_width_mm=420)
    for n in range(1, 60):
        rover.drive.act(200, 500)  # 210 mm of half a width: 105 mm/s
        assert rover.targets == [min(8 * n, 95), min(8 * n, 305)]
    for n in range(1, 60):
        rover.drive.act(-200, 0)
        assert rover.targets == [max(95 - 8 * n, -200), max(305 - 8 * n, -200)]


@pytest.mark.parametrize(("accel", "step"), [(150, 1), (199, 1), (200, 2), (5000, 50)])
def test_a_ramp_moves_by_a_millimetre_a_second_at_least(accel, step):
    rover = Rover(accel_mm_s2=accel, speed_max_mm_s=150, sweep_mm_s=150)
    rover.drive.act(500, 0)
    assert rover.targets == [step, step]


@pytest.mark.parametrize(("ahead", "apart"), [(0, 0), (10, 20), (-10, -20)])
def test_a_track_that_is_ahead_is_slowed_and_the_other_hurried(ahead, apart):
    rover = Rover(accel_mm_s2=5000)
    for _ in range(20):
        rover.drive.keep_straight(300, ahead)
    assert rover.targets == [300 - apart, 300 + apart]


@pytest.mark.parametrize(("speed", "ramp_ms", "step"), [(600, 150, 40), (601, 150, 41), (100, 180, 8), (-600, 100, 60)])
def test_a_ramp_to_rest_is_even_and_in_its_time(speed, ramp_ms, step):
    rover = Rover(accel_mm_s2=800, speed_max_mm_s=800)
    for _ in range(200):
        rover.drive.act(speed, 0)
    left = abs(speed)
    assert not rover.drive.resting()
    while left:
        rover.drive.ramp_down(ramp_ms)
        left = max(0, left - step)
        assert [abs(target) for target in rover.targets] == [left, left]
    assert rover.drive.resting() and [motor.duty_pm for motor in rover.motors] == [0, 0]


def test_a_ramp_is_worked_out_anew_after_driving_on_and_after_a_halt():
    rover = Rover(accel_mm_s2=800)
    for _ in range(100):
        rover.drive.act(600, 0)
    rover.drive.ramp_down(150)
    assert rover.targets == [560, 560]
    rover.drive.act(560, 0)
    rover.drive.ramp_down(100)
    assert rover.targets == [504, 504]
    rover.drive.halt()
    assert rover.targets == [0, 0] and rover.drive._stop_step == 0


def test_settings_that_change_reach_both_sides_and_all_that_is_worked_out_of_them():
    rover = Rover()
    changes = {"accel_mm_s2": 5000, "ticks_per_m": 500, "duty_max_pm": 200, "left_reversed": 1, "track_width_mm": 300}
    rover.settings.set_many(list(changes.items()))
    rover.drive.configure()
    rover.drive.act(100, 1000)
    assert rover.targets == [-50, 50]
    for _ in range(20):
        rover.drive.act(600, 0)
    assert [motor.duty_pm for motor in rover.motors] == [-200, 200]
    assert [rover.drive.duty(side) for side in (0, 1)] == [200, 200]
    rover.roll(-1, 1)
    assert (rover.drive.odometry.left, rover.drive.odometry.right) == (1, 1) and rover.drive.odometry.s_mm == 2
    assert rover.drive.speed_mm_s == 25


def test_resting_asks_for_rest_of_both():
    rover = Rover()
    assert rover.drive.resting()
    rover.drive.act(105, 500)
    assert rover.targets[0] == 0 and not rover.drive.resting()
    rover = Rover()
    rover.drive.act(105, -500)
    assert rover.targets == [8, 0] and not rover.drive.resting()


def test_halting_leaves_the_motors_engaged_and_releasing_does_not():
    rover = Rover()
    rover.drive.act(300, 0)
    rover.drive.halt()
    assert [(motor.duty_pm, motor.engaged) for motor in rover.motors] == [(0, True)] * 2
    rover.drive.act(300, 0)
    assert all(motor.duty_pm for motor in rover.motors)
    rover.drive.release()
    assert [(motor.duty_pm, motor.engaged) for motor in rover.motors] == [(0, False)] * 2 and rover.drive.resting()


# What is asked of them


def test_a_lane_is_braked_by_three_a_second_down_to_a_creep_and_ends_at_its_goal():
    rover = Rover(accel_mm_s2=5000, sweep_mm_s=300)
    rover.motion.sweep(1000)
    for place, speed in ((0, 300), (919, 300), (920, 300), (921, 297), (950, 210), (999, 63)):
        moved = place - rover.drive.odometry.s_mm
        rover.roll(moved, moved)
        for _ in range(10):
            assert rover.motion.step(SWEEP, 10) == 0
        assert rover.targets == [speed, speed], place
    rover.roll(1, 1)
    assert rover.motion.step(SWEEP, 10) == 1 and rover.targets == [0, 0]


def test_a_lane_begins_where_it_stands_and_keeps_the_heading_that_it_has():
    rover = Rover(accel_mm_s2=5000)
    rover.roll(500, 520)
    rover.motion.sweep(100)
    rover.motion.step(SWEEP, 10)
    assert rover.targets[0] == rover.targets[1] and rover.motion._goal_mm == 610
    rover.roll(10, 0)
    for _ in range(10):
        rover.motion.step(SWEEP, 10)
    assert rover.targets[1] - rover.targets[0] == 40


@pytest.mark.parametrize(("age_ms", "drives"), [(290, True), (300, False)])
def test_a_command_is_good_for_less_than_its_time(age_ms, drives):
    rover = Rover(drive_timeout_ms=300)
    rover.motion.drive(300, 0)
    rover.motion.step(TELEOP, 10)
    target = rover.targets[0]
    rover.motion._age_ms = age_ms - 10
    assert rover.motion.step(TELEOP, 10) == (0 if drives else 1)
    assert (rover.targets[0] > target) == drives


def test_halted_nothing_is_asked_any_more():
    rover = Rover()
    rover.motion.drive(300, 100)
    rover.motion.sweep(500)
    rover.motion.step(TELEOP, 50)
    rover.motion.halt()
    motion = rover.motion
    assert [motion._speed, motion._turn, motion._age_ms, motion._goal_mm, motion._skew] == [0] * 5
    assert motion.step(ARMED, 10) == 0 and rover.targets == [0, 0]


# Places


@pytest.mark.parametrize(
    ("left", "right", "per_m", "place"),
    [
        (1000, 1000, 1000, (1000, 1_000_000, 0, 0)),
        (-1000, -1000, 1000, (-1000, -1_000_000, 0, 0)),
        (500, 500, 500, (1000, 1_000_000, 0, 0)),
        (0, 420, 1000, (210, None, None, 1000)),
        (420, 0, 1000, (210, None, None, -1000)),
    ],
)
def test_places_in_round_figures(left, right, per_m, place):
    odometry = Odometry(made(ticks_per_m=per_m, track_width_mm=420))
    for n in range(0, max(abs(left), abs(right)), 10):
        odometry.step(*(10 * ((side > 0) - (side < 0)) * (n < abs(side)) for side in (left, right)))
    found = (odometry.s_mm, odometry.x_um, odometry.y_um, odometry.heading_mrad)
    for value, expected in zip(found, place, strict=True):
        assert expected is None or value == pytest.approx(expected, abs=2)


def test_turned_left_it_goes_to_the_left():
    odometry = Odometry(made(ticks_per_m=1000, track_width_mm=400))
    odometry.step(-314, 314)
    assert (odometry.s_mm, odometry.x_um, odometry.y_um, odometry.heading_mrad) == (0, 0, 0, 1570)
    odometry.step(1000, 1000)
    assert abs(odometry.x_um) < 10_000 and odometry.y_um == pytest.approx(1_000_000, abs=1000)


def test_a_place_follows_the_smallest_step_of_the_heading():
    odometry = Odometry(made(ticks_per_m=1000, track_width_mm=1000))
    odometry.step(0, 7)  # 7 mrad: step 1 of the table, whose sine is 101 of 16384
    odometry.step(1000, 1000)
    assert odometry.heading_mrad == 7
    assert (odometry.x_um, odometry.y_um) == (3500 + 1_000_000, (3500 * 101 >> 14) + (1_000_000 * 101 >> 14))


def test_the_sines_are_sines():
    table = sine_table()
    assert len(table) == 1024
    assert all(abs(value - 16384 * math.sin(2 * math.pi * i / 1024)) <= 0.5 + 1e-6 for i, value in enumerate(table))
