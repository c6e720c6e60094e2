"""Field and geo agree to a millimetre within 2 km, wherever on the earth."""

from __future__ import annotations

import math
import random

import pyproj
import pytest

from sapper_host.field.errors import FieldError
from sapper_host.field.frames import WGS84, Frame, degrees, frame_of, system

pytestmark = pytest.mark.unit
PLACES = [(20.1, 44.1), (-70.3, -33.4), (0.0, 0.0), (179.9999, 12.0), (-179.9999, -12.0), (25.0, 78.0), (30.0, -84.0)]
GEOD = pyproj.Geod(ellps="WGS84")


def frame_at(longitude: float, latitude: float, bearing_deg: float) -> Frame:
    return Frame(WGS84, longitude, latitude, math.radians(bearing_deg))


@pytest.mark.parametrize("place", PLACES)
def test_there_and_back_is_the_same_place(place: tuple[float, float]) -> None:
    chance = random.Random(1)
    frame = frame_at(*place, 77.0)
    field = [(chance.uniform(-2000, 2000), chance.uniform(-2000, 2000)) for _ in range(50)]
    for (x, y), (u, v) in zip(field, frame.to_field(frame.to_geo(field)), strict=True):
        assert math.hypot(x - u, y - v) < 1e-6


@pytest.mark.parametrize("place", PLACES)
def test_distances_within_2_km_are_true_to_a_millimetre(place: tuple[float, float]) -> None:
    """Held against geodesics, also between places of which neither is the origin."""
    chance = random.Random(2)
    frame = frame_at(*place, 200.0)
    for _ in range(50):
        a, b = ((chance.uniform(-1400, 1400), chance.uniform(-1400, 1400)) for _ in range(2))
        (lon_a, lat_a), (lon_b, lat_b) = frame.to_geo([a, b])
        assert GEOD.inv(lon_a, lat_a, lon_b, lat_b)[2] == pytest.approx(math.dist(a, b), abs=1e-3)


@pytest.mark.parametrize("place", PLACES)
def test_it_agrees_with_the_topocentric_frame(place: tuple[float, float]) -> None:
    """East and north as a receiver with a base station has them (EPSG method 9836), the earth's curve taken off."""
    longitude, latitude = place
    up = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 "
        f"+step +proj=topocentric +ellps=WGS84 +lon_0={longitude} +lat_0={latitude} +h_0=0"
    )
    frame = frame_at(longitude, latitude, 0.0)
    for field in ((300.0, 200.0), (-50.0, 700.0), (1000.0, -1000.0)):
        ((lon, lat),) = frame.to_geo([field])
        east, north, height = up.transform(lon, lat, 0.0)
        assert (east, north) == pytest.approx((-field[1], field[0]), abs=2e-3 * math.hypot(*field) / 1000)
        assert height == pytest.approx(-(math.hypot(*field) ** 2) / 2 / 6.37e6, rel=0.02)


def test_the_left_post_is_left_as_seen_looking_into_the_area() -> None:
    west, east = (20.0, 44.0), (20.001, 44.0)
    for posts in ((west, east), (east, west)):
        north_of_it = frame_of(WGS84, posts, (20.0005, 44.001))
        assert (north_of_it.longitude, north_of_it.latitude) == west
        assert math.degrees(north_of_it.bearing_rad) == pytest.approx(0, abs=0.001)
        south_of_it = frame_of(WGS84, posts, (20.0005, 43.999))
        assert (south_of_it.longitude, south_of_it.latitude) == east
        assert abs(math.degrees(south_of_it.bearing_rad)) == pytest.approx(180, abs=0.001)
        for frame, inside in ((north_of_it, (20.0005, 44.001)), (south_of_it, (20.0005, 43.999))):
            (left, right, middle) = frame.to_field([(frame.longitude, frame.latitude), *set(posts) - {
                (frame.longitude, frame.latitude)}, inside])  # fmt: skip
            assert left == pytest.approx((0, 0), abs=1e-6)
            assert right[0] == pytest.approx(0, abs=1e-6) and right[1] < -80
            assert middle[0] > 100 and -80 < middle[1] < 0


def test_right_handed_and_not_mirrored() -> None:
    """A walk to the left of the base line's direction stays to the left: the sign of an area is kept."""
    frame = frame_at(20.0, 44.0, 123.0)
    ring = frame.to_field([(20.0, 44.0), (20.001, 44.0), (20.001, 44.001)])
    (ax, ay), (bx, by), (cx, cy) = ring
    assert (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) > 0


def test_a_projected_system_keeps_its_own_datum() -> None:
    """ETRS89 in UTM 33: no shift to WGS84 of a few decimetres creeps in."""
    (place,) = degrees("EPSG:25833", [(500_000.0, 4_983_000.0)])
    back = pyproj.Proj("EPSG:25833")(*place)
    assert back == pytest.approx((500_000.0, 4_983_000.0), abs=1e-6) and place[0] == pytest.approx(15.0)


@pytest.mark.parametrize(
    ("crs", "told"),
    [
        ("EPSG:0", "no such coordinate system"),
        ("meadow", "no such coordinate system"),
        ("EPSG:4978", "no coordinate system of places on the earth"),
    ],
)
def test_a_system_that_is_none_is_named(crs: str, told: str) -> None:
    with pytest.raises(FieldError, match=told):
        system(crs)


def test_places_outside_of_a_system_are_named() -> None:
    with pytest.raises(FieldError, match="EPSG:32633: places lie outside"):
        degrees("EPSG:32633", [(1e8, 1e8)])


def test_posts_at_one_place_are_refused() -> None:
    with pytest.raises(FieldError, match="its posts are at one place"):
        frame_of(WGS84, ((20.0, 44.0), (20.0, 44.0)), (20.0, 44.1))


def test_the_pole_is_no_place_to_project_about() -> None:
    with pytest.raises(FieldError, match="no place to project about"):
        frame_of(WGS84, ((20.0, 89.95), (21.0, 89.95)), (20.0, 89.96))
