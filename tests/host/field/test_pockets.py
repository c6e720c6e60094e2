"""What lanes left is searched over known ground: no track leaves it, the rover comes back, and what is near is got."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shapely.geometry import Polygon

from sapper_host.field.area import Area
from sapper_host.field.check import walk
from sapper_host.field.lanes import before_base, lanes_of
from sapper_host.field.mission import Kept
from sapper_host.field.moves import Move, Pose, legs
from sapper_host.field.orders import orders_of
from sapper_host.field.pocket_ground import PocketGround, everywhere, pocket_ground, searches, turned
from sapper_host.field.pocket_ways import Ways
from sapper_host.field.pockets import pocket_moves
from sapper_host.field.rest import rest, way_home, with_finds
from sapper_host.field.searched import Searched
from tests.host.field.fields import USUAL, rectangle, round_obstacle

pytestmark = pytest.mark.unit

START = Pose(USUAL.base_x_mm, -350)


def searched_but(area: Area, *holes_m: tuple[float, float, float, float]) -> Searched:
    """All of it, but for boxes (x0, y0, x1, y1)."""
    made = Searched(area, USUAL.cell_mm)
    x0, y0, x1, y1 = (round(v * 1000 / USUAL.cell_mm) for v in area.polygon.bounds)
    made.mark(x0, x1, y0, y1, 0)
    for hole in holes_m:
        a, b, c, d = (round(v * 1000 / USUAL.cell_mm) for v in hole)
        made.sigma_mm[a - made.left : c - made.left, b - made.low : d - made.low] = 65535
    return made


def planned(area: Area, searched: Searched) -> tuple[PocketGround, list[Move]]:
    ground = pocket_ground(area, USUAL, searched, [])
    left = ground.copy()
    return left, pocket_moves(left, START, np.zeros(ground.shape[1], dtype=int))


def test_a_rectangle_about_a_place_is_asked_for_as_its_cells_lie() -> None:
    chance = np.random.default_rng(3)
    mask = chance.random((12, 9)) < 0.8
    for heading in range(4):
        a0, a1, b0, b1 = turned((-1, 3, -2, 1), heading)
        got = everywhere(mask, (a0, a1, b0, b1))
        for i in range(13):
            for j in range(10):
                inside = i + a0 >= 0 and i + a1 <= 12 and j + b0 >= 0 and j + b1 <= 9
                assert got[i, j] == (inside and bool(mask[i + a0 : i + a1, j + b0 : j + b1].all()))


@pytest.mark.parametrize(
    "hole", [(3.0, -3.5, 4.0, -2.5), (6.0, -6.0, 8.0, -4.0), (2.0, -3.0, 6.0, -2.0), (5.0, -5.0, 8.0, -1.0)]
)
def test_ground_amid_what_is_searched_is_searched_and_no_track_is_on_it_before(hole: tuple[float, ...]) -> None:
    area = rectangle(8, 6)
    searched = searched_but(area, hole)  # type: ignore[arg-type]
    left, moves = planned(area, searched)
    assert left.wanted.sum() <= 0.03 * (hole[2] - hole[0]) * (hole[3] - hole[1]) / 0.05**2
    assert walk(area, USUAL, START, moves, known=searched.known(USUAL)).clear
    end = list(legs(START, moves))[-1].end
    assert (end.x_mm, end.heading) == (START.x_mm, 0)
    driven_m = sum(leg.mm for leg in legs(START, moves)) / 1000
    assert driven_m < 2 * 10 + 20 * (hole[2] - hole[0]) * (hole[3] - hole[1])


def test_a_planner_that_takes_all_ground_for_known_does_not_pass() -> None:
    """The known bad: what it plans leaves the ground that is searched, and the check says so."""
    area = rectangle(8, 6)
    searched = searched_but(area, (3.0, -5.0, 7.0, -1.0))
    ground = pocket_ground(area, USUAL, searched, [])
    ground.known[:] = True
    moves = pocket_moves(ground, START, np.zeros(ground.shape[1], dtype=int))
    assert moves and not walk(area, USUAL, START, moves, known=searched.known(USUAL)).clear


def test_what_lies_behind_an_obstacle_is_got_round_it_and_nothing_comes_near_to_it() -> None:
    area = rectangle(8, 6, (round_obstacle(3, -3, 0.3),))
    searched = searched_but(area, (2.4, -3.6, 8.0, -2.4))
    left, moves = planned(area, searched)
    assert walk(area, USUAL, START, moves, known=searched.known(USUAL)).clear
    assert left.wanted[:, :].sum() * 0.05**2 < 0.7, "but for what lies close before and behind the stand-off"


def test_where_nothing_is_worth_it_nothing_is_driven() -> None:
    area = rectangle(8, 6)
    assert planned(area, searched_but(area))[1] == []
    assert planned(area, searched_but(area, (5.0, -3.0, 5.1, -2.9)))[1] == []


def test_ground_that_no_way_leads_to_is_left() -> None:
    area = rectangle(8, 6)
    island = Searched(area, USUAL.cell_mm)
    island.mark(100, 140, -80, -40, 0)
    ground = pocket_ground(area, USUAL, island, [])
    ways = Ways(ground, START)
    assert not np.isfinite(ways.mm[:, ground.place(Pose(6000, -3000))[0], ground.place(Pose(6000, -3000))[1]]).any()


def test_a_rover_waits_for_pockets_where_it_may_turn_though_the_first_lane_lies_beyond_the_post() -> None:
    """It stood there after a shift, half turned, and the board would not let it go on."""
    usual = rectangle(8, 6)
    area = replace(usual, polygon=Polygon([(0, 0), (8, 0.45), (8, -6), (0, -6)]))
    lanes = lanes_of(area, USUAL)
    assert not before_base(area, USUAL, lanes.y_mm[0])
    searched = searched_but(area, (3.0, -3.5, 4.0, -2.5))
    left = rest(area, USUAL, (), searched)
    assert left.pockets and left.moves and before_base(area, USUAL, left.start.y_mm)


def test_a_lane_that_is_given_up_is_not_planned_again() -> None:
    area = rectangle(8, 6)
    searched = searched_but(area, (3.0, -3.5, 4.0, -2.5))
    _, moves = planned(area, searched)
    lanes = {order.line for order in orders_of(START, moves) if order.move.kind == "lane"}
    ground = pocket_ground(area, USUAL, searched, [])
    others = pocket_moves(ground, START, np.zeros(ground.shape[1], dtype=int), lanes)
    assert lanes and not lanes & {order.line for order in orders_of(START, others)}


def test_a_turn_that_the_board_did_not_take_is_not_made_there_or_close_by_but_elsewhere() -> None:
    area = rectangle(8, 6)
    searched = searched_but(area, (3.0, -3.5, 4.0, -2.5))
    _, moves = planned(area, searched)
    turns = [order for order in orders_of(START, moves) if order.move.kind == "turn" and order.start.x_mm > 0]
    ground = pocket_ground(area, USUAL, searched, [])
    others = pocket_moves(ground, START, np.zeros(ground.shape[1], dtype=int), {turns[0].name})
    made = [order for order in orders_of(START, others) if order.move.kind == "turn"]
    bad = turns[0].start
    assert made and all(max(abs(o.start.x_mm - bad.x_mm), abs(o.start.y_mm - bad.y_mm)) > 100 for o in made)
    assert walk(area, USUAL, START, others, known=searched.known(USUAL)).clear


def test_the_way_home_is_over_known_ground_from_anywhere_and_ends_where_shifts_begin() -> None:
    area = rectangle(8, 6, (round_obstacle(3, -3, 0.3),))
    searched = searched_but(area, (2.4, -3.6, 5.0, -2.4))
    for stand in (Pose(6000, -3000), Pose(6013, -3021, 1), Pose(1700, -3000, 2), Pose(5555, -777, 3)):
        home = way_home(area, USUAL, searched, stand)
        assert home is not None
        end = orders_of(stand, home)[-1].end
        assert end.x_mm == USUAL.base_x_mm and end.heading == 0
        assert walk(area, USUAL, stand, home, known=searched.known(USUAL)).clear
    assert way_home(area, USUAL, Searched(area, USUAL.cell_mm), Pose(6000, -3000)) is None


def find(x_mm: int, y_mm: int) -> Kept:
    return Kept("board", 1, 1, x_mm, y_mm, 60, "none", 0, "suspect")


def test_a_find_in_one_lane_takes_nothing_from_the_lane_beside_it_that_is_searched() -> None:
    """Its stand-off reaches into the next lane's strip. What lies behind is combed from there all the same."""
    area = rectangle(6, 6)
    contacts = [find(3150, -1700)]
    searched = searched_but(area, (2.8, -2.1, 6.0, -1.3))
    found = with_finds(area, contacts, USUAL)
    while (left := rest(area, USUAL, contacts, searched)).moves:  # lanes first, pockets then
        assert not left.refused and walk(found, USUAL, left.start, left.moves, known=searched.known(USUAL)).clear
        ground = pocket_ground(found, USUAL, searched, [])
        for order in orders_of(left.start, left.moves):
            if order.move.kind == "lane":
                i, j = ground.place(order.start)
                i0, i1, j0, j1 = searches(USUAL, i, j, order.start.heading, order.move.value // USUAL.cell_mm)
                searched.mark(i0 + ground.left, i1 + ground.left, j0 + ground.low, j1 + ground.low, 0)
    behind = searched.claimed(USUAL)[80:120, -42 - searched.low : -26 - searched.low]
    assert behind.size == 40 * 16 and behind.mean() > 0.95
