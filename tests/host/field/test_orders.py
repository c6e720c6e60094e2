"""Moves as the board is told them, the way back, and what is left when some is searched."""

from __future__ import annotations

import pytest

from sapper_host.field.check import walk
from sapper_host.field.moves import Move, Pose
from sapper_host.field.orders import orders_of, rest_of, shorter, way_back
from sapper_host.field.plan import plan_of
from tests.host.field.fields import USUAL, rectangle, round_obstacle

pytestmark = pytest.mark.unit


def test_targets_are_absolute() -> None:
    moves = [Move("shift", -700, 2), Move("lane", 3000, 2), Move("turn", 1, 2), Move("ahead", 300, 2),
             Move("back", 300, 2), Move("turn", -1, 2), Move("back", 3000, 2), Move("turn", 2, 2)]  # fmt: skip
    lines = [order.line for order in orders_of(Pose(-1000, -350), moves)]
    assert lines == ["shift -1050", "lane 2000 -1050", "turn 1571", "ahead 2000 -750", "back 2000 -1050", "turn 0",
                     "back -1000 -1050", "turn 3142"]  # fmt: skip


def test_ways_there_and_back_without_a_search_are_left_out() -> None:
    out = [Move("shift", 700, 1), Move("ahead", 2000, 1), Move("turn", 1, 1), Move("ahead", 300, 1)]
    back = [Move("back", 300, 1), Move("turn", -1, 1), Move("back", 2000, 1), Move("shift", -700, 1)]
    assert shorter(out + back) == []
    assert shorter([*out, Move("lane", 500, 1), *back]) == [*out, Move("lane", 500, 1), *back]
    assert shorter([Move("turn", 1, 1), Move("turn", 1, 1)]) == [Move("turn", 2, 1)]


def test_the_way_back_ends_where_the_rover_came_from() -> None:
    plan = plan_of(rectangle(obstacles=(round_obstacle(4, -3, 0.3),)), USUAL)
    orders = orders_of(plan.start, plan.moves)
    for at, order in enumerate(orders):
        since = max(i for i in range(at + 1) if orders[i].start.x_mm == USUAL.base_x_mm and not orders[i].start.heading)
        if order.move.kind == "shift":
            continue
        ends = orders_of(order.end, way_back(orders[since : at + 1]))
        assert ends[0].end == order.start and ends[-1].end == orders[since].start


def test_what_is_searched_is_not_driven_again_and_no_track_leaves_searched_ground() -> None:
    plan = plan_of(rectangle(obstacles=(round_obstacle(4, -3, 0.3),)), USUAL)
    whole = rest_of(plan.start, plan.moves, USUAL, lambda first, last: 10**6)
    assert not [move for move in whole if move.kind == "lane"]
    none = rest_of(plan.start, plan.moves, USUAL, lambda first, last: 0.0)
    assert walk(plan.area, USUAL, plan.start, none).clear
    half = rest_of(plan.start, plan.moves, USUAL, lambda first, last: 2000.0)
    assert sum(m.value for m in half if m.kind == "lane") < sum(m.value for m in plan.moves if m.kind == "lane") / 1.2
    assert orders_of(plan.start, half)[-1].end.x_mm == USUAL.base_x_mm
