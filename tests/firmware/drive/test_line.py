"""A line of the field's: along any axis it tells the same, and what it asks for brings a rover onto it and holds it."""

import math
import random

import pytest
from rolling import Pose

from sapper.drive.line import QUARTER_MRAD, Line, nearest_axis, within_half_turn

pytestmark = pytest.mark.unit

TURN_MRAD = 6283


def at(x, y, heading):
    pose = Pose()
    pose.x_mm, pose.y_mm, pose.heading_mrad = x, y, heading
    return pose


def looked(line, *place):
    line.look(at(*place))
    return line.left_mm, line.cross_mm, line.off_mrad


@pytest.mark.parametrize("mrad", [-70_000, -6283, -3142, -1, 0, 1571, 3141, 3142, 6283, 12_566, 70_000])
def test_an_angle_is_within_half_a_turn_and_the_same_but_for_whole_ones(mrad):
    assert -3142 <= within_half_turn(mrad) < 3142 and (within_half_turn(mrad) - mrad) % TURN_MRAD == 0


@pytest.mark.parametrize(
    ("heading", "axis"),
    [(0, 0), (700, 0), (-700, 0), (1571, 1), (900, 1), (2300, 1), (2400, 2), (3141, 2), (-3142, 2), (-2400, 2),
     (-2300, 3), (-1571, 3), (-800, 3)],
)  # fmt: skip
def test_the_nearest_axis_is_an_eighth_of_a_turn_away_at_most(heading, axis):
    assert nearest_axis(heading) == axis
    assert abs(within_half_turn(heading - axis * QUARTER_MRAD)) <= QUARTER_MRAD // 2 + 2


AXES = {0: (1, 0), 1: (0, 1), 2: (-1, 0), 3: (0, -1)}


@pytest.mark.parametrize("axis", AXES)
def test_a_place_is_so_far_before_the_goal_and_beside_the_line_whichever_way_that_runs(axis):
    ahead_x, ahead_y = AXES[axis]
    line = Line()
    line.aim(2000, -3000, axis)
    for before, left, turned in ((500, 0, 0), (500, 80, 30), (-7, -80, -30), (0, 1, 150)):
        x = 2000 - before * ahead_x - left * ahead_y
        y = -3000 - before * ahead_y + left * ahead_x
        heading = within_half_turn(axis * QUARTER_MRAD + turned)
        off = looked(line, x, y, heading)
        assert off[:2] == (before, left) and abs(off[2] - turned) <= 1


def driven(line, x, y, heading, backwards, seconds=20, speed=250, steer=None, wide=1.0, pull=0):
    """(mm beside the line, mrad off it) of each tick of a rover that turns as it is asked to, a quarter of a second
    late; wide: its effective track width, as times the built one; pull: mrad/s that a track which slips turns it by."""
    steer = steer or line.turn_mrad_s
    turn, course = 0.0, []
    for _ in range(seconds * 100):
        line.look(at(round(x), round(y), (round(heading * 1000) + 3142) % 6283 - 3142))
        course.append((line.cross_mm, line.off_mrad))
        asked = steer(backwards)
        assert isinstance(asked, int) and -300 <= asked <= 300
        turn += (asked - turn) * 10 / 250
        heading += (turn / wide + pull) / 100_000
        way = (-speed if backwards else speed) / 100
        x += way * math.cos(heading)
        y += way * math.sin(heading)
    return course


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("beside", [100, -100, 60, -10, 0])
@pytest.mark.parametrize("axis", AXES)
def test_from_beside_the_line_it_comes_onto_it_and_stays(axis, beside, backwards):
    ahead_x, ahead_y = AXES[axis]
    line = Line()
    line.aim(50_000 * ahead_x, 50_000 * ahead_y, axis)
    start = -beside * ahead_y, beside * ahead_x, axis * QUARTER_MRAD / 1000
    course = driven(line, *start, backwards)
    assert max(abs(mm) for mm, _ in course) <= abs(beside) + 2, "never farther off than it was"
    assert max(abs(mrad) for _, mrad in course) <= 180
    assert all(abs(mm) <= 5 and abs(mrad) <= 8 for mm, mrad in course[1200:])
    assert all(mm * beside >= -abs(15 * beside) for mm, _ in course), "it does not swing across"


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("pull", [60, -100])
@pytest.mark.parametrize("wide", [1.0, 1.3, 1.9])
def test_a_track_that_stays_behind_does_not_keep_it_beside_the_line(wide, pull, backwards):
    """By 36 mm, and the tracks of the way back came upon ground that was not searched."""
    line = Line()
    line.aim(50_000, 0, 0)
    course = driven(line, 0, 0, 0.0, backwards, wide=wide, pull=pull)
    assert max(abs(mm) for mm, _ in course) <= 25
    assert all(abs(mm) <= 5 for mm, _ in course[1200:])


@pytest.mark.parametrize("backwards", [False, True])
def test_so_it_does_from_as_far_off_its_heading_as_a_move_may_begin(backwards):
    for beside, turned in ((100, 0.2), (100, -0.2), (-100, 0.2), (-100, -0.2)):
        line = Line()
        line.aim(50_000, 0, 0)
        course = driven(line, 0, beside, turned, backwards)
        assert max(abs(mm) for mm, _ in course) <= 190
        assert all(abs(mm) <= 5 and abs(mrad) <= 8 for mm, mrad in course[1500:]), (beside, turned)


@pytest.mark.parametrize(
    "bad", [lambda line, back: line.turn_mrad_s(not back), lambda line, back: -line.turn_mrad_s(back), lambda *_: 0]
)
@pytest.mark.parametrize("backwards", [False, True])
def test_a_steering_that_is_wrong_is_seen(bad, backwards):
    line = Line()
    line.aim(50_000, 0, 0)
    course = driven(line, 0, 60, 0.0, backwards, steer=lambda back: bad(line, back))
    assert not all(abs(mm) <= 5 and abs(mrad) <= 8 for mm, mrad in course[1200:])


def test_no_number_of_it_leaves_thirty_bits():
    random_ = random.Random(4)
    for _ in range(2000):
        line = Line()
        line.aim(random_.choice((-400_000, 400_000)), random_.choice((-400_000, 400_000)), random_.randrange(4))
        line.look(
            at(random_.randint(-400_000, 400_000), random_.randint(-400_000, 400_000), random_.randint(-3142, 3141))
        )
        assert abs(line.cross_mm) * 1000 < 2**30
        assert all(isinstance(line.turn_mrad_s(back), int) for back in (False, True))
