"""No integer of the parsers leaves 30 bits: on the board larger ones are allocated, and viper's wrap at 32."""

from random import Random

import pytest
import watched
from gnss_messages import gga, gst, pvt, rmc, sentence
from test_origin import place, trials
from watched import GrownError, Watched, WatchedArray

from sapper.sensors import epoch, nmea, receiver, ubx
from sapper.sensors import sentence as text
from sapper.sensors.fix import mrad_of, root_of_squares
from sapper.sensors.origin import Origin

pytestmark = pytest.mark.unit


class WatchedBytes(list):
    """In place of a bytearray: gives Watched."""

    def __init__(self, length):
        super().__init__([Watched(0)] * length)

    def __setitem__(self, index, value):
        assert 0 <= value <= 255
        super().__setitem__(index, Watched(value))


@pytest.fixture
def watch(monkeypatch):
    for module in (nmea, ubx, epoch):
        monkeypatch.setattr(module, "array", WatchedArray)
    monkeypatch.setitem(watched.HOLDS, "b", (1, -128, 127))


TAILS = ("", "0", "5", "999", "9999", "99999999", "999999999")


def number(random, most):
    """A field at its end, or beyond."""
    if random.random() < 0.02:
        return "9" * random.randrange(6, 12) + ".9999"
    return f"{random.choice((0, 1, most))}.{random.choice(TAILS)}"


def far_sentences(random):
    where = (
        f"{random.choice(('8959.', '0.', '0959.'))}{random.choice(TAILS)},{random.choice('NS')},"
        f"{random.choice(('17959.', '0.', '00059.'))}{random.choice(TAILS)},{random.choice('EW')}"
    )
    time = random.choice(("235960.999", "235959.999999", "000000"))
    long = [number(random, 99_999) for _ in range(7)]
    date = random.choice(("311299", "010100", "999999"))
    yield gga(time, where, f"{random.randrange(9)},255,{long[0]},{long[1]},M,-{long[2]},M,{long[3]},999999999")
    yield rmc(time, random.choice("AV"), where, f"{number(random, 999)},{number(random, 359)},{date},{long[3]},E,R,V")
    yield gst(time, ",".join(long))


def test_nmea_stays_within_them(watch, monkeypatch):
    monkeypatch.setattr(nmea, "bytearray", WatchedBytes, raising=False)
    random = Random(1)
    parser = nmea.Nmea()
    for _ in range(250):
        for data in far_sentences(random):
            at = 0
            while at < len(data):
                at = parser.take(data, at, len(data), 1 << 29)
    assert parser.sentences > 100 and parser.malformed > 100


def test_ubx_stays_within_them(watch):
    random = Random(2)
    heard = receiver.Receiver()
    ends = (0, 1, -1, 0x7FFFFFFF, -0x80000000, 0x3FFFFFFF, 0x40000000, -0x40000000, 899_999_999)
    for n in range(400):
        ended = ("nano", "height", "above_sea", "horizontal", "speed", "course")
        values = {name: random.choice(ends) for name in ended}
        values |= {name: random.choice((0, 899_999_999, -900_000_000)) for name in ("latitude", "longitude")}
        data = pvt(itow=n, year=random.choice((0, 9998, 65535)), second=random.choice((0, 60)), hour=23, **values)
        heard.take(data, len(data), 1 << 29)
    assert heard.number > 100


def test_what_viper_reads_of_ubx_stays_within_32(watch, monkeypatch):
    """Four bytes with a sign are 32 bits in viper, before they are held to 30."""
    monkeypatch.setattr(watched, "LIMIT", 1 << 31)
    random = Random(3)
    for first in (0, 1, 0x7F, 0x80, 0x81, 0xFF):
        payload = WatchedBytes(110)
        for i in range(110):
            payload[i] = random.choice((first, 0, 255))
        out = WatchedArray("i", [0] * 24)
        ubx.unpack(payload, 6, ubx._table(ubx._PVT_ROWS), out)
        ubx.unpack(payload, 6, ubx._table(ubx._HIGH_ROWS), out)


def test_offsets_stay_within_them(monkeypatch):
    for latitude, longitude, height_mm, *to in trials(300, 4):
        origin = Origin()
        origin.set(place(latitude, longitude, height_mm))
        for name, value in vars(origin).items():
            if isinstance(value, int) and not isinstance(value, bool):
                setattr(origin, name, Watched(value))
        far = place(latitude + 2 * (to[0] - latitude), longitude + 2 * (to[1] - longitude))
        for name in ("latitude_deg", "latitude_billionths", "longitude_deg", "longitude_billionths"):
            setattr(far, name, Watched(getattr(far, name)))
        origin.offset(far)
        assert isinstance(origin.east_mm, Watched)


@pytest.mark.parametrize("value", [0, 35_999, 36_000, -18_000, -1, (1 << 30) // 1000])
def test_helpers_stay_within_them(value):
    assert 0 <= mrad_of(Watched(value)) < 6283
    assert root_of_squares(Watched(99_999_999), Watched(99_999_999)) >= 141_421_354


def test_one_that_grows_is_seen(watch, monkeypatch):
    monkeypatch.setattr(nmea, "bytearray", WatchedBytes, raising=False)
    monkeypatch.setattr(nmea, "mrad_of", lambda course_x100: course_x100 * 174_533)
    parser = nmea.Nmea()
    data = rmc(rest="0.5,359.0,271126,,,R")
    with pytest.raises(GrownError):
        parser.take(data, 0, len(data), 0)
    assert text.EMPTY > -watched.LIMIT and sentence("") == b"$*00\r\n"
