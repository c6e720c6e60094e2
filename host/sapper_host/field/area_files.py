"""Files of areas, of any kind, made into an area in field metres: the coordinate system found and named, nothing
guessed. What does not fit together (kilometres apart, latitude for longitude) is refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import shapely
from shapely.geometry import Polygon

from sapper_host.errors import CHECK_NAME
from sapper_host.field import drawn, frames
from sapper_host.field.area import APART_MOST_M, Area, Obstacle, check_area, checked_polygon, checked_ring
from sapper_host.field.drawn import Drawn, Points, Shape
from sapper_host.field.errors import FieldError
from sapper_host.field.geojson_file import read_geojson
from sapper_host.field.gpkg_file import read_gpkg
from sapper_host.field.kml_file import read_kml
from sapper_host.field.toml_file import read_toml

READERS: dict[str, Callable[[Path], Drawn]] = {
    ".geojson": read_geojson,
    ".json": read_geojson,
    ".kml": read_kml,
    ".gpkg": read_gpkg,
    ".toml": read_toml,
}
_METRES_PER_DEGREE = 111_000.0
_SWAPPED = (
    "latitude and longitude seem to be swapped: GeoJSON, KML and GeoPackage have longitude first, --base-line and "
    "--near latitude first"
)
Place = tuple[float, float]


@dataclass(frozen=True)
class Field:
    """An area, and where on the earth it lies: frame None when it was measured in metres alone."""

    area: Area
    frame: frames.Frame | None
    source: Path


def read_area(path: Path, base_line: Sequence[Place] | None = None, near: Place | None = None) -> Field:
    """The area of a file. base_line: two posts, if the file has none: x and y of a file in metres, else longitude and
    latitude. near: longitude and latitude of a place that is close. FieldError says what is wrong, and where."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise FieldError(str(path), f"'{path.suffix}' is no format of an area", f"give one of {', '.join(READERS)}")
    try:
        found = reader(path)
    except OSError as error:
        raise FieldError(str(path), f"cannot be opened ({error.strerror or error})", CHECK_NAME) from None
    shape, line, obstacles = _sorted(found)
    posts = _posts(path, line, base_line)
    if found.crs:
        return _of_the_earth(found, shape, posts, line is not None, obstacles, near)
    if near is not None:
        raise FieldError(str(path), "it is in metres, on no known place of the earth", "leave --near out")
    return Field(_in_metres(found, shape, posts, obstacles), None, path)


def _sorted(found: Drawn) -> tuple[Shape, Shape | None, list[Shape]]:
    """The area, the base line and the obstacles."""
    kinds: dict[str, list[Shape]] = {drawn.AREA: [], drawn.OBSTACLE: [], drawn.BASE_LINE: []}
    for shape in found.shapes:
        kinds[shape.kind].append(shape)
    areas, lines = kinds[drawn.AREA], kinds[drawn.BASE_LINE]
    if not areas:
        raise FieldError(str(found.path), "no area is drawn in it", "draw a polygon; 'kind' tells what a shape is")
    if len(areas) > 1:
        raise FieldError(
            areas[1].where,
            f"a second area{_apart(found, areas)}; the first is {areas[0].where}",
            "plan each area by itself, or call what is in the way an obstacle: its property 'kind'",
        )
    if areas[0].geometry != drawn.POLYGON:
        raise FieldError(areas[0].where, f"the area is a {areas[0].geometry}", "draw a polygon")
    if len(lines) > 1:
        raise FieldError(lines[1].where, "a second base line", "leave one")
    return areas[0], lines[0] if lines else None, kinds[drawn.OBSTACLE]


def _apart(found: Drawn, areas: Sequence[Shape]) -> str:
    scale = _METRES_PER_DEGREE if found.crs == frames.WGS84 else 1.0
    (x0, y0), (x1, y1) = areas[0].rings[0][0], areas[1].rings[0][0]
    away = math.hypot(x1 - x0, y1 - y0) * scale
    return f", {away / 1000:.1f} km away" if away > 1000 else ""


def _posts(path: Path, line: Shape | None, given: Sequence[Place] | None) -> tuple[Place, Place]:
    if line is None and given is None:
        raise FieldError(str(path), "it has no base line", "give its two posts: --base-line '44.1,20.1 44.1,20.2'")
    if line is not None and given is not None:
        raise FieldError(line.where, "the file has a base line, and another was given", "leave one out")
    posts = list(given) if given is not None else list(line.rings[0] if line else ())
    if len(posts) != 2:
        raise FieldError(
            line.where if line else "--base-line", f"a base line has two posts, not {len(posts)}", "give its two ends"
        )
    if not all(math.isfinite(value) for post in posts for value in post):
        raise FieldError("the base line", "a post that is no place", "correct the number")
    return posts[0], posts[1]


def _of_the_earth(
    found: Drawn, shape: Shape, posts: tuple[Place, Place], in_file: bool, obstacles: list[Shape], near: Place | None
) -> Field:
    """Through longitude and latitude to metres about the left post."""

    def places(points: Points) -> Points:
        if not all(math.isfinite(value) for point in points for value in point):
            raise FieldError(shape.where, "a vertex that is no place", "correct the number")
        return frames.degrees(found.crs, points) if points else []

    edge = places(checked_ring(shape.where, shape.rings[0], found.closed))
    line = tuple(places(list(posts))) if in_file else posts
    _check_latitudes(shape.where, edge)
    _check_latitudes("the base line", line)
    middle = (sum(x for x, _ in edge) / len(edge), sum(y for _, y in edge) / len(edge))
    for name, place in (("the base line", line[0]), ("--near", near)):
        if place is not None:
            _check_near(shape.where, name, middle, place)
    frame = frames.frame_of(found.crs, (line[0], line[1]), middle)
    local = [_moved(each, lambda ring: frame.to_field(places(ring))) for each in (shape, *obstacles)]
    left, right = frame.to_field([line[0]])[0], frame.to_field([line[1]])[0]
    length = math.hypot(right[0] - left[0], right[1] - left[1])
    return Field(_area(found, local[0], length, local[1:]), frame, found.path)


def _moved(shape: Shape, change: Callable[[Points], Points]) -> Shape:
    return replace(shape, rings=tuple(map(change, shape.rings)))


def _check_latitudes(where: str, points: Sequence[Place]) -> None:
    for i, (x, y) in enumerate(points):
        if abs(y) > 90:
            swapped = abs(x) <= 90 and abs(y) <= 180
            raise FieldError(
                f"{where}, vertex {i + 1}", f"a latitude of {y:g}", _SWAPPED if swapped else "correct the number"
            )
        if abs(x) > 180:
            raise FieldError(f"{where}, vertex {i + 1}", f"a longitude of {x:g}", "correct the number")


def _check_near(where: str, name: str, middle: Place, place: Place) -> None:
    away, other = _metres(middle, place), _metres(middle, (place[1], place[0]))
    if away > APART_MOST_M:
        remedy = _SWAPPED if other <= APART_MOST_M * 10 and other < away else "is it of this area, and in its system?"
        raise FieldError(where, f"the area is {away / 1000:.1f} km from {name}", remedy)


def _metres(a: Place, b: Place) -> float:
    """Roughly."""
    east = ((b[0] - a[0] + 180) % 360 - 180) * math.cos(math.radians((a[1] + b[1]) / 2))
    return math.hypot(east, b[1] - a[1]) * _METRES_PER_DEGREE


def _in_metres(found: Drawn, shape: Shape, posts: tuple[Place, Place], obstacles: list[Shape]) -> Area:
    """Turned so that the left post is the origin."""
    ring = checked_ring(shape.where, shape.rings[0], found.closed)
    middle = (sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring))
    (ax, ay), (bx, by) = posts
    if (bx - ax) * (middle[1] - ay) - (by - ay) * (middle[0] - ax) < 0:
        (ax, ay), (bx, by) = (bx, by), (ax, ay)
    length = math.hypot(bx - ax, by - ay)
    if length < 0.01 or length > 1e6:
        raise FieldError("the base line", f"its posts are {length:g} m apart", "give both, in metres")
    rx, ry = (bx - ax) / length, (by - ay) / length

    def turned(points: Points) -> Points:
        return [(-(x - ax) * ry + (y - ay) * rx, -(x - ax) * rx - (y - ay) * ry) for x, y in points]

    local = [_moved(each, turned) for each in (shape, *obstacles)]
    return _area(found, local[0], length, local[1:])


def _area(found: Drawn, shape: Shape, length: float, obstacles: list[Shape]) -> Area:
    polygon = _polygon(shape, found.closed)
    ways = [Obstacle(f"hole {i + 1}", Polygon(ring)) for i, ring in enumerate(polygon.interiors)]
    ways += [_obstacle(each, found.closed) for each in obstacles]
    options = {name: value for name, value in found.options.items()}
    for name, value in options.items():
        if not 0 <= value <= 100:
            raise FieldError(f"{shape.where}, {name}", f"{value:g} m", "give 0 to 100")
    return check_area(Area(shape.name, polygon, length, tuple(ways), **options))


def _polygon(shape: Shape, closed: bool) -> Polygon:
    if not shape.rings:
        raise FieldError(shape.where, "nothing is drawn", "draw it, or leave it out")
    edge, *holes = [checked_ring(shape.where, ring, closed) for ring in shape.rings]
    return checked_polygon(shape.where, edge, holes)


def _obstacle(shape: Shape, closed: bool) -> Obstacle:
    if shape.radius_m is not None and not 0 < shape.radius_m <= 1000:
        raise FieldError(shape.where, f"a radius of {shape.radius_m:g} m", "give 0.01 to 1000 m")
    if shape.geometry == drawn.POLYGON:
        made: shapely.Geometry = _polygon(shape, closed)
    elif shape.geometry == drawn.LINE:
        made = shapely.LineString(shape.rings[0])
    else:
        if shape.radius_m is None:
            raise FieldError(shape.where, "an obstacle that is a point has no size", "give it radius_m")
        made = shapely.Point(shape.rings[0][0])
    if shape.radius_m is not None:
        made = made.buffer(shape.radius_m / math.cos(math.pi / 32), quad_segs=8)
    if shape.stand_off_m is None:
        return Obstacle(shape.name, made)
    return Obstacle(shape.name, made, shape.stand_off_m)
