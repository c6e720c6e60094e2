"""What is left of a mission is walked before it is driven: what would leave known ground is left out."""

from __future__ import annotations

import pytest

from sapper_host.field.check import walk
from sapper_host.field.moves import Move
from sapper_host.field.plan import Plan, plan_of
from sapper_host.field.rest import checked, tours_of
from sapper_host.field.searched import Searched
from tests.host.field.fields import USUAL, rectangle, round_obstacle

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(rectangle(8, 4, (round_obstacle(4, -2, 0.2),)), USUAL)


def test_a_whole_plan_passes_on_ground_that_nobody_knows(plan: Plan) -> None:
    nothing = Searched(plan.area, 50).known(USUAL)
    tours = tours_of(plan.start, plan.moves)
    moves, refused = checked(plan.area, USUAL, plan.start, tours, nothing)
    assert refused == 0 and walk(plan.area, USUAL, plan.start, moves).clear
    assert sum(move.value for move in moves if move.kind == "lane") == sum(
        move.value for move in plan.moves if move.kind == "lane"
    )


def test_a_way_over_ground_that_is_not_known_is_left_out_with_its_tour(plan: Plan) -> None:
    nothing, whole = Searched(plan.area, 50), Searched(plan.area, 50)
    whole.mark(0, 200, -100, 10, 15)
    ahead = [Move("ahead", 4000, 1), Move("back", 4000, 1)]
    tours = tours_of(plan.start, [*ahead, Move("lane", 3000, 1), Move("back", 3000, 1)])
    assert [len(tour) for tour in tours] == [2, 2]
    moves, refused = checked(plan.area, USUAL, plan.start, tours, nothing.known(USUAL))
    assert refused == 1 and [move.kind for move in moves] == ["lane", "back"]
    moves, refused = checked(plan.area, USUAL, plan.start, tours, whole.known(USUAL))
    assert refused == 0 and moves[0].kind in ("ahead", "lane")


def test_what_leans_on_a_tour_that_is_left_out_goes_with_it(plan: Plan) -> None:
    """A second tour goes over the ground that the first would have searched, and the first goes where none is known."""
    far = [Move("ahead", 3000, 1), Move("lane", 3000, 1), Move("back", 6000, 1)]
    again = [Move("ahead", 4000, 1), Move("back", 4000, 1)]
    tours = tours_of(plan.start, [*far, *again])
    assert checked(plan.area, USUAL, plan.start, tours, Searched(plan.area, 50).known(USUAL)) == ((), 2)


def test_a_tour_into_a_stand_off_is_left_out(plan: Plan) -> None:
    whole = Searched(plan.area, 50)
    whole.mark(0, 200, -100, 10, 15)
    y = -2000 - plan.start.y_mm
    into = [Move("shift", y, 1), Move("ahead", 6000, 1), Move("back", 6000, 1)]
    moves, refused = checked(plan.area, USUAL, plan.start, tours_of(plan.start, into), whole.known(USUAL))
    assert refused == 1 and all(move.kind == "shift" for move in moves)
