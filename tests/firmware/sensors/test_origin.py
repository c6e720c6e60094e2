"""Places in millimetres from an origin: held against exact topocentric coordinates, over the whole globe."""

import math
from random import Random

import numpy as np
import pytest

from sapper.sensors.fix import Fix
from sapper.sensors.origin import REACH_MM, Origin

pytestmark = pytest.mark.unit

BILLION = 10**9
MAJOR_M, E2 = 6_378_137.0, 0.006694380022901
MOST_ERROR_MM = 2


def place(latitude, longitude, height_mm=0):
    """A fix at a place in billionths of degrees."""
    made = Fix()
    made.valid = True
    made.height_mm = height_mm
    made.latitude_deg, made.latitude_billionths = divmod(latitude, BILLION)
    turned = (longitude + 180 * BILLION) % (360 * BILLION) - 180 * BILLION
    made.longitude_deg, made.longitude_billionths = divmod(turned, BILLION)
    return made


def at_origin(made):
    origin = Origin()
    origin.set(made)
    return origin


def geocentric(latitude, longitude, height_mm):
    """x, y, z in m, in the long doubles that millimetres on the globe need."""
    f, l = (np.radians(np.longdouble(angle) / BILLION) for angle in (latitude, longitude))  # noqa: E741
    across = MAJOR_M / np.sqrt(1 - E2 * np.sin(f) ** 2)
    out = across + height_mm / 1000
    return np.array([out * np.cos(f) * np.cos(l), out * np.cos(f) * np.sin(l), (out - across * E2) * np.sin(f)])


def exact(latitude, longitude, height_mm, to_latitude, to_longitude):
    """East and north in mm, EPSG method 9837."""
    apart = geocentric(to_latitude, to_longitude, height_mm) - geocentric(latitude, longitude, height_mm)
    f, l = (np.radians(np.longdouble(angle) / BILLION) for angle in (latitude, longitude))  # noqa: E741
    east = -np.sin(l) * apart[0] + np.cos(l) * apart[1]
    north = -np.sin(f) * (np.cos(l) * apart[0] + np.sin(l) * apart[1]) + np.cos(f) * apart[2]
    return float(east) * 1000, float(north) * 1000


def trials(count, seed):
    """Origins anywhere up to 80 degrees, places up to 2 km from them: both in billionths, and the height."""
    random = Random(seed)
    for i in range(count):
        latitude = random.choice(
            (random.randrange(-80 * BILLION, 80 * BILLION + 1), 80 * BILLION, -80 * BILLION, 0, -1)
        )
        longitude = random.choice((random.randrange(360 * BILLION), 180 * BILLION - 1, 180 * BILLION, 0, -1))
        far_m = 2000 if i % 2 else 2000 * math.sqrt(random.random())
        way = random.uniform(0, 2 * math.pi)
        to_latitude = latitude + round(far_m * math.cos(way) / 111_700 * BILLION)
        parallel_m = 111_700 * math.cos(math.radians(latitude / BILLION))
        to_longitude = longitude + round(far_m * math.sin(way) / parallel_m * BILLION)
        yield latitude, longitude, random.randrange(-400_000, 5_000_000), to_latitude, to_longitude


def worst_mm(make, count=1500, seed=1):
    """The largest error over so many trials. make: Origin, or one that is to be caught."""
    worst = 0.0
    for latitude, longitude, height_mm, *to in trials(count, seed):
        origin = make()
        origin.set(place(latitude, longitude, height_mm))
        assert origin.offset(place(*to, height_mm))
        east, north = exact(latitude, longitude, height_mm, *to)
        worst = max(worst, abs(east - origin.east_mm), abs(north - origin.north_mm))
    return worst


def test_within_two_km_the_error_is_below_two_mm():
    assert worst_mm(Origin) < MOST_ERROR_MM


@pytest.mark.parametrize("name", ["_turn", "_bend", "_sagitta"])
def test_without_a_term_it_would_not_be(name):
    class Without(Origin):
        def set(self, made):
            super().set(made)
            setattr(self, name, 0)

    assert worst_mm(Without, 400) > {"_turn": 1000, "_bend": 2.5, "_sagitta": 1.3}[name]


def test_across_the_antimeridian_it_is_near():
    origin = at_origin(place(-17 * BILLION, 180 * BILLION - 5000))
    assert origin.offset(place(-17 * BILLION, 180 * BILLION + 5000))
    assert origin.east_mm == 1065 and origin.north_mm == 0
    back = at_origin(place(-17 * BILLION, 180 * BILLION + 50_000))
    assert back.offset(place(-17 * BILLION, 180 * BILLION - 50_000)) and back.east_mm == -10_648


def test_across_the_equator_and_greenwich_it_is_near():
    origin = at_origin(place(-50_000, -50_000))
    assert origin.offset(place(50_000, 50_000))
    assert (origin.east_mm, origin.north_mm) == (11_132, 11_057)


def test_what_is_far_away_is_said_to_be_and_changes_nothing():
    origin = at_origin(place(48 * BILLION, 11 * BILLION))
    assert origin.offset(place(48 * BILLION + 1_000_000, 11 * BILLION))
    was = (origin.east_mm, origin.north_mm)
    assert was == (0, 111_190)
    random = Random(2)
    for _ in range(2000):
        latitude, longitude = random.randrange(-90 * BILLION, 90 * BILLION), random.randrange(360 * BILLION)
        if abs(latitude - 48 * BILLION) < BILLION // 10 and abs(longitude - 11 * BILLION) < BILLION // 10:
            continue
        assert not origin.offset(place(latitude, longitude))
    for step in (1, -1):
        for degrees in (1, 2, 90, 179, 180):
            assert not origin.offset(place(48 * BILLION, (11 + step * degrees) * BILLION))
            assert not origin.offset(place((48 + step * min(degrees, 40)) * BILLION, 11 * BILLION))
    assert (origin.east_mm, origin.north_mm) == was


def test_up_to_the_bound_it_is_told():
    origin = at_origin(place(0, 0))
    metre = round(BILLION / 111_319.49)
    assert origin.offset(place(0, metre * (REACH_MM // 1000 - 2))) and origin.east_mm > 3_990_000
    assert not origin.offset(place(0, metre * (REACH_MM // 1000 + 2)))


@pytest.mark.parametrize("latitude", [80 * BILLION + 1, -80 * BILLION - 1, 90 * BILLION])
def test_near_the_poles_there_is_no_origin(latitude):
    with pytest.raises(ValueError, match="up to 80 degrees"):
        at_origin(place(latitude, 0))


def test_a_fix_without_a_place_is_no_origin():
    with pytest.raises(ValueError, match="no place"):
        Origin().set(Fix())
