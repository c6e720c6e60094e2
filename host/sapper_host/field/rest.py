"""What is left of a mission: planned anew round the finds, without what was searched."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from sapper_host.field.area import Area, Obstacle
from sapper_host.field.check import Known, walk
from sapper_host.field.errors import FieldError
from sapper_host.field.geometry import Geometry
from sapper_host.field.mission import Kept
from sapper_host.field.moves import Move, Pose
from sapper_host.field.orders import Order, orders_of, rest_of, shorter
from sapper_host.field.plan import Plan, plan_of
from sapper_host.field.searched import Searched

# The board's own, of its setting of that name.
STAND_OFF_MM = 150


@dataclass(frozen=True)
class Rest:
    """moves: from `start` on, which stands on the base line. plan: the whole, of which they are the rest. None of
    either where nothing can be planned: why says it. refused: tours that the check did not let pass, and are left out.
    """

    start: Pose
    moves: tuple[Move, ...]
    plan: Plan | None
    why: str = ""
    refused: int = 0


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
    """Plan what is left. given_up: lines that the board does not take: what is driven for them, from one standing on
    the base line to the next, is left out. So is what the walk over the ground that is claimed does not let pass."""
    start = Pose(geometry.base_x_mm, 0)
    try:
        plan = plan_of(with_finds(area, contacts, geometry), geometry)
    except FieldError as error:
        return Rest(start, (), None, str(error))
    left = rest_of(plan.start, plan.moves, geometry, lambda first, last: searched.along(first, last, geometry))
    tours = [tour for tour in tours_of(plan.start, left) if not any(each.line in given_up for each in tour)]
    moves, refused = checked(plan, tours, searched.known(geometry))
    return Rest(plan.start, moves, plan, refused=refused)


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


def checked(plan: Plan, tours: Sequence[Sequence[Order]], known: Known) -> tuple[tuple[Move, ...], int]:
    """The moves of those tours that the check (check.py) lets pass one after the other, on ground searched before; and
    how many are left out."""
    kept = [list(tour) for tour in tours]
    while kept:
        walked = walk(plan.area, plan.geometry, plan.start, [o.move for tour in kept for o in tour], known=known)
        if walked.clear:
            break
        bad, at = walked.bad_move, 0
        while bad >= len(kept[at]):
            bad -= len(kept[at])
            at += 1
        del kept[at]
    return tuple(shorter(o.move for tour in kept for o in tour)), len(tours) - len(kept)
