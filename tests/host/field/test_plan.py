"""Plans: what single areas become, and which are refused."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest
import shapely
from shapely.geometry import Polygon

from sapper_host.field.area import Area, Obstacle, check_area
from sapper_host.field.check import walk
from sapper_host.field.coverage import STAND_OFF
from sapper_host.field.errors import FieldError
from sapper_host.field.geometry import geometry_of
from sapper_host.field.moves import Leg, Move, Pose, legs
from sapper_host.field.plan import Plan, plan_of
from tests.host.field.fields import USUAL, rectangle, round_obstacle, usual_field

pytestmark = pytest.mark.unit


def walked(plan: Plan) -> bool:
    return walk(plan.area, plan.geometry, plan.start, plan.moves).clear


def test_an_area_without_obstacles_is_searched_whole_up_and_back() -> None:
    plan = plan_of(rectangle(), USUAL)
    assert plan.coverage.share == pytest.approx(1) and not plan.coverage.gaps
    assert {move.kind for move in plan.moves} == {"shift", "lane", "back"}
    # Ten lanes are one more than a third of 6 m would need; the way before the base line comes on top.
    assert plan.ratio <= 2.42


def test_neighbouring_lanes_overlap_by_what_was_asked_for() -> None:
    for wide in (3.0, 5.37, 7.111, 9.99):
        middles = plan_of(rectangle(wide_m=wide), USUAL).lanes.y_mm
        overlaps = [USUAL.swath_mm - (a - b) for a, b in zip(middles, middles[1:], strict=False)]
        assert min(overlaps) >= USUAL.overlap_mm


def test_ground_behind_an_obstacle_is_entered_from_the_side() -> None:
    plan = plan_of(rectangle(obstacles=(round_obstacle(4, -3, 0.3),)), USUAL)
    behind = shapely.box(5.2, -4, 9, -2)
    assert plan.coverage.searched.contains(behind) and not plan.reasons
    assert "turn" in {move.kind for move in plan.moves}


def test_an_obstacle_over_the_whole_width_leaves_what_is_behind_it_and_says_so() -> None:
    wall = Obstacle("wall", shapely.box(5, -7, 5.2, 1))
    plan = plan_of(rectangle(obstacles=(wall,)), USUAL)
    assert walked(plan)
    reasons = {reason for reason in plan.reasons.values()}
    assert reasons == {"no lane that is searched lies beside it"}
    assert not plan.coverage.searched.intersects(shapely.box(5.4, -6, 10, 0))
    # No coil gets there: it is no fault of the plan's.
    assert plan.coverage.share > 0.99 and plan.coverage.reachable_m2 < 30


def test_ground_too_far_from_the_base_line_is_told_with_the_setting_that_helps() -> None:
    slanted = Polygon([(0, 0), (12, 0), (12, -6), (6, -6)])
    plan = plan_of(check_area(Area("slope", slanted, 6.0, approach_m=1.0)), replace(USUAL, track_length_mm=400))
    assert any("m from the base line: a lane crosses 1.0 m at most" in reason for reason in plan.reasons.values())
    wide = plan_of(check_area(Area("slope", slanted, 6.0, approach_m=7.0)), replace(USUAL, track_length_mm=400))
    assert wide.coverage.share == pytest.approx(1) and walked(plan) and walked(wide)


def test_a_rover_that_cannot_turn_in_a_swath_enters_no_pocket_and_says_why() -> None:
    long_one = geometry_of({"track_length_mm": 500, "coil_ahead_mm": 500})
    plan = plan_of(rectangle(obstacles=(round_obstacle(4, -3, 0.3),)), long_one)
    assert set(plan.reasons.values()) == {"to turn on searched ground takes a swath of 855 mm; it is 700 mm"}
    assert walk(plan.area, long_one, plan.start, plan.moves).clear
    assert "turn" not in {move.kind for move in plan.moves}
    assert any(gap.reachable and gap.cause.startswith("to turn") for gap in plan.coverage.gaps)


def test_a_hole_is_kept_clear_of_with_its_stand_off() -> None:
    hole = Polygon([(4, -2), (5, -2), (5, -3), (4, -3)])
    polygon = Polygon(rectangle().polygon.exterior, [hole.exterior])
    plan = plan_of(check_area(Area("pond", polygon, 6, (Obstacle("hole 1", hole),))), USUAL)
    assert plan.coverage.searched.distance(hole) >= 0.149
    assert STAND_OFF in {gap.cause for gap in plan.coverage.gaps} and walked(plan)


def test_the_same_area_gives_the_same_plan() -> None:
    assert plan_of(usual_field(3), USUAL).digest == plan_of(usual_field(3), USUAL).digest
    assert plan_of(usual_field(3), USUAL).digest != plan_of(usual_field(4), USUAL).digest


def test_a_hectare_with_40_obstacles_is_planned_in_two_seconds() -> None:
    chance = random.Random(1)
    trees = tuple(
        round_obstacle(chance.uniform(3, 98), chance.uniform(-98, -2), chance.uniform(0.2, 1.0)) for _ in range(40)
    )
    area = rectangle(100, 100, trees)
    began = time.process_time()
    plan = plan_of(area, USUAL)
    share = plan.coverage.share
    assert time.process_time() - began <= 2.0
    assert share >= 0.995 and plan.ratio <= 2.6 and not plan.reasons


def test_too_little_safe_ground_is_refused() -> None:
    with pytest.raises(FieldError, match="0.50 m deep before the base line; to turn there takes 0.79 m"):
        plan_of(rectangle(safe_depth_m=0.5), USUAL)


def test_an_obstacle_in_the_way_before_the_base_line_is_refused() -> None:
    with pytest.raises(FieldError, match="tree: it lies, with its stand-off, in the rover's way before the base line"):
        plan_of(rectangle(obstacles=(round_obstacle(-0.3, -3, 0.1),)), USUAL)


def test_an_area_too_small_for_a_lane_is_refused() -> None:
    with pytest.raises(FieldError, match="too small for a lane"):
        plan_of(Area("strip", shapely.box(0, -0.2, 10, 0), 1.0), USUAL)


def test_moves_mean_what_they_say() -> None:
    moves = [
        Move("shift", -500, 1),
        Move("lane", 300, 1),
        Move("turn", 1, 1),
        Move("lane", 100, 1),
        Move("back", 50, 1),
    ]
    ends = [leg.end for leg in legs(Pose(-400, 0), moves)]
    assert ends[2] == Pose(-400, -500, 0) and ends[3] == Pose(-100, -500, 0)
    assert ends[5] == Pose(-100, -400, 1) and ends[6] == Pose(-100, -450, 1)
    with pytest.raises(ValueError, match="no move 'jump'"):
        list(legs(Pose(0, 0), [Move("jump", 1, 1)]))


def test_a_leg_knows_its_length() -> None:
    assert Leg("back", Pose(0, 0), Pose(-70, 0), 0).mm == 70


def test_a_lane_goes_on_beyond_the_edge_where_a_pocket_could_not_be_entered_otherwise() -> None:
    """A tree close to the far edge, and a pocket behind it that leaves no room to turn beside it within the area."""
    tree = (round_obstacle(9, -5.4, 0.2),)
    short, longer = (plan_of(rectangle(obstacles=tree, beyond_m=beyond), USUAL) for beyond in (0.0, 1.0))
    assert any(gap.cause.startswith("obstacles leave no room to turn") for gap in short.coverage.gaps)
    assert not longer.reasons and longer.coverage.share > short.coverage.share
    assert longer.coverage.beyond_m2 > short.coverage.beyond_m2 and walked(short) and walked(longer)
    assert longer.coverage.searched.bounds[2] <= 10 + 1.0 + 0.001


def test_coverage_counts_what_is_driven_and_not_what_was_meant() -> None:
    whole = plan_of(rectangle(), USUAL)
    shorter = [replace(move, value=move.value - 3000) if move.lane == 4 else move for move in whole.moves]
    lane = [replace(m, value=w.value) if m.kind == "shift" else m for m, w in zip(shorter, whole.moves, strict=True)]
    cut = replace(whole, moves=tuple(lane))
    (gap,) = cut.coverage.gaps
    assert gap.reachable and gap.area_m2 == pytest.approx(3 * (1.2 - 0.7 + 0.0), abs=0.25)
    assert cut.coverage.share == pytest.approx(1 - gap.area_m2 / 60, abs=1e-3)
