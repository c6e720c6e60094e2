"""An area to be searched, in field metres: its edge, what is in the way, and the safe ground that lanes begin on.

The frame is that of docs/field.md: origin at the left post, x into the area, y to the left, so that the base line goes
from (0, 0) to (0, -length). Whatever is wrong is named with its place; nothing is moved or mended.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import LineString, Polygon, box, mapping
from shapely.geometry import shape as shape_from
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from sapper_host.field.errors import FieldError

Ring = Sequence[tuple[float, float]]

# GICHD's geocheck takes parts further from each other for a slip.
APART_MOST_M = 5000.0
# What an area can be: a rover does a hectare in days, and the check of a plan keeps the box in memory.
ACROSS_MOST_M = 2000.0
BOX_MOST_M2 = 25_000.0
VERTICES_MOST = 10_000
OBSTACLES_MOST = 1000
BASE_LEAST_M = 1.0
# How far an area may begin behind the base line (a post is driven by hand), and how far before it.
BEHIND_MOST_M = 0.3
NUMBER_MOST = 1e9
# Vertices on one line, out of degrees, leave some.
AREA_LEAST_M2 = 1e-4
STAND_OFF_M = 0.15
APPROACH_M = 2.0
BEYOND_M = 1.0
SAFE_DEPTH_M = 1.6
SAFE_SIDE_M = 0.5


@dataclass(frozen=True)
class Obstacle:
    """What is in the way. shape: field metres. stand_off_m: kept between it and the rover's coil and tracks."""

    name: str
    shape: BaseGeometry
    stand_off_m: float = STAND_OFF_M

    @property
    def kept_clear(self) -> BaseGeometry:
        """Where neither coil nor track comes: never less than the stand-off, the corners of its circles lie outside."""
        return self.shape.buffer(self.stand_off_m / math.cos(math.pi / 32), quad_segs=8)


@dataclass(frozen=True)
class Area:
    """polygon: its edge and holes. obstacles: holes among them. base_length_m: between the posts.

    safe_depth_m, safe_side_m: ground known to be safe, before the base line and beyond each post. approach_m: how far
    a lane may cross ground between the base line and the area, which the coil searches like the rest. beyond_m: how far
    beyond its end a lane may go for the sake of a turn.
    """

    name: str
    polygon: Polygon
    base_length_m: float
    obstacles: tuple[Obstacle, ...] = ()
    safe_depth_m: float = SAFE_DEPTH_M
    safe_side_m: float = SAFE_SIDE_M
    approach_m: float = APPROACH_M
    beyond_m: float = BEYOND_M

    @property
    def safe_ground(self) -> Polygon:
        """Before the base line."""
        return box(-self.safe_depth_m, -self.base_length_m - self.safe_side_m, 0, self.safe_side_m)

    @property
    def kept_clear(self) -> list[BaseGeometry]:
        """Of each obstacle, with its stand-off."""
        return [obstacle.kept_clear for obstacle in self.obstacles]

    def as_dict(self) -> dict[str, Any]:
        """For files: shapes as GeoJSON geometries, in field metres."""
        return {
            "name": self.name,
            "polygon": mapping(self.polygon),
            "obstacles": [
                {"name": each.name, "shape": mapping(each.shape), "stand_off_m": each.stand_off_m}
                for each in self.obstacles
            ],
            **{
                name: getattr(self, name)
                for name in ("base_length_m", "safe_depth_m", "safe_side_m", "approach_m", "beyond_m")
            },
        }


def area_from(kept: Mapping[str, Any]) -> Area:
    """The area that `as_dict` made this of."""
    values = dict(kept)
    polygon = shape_from(values.pop("polygon"))
    obstacles = tuple(
        Obstacle(each["name"], shape_from(each["shape"]), each["stand_off_m"]) for each in values.pop("obstacles")
    )
    return check_area(Area(polygon=polygon, obstacles=obstacles, **values))


def checked_ring(where: str, ring: Ring, closed: bool = False) -> list[tuple[float, float]]:
    """The vertices of a ring, the last one not the first again. closed: its format says that it has to end where it
    began. FieldError for numbers that are none, too few vertices, duplicates, and one that is not closed."""
    points = [(float(x), float(y)) for x, y in ring]
    for i, (x, y) in enumerate(points):
        if not (math.isfinite(x) and math.isfinite(y)) or max(abs(x), abs(y)) > NUMBER_MOST:
            raise FieldError(f"{where}, vertex {i + 1}", f"({x:g}, {y:g}) is no place", "correct the number")
    if len(points) > VERTICES_MOST:
        raise FieldError(
            where, f"{len(points)} vertices; {VERTICES_MOST} are taken", "simplify it, or take it in parts"
        )
    if closed and (len(points) < 2 or points[0] != points[-1]):
        raise FieldError(where, "it does not end where it began", "repeat its first vertex at its end")
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    if len(set(points)) < 3:
        raise FieldError(where, f"{len(set(points))} vertices make no area", "give three at least")
    seen: dict[tuple[float, float], int] = {}
    for i, point in enumerate(points):
        if point in seen:
            raise FieldError(
                f"{where}, vertex {i + 1}",
                f"({point[0]:.9g}, {point[1]:.9g}) is vertex {seen[point] + 1} again",
                "remove one of them",
            )
        seen[point] = i
    return points


def checked_polygon(where: str, edge: Ring, holes: Sequence[Ring] = ()) -> Polygon:
    """A polygon of checked rings, in metres. FieldError says where it crosses itself and which hole is not in it."""
    outer = Polygon(edge)
    _check_simple(where, outer)
    for i, hole in enumerate(holes):
        name = f"{where}, hole {i + 1}"
        inner = Polygon(hole)
        _check_simple(name, inner)
        if not outer.contains(inner):
            x, y = next((p for p in hole if not outer.contains(shapely.Point(p))), hole[0])
            raise FieldError(name, f"it is not inside: ({x:.2f}, {y:.2f})", "correct the hole, or leave it out")
    made = Polygon(edge, holes)
    if not made.is_valid:
        raise FieldError(where, f"its holes meet: {explain_validity(made)}", "join them into one")
    return made


def _check_simple(where: str, polygon: Polygon) -> None:
    if not polygon.is_valid:
        what = explain_validity(polygon)
        place = what.partition("[")[2].rstrip("]").split()
        at = f" at ({float(place[0]):.2f}, {float(place[1]):.2f})" if len(place) == 2 else ""
        raise FieldError(where, f"it crosses or touches itself{at}", "put its vertices in order round the area")
    if polygon.area < AREA_LEAST_M2:
        raise FieldError(where, "its vertices lie on one line", "correct them")


def check_area(area: Area) -> Area:
    """The area, as it is. FieldError unless a base line of some length lies at its edge, and all of it belongs
    together."""
    left, low, right, high = area.polygon.bounds
    if max(right - left, high - low) > ACROSS_MOST_M:
        raise FieldError(
            area.name,
            f"it is {max(right - left, high - low):.0f} m across; {ACROSS_MOST_M:.0f} m are taken",
            "take it in parts; are its units metres?",
        )
    if (right - left) * (high - low) > BOX_MOST_M2:
        size = f"{(right - left) * (high - low):.0f} m2; {BOX_MOST_M2:.0f} are taken"
        raise FieldError(area.name, f"the box around it, square to the base line, has {size}", "take it in parts")
    if area.base_length_m < BASE_LEAST_M:
        raise FieldError(
            "the base line",
            f"its posts are {area.base_length_m:.2f} m apart; {BASE_LEAST_M:.1f} m is the least",
            "set the posts at both ends of the edge that lanes begin from",
        )
    if left < -BEHIND_MOST_M:
        raise FieldError(
            "the base line",
            f"the area reaches {-left:.2f} m behind it, at y {_at_left(area.polygon):.2f} m",
            "set the posts so that all of the area is on one side",
        )
    front = box(0, -area.base_length_m, area.approach_m, 0)
    if not area.polygon.intersects(front):
        away = area.polygon.distance(LineString([(0, 0), (0, -area.base_length_m)]))
        raise FieldError(
            "the base line",
            f"it is not at the area's edge: the area begins {away:.2f} m from it, and lanes cross "
            f"{area.approach_m:.2f} m at most",
            "set the posts at the area's edge; are area and base line of one coordinate system?",
        )
    if len(area.obstacles) > OBSTACLES_MOST:
        raise FieldError(area.name, f"{len(area.obstacles)} obstacles; {OBSTACLES_MOST} are taken", "join some")
    for obstacle in area.obstacles:
        _check_obstacle(area, obstacle)
    return area


def _check_obstacle(area: Area, obstacle: Obstacle) -> None:
    if not (math.isfinite(obstacle.stand_off_m) and 0 <= obstacle.stand_off_m <= 100):
        raise FieldError(obstacle.name, f"a stand-off of {obstacle.stand_off_m:g} m", "give 0 to 100 m")
    away = obstacle.shape.distance(area.polygon)
    if away > APART_MOST_M:
        raise FieldError(
            obstacle.name,
            f"it is {away / 1000:.1f} km from the area",
            "is it of this area, and in its coordinate system?",
        )


def _at_left(polygon: Polygon) -> float:
    return float(min(polygon.exterior.coords)[1])
