"""Plans: what single areas become, and which are refused."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import shapely
from shapely.geometry import Polygon

from sapper_host.field.area import Area, Obstacle, check_area
from sapper_host.field.check import walk
from sapper_host.field.coverage import STAND_OFF, sweep
from sapper_host.field.errors import FieldError
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
    # Nine lanes of 0.9 m for 6 m, and 1.4 m of lead-in, coil and edge for each, both ways.
    assert plan.ratio <= 3.02


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
    slanted = Polygon([(0, 0), (12, 0), (12, -1.5), (9, -1.5)])
    plan = plan_of(check_area(Area("slope", slanted, 1.5, approach_m=1.0)), USUAL)
    assert any("m from the base line: a lane crosses 1.0 m at most" in reason for reason in plan.reasons.values())
    wide = plan_of(check_area(Area("slope", slanted, 1.5, approach_m=7.0)), USUAL)
    assert wide.coverage.share == pytest.approx(1) and walked(plan) and walked(wide)


def test_where_there_is_no_room_to_turn_no_pocket_is_entered_and_it_says_why() -> None:
    plan = plan_of(rectangle(wide_m=3.0, obstacles=(round_obstacle(4, -1.5, 0.3),)), USUAL)
    why = "no room beside it to turn on searched ground, 852 mm, or for the lead-in, 450 mm"
    assert set(plan.reasons.values()) == {why} and walked(plan)
    assert "turn" not in {move.kind for move in plan.moves}
    assert any(gap.reachable and gap.cause == why for gap in plan.coverage.gaps)


def test_no_lane_searches_before_its_lead_in_and_beyond_where_the_detector_settled() -> None:
    plan = plan_of(rectangle(4, 1.5), USUAL)
    (first, *_) = [leg for leg in plan.legs if leg.searches]
    swept = sweep(first, USUAL)
    assert swept is not None
    assert swept.bounds[0] == pytest.approx((first.start.x_mm + USUAL.coil_ahead_mm + USUAL.lead_in_mm) / 1000)
    assert swept.bounds[2] == pytest.approx((first.end.x_mm + USUAL.coil_ahead_mm - USUAL.settle_mm) / 1000)
    assert sweep(Leg("ahead", Pose(0, 0), Pose(550, 0), 0, True), USUAL) is None
    assert all(y % USUAL.cell_mm == 0 for y in plan.lanes.y_mm)


def test_a_hole_is_kept_clear_of_with_its_stand_off() -> None:
    hole = Polygon([(4, -2), (5, -2), (5, -3), (4, -3)])
    polygon = Polygon(rectangle().polygon.exterior, [hole.exterior])
    plan = plan_of(check_area(Area("pond", polygon, 6, (Obstacle("hole 1", hole),))), USUAL)
    assert plan.coverage.searched.distance(hole) >= 0.149
    assert STAND_OFF in {gap.cause for gap in plan.coverage.gaps} and walked(plan)


def test_the_same_area_gives_the_same_plan() -> None:
    assert plan_of(usual_field(3), USUAL).digest == plan_of(usual_field(3), USUAL).digest
    assert plan_of(usual_field(3), USUAL).digest != plan_of(usual_field(4), USUAL).digest


def test_a_hectare_with_40_obstacles_is_planned() -> None:
    chance = random.Random(1)
    trees = tuple(
        round_obstacle(chance.uniform(3, 98), chance.uniform(-98, -2), chance.uniform(0.2, 1.0)) for _ in range(40)
    )
    area = rectangle(100, 100, trees)
    plan = plan_of(area, USUAL)
    assert walked(plan) and plan.coverage.share >= 0.994 and plan.ratio <= 3.0


def test_too_little_safe_ground_is_refused() -> None:
    with pytest.raises(FieldError, match="0.50 m deep before the base line; to turn there takes 1.53 m"):
        plan_of(rectangle(safe_depth_m=0.5), USUAL)


def test_an_obstacle_in_the_way_before_the_base_line_is_refused() -> None:
    with pytest.raises(FieldError, match="tree: it lies, with its stand-off, in the rover's way before the base line"):
        plan_of(rectangle(obstacles=(round_obstacle(-0.8, -3, 0.1),)), USUAL)
    for x in (-0.5, -0.2, -0.05):
        with pytest.raises(FieldError, match="before the base line"):
            plan_of(rectangle(obstacles=(round_obstacle(x, -3, 0.1),)), USUAL)


def test_one_beyond_it_is_gone_round_though_its_stand_off_reaches_over_it() -> None:
    plan = plan_of(rectangle(obstacles=(round_obstacle(0.2, -3, 0.1),)), USUAL)
    assert walked(plan) and plan.coverage.share > 0.9


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


def test_lanes_go_on_beyond_the_edge_where_a_pocket_could_not_be_entered_otherwise() -> None:
    """A tree close to the far edge, and a pocket behind it that leaves no room for the coil within the area."""
    tree = (round_obstacle(9, -3, 0.2),)
    short, longer = (plan_of(rectangle(obstacles=tree, beyond_m=beyond), USUAL) for beyond in (0.0, 1.0))
    assert short.reasons and not longer.reasons and longer.coverage.share > short.coverage.share
    assert longer.coverage.beyond_m2 > short.coverage.beyond_m2 and walked(short) and walked(longer)
    assert longer.coverage.searched.bounds[2] <= 10 + 1.0 + 0.001


def test_coverage_counts_what_is_driven_and_not_what_was_meant() -> None:
    whole = plan_of(rectangle(), USUAL)
    shorter = [replace(move, value=move.value - 3000) if move.lane == 4 else move for move in whole.moves]
    lane = [replace(m, value=w.value) if m.kind == "shift" else m for m, w in zip(shorter, whole.moves, strict=True)]
    cut = replace(whole, moves=tuple(lane))
    (gap,) = cut.coverage.gaps
    assert gap.reachable and gap.area_m2 == pytest.approx(3 * 0.45, abs=0.06)  # what the lanes beside it leave
    assert cut.coverage.share == pytest.approx(1 - gap.area_m2 / 60, abs=1e-3)
