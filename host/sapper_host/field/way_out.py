"""From where a rover stands to the base line, and back to a lane's beginning: moves over ground that it came over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sapper_host.field.area import Area
from sapper_host.field.geometry import Geometry
from sapper_host.field.heard import ASIDE_MM, ASIDE_MRAD
from sapper_host.field.moves import Move, Pose
from sapper_host.field.orders import Order, shorter, way_back
from sapper_host.field.searched import Searched

_LEAST_MM = 100
# A shift ends within 25 mm.
BESIDE_MM = 35


def way_out(done: Sequence[Order], order: Order | None, geometry: Geometry) -> tuple[Pose, list[Move]] | None:
    """done: the plan's moves, the one under way (`order`) as the last. Where the first of the moves begins, and moves
    to the base line; None where the rover stands there."""
    if order is None or not done:
        return None
    if order.move.kind == "shift":  # it has to be done first: the rover is turned, in the midst of it
        return order.start, [order.move]
    since = list(done)
    for at in range(len(done) - 1, -1, -1):
        start = done[at].start
        if start.x_mm == geometry.base_x_mm and start.heading == 0:
            since = list(done[at:])
            break
    moves = way_back(since)
    return order.end, moves


def step_back(order: Order, geometry: Geometry, searched: Searched) -> Order | None:
    """Back along a lane so far that its coil has the lead-in before the ground that is not searched; None where that is
    less than it is worth, or the lane's beginning."""
    first = order.start.gone(geometry.coil_ahead_mm + geometry.lead_in_mm)
    last = order.end.gone(geometry.coil_ahead_mm - geometry.settle_mm)
    skip = max(0, int(searched.along(first, last, geometry)) - 2 * geometry.cell_mm)
    if skip >= order.move.value - _LEAST_MM:
        return None
    # As if the lane had been driven to its end: the target is what counts.
    back = replace(order.move, kind="back", value=order.move.value - skip)
    return Order(back, order.end, order.start.gone(skip))


def beside(order: Order, place: tuple[int, int, int], geometry: Geometry) -> Order | None:
    """The shift that brings a rover onto the line of the lane that it is to begin, where it stands beside it before the
    base line: tracks slip, and GNSS tells only afterwards by how much. None where it stands well, or elsewhere."""
    start, (x, y, _) = order.start, place
    if order.move.kind != "lane" or (start.x_mm, start.heading) != (geometry.base_x_mm, 0):
        return None
    if abs(x - start.x_mm) > ASIDE_MM or abs(y - start.y_mm) <= BESIDE_MM:
        return None
    return Order(replace(order.move, kind="shift", value=start.y_mm - y), Pose(start.x_mm, y), start)


def onto_base_line(place: tuple[int, int, int], geometry: Geometry, area: Area) -> tuple[Pose, tuple[Move, ...]] | None:
    """For a rover that stands before the base line, heading into the area: where it is to stand, and how it goes there.
    None when it stands anywhere else."""
    x, y, heading = place
    side = round(area.safe_side_m * 1000)
    if x > -geometry.turn_mm or abs(heading) > ASIDE_MRAD or not -area.base_length_m * 1000 - side < y < side:
        return None
    mm = geometry.base_x_mm - x
    if abs(mm) <= ASIDE_MM:
        return Pose(geometry.base_x_mm, y), ()
    kind = "ahead" if mm > 0 else "back"
    return Pose(x, y), tuple(shorter([Move(kind, abs(mm), 1)]))
