"""What others' parsers make of thousands of random messages, ours do too; and ours take none that theirs refuse.

pynmeagps and pyubx2 (development) know the messages as their makers describe them; what follows from these, here.
"""

from random import Random

import against_pynmeagps
import against_pyubx2
import pytest
from gnss_compared import angle_of
from gnss_messages import pvt
from pyubx2 import GET, UBXMessage, UBXReader

from sapper.sensors.nmea import Nmea
from sapper.sensors.ubx import Ubx

pytestmark = pytest.mark.unit

MOMENTS = 1500
FRAMES = 700
SPOILT = 6000


def test_nmea_is_read_as_pynmeagps_reads_it():
    assert against_pynmeagps.of_nmea(Nmea, MOMENTS)[:3] == []


def test_no_sentence_is_taken_that_pynmeagps_refuses():
    found, taken = against_pynmeagps.too_much(Nmea, SPOILT)
    assert found[:3] == [] and taken > 500


def test_nav_pvt_is_read_as_pyubx2_reads_it():
    assert against_pyubx2.of_ubx(Ubx, FRAMES)[:3] == []


def test_no_frame_is_taken_that_pyubx2_refuses_and_none_is_lost():
    found, taken = against_pyubx2.too_much(Ubx, SPOILT // 10)
    assert found[:3] == [] and taken >= SPOILT // 10


def test_nav_hpposllh_is_read_as_pyubx2_reads_it():
    random = Random(3)
    for _ in range(FRAMES):
        itow = random.randrange(604_800_000)
        digits = {name: random.randrange(-99, 100) / scale for name, scale in (("_HPlon", 1e9), ("_HPlat", 1e9))} | {
            name: random.randrange(-9, 10) / 10 for name in ("_HPheight", "_HPhMSL")
        }
        lon, lat = random.randrange(-1_799_999_999, 1_799_999_999), random.randrange(-899_999_999, 899_999_999)
        height, sea = random.randrange(-500_000, 9_000_000), random.randrange(-500_000, 9_000_000)
        data = UBXMessage(
            "NAV", "NAV-HPPOSLLH", GET, iTOW=itow, lon=lon / 1e7, lat=lat / 1e7, height=height, hMSL=sea,
            hAcc=random.randrange(99_999) / 10, vAcc=random.randrange(99_999) / 10, **digits,
        ).serialize()  # fmt: skip
        said = UBXReader.parse(data)
        ours = Ubx()
        for each in (pvt(itow=itow), data):
            ours.take(each, 0, len(each), 7)
        fix = ours.epoch.fix
        assert ours.epoch.number == 1
        assert abs(angle_of(fix.latitude_deg, fix.latitude_billionths) - said.lat) < 1.1e-9
        assert abs(angle_of(fix.longitude_deg, fix.longitude_billionths) - said.lon) < 1.1e-9
        assert abs(fix.height_mm - said.height) <= 0.51 and abs(fix.height_mm - fix.geoid_mm - said.hMSL) <= 0.51
        assert 0 <= fix.horizontal_mm - said.hAcc <= 1 and 0 <= fix.vertical_mm - said.vAcc <= 1
