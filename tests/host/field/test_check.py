"""The walk finds what it is there for: each of these plans is bad in one way, and it says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely

from sapper_host.field.area import Area, Obstacle
from sapper_host.field.check import Walk, walk
from sapper_host.field.moves import Move
from sapper_host.field.plan import Plan, plan_of
from tests.host.field.fields import USUAL, rectangle, round_obstacle, usual_field

pytestmark = pytest.mark.unit


def of(plan: Plan, moves: list[Move] | None = None, area: Area | None = None) -> Walk:
    return walk(area or plan.area, plan.geometry, plan.start, plan.moves if moves is None else moves)


@pytest.fixture(scope="module")
def good() -> Plan:
    return plan_of(rectangle(obstacles=(round_obstacle(4, -3, 0.3),)), USUAL)


def test_a_good_plan_is_clear(good: Plan) -> None:
    walked = of(good)
    assert walked.clear and walked.first is None and walked.steps > 9000


@pytest.mark.parametrize("seed", range(5))
def test_plain_back_and_forth_is_found(seed: int) -> None:
    plain = plan_of(usual_field(seed), USUAL, plain=True)
    walked = of(plain)
    assert not walked.clear and walked.off > 50 and walked.first is not None
    # It is where lanes end that it turns on ground not searched.
    assert plain.moves[walked.first.move].kind in ("turn", "lane")


def test_a_lane_left_out_is_found_where_a_pocket_was_entered_over_it(good: Plan) -> None:
    first_turn = next(i for i, move in enumerate(good.moves) if move.kind == "turn")
    lane = max(i for i in range(first_turn) if good.moves[i].kind == "lane")
    shorter = replace(good.moves[lane], value=good.moves[lane].value - 2000)
    moves = [*good.moves[:lane], shorter, *good.moves[lane + 1 :]]
    assert of(good, moves).off > 0


def test_a_turn_for_which_the_swath_is_too_narrow_is_found(good: Plan) -> None:
    turn = [good.moves[0], Move("turn", 1, 1)]
    assert of(good, turn).clear
    assert walk(good.area, replace(USUAL, track_length_mm=1200, coil_ahead_mm=700), good.start, turn).off > 0


def test_backing_out_beyond_the_safe_ground_is_found(good: Plan) -> None:
    walked = of(good, [Move("back", 1000, 1)])
    assert walked.off > 0 and walked.first is not None and walked.first.x_mm < -1500


def test_shifting_beyond_the_posts_is_found(good: Plan) -> None:
    assert of(good, [Move("shift", 700, 1)]).off > 0


def test_ground_searched_only_later_does_not_count(good: Plan) -> None:
    """Backwards into the lane, then the lane: all of it is searched in the end."""
    into = [Move("turn", 2, 1), Move("back", 3000, 1), Move("lane", 3000, 1), Move("turn", -2, 1), *good.moves]
    assert of(good, into).off > 0


def test_half_a_track_beside_the_swath_is_found() -> None:
    plan = plan_of(rectangle(), USUAL)
    wide = replace(USUAL, track_width_mm=940)
    assert walk(plan.area, wide, plan.start, plan.moves).off > 0
    assert walk(plan.area, replace(USUAL, track_width_mm=600), plan.start, plan.moves).clear


def test_a_coil_too_close_to_the_tracks_is_found() -> None:
    plan = plan_of(rectangle(), USUAL)
    behind = replace(USUAL, coil_ahead_mm=80)
    assert walk(plan.area, behind, plan.start, plan.moves).off > 0


def test_an_obstacle_that_the_plan_did_not_know_is_found(good: Plan) -> None:
    more = replace(good.area, obstacles=(*good.area.obstacles, Obstacle("stump", shapely.Point(8, -1).buffer(0.1))))
    walked = of(good, area=more)
    assert walked.off == 0 and walked.in_stand_off > 0 and not walked.clear


def test_a_coarser_walk_agrees(good: Plan) -> None:
    assert walk(good.area, USUAL, good.start, good.moves, cell_mm=10, step_mm=10).clear
    assert walk(good.area, USUAL, good.start, good.moves, cell_mm=40, step_mm=50).clear


def test_a_plan_that_is_too_large_for_its_cells_is_told_and_not_walked_coarsely(good: Plan) -> None:
    with pytest.raises(ValueError, match="cells of 1 mm"):
        walk(good.area, USUAL, good.start, good.moves, cell_mm=1)


def test_it_tells_how_far_it_is(good: Plan) -> None:
    told: list[float] = []
    walk(good.area, USUAL, good.start, good.moves, tell=told.append)
    assert told == sorted(told) and told[-1] == 1
