"""Plain back and forth, as mission planners make it, beside ours for people to see: it turns where lanes end, on ground
that nobody searched, and goes from lane to lane straight ahead."""

from __future__ import annotations

from sapper_host.field.geometry import Geometry
from sapper_host.field.lanes import Lanes
from sapper_host.field.moves import Move, Pose
from sapper_host.field.route import Route


def plain_route(lanes: Lanes, geometry: Geometry) -> Route:
    """Every piece once, up one lane and down the next; between pieces along the lane, then across. No return."""
    start = pose = Pose(geometry.base_x_mm, lanes.y_mm[0])
    moves: list[Move] = []

    def go(kind: str, value: int, lane: int, piece: int) -> None:
        nonlocal pose
        if value:
            moves.append(Move(kind, value, lane, piece))
            pose = pose.turned(value) if kind == "turn" else pose.gone(value)

    for index, y_mm in enumerate(lanes.y_mm):
        pieces = [piece for piece in lanes.pieces if piece.y_mm == y_mm and not piece.skirts]
        if not pieces:
            continue
        heading = 0 if index % 2 == 0 else 2
        lane, last = index + 1, pieces[-1 if heading == 0 else 0]
        if across := y_mm - pose.y_mm:
            side = 1 if across > 0 else 3
            go("turn", (side - pose.heading + 1) % 4 - 1, lane, -1)
            go("lane", abs(across), lane, -1)
        go("turn", (heading - pose.heading + 1) % 4 - 1, lane, -1)
        end = last.to_mm if heading == 0 else last.from_mm
        mm = end - pose.x_mm if heading == 0 else pose.x_mm - end
        if mm > 0:
            go("lane", mm, lane, last.number)
    return Route(start, tuple(moves), {})
