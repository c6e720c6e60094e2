"""The truth of the ground: no cell counts as searched but by the coil's own way over all of it, and no track comes onto
another unnoticed.

Known bad: a swath taken a cell too wide; a gap in the searching; a track a hand's breadth beside the lane.
"""

import math
from typing import Any

import numpy as np
import pytest
from field_worlds import FIELD as DEFAULT
from field_worlds import with_parts

from hil.world.field.field_file import parse_field
from hil.world.field.ground_truth import CELL_M, GroundTruth
from hil.world.world_spec import RoverSpec

pytestmark = pytest.mark.unit

MS = 1_000_000
# A swath of whole cells, so that its edges are told to the cell.
FIELD: dict[str, Any] = DEFAULT | {"swath_m": 0.8}
AHEAD_M = RoverSpec().coil_ahead_m
TARGET = {"material": "steel", "x_m": 3.0, "y_m": -0.62, "depth_m": 0.06, "shape": "plate", "radius_m": 0.06}


class Walk:
    """Poses along a way, a hundredth of a second each."""

    def __init__(self, data: dict[str, Any] | None = None, **pose: float) -> None:
        self.truth = GroundTruth(parse_field(data or {"field": FIELD}))
        self.t_ns = 0
        self.x, self.y, self.heading = pose.get("x", -0.6), pose.get("y", -0.4), pose.get("heading", 0.0)
        self.truth.take([(0, self.x, self.y, self.heading)], False)

    def go(self, way_m: float, searching: bool = True) -> "Walk":
        for _ in range(max(1, round(abs(way_m) / 0.003))):
            step = math.copysign(0.003, way_m)
            self.t_ns += 10 * MS
            self.x += step * math.cos(self.heading)
            self.y += step * math.sin(self.heading)
            self.truth.take([(self.t_ns, self.x, self.y, self.heading)], searching)
        self.truth.flush()
        return self

    def turn(self, rad: float) -> "Walk":
        for _ in range(max(1, round(abs(rad) / 0.006))):
            self.t_ns += 10 * MS
            self.heading += math.copysign(0.006, rad)
            self.truth.take([(self.t_ns, self.x, self.y, self.heading)], False)
        self.truth.flush()
        return self

    @property
    def searched(self) -> set[tuple[int, int]]:
        """Cells, numbered from the field's origin."""
        truth = self.truth
        first = round(truth.x0_m / CELL_M), round(truth.y0_m / CELL_M)
        found = np.argwhere(truth.searched_ms > 0)
        return {(int(i) + first[0], int(j) + first[1]) for i, j in found}


def test_a_lane_is_its_swath_to_the_cell() -> None:
    walk = Walk().go(1.5)
    cells = walk.searched
    rows = {j for _, j in cells}
    assert (min(rows), max(rows)) == (-40, -1), "from y = -0.8 to 0"
    columns = {i for i, _ in cells}
    assert min(columns) >= -5 and max(columns) == pytest.approx((walk.x + AHEAD_M) / CELL_M - 1, abs=1)
    assert len(cells) == len(rows) * len(columns), "without a hole"
    narrow = Walk(with_parts({"field": FIELD}, field={"swath_m": 0.79})).go(1.5).searched
    assert {j for _, j in narrow} == set(range(-39, -1)), "a cell not wholly within is not searched"


@pytest.mark.parametrize("heading", [0.0, 0.4, 1.2, math.pi / 2, 2.5, -2.0])
def test_at_any_heading_no_point_of_a_searched_cell_is_outside_the_strip_and_few_within_are_missed(
    heading: float,
) -> None:
    walk = Walk(x=4.0, y=-2.5, heading=heading).go(1.0)
    along, across = (math.cos(heading), math.sin(heading)), (-math.sin(heading), math.cos(heading))
    for i, j in walk.searched:
        for corner in ((0, 0), (1, 0), (0, 1), (1, 1)):
            dx, dy = (i + corner[0]) * CELL_M - 4.0, (j + corner[1]) * CELL_M + 2.5
            assert abs(dx * across[0] + dy * across[1]) <= 0.4 + 1e-6
            assert AHEAD_M - 1e-6 <= dx * along[0] + dy * along[1] <= AHEAD_M + 1.0 + 1e-6
    assert len(walk.searched) * CELL_M**2 > 0.8 * (1.0 - 2 * CELL_M) * (1 - 2.2 * CELL_M / 0.8) - 0.03


def test_where_it_did_not_search_for_a_moment_there_is_a_gap() -> None:
    whole = Walk().go(0.8).go(0.1).go(0.6)
    gap = Walk().go(0.8).go(0.1, searching=False).go(0.6)
    missing = whole.searched - gap.searched
    assert 4 <= len({i for i, _ in missing}) <= 7 and gap.searched < whole.searched
    before = min(ms for ms in gap.truth.searched_ms[gap.truth.searched_ms > 0].tolist())
    assert before > 1


def test_time_of_searching_rises_along_the_lane() -> None:
    walk = Walk().go(1.5)
    times = [walk.truth.searched_ms[walk.truth.searched_ms[:, j] > 0, j] for j in (110, 120)]
    for each in times:
        assert np.all(np.diff(each) >= 0)
    assert walk.truth.searched_at(0.5, -0.4) and not walk.truth.searched_at(0.5, 0.05)


def test_going_in_and_back_on_a_lane_is_no_trespass_and_neither_is_safe_ground() -> None:
    walk = Walk().go(3.0).go(-3.0)
    assert walk.truth.trespasses == []
    walk.turn(-math.pi / 2).go(1.5, searching=False).turn(math.pi / 2)
    assert walk.truth.trespasses == [], "before the base line"


def test_a_track_a_hands_breadth_beside_the_lane_is_told_with_its_side_and_place() -> None:
    walk = Walk().go(3.0).go(-3.0)
    walk.y += 0.25
    walk.go(1.5, searching=False)
    first = walk.truth.trespasses[0]
    assert first.side == 0 and first.y_m > 0 and -0.02 < first.x_m < 0.05
    assert first.cells > 100 and len(walk.truth.trespasses) == 1
    assert walk.truth.touched.sum() >= first.cells


def test_a_turn_on_a_single_lane_takes_the_tracks_off_it_and_is_told() -> None:
    walk = Walk().go(2.0).turn(math.pi / 4)
    # the coil is half a metre ahead: what the front corners sweep is searched; a longer machine's are not
    assert walk.truth.trespasses == []
    longer = with_parts({"field": FIELD}, rover={"track_length_m": 0.8, "coil_ahead_m": 0.6})
    assert Walk(longer).go(2.0).turn(math.pi / 2).truth.trespasses


def test_driving_in_without_searching_is_a_trespass_of_both_tracks() -> None:
    walk = Walk().go(2.0, searching=False)
    assert {each.side for each in walk.truth.trespasses} == {0, 1}
    start = min(each.t0_ns for each in walk.truth.trespasses)
    assert start / 1e9 == pytest.approx((0.6 - 0.15) / 0.3, abs=0.06)


def test_how_near_a_track_came_to_a_target_is_kept_until_it_is_found() -> None:
    data = {"field": FIELD, "target": [TARGET]}
    walk = Walk(data).go(4.5)
    # the right track runs from y = -0.65 to -0.57 over it
    assert walk.truth.nearest_m[0] == 0.0
    short = Walk(data).go(3.0)
    assert short.truth.nearest_m[0] == pytest.approx(3.0 - (2.4 + 0.15), abs=0.01)
    short.truth.find(0)
    assert short.go(1.5).truth.nearest_m[0] > 0.4


def test_the_share_searched_is_of_the_area_alone() -> None:
    walk = Walk().go(8.4)
    assert walk.truth.searched_share == pytest.approx(0.8 / 5, rel=0.01)
    assert walk.truth.inside.sum() * CELL_M**2 == pytest.approx(40, rel=0.001)
    assert Walk().truth.searched_share == 0
