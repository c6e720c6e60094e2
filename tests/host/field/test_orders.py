"""Moves as the board is told them, the way back, and what is left when some is searched."""

from __future__ import annotations

import pytest

from sapper_host.field.check import walk
from sapper_host.field.moves import Move, Pose
from sapper_host.field.orders import Order, orders_of, part_of, rest_of, shorter, way_back
from sapper_host.field.plan import plan_of
from sapper_host.field.way_out import BESIDE_MM, beside
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


def test_a_rover_beside_the_line_of_its_lane_is_put_onto_it_before_the_base_line_alone() -> None:
    start = Pose(USUAL.base_x_mm, -1050)
    lane = Order(Move("lane", 3000, 2), start, start.gone(3000))
    shift = beside(lane, (USUAL.base_x_mm + 20, -1000, 3), USUAL)
    assert shift is not None and shift.line == "shift -1050" and shift.end == start
    assert beside(lane, (USUAL.base_x_mm, -1050 + BESIDE_MM, 0), USUAL) is None
    assert beside(lane, (USUAL.base_x_mm + 800, -1000, 0), USUAL) is None, "it is on its way"
    inside = Order(Move("lane", 3000, 2), Pose(500, -1050), Pose(3500, -1050))
    assert beside(inside, (500, -1000, 0), USUAL) is None
    assert beside(Order(Move("back", 3000, 2), start.gone(3000), start), (USUAL.base_x_mm, -1000, 0), USUAL) is None


def parts(order: Order, step_mm: int = 7, careful: bool = False) -> list[str]:
    """What the board is told on a long way, wherever it stands when it is asked."""
    x, y = order.start.x_mm, order.start.y_mm
    dx, dy = (order.end.x_mm > x) - (order.end.x_mm < x), (order.end.y_mm > y) - (order.end.y_mm < y)
    lines = []
    for _ in range(0, abs(order.end.x_mm - x) + abs(order.end.y_mm - y), step_mm):
        lines.append(part_of(order, (x, y, 0), careful).line)
        x, y = x + dx * step_mm, y + dy * step_mm
    return list(dict.fromkeys(lines))


def test_a_long_way_across_is_told_in_parts_as_a_boards_map_goes_with_it() -> None:
    [order] = orders_of(Pose(1550, -400, 3), [Move("ahead", 3300, 2)])
    assert parts(order) == ["ahead 1550 -700", "ahead 1550 -1700", "ahead 1550 -2700", "ahead 1550 -3700"]
    [order] = orders_of(Pose(1550, -3700, 3), [Move("back", 3300, 2)])
    assert parts(order) == ["back 1550 -3400", "back 1550 -2400", "back 1550 -1400", "back 1550 -400"]
    [order] = orders_of(Pose(-1100, -400), [Move("ahead", 6000, 2)])
    assert parts(order) == [order.line], "a map is long along lanes"
    assert len(parts(order, careful=True)) == 6, "where it lies ahead of the rover it is not"
    [order] = orders_of(Pose(11000, -400), [Move("back", 12100, 2)])
    assert len(parts(order)) > 3
    [order] = orders_of(Pose(1550, -400, 3), [Move("lane", 3300, 2)])
    assert parts(order) == [order.line], "a lane makes its own ground"
