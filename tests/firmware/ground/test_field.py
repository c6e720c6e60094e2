"""A field driven lane by lane: out, back, aside on safe ground. Never refused; and turning at a lane's end always."""

import math

import pytest
from ground_kit import CELL_MM, Kit

from sapper.ground import geometry
from sapper.ground.cells import BEYOND_BASE_LINE, NOT_SEARCHED

pytestmark = pytest.mark.unit

LANE_MM = 4000
TICK_S = 0.01


class Rover:
    """Drives as told, a tick at a time, and asks before each; `refused` keeps what it was told."""

    def __init__(self, x, y, heading=0.0, sigma=0, **values):
        self.kit = Kit(values=values, settle_mm=geometry.SETTLE_MM)
        self.kit.cells.base_line(-9000, 0)
        self.kit.cells.begin(round(x), round(y))
        assert not geometry.problem(self.kit.settings.get, CELL_MM, sigma or geometry.DRIFTING)
        self.sigma = sigma
        self.x, self.y, self.heading = x, y, heading
        self.refused = []
        self.ticks = 0

    def go(self, v, w, seconds, search):
        """Seconds of it, or until it is refused; returns whether it was not."""
        kit = self.kit
        for _ in range(round(seconds / TICK_S)):
            place = round(self.x), round(self.y), round(self.heading * 1000)
            kit.cells.follow(*place[:2])
            kit.trust.tell(self.sigma, self.sigma > 0)
            if search:
                kit.swept.step(*place)
            else:
                kit.swept.lost()
            if not kit.permission.ask(v, round(w * 1000), *place):
                self.refused.append((kit.permission.reason, kit.permission.where_x_mm(), kit.permission.where_y_mm()))
                return False
            self.heading += w * TICK_S
            self.x += v * TICK_S * math.cos(self.heading)
            self.y += v * TICK_S * math.sin(self.heading)
            self.ticks += 1
        return True

    def quarter(self, left):
        return self.go(0, left * 0.8, math.pi / 2 / 0.8, False)

    def cycle(self, aside_mm):
        """A lane, back, and aside to the right: turns on ground before the base line alone."""
        lane_s = (LANE_MM + 700) / 300
        return (
            self.go(300, 0, lane_s, True)
            and self.go(-300, 0, lane_s, False)
            and self.quarter(-1)
            and self.go(200, 0, aside_mm / 200, False)
            and self.quarter(1)
        )


@pytest.mark.parametrize(
    ("sigma", "more"), [(0, {}), (15, {"swath_mm": 880, "coil_ahead_mm": 570})], ids=["sure", "RTK of 15 mm"]
)
def test_lane_back_and_shift_are_never_refused(sigma, more):
    rover = Rover(-700, -600.0, 0.0, sigma, **more)
    for lane in range(3):
        assert rover.cycle(571), (lane, rover.refused)
    assert rover.ticks > 3 * 3000


def test_so_they_are_in_a_frame_that_drifts_by_two_in_a_hundred_of_what_was_swept_half_a_minute_ago():
    rover = Rover(-1200, -600.0, swath_mm=900, coil_ahead_mm=570)
    kit = rover.kit
    sigma = 0.0

    def tell(_sigma, _absolute, plain=kit.trust.tell):
        plain(math.ceil(sigma), False)

    kit.trust.tell = tell
    for v, steps in ((300, 140), (-300, 140)):
        for _ in range(steps):
            sigma += 0.05
            assert rover.go(v, 0, 0.1, v > 0), (rover.refused, rover.x, sigma)
    assert sigma == pytest.approx(14)


def test_a_turn_at_the_lanes_end_is_refused_before_a_track_is_where_nothing_was_searched():
    rover = Rover(-700, -4000.0)
    assert rover.go(300, 0, (LANE_MM + 700) / 300, True)
    assert not rover.quarter(-1)
    reason, x, y = rover.refused[0]
    assert reason == NOT_SEARCHED
    assert abs(rover.heading) < 0.4
    assert math.hypot(x - rover.x, y - rover.y) < 450
    # Back is as good as ever.
    rover.heading = 0.0
    assert rover.go(-300, 0, 10, False)


def test_plain_to_and_fro_is_refused_at_its_first_turn():
    """Lane, quarter turn, one swath aside, quarter turn, lane back: as mission planners make it."""
    rover = Rover(-700, -600.0)
    legs = []
    for what in (
        lambda: rover.go(300, 0, (LANE_MM + 700) / 300, True),
        lambda: rover.quarter(-1),
        lambda: rover.go(200, 0, 2.8, True),
    ):
        legs.append(what())
        if not legs[-1]:
            break
    assert legs == [True, False]


def test_a_lane_beside_what_was_searched_needs_its_own_sweep():
    rover = Rover(-700, -600.0)
    assert rover.go(300, 0, 10, True) and rover.go(-300, 0, 10, False)
    rover.y -= 300
    assert not rover.go(300, 0, 10, False)
    assert rover.refused[0][0] == NOT_SEARCHED


def test_the_base_line_ends_where_it_ends():
    rover = Rover(-700, -600.0, math.pi / 2)
    assert not rover.go(200, 0, 10, False)
    reason, x, y = rover.refused[0]
    assert reason == BEYOND_BASE_LINE and x < 0 < y < 100


def test_lanes_at_any_angle_to_the_grid_are_driven_with_a_head_as_wide_as_their_cells_corners():
    """Square to the base line a head of 672 mm is enough; askew each side takes a cell's diagonal."""
    for heading in (0.1, -0.3, 0.6):
        rover = Rover(-900, -4500.0, heading, swath_mm=720, coil_ahead_mm=570)
        assert rover.go(300, 0, 16, True), (heading, rover.refused)
        assert rover.go(-300, 0, 16, False), (heading, rover.refused)
