"""The rover's place by GNSS: bytes of a receiver come out in the field's frame, as an independent computation has them;
corrections reach the receiver whole; a sensor is told when it fails, or can be used again, and at no other time."""

import math
import sys
from pathlib import Path

import pytest
from bench import Board, Port
from pyproj import Transformer

sys.path.append(str(Path(__file__).parents[1] / "sensors"))
from gnss_messages import gga, gst, high, pvt, rtcm  # noqa: E402 (beside the sensors' own tests)

from sapper.field import place as module  # noqa: E402
from sapper.field.place import Place  # noqa: E402
from sapper.sensors.rtcm import QUEUE_BYTES  # noqa: E402
from sapper.shared.events import KIND_ID, SENSOR_HOWS, SENSORS  # noqa: E402
from sapper.shared.settings import Settings  # noqa: E402

pytestmark = pytest.mark.unit

BILLION = 10**9
NEAR_MM = 3
# Latitude, longitude (degrees) and height (m) of an origin, and its bearing (mrad).
ORIGINS = {
    "Zurich": (47.3977, 8.5456, 488.0, 0),
    "Sydney, along a street": (-33.8688, 151.2093, 58.0, -700),
    "Bogota": (4.711, -74.0721, 2640.0, 2500),
    "south and west": (-34.6037, -58.3816, 25.0, 5000),
    "just south and west of nothing": (-0.000004, -0.000002, 0.0, 1571),
    "the date line": (65.0, 179.99999, 12.0, 3142),
    "far north": (79.9, 15.6, 40.0, -1571),
}


class Drive:
    """Tracks that stand."""

    ticks = (0, 0)
    speed_mm_s = 0


class Pose:
    """Keeps what it is given."""

    dropped = False

    def __init__(self):
        self.fixes, self.places = [], []

    def place(self, *place):
        self.places.append(place)

    def step(self, left, right, elapsed_ms):
        pass

    def fix(self, *fix):
        self.fixes.append(fix)


class Kit:
    """A place with a receiver's line that is here, and the time of the board."""

    def __init__(self):
        board = Board()
        self.port = board.gnss = Port()
        self.told = []
        self.place = Place(Settings(), board, Drive(), lambda *event: self.told.append(event))
        self.pose = self.place.pose = Pose()
        self.t_ms = 1000
        self.moments = 0

    def time(self):
        """Of the next moment, as hhmmss.ss: five a second."""
        self.moments += 1
        tenths = self.moments * 2
        return f"10{tenths // 600:02}{tenths // 10 % 60:02}.{tenths % 10}0"

    def pass_by(self, ms):
        """Time passes: ticks, with a second's look where one is due."""
        for _ in range(ms // 10):
            self.t_ms += 10
            self.place.sense(10, self.t_ms)
            if self.t_ms % 1000 == 0:
                self.place.look()

    def hear(self, data, a_tick=77):
        """These bytes, as fast as the line is."""
        for at in range(0, len(data), a_tick):
            self.port.waiting += data[at : at + a_tick]
            self.pass_by(20)
        self.pass_by(40)


def billionths(degrees):
    """As `origin` is told: whole degrees and billionths, both with the sign."""
    whole = math.trunc(degrees)
    return whole, round((degrees - whole) * BILLION)


def at_origin(name):
    latitude, longitude, height, bearing = ORIGINS[name]
    kit = Kit()
    kit.place.origin(*billionths(latitude), *billionths(longitude), round(height * 1000), bearing)
    return kit


def nmea_angle(degrees, digits, names):
    """ddmm.mmmmmmmm,N: minutes of a tenth of a millimetre and less."""
    name = names[0] if degrees >= 0 else names[1]
    whole, part = divmod(abs(degrees), 1)
    minutes = round(part * 60, 8)
    if minutes == 60:
        whole, minutes = whole + 1, 0
    return f"{int(whole):0{digits}d}{minutes:011.8f},{name}"


def heard_at(kit, latitude, longitude, height, sigma_m=0.010, rest="4,17,0.6"):
    """Three moments there, as the first one tells a receiver's reader only what a moment is made of."""
    place = f"{nmea_angle(latitude, 2, 'NS')},{nmea_angle(longitude, 3, 'EW')}"
    for _ in range(3):
        time = kit.time()
        told = gga(time, place, f"{rest},{height:.4f},M,0.0,M,1.0,0001")
        kit.hear(told + gst(time, f"0.9,0.1,0.1,12.0,{sigma_m},{sigma_m},0.02"))


def on_earth(name, x_m, y_m):
    """Latitude and longitude (degrees) and height (m) of a place of the field's, by pyproj: x is `bearing` clockwise
    from true north, y square to it, to the left."""
    latitude, longitude, height, bearing = ORIGINS[name]
    angle = bearing / 1000
    east = x_m * math.sin(angle) - y_m * math.cos(angle)
    north = x_m * math.cos(angle) + y_m * math.sin(angle)
    ways = Transformer.from_pipeline(
        "+proj=pipeline +step +inv +proj=topocentric +ellps=WGS84"
        f" +lat_0={latitude!r} +lon_0={longitude!r} +h_0={height!r}"
        " +step +inv +proj=cart +ellps=WGS84"
        " +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    # Level with the origin: the earth falls away by the square of the distance.
    fall = (east * east + north * north) / (2 * 6_371_000)
    longitude, latitude, height = ways.transform(east, north, -fall)
    return latitude, longitude, height


PLACES_M = ((0.0, 0.0), (12.345, -6.789), (-1.5, 0.002), (150.0, -80.0), (-390.0, 390.0))


@pytest.mark.parametrize("name", ORIGINS)
def test_what_a_receiver_says_is_a_place_of_the_field(name):
    kit = at_origin(name)
    for x_m, y_m in PLACES_M:
        kit.pose.fixes.clear()
        heard_at(kit, *on_earth(name, x_m, y_m))
        x_mm, y_mm, sigma_mm, kind, _ = kit.pose.fixes[-1]
        assert math.hypot(x_mm - 1000 * x_m, y_mm - 1000 * y_m) <= NEAR_MM, (x_m, y_m, x_mm, y_mm)
        assert kind == 3 and 14 <= sigma_mm <= 15, "10 mm along each axis"


def test_an_origin_that_is_wrong_is_seen():
    name = "Sydney, along a street"
    latitude, longitude, height, bearing = ORIGINS[name]
    for wrong in (
        (*billionths(latitude), *billionths(longitude), -bearing),
        (billionths(latitude)[0], -billionths(latitude)[1], *billionths(longitude), bearing),
        (*billionths(latitude), *billionths(-longitude), bearing),
        (*billionths(latitude + 1e-7), *billionths(longitude), bearing),
    ):
        kit = Kit()
        kit.place.origin(*wrong[:4], round(height * 1000), wrong[4])
        heard_at(kit, *on_earth(name, 12.0, -6.0))
        assert not any(math.hypot(x - 12_000, y + 6_000) <= NEAR_MM for x, y, *_ in kit.pose.fixes)


def test_ubx_says_the_same():
    name = "south and west"
    kit = at_origin(name)
    latitude, longitude, height = on_earth(name, 12.0, -6.0)
    whole = {"latitude": latitude, "longitude": longitude}
    values, more = {}, {}
    for key, degrees in whole.items():
        hundred_billionths = round(degrees * BILLION)
        values[key] = math.trunc(hundred_billionths / 100)
        more[{"latitude": "north", "longitude": "east"}[key]] = hundred_billionths - 100 * values[key]
    values["height"] = round(height * 1000)
    kit.hear(pvt(**values) + high(**values, **more, height_more=0))
    x_mm, y_mm, *_ = kit.pose.fixes[-1]
    assert math.hypot(x_mm - 12_000, y_mm + 6_000) <= NEAR_MM + 1


def test_a_fix_is_as_old_as_its_bytes_took_and_what_receivers_take():
    kit = at_origin("Zurich")
    latitude, longitude, height = on_earth("Zurich", 1.0, 1.0)
    heard_at(kit, latitude, longitude, height)
    assert all(module._LATENCY_MS <= fix[4] <= module._LATENCY_MS + 80 for fix in kit.pose.fixes)


@pytest.mark.parametrize(("quality", "kind"), [(4, 3), (5, 2), (2, 1), (1, 1)])
def test_kinds_are_three(quality, kind):
    kit = at_origin("Zurich")
    heard_at(kit, 47.3977, 8.5456, 488.0, sigma_m=1.2, rest=f"{quality},9,1.1")
    assert {fix[3] for fix in kit.pose.fixes} == {kind}


def test_without_an_origin_or_a_valid_fix_or_near_it_nothing_is_a_place():
    kit = Kit()
    heard_at(kit, 47.3977, 8.5456, 488.0)
    assert not kit.pose.fixes and not kit.place.has_origin
    kit = at_origin("Zurich")
    heard_at(kit, 47.3977, 8.5456, 488.0, rest="0,0,99.9")
    heard_at(kit, 47.5, 8.5456, 488.0)
    assert not kit.pose.fixes and kit.place.has_origin
    kit.place.forget_origin()
    heard_at(kit, 47.3977, 8.5456, 488.0)
    assert not kit.pose.fixes


@pytest.mark.parametrize("place", [(90, 0, 8, 0), (-90, 0, 8, 0), (80, 1, 8, 0)])
def test_an_origin_near_a_pole_is_refused(place):
    with pytest.raises(ValueError):
        Kit().place.origin(*place, 0, 0)


def test_a_place_told_is_the_poses_and_an_event():
    kit = Kit()
    kit.place.put(-1000, 350, -20, 15, 4)
    assert kit.pose.places == [(-1000, 350, -20, 15, 4)]
    assert kit.told == [(KIND_ID["place"], -1000, 350, -20, 15)]


# Corrections


def test_corrections_reach_the_receiver_whole_and_in_order():
    kit = Kit()
    sent = b"".join(rtcm(bytes([n % 256] * (19 + 37 * n % 500))) for n in range(60))
    for at in range(0, len(sent), 108):
        piece = sent[at : at + 108]
        assert kit.place.corrections.take(piece, 0, len(piece)) == len(piece)
        kit.port.room = 3 if at % 5 == 0 else 1000
        kit.pass_by(60)
    kit.port.room = 1000
    kit.pass_by(3000)
    assert kit.port.sent == sent


def test_what_the_line_does_not_take_waits_and_no_frame_comes_by_halves():
    kit = Kit()
    kit.port.room = 0
    first = [rtcm(bytes([n] * 400)) for n in range(8)]
    for one in first:
        kit.place.corrections.take(one, 0, len(one))
        kit.pass_by(20)
    assert not kit.port.sent and kit.place.corrections.dropped
    kit.port.room = 1000
    kit.pass_by(2000)
    assert kit.port.sent == b"".join(first[: QUEUE_BYTES // len(first[0])])


# What fails is told


def sensor_events(kit):
    assert all(event[0] == KIND_ID["sensor"] for event in kit.told)
    return [(SENSORS[event[1]], SENSOR_HOWS[event[2]]) for event in kit.told]


def test_a_board_without_sensors_tells_nothing():
    kit = Kit()
    kit.pass_by(20_000)
    assert kit.told == []


def test_each_change_of_the_receiver_is_told_once():
    kit = at_origin("Zurich")
    here = on_earth("Zurich", 1.0, 1.0)

    def seconds(count, say):
        for _ in range(count):
            say()
            kit.pass_by(1000 - kit.t_ms % 1000)

    seconds(5, lambda: heard_at(kit, *here))
    assert sensor_events(kit) == [("gnss", "ok")]
    seconds(5, lambda: kit.hear(b"$GNTXT,01,01,02,nothing*00\r\n"))
    assert sensor_events(kit)[1:] == [("gnss", "stale")]
    seconds(8, lambda: None)
    assert sensor_events(kit)[2:] == [("gnss", "silent")]
    seconds(3, lambda: heard_at(kit, *here))
    assert sensor_events(kit)[3:] == [("gnss", "ok")]
    kit.pose.dropped = True
    seconds(3, lambda: heard_at(kit, *here))
    assert sensor_events(kit)[4:] == [("gnss", "disagrees")]
    kit.pose.dropped = False
    seconds(3, lambda: heard_at(kit, *here))
    assert sensor_events(kit)[5:] == [("gnss", "ok")]


class Imu:
    """A part that is there, read or not."""

    present = True
    reads = True

    def read(self):
        return self.reads


class Inertial:
    trusted = False
    state = SENSOR_HOWS.index("ok")
    turn_urad = pitch_mrad = roll_mrad = 0

    def take(self, *_):
        pass


def test_so_is_each_change_of_the_gyro():
    kit = Kit()
    kit.place._imu, kit.place.inertial = Imu(), Inertial()
    for how, seconds in (("ok", 3), ("noisy", 3), ("stuck", 2), ("ok", 2)):
        kit.place.inertial.state = SENSOR_HOWS.index(how)
        kit.pass_by(1000 * seconds)
    assert sensor_events(kit) == [("gyro", how) for how in ("ok", "noisy", "stuck", "ok")]


def test_only_a_gyro_that_is_trusted_turns_the_pose():
    kit = Kit()
    kit.place._imu, kit.place.inertial = Imu(), Inertial()
    turned = []
    kit.pose.turned, kit.pose.tilt = turned.append, lambda *_: None
    kit.place.inertial.turn_urad = 77
    kit.pass_by(100)
    assert not turned
    kit.place.inertial.trusted = True
    kit.pass_by(100)
    assert turned == [77] * 10
    kit.place.inertial.trusted = False
    kit.pass_by(100)
    assert len(turned) == 10


def test_a_gyro_that_was_not_read_is_told_so_each_tick():
    """How long what it said last may stand for what it did not say is the gyro's own to judge (test_inertial.py)."""
    kit = Kit()
    kit.place._imu, kit.place.inertial = Imu(), Inertial()
    took = []
    kit.place.inertial.take = lambda imu, standing, elapsed_ms: took.append((imu, standing, elapsed_ms))
    kit.place._imu.reads = False
    kit.pass_by(100)
    assert took == [(kit.place._imu, True, 10)] * 10
