"""From coordinates of the earth to field metres and back.

A place is taken to longitude and latitude of its own datum, with no shift to another (a receiver with corrections is in
the frame of its base, and so is the map that was made with it), and from there by an azimuthal equidistant projection
about the left post: distances from the post are the ellipsoid's own, and at 2 km the scale across is off by
d^2/(6 R^2), 16 parts in a thousand million (J. Snyder, Map Projections, USGS 1395, p. 191). Heights are left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sapper_host.field.errors import FieldError

Place = tuple[float, float]

WGS84 = "EPSG:4326"
FAR_MOST_M = 10_000.0


@dataclass(frozen=True)
class Frame:
    """crs: name of the coordinate system. longitude, latitude: of the left post, degrees of the system's datum. bearing
    of the x axis, radians clockwise from north at the post."""

    crs: str
    longitude: float
    latitude: float
    bearing_rad: float

    @cached_property
    def _local(self) -> Local:
        return Local(self.crs, self.longitude, self.latitude)

    def to_field(self, places: Sequence[Place]) -> list[Place]:
        """Field metres of places (longitude, latitude), degrees."""
        sin, cos = math.sin(self.bearing_rad), math.cos(self.bearing_rad)
        return [(e * sin + n * cos, n * sin - e * cos) for e, n in self._local.metres(places)]

    def to_geo(self, places: Sequence[Place]) -> list[Place]:
        """(longitude, latitude), degrees, of places in field metres."""
        sin, cos = math.sin(self.bearing_rad), math.cos(self.bearing_rad)
        return self._local.degrees([(x * sin - y * cos, x * cos + y * sin) for x, y in places])

    def as_dict(self) -> dict[str, Any]:
        """For files and `--json`."""
        return {
            "crs": self.crs,
            "longitude_deg": self.longitude,
            "latitude_deg": self.latitude,
            "bearing_deg": math.degrees(self.bearing_rad) % 360,
        }


def frame_from(kept: Mapping[str, Any]) -> Frame:
    """The frame that `as_dict` made this of."""
    return Frame(kept["crs"], kept["longitude_deg"], kept["latitude_deg"], math.radians(kept["bearing_deg"]))


class Local:
    """Metres east and north of an origin."""

    def __init__(self, crs: str, longitude: float, latitude: float) -> None:
        import pyproj

        if not (abs(latitude) <= 89.9 and abs(longitude) <= 360):
            raise FieldError("the base line", f"({longitude:g}, {latitude:g}) is no place to project about", "check it")
        ellipsoid = system(crs).ellipsoid
        about = f"+proj=aeqd +lat_0={latitude!r} +lon_0={longitude!r} +units=m"
        shape = f"+a={ellipsoid.semi_major_metre!r} +b={ellipsoid.semi_minor_metre!r}"
        self._projection = pyproj.Proj(f"{about} {shape}")

    def metres(self, places: Sequence[Place]) -> list[Place]:
        """Of (longitude, latitude)."""
        return [tuple(map(float, self._projection(*place))) for place in places]  # type: ignore[misc]

    def degrees(self, places: Sequence[Place]) -> list[Place]:
        """(longitude, latitude) of places east and north."""
        return [tuple(map(float, self._projection(*place, inverse=True))) for place in places]  # type: ignore[misc]


def system(crs: str) -> Any:
    """The coordinate system of that name. FieldError when there is none, or it is not of the earth's surface."""
    import pyproj
    from pyproj.exceptions import CRSError

    try:
        found = pyproj.CRS.from_user_input(crs)
    except CRSError:
        raise FieldError(crs, "no such coordinate system is known", "give its EPSG code: EPSG:4326") from None
    if found.ellipsoid is None or not (found.is_geographic or found.is_projected):
        raise FieldError(crs, "it is no coordinate system of places on the earth", "give one by its EPSG code")
    return found


def degrees(crs: str, places: Sequence[Place]) -> list[Place]:
    """(longitude, latitude) in the system's own datum, of places (east or longitude, north or latitude) in it."""
    import pyproj

    found = system(crs)
    if found.is_geographic:
        return [(float(x), float(y)) for x, y in places]
    change = pyproj.Transformer.from_crs(found, found.geodetic_crs, always_xy=True)
    out = [change.transform(x, y) for x, y in places]
    if any(not (math.isfinite(x) and math.isfinite(y)) for x, y in out):
        raise FieldError(crs, "places lie outside of where this system holds", "name the system they are really in")
    return [(float(x), float(y)) for x, y in out]


def frame_of(crs: str, posts: tuple[Place, Place], inside: Place) -> Frame:
    """The frame of a base line: its posts and a place in the area, (longitude, latitude). Which post is the left one
    follows from where the area lies."""
    local = Local(crs, *posts[0])
    (other,), (middle,) = local.metres([posts[1]]), local.metres([inside])
    left, right = (posts[0], posts[1]) if other[0] * middle[1] - other[1] * middle[0] > 0 else (posts[1], posts[0])
    ((east, north),) = Local(crs, *left).metres([right])
    if math.hypot(east, north) < 0.01:
        raise FieldError("the base line", "its posts are at one place", "give both")
    # Looking into the area, the other post is to the right: x is a quarter turn to the left of it.
    return Frame(crs, left[0], left[1], math.atan2(-north, east))
