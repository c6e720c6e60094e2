"""What a board is told before it drives a mission: its place, the base line, and what is known of the ground."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from shapely import minimum_bounding_circle, minimum_bounding_radius

from sapper_host.field.area import Area
from sapper_host.field.geometry import Geometry
from sapper_host.field.mission import Kept
from sapper_host.field.orders import Order
from sapper_host.field.people import Placed
from sapper_host.field.rest import STAND_OFF_MM
from sapper_host.field.searched import BEFORE_MM, Rectangle, Searched, sigma_most_mm

# Circles that a board is told at most, as it has room for 48 and keeps its finds there, too; and the largest (field/
# tracks.py, ground/cells.py).
AVOID_MOST = 32
RADIUS_MOST_MM = 2000
# Smaller rectangles of known ground are searched once more.
_CELLS_LEAST = 2
# A board takes sides of 30 m (console/field_commands.py), with what is before the line.
_SIDE_MOST_MM = 25_000
# Of a move's ground, the largest rectangles; and how far beyond the tracks that turn.
_WAY_MOST, _WAY_MORE_MM = 20, 200


def setting_up(
    area: Area,
    geometry: Geometry,
    frame: Mapping[str, Any] | None,
    placed: Placed,
    searched: Searched,
    contacts: Sequence[Kept],
) -> list[str]:
    """The lines, in order."""
    lines = [origin_line(frame)] if frame is not None and frame.get("crs") == "EPSG:4326" else []
    lines.append(place_line(placed))
    side = round(area.safe_side_m * 1000)
    lines.append(f"base {-round(area.base_length_m * 1000) - side} {side}")
    lines += _searched(searched.rectangles(sigma_most_mm(geometry)), geometry)
    discs = []
    for kept in contacts:
        if kept.verdict in ("none", "suspect"):
            # As the board keeps off its own finds (field/tracks.py): a bar over the lane's tracks, of circles.
            aside = geometry.outer_mm // 2 - STAND_OFF_MM
            turned = round(kept.heading_mrad / 1571) % 2
            for step in (-aside, 0, aside):
                x, y = (kept.x_mm + step, kept.y_mm) if turned else (kept.x_mm, kept.y_mm + step)
                discs.append((x, y, STAND_OFF_MM + max(20, 3 * kept.sigma_mm)))
    for obstacle in area.obstacles:
        # The thing itself: its stand-off is the plan's, and may be passed by a circle round a corner.
        middle = minimum_bounding_circle(obstacle.shape).centroid
        radius = math.ceil(minimum_bounding_radius(obstacle.shape) * 1000)
        discs.append((round(middle.x * 1000), round(middle.y * 1000), max(1, radius)))
    lines += [f"avoid {x} {y} {radius}" for x, y, radius in discs[:AVOID_MOST] if radius <= RADIUS_MOST_MM]
    return lines


def along(order: Order, geometry: Geometry, searched: Searched) -> list[str]:
    """Lines for the ground of a move, as far as it is known: a board's map goes with the rover, and has forgotten what
    lies far behind."""
    reach = geometry.turn_mm + _WAY_MORE_MM
    xs, ys = (order.start.x_mm, order.end.x_mm), (order.start.y_mm, order.end.y_mm)
    within = min(xs) - reach, min(ys) - reach, max(xs) + reach, max(ys) + reach
    return _searched(searched.rectangles(sigma_most_mm(geometry), within)[:_WAY_MOST], geometry)


def _searched(rectangles: Sequence[Rectangle], geometry: Geometry) -> list[str]:
    least = _CELLS_LEAST * geometry.cell_mm**2
    side = _SIDE_MOST_MM
    return [
        f"searched {left if left else -BEFORE_MM} {low} {min(x1, left + side)} {min(y1, low + side)} {sigma}"
        for x0, y0, x1, y1, sigma in rectangles
        if (x1 - x0) * (y1 - y0) >= least
        for left in range(x0, x1, side)
        for low in range(y0, y1, side)
    ]


def origin_line(frame: Mapping[str, Any]) -> str:
    """The left post on the earth, for the receiver; degrees carry the sign in both numbers."""
    words = []
    for name in ("latitude_deg", "longitude_deg"):
        value = round(float(frame[name]) * 10**9)
        sign = -1 if value < 0 else 1
        words += [sign * (abs(value) // 10**9), sign * (abs(value) % 10**9)]
    bearing = round(math.radians(float(frame["bearing_deg"])) * 1000)
    return f"origin {' '.join(map(str, words))} 0 {bearing}"


def place_line(placed: Placed) -> str:
    """Where the rover stands, as the board is told."""
    return f"place {placed.x_mm} {placed.y_mm} {placed.heading_mrad} {placed.sigma_mm} {placed.sigma_mrad}"
