"""Areas as GeoJSON (RFC 7946): longitude before latitude, WGS84."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sapper_host.field import drawn
from sapper_host.field.drawn import Drawn, Shape, shape_of
from sapper_host.field.errors import FieldError
from sapper_host.field.frames import WGS84
from sapper_host.outside import json_text

_MOST_BYTES = 4 * 1024 * 1024
# How the older GeoJSON named what RFC 7946 has alone.
_SAME = ("CRS84", "EPSG::4326", "EPSG:4326")


def read_geojson(path: Path) -> Drawn:
    """What is drawn in it. FieldError says where it is none."""
    try:
        value = json_text.read(path, _MOST_BYTES)
    except json_text.JsonError as error:
        where = f"{path}, line {error.line}" if error.line else str(path)
        raise FieldError(where, error.reason, "export the area again") from None
    if not isinstance(value, dict):
        raise FieldError(str(path), "it is no GeoJSON", "export the area again")
    crs = value.get("crs")
    if crs is not None and not str(crs).rstrip("'} ").endswith(_SAME):
        raise FieldError(str(path), f"its coordinates are of another system: {str(crs)[:80]}", _AS_WGS84)
    features = value.get("features") if value.get("type") == "FeatureCollection" else [value]
    if not isinstance(features, list):
        raise FieldError(str(path), "its features are no list", "export the area again")
    if len(features) > drawn.SHAPES_MOST:
        raise FieldError(str(path), f"{len(features)} shapes; {drawn.SHAPES_MOST} are taken", "take it in parts")
    shapes: list[Shape] = []
    for i, feature in enumerate(features):
        shapes += _shapes(f"{path}, feature {i + 1}", feature)
    for shape in shapes:
        _check_degrees(shape)
    return Drawn(path, WGS84, tuple(shapes))


_AS_WGS84 = "export it in WGS84 (EPSG:4326), or as a GeoPackage, which names its system"


def _shapes(where: str, feature: Any) -> list[Shape]:
    if not isinstance(feature, dict):
        raise FieldError(where, "it is no feature", "export the area again")
    whole = feature.get("type") == "Feature"
    properties = feature.get("properties") if whole else None
    properties = properties if isinstance(properties, dict) else {}
    geometry = feature.get("geometry") if whole else feature
    if geometry is None:
        return []
    if not isinstance(geometry, dict):
        raise FieldError(where, "its geometry is none", "export the area again")
    name, told = str(properties.get("name") or ""), str(properties.get("kind") or properties.get("name") or "")
    more = {
        key: drawn.number(f"{where}, {key}", properties[key])
        for key in ("radius_m", "stand_off_m")
        if properties.get(key) is not None
    }
    value, kind = geometry.get("coordinates"), geometry.get("type")
    each = value if isinstance(value, list) else []
    match kind:
        case "Polygon":
            found = [(drawn.POLYGON, [drawn.points_of(where, ring) for ring in each])]
        case "MultiPolygon":
            if not all(isinstance(part, list) for part in each):
                raise FieldError(where, "it is no list of polygons", "export the area again")
            found = [(drawn.POLYGON, [drawn.points_of(where, ring) for ring in part]) for part in each]
        case "LineString":
            found = [(drawn.LINE, [drawn.points_of(where, value)])]
        case "Point":
            found = [(drawn.POINT, [drawn.points_of(where, [value])])]
        case _:
            raise FieldError(where, f"a {str(kind)[:40]} is no area, line or point", "leave it out")
    return [shape_of(where, name, told, geometry, rings, **more) for geometry, rings in found]


def _check_degrees(shape: Shape) -> None:
    for ring in shape.rings:
        for i, (x, y) in enumerate(ring):
            if max(abs(x), abs(y)) > 360:
                raise FieldError(
                    f"{shape.where}, vertex {i + 1}",
                    f"({x:g}, {y:g}) are no degrees: these are metres of some projected system, and GeoJSON is in "
                    "longitude and latitude",
                    _AS_WGS84,
                )
