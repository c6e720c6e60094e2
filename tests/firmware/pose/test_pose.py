"""The pose by itself: ways it drives without noise, what it is told, and what it tells."""

import math
import random

import pytest
from pose_sim import Values

from sapper.pose import roots
from sapper.pose.pose import PLACE_MOST_MM, Pose

pytestmark = pytest.mark.unit

SLIP = 0.993  # what it takes off a way before it has learned


def placed(x=0, y=0, heading=0, sigma=10, sigma_mrad=5, **values):
    pose = Pose(Values(**values))
    pose.place(x, y, heading, sigma, sigma_mrad)
    return pose


def steps(pose, ticks, left, right, gyro=None, fix=None):
    """fix(tick): what `fix` is told, or None. Returns how many were used."""
    used = 0
    for tick in range(ticks):
        if gyro is not None:
            pose.turned(gyro)
        pose.step(left, right, 10)
        if fix and tick % 10 == 9:
            used += pose.fix(*fix(tick))
    return used


def antenna(x_mm, y_mm, heading=0.0, sigma=14, kind=3, age=0, ahead=120, left=-60):
    return (
        round(x_mm + ahead * math.cos(heading) - left * math.sin(heading)),
        round(y_mm + ahead * math.sin(heading) + left * math.cos(heading)),
        sigma,
        kind,
        age,
    )


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 15, 16, 17, 10**6, 2**30 - 1])
def test_roots_are_never_below(n):
    assert math.sqrt(n) <= roots.root(n) <= math.sqrt(n) + 2
    assert roots.nearer(1 + n // 7, n) >= math.sqrt(n)
    rnd = random.Random(n)
    for _ in range(200):
        a, b = (rnd.randrange(-(1 << rnd.randrange(1, 29)), 1 << rnd.randrange(1, 29)) for _ in range(2))
        assert math.hypot(a, b) <= roots.hypot(a, b) <= math.hypot(a, b) * 1.005 + 3


def test_nothing_is_told_before_the_place_is():
    pose = Pose(Values())
    steps(pose, 50, 3, 3, 0)
    assert (pose.placed, pose.x_mm, pose.sigma_mm, pose.absolute, pose.gnss) == (False, 0, -1, False, 0)
    assert not pose.fix(100, 0, 14, 3, 100)
    pose.place(500, -300, 1571, 12, 7)
    assert (pose.placed, pose.x_mm, pose.y_mm, pose.heading_mrad, pose.sigma_mm) == (True, 500, -300, 1571, 12)
    assert 7 <= pose.sigma_mrad <= 9
    pose.forget()
    assert not pose.placed and pose.sigma_mm == -1


@pytest.mark.parametrize("heading, told", [(0, 0), (6284, 1), (-6284, -1), (3142, 3142), (9425, 3142), (-701, -701)])
def test_a_heading_is_told_within_half_a_turn(heading, told):
    assert abs((placed(heading=heading).heading_mrad - told + 3000) % 6283 - 3000) <= 1


def test_a_place_beyond_reach_is_refused_and_one_driven_to_forgotten():
    pose = placed()
    with pytest.raises(ValueError, match="4000000 mm"):
        pose.place(PLACE_MOST_MM + 1, 0, 0, 0, 0)
    assert pose.placed
    pose.place(PLACE_MOST_MM - 10, 0, 0, 10, 0)
    steps(pose, 2000, 10, 10, 0)
    assert not pose.placed and pose.sigma_mm == -1


def test_it_drives_where_the_tracks_and_the_gyro_say():
    pose = placed(ticks_per_m=977)
    steps(pose, 1000, 3, 3, 0)
    way = 3000 / 977 * 1000 * SLIP
    assert abs(pose.x_mm - way) <= 1 and pose.y_mm == 0
    # A full circle by the gyro, whatever the tracks' difference says.
    steps(pose, 1000, 1, 5, 6283)
    assert abs(pose.x_mm - way) <= 3 and abs(pose.y_mm) <= 3
    assert abs(pose.heading_mrad) <= 1 and pose.gyro
    # Back, at an odd heading, for long: nothing is lost by rounding.
    pose = placed(heading=1234)
    steps(pose, 20_000, -1, -1, 0)
    assert abs(pose.x_mm + 20_000 * SLIP * math.cos(1.234)) <= 4
    assert abs(pose.y_mm + 20_000 * SLIP * math.sin(1.234)) <= 4


def test_on_a_slope_the_way_is_shorter_on_the_map():
    pose = placed()
    for _ in range(1000):
        pose.turned(0)
        pose.tilt(300, 0)
        pose.step(3, 3, 10)
    assert abs(pose.x_mm - 3000 * SLIP * math.cos(0.3)) < 6


def test_without_gnss_sigma_never_falls_and_grows_with_turns_without_a_gyro():
    pose = placed()
    last = pose.sigma_mm
    for left, right in ((3, 3), (-3, -3), (0, 0), (3, 3), (-3, 3), (3, -3), (3, 3)):
        for _ in range(20):
            steps(pose, 10, left, right, round((right - left) * 1500))
            assert pose.sigma_mm >= last
            last = pose.sigma_mm
    sure = pose.sigma_mrad
    assert sure < 20 and last < 80
    # A quarter by the tracks alone, 30 % of it.
    steps(pose, 176, -3, 3)
    assert 400 < pose.sigma_mrad < 560


def test_a_fix_moves_it_smoothly_and_makes_it_sure():
    pose = placed(0, 0, 0, 40, 5)
    used = steps(pose, 30, 0, 0, 0, lambda tick: antenna(30, 0))
    assert used and 15 < pose.x_mm <= 30
    steps(pose, 300, 0, 0, 0, lambda tick: antenna(30, 0))
    assert abs(pose.x_mm - 30) <= 2 and pose.sigma_mm <= 22  # how it leans is not known
    assert pose.absolute and pose.gnss == 3
    steps(pose, 230, 0, 0, 0)
    assert not pose.absolute and pose.gnss == 0


def test_a_single_fix_does_not_move_what_is_known_better():
    pose = placed(0, 0, 0, 20, 5)
    used = steps(pose, 300, 0, 0, 0, lambda tick: antenna(800, 0, sigma=2000, kind=1))
    assert used == 0 and pose.x_mm == 0 and not pose.absolute
    assert pose.gnss == 1 and not pose.dropped


def test_old_fixes_are_of_where_it_was():
    pose = placed(0, 0, 0, 10, 5)
    at = [0]

    def fix(tick):
        at.append(pose.x_mm)
        return antenna(3 * (tick + 1) * SLIP - 90 * SLIP, 0, age=300)

    steps(pose, 1000, 3, 3, 0, fix)
    assert abs(pose.x_mm - 3000 * SLIP) <= 4 and pose.absolute
    assert not pose.fix(*antenna(0, 0, age=1400))


def test_heading_and_scale_are_learned_from_the_way():
    """30 mrad and 2 % off, which at first is as much as it knows."""
    pose = placed(0, 0, 0, 10, 20)
    off, scale = 0.02, 0.98

    def fix(tick):
        way = 3 * (tick + 1) * scale
        return antenna(way * math.cos(off), way * math.sin(off), off)

    steps(pose, 4000, 3, 3, 0, fix)
    assert pose.absolute and abs(pose.heading_mrad - 20) <= 3 and pose.sigma_mrad < 8
    x, sigma = pose.x_mm, pose.sigma_mm
    steps(pose, 1000, 3, 3, 0)
    assert abs(pose.x_mm - x - 3000 * scale) < 12
    assert sigma < pose.sigma_mm < 120


def test_a_dropped_receiver_comes_back_by_agreeing_or_by_a_place():
    pose = placed(0, 0, 0, 25, 5)
    steps(pose, 500, 0, 0, 0, lambda tick: antenna(0, 0))
    steps(pose, 300, 0, 0, 0, lambda tick: antenna(700, 0))
    assert pose.dropped and pose.gnss == 0 and abs(pose.x_mm) < 5
    # However long it says so, it is not where the rover can be.
    steps(pose, 3000, 0, 0, 0, lambda tick: antenna(700, 0))
    assert pose.dropped and abs(pose.x_mm) < 5
    steps(pose, 900, 0, 0, 0, lambda tick: antenna(0, 0))
    assert pose.dropped
    steps(pose, 300, 0, 0, 0, lambda tick: antenna(0, 0))
    assert not pose.dropped and pose.absolute
    steps(pose, 300, 0, 0, 0, lambda tick: antenna(700, 0))
    assert pose.dropped
    pose.place(700, 0, 0, 10, 5)
    assert not pose.dropped
    steps(pose, 600, 3, 3, 0, lambda tick: antenna(700 + 3 * (tick + 1) * SLIP, 0))
    assert pose.absolute and not pose.dropped


def test_geometry_that_changes_leaves_the_place():
    pose = placed(1000, 200, 300)
    pose.configure(Values(ticks_per_m=2000))
    assert (pose.x_mm, pose.y_mm, pose.heading_mrad) == (1000, 200, 300)
    steps(pose, 100, 6, 6, 0)
    assert abs(pose.x_mm - 1000 - 300 * SLIP * math.cos(0.3)) <= 2


def test_a_gyro_that_comes_and_goes_is_not_taken_for_wrong():
    pose = placed()
    for n in range(12):
        steps(pose, 37, -3, 3, 9000 if n % 2 else None)
        assert not pose.gyro_dropped and pose.gyro == bool(n % 2)
    steps(pose, 100, -3, 3, 0)
    assert pose.gyro_dropped and not pose.gyro
    # It has to agree for ten seconds of motion.
    steps(pose, 400, -3, 3, 9000)
    assert pose.gyro_dropped
    steps(pose, 800, -3, 3, 9000)
    assert not pose.gyro_dropped and pose.gyro
