"""What is left of a mission: planned anew round the finds, on the ground that is searched by now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from sapper_host.field.area import Area, Obstacle
from sapper_host.field.check import Known, walk
from sapper_host.field.errors import FieldError
from sapper_host.field.geometry import Geometry
from sapper_host.field.lanes import Lanes, before_base, lanes_of
from sapper_host.field.mission import Kept
from sapper_host.field.moves import Move, Pose
from sapper_host.field.orders import Order, orders_of, rest_of, shorter
from sapper_host.field.pocket_ground import PocketGround, pocket_ground
from sapper_host.field.pocket_ways import Ways
from sapper_host.field.pockets import pocket_moves
from sapper_host.field.route import route_of
from sapper_host.field.searched import Searched

# The board's own, of its setting of that name.
STAND_OFF_MM = 150
# Of a lane's width, what has to be new for it to be driven from the base line.
_NEW_SHARE = 0.4
# So often pockets are planned without the lane that the check did not let pass.
_CHECKED_MOST = 8


@dataclass(frozen=True)
class Rest:
    """moves: from `start` on, which stands before the base line. None where nothing can be planned: why says it.
    refused: tours that the check did not let pass, and are left out. pockets: not lanes from the base line any more."""

    start: Pose
    moves: tuple[Move, ...]
    why: str = ""
    refused: int = 0
    pockets: bool = False

    @property
    def work_mm(self) -> int:
        """Of lanes."""
        return sum(move.value for move in self.moves if move.kind == "lane")


def with_finds(area: Area, contacts: Sequence[Kept], geometry: Geometry) -> Area:
    """The area with what was found and is no clutter as obstacles."""
    finds = tuple(
        Obstacle(f"spot {number}", kept_off(kept, geometry), 0.0)
        for number, kept in enumerate(contacts, 1)
        if kept.verdict in ("none", "suspect")
    )
    return replace(area, obstacles=(*area.obstacles, *finds))


def kept_off(kept: Kept, geometry: Geometry) -> BaseGeometry:
    """Where neither coil nor tracks come again: the stand-off and three sigmas before and behind the find, and across
    the lane that it was found from; what of its swath the next lanes search, too, they find it in by themselves."""
    along = (STAND_OFF_MM + max(20, 3 * kept.sigma_mm)) / 1000
    across = (geometry.swath_mm // 2 - geometry.overlap_mm) / 1000
    turned = round(kept.heading_mrad / 1571) % 2
    half_x, half_y = (across, along) if turned else (along, across)
    x, y = kept.x_mm / 1000, kept.y_mm / 1000
    return box(x - half_x, y - half_y, x + half_x, y + half_y)


def rest(
    area: Area,
    geometry: Geometry,
    contacts: Sequence[Kept],
    searched: Searched,
    given_up: Collection[str] = (),
) -> Rest:
    """Plan what is left: lanes from the base line first; when there are none, pockets over what is searched by then.

    given_up: names of orders that the board does not take: what is driven for them, from one standing on the base line
    to the next, is left out. So is what the walk over the ground that is claimed does not let pass.
    """
    found = with_finds(area, contacts, geometry)
    start = Pose(geometry.base_x_mm, 0)
    try:
        ways = [lanes_of(found, geometry, flush) for flush in (False, True)]
    except FieldError as error:
        return Rest(start, (), str(error))
    ground = pocket_ground(found, geometry, searched, [each.shape for each in found.obstacles[len(area.obstacles) :]])
    known = searched.known(geometry)
    best: Rest | None = None
    for lanes in ways:
        route = route_of(lanes, geometry, round(area.approach_m * 1000), combs=False)
        left = rest_of(route.start, route.moves, geometry, lambda first, last: searched.along(first, last, geometry))
        tours = [tour for tour in tours_of(route.start, left) if not any(each.name in given_up for each in tour)]
        moves, refused = checked(found, geometry, route.start, _worth(tours, ground), known)
        made = Rest(route.start, moves, refused=refused)
        if made.work_mm and (best is None or made.work_mm < best.work_mm):
            best = made
    return best or _pockets(found, geometry, ground, ways[0], known, given_up)


def _worth(tours: Sequence[Sequence[Order]], ground: PocketGround) -> list[Sequence[Order]]:
    """Those that search new ground for a good part of their width: strips are for pockets to weigh."""
    out: list[Sequence[Order]] = []
    for tour in tours:
        lanes = [order for order in tour if order.move.kind == "lane"]
        gain_m2 = sum(ground.gain(order.start, order.move.value) for order in lanes)
        most_m2 = sum(order.move.value for order in lanes) * ground.geometry.pitch_mm / 1e6
        if gain_m2 >= _NEW_SHARE * most_m2:
            out.append(tour)
    return out


def _pockets(
    area: Area, geometry: Geometry, ground: PocketGround, lanes: Lanes, known: Known, given_up: Collection[str]
) -> Rest:
    """area: with the finds. A lane that the check does not let pass is given up, and all is planned anew."""
    # A lane beside the base line is no place to stand: the rover has to turn there, after a shift.
    start = Pose(geometry.base_x_mm, next((y for y in lanes.y_mm if before_base(area, geometry, y)), lanes.y_mm[0]))
    banned, refused = set(given_up), 0
    cell = geometry.cell_mm
    y_mm = (np.arange(ground.shape[1]) + ground.low) * cell
    lane_of_y = np.abs(np.array(lanes.y_mm)[:, None] - y_mm).argmin(axis=0) + 1
    for _ in range(_CHECKED_MOST):
        moves = tuple(pocket_moves(ground.copy(), start, lane_of_y, banned))
        walked = walk(area, geometry, start, moves, known=known) if moves else None
        if walked is None or walked.clear:
            return Rest(start, moves, refused=refused, pockets=True)
        orders = orders_of(start, moves)
        lane = next((order for order in orders[walked.bad_move :] if order.move.kind == "lane"), orders[-1])
        banned.add(lane.line)
        refused += 1
    return Rest(start, (), refused=refused, pockets=True)


def way_home(
    area: Area, geometry: Geometry, searched: Searched, stand: Pose, given_up: Collection[str] = ()
) -> list[Move] | None:
    """From where a rover stands on ground that is claimed, onto the base line by the shortest way; None where none
    leads there. Finds are not in its way: it came between them, and a coil may lie over one."""
    ground = pocket_ground(area, geometry, searched, [])
    try:
        ways = Ways(ground, stand, given_up)
    except ValueError:
        return None
    home = ways.home(geometry.base_x_mm)
    return _ending_at(geometry.base_x_mm, stand, ways.moves(*home, 1)) if home else None


def _ending_at(x_mm: int, start: Pose, moves: list[Move]) -> list[Move]:
    """Ways begin at the nearest corner of cells; the last stretch along x makes up for that."""
    orders = orders_of(start, moves)
    off = x_mm - orders[-1].end.x_mm if orders else 0
    for at in range(len(orders) - 1, -1, -1):
        move, heading = orders[at].move, orders[at].start.heading
        if move.kind != "turn" and heading % 2 == 0:
            ahead = (move.kind == "ahead") == (heading == 0)
            moves[at] = replace(move, value=move.value + (off if ahead else -off))
            break
    return moves


def tours_of(start: Pose, moves: Sequence[Move]) -> list[list[Order]]:
    """Moves from one standing on the base line to the next; a shift alone is one. What does not come back is none."""
    out: list[list[Order]] = []
    tour: list[Order] = []
    for order in orders_of(start, moves):
        tour.append(order)
        if order.end.x_mm == start.x_mm and order.end.heading == 0:
            out.append(tour)
            tour = []
    return out


def checked(
    area: Area, geometry: Geometry, start: Pose, tours: Sequence[Sequence[Order]], known: Known
) -> tuple[tuple[Move, ...], int]:
    """The moves of those tours that the check (check.py) lets pass one after the other, on ground searched before; and
    how many are left out."""
    kept = [list(tour) for tour in tours]
    while kept:
        walked = walk(area, geometry, start, [o.move for tour in kept for o in tour], known=known)
        if walked.clear:
            break
        bad, at = walked.bad_move, 0
        while bad >= len(kept[at]):
            bad -= len(kept[at])
            at += 1
        del kept[at]
    return tuple(shorter(o.move for tour in kept for o in tour)), len(tours) - len(kept)
