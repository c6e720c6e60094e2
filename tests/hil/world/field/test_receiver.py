"""The GNSS receiver: places exact to the millimetre, errors as said, every fault as it is, bytes others understand.

Known bad: an antenna taken for the rover's middle, and a fix wrong by half a metre that claims to be good.
"""

import io
import math
from typing import Any

import numpy as np
import pynmeagps
import pytest
import pyubx2
from field_worlds import EVEN, Played, S, played, with_parts

from hil.world.field.geodesy import Geodesy
from sapper.sensors import fix as fixes
from sapper.sensors.nmea import Nmea
from sapper.sensors.ubx import Ubx

pytestmark = pytest.mark.unit

EXACT = {"fixed_mm": 0.0, "white_mm": 0.0, "ahead_m": 0.0, "up_m": 0.0}


def standing(seconds: float, faults: list[dict[str, Any]] | None = None, **gnss: Any) -> Played:
    data = with_parts(EVEN, gnss=gnss, gnss_fault=faults or [])
    return played(data).go(seconds, 0.0, slice_ns=50_000_000)


def text_of(out: Played) -> bytes:
    return b"".join(data for _, data in out.gnss)


def errors_m(out: Played) -> np.ndarray:
    """(n, 2) east and north of the true antenna, of each moment that was told with a place."""
    geodesy = out.world.receiver.geodesy
    rows = []
    for said, true in out.world.receiver.told:
        lat, lon, _ = geodesy.geo(*true)
        rows.append(((said.lon_deg - lon) * 111_320 * math.cos(math.radians(lat)), (said.lat_deg - lat) * 111_320))
    return np.array(rows)


@pytest.mark.parametrize(
    ("lat", "lon", "bearing"),
    [(47.3769, 8.5417, 0.0), (-33.8688, -151.2093, 77.0), (0.0, 179.99999, 200.0), (78.2, 15.6, -30.0)],
)
def test_places_are_those_of_the_exact_conversion_to_a_millimetre(lat: float, lon: float, bearing: float) -> None:
    geodesy = Geodesy(lat, lon, 455.0, bearing)
    for x, y, z in ((0.0, 0.0, 0.0), (14.0, -10.0, 0.5), (-1.0, 1.0, -0.3), (150.0, -200.0, 10.0)):
        fast, exact = geodesy.geo(x, y, z), geodesy.exact(x, y, z)
        off_lon = (fast[1] - exact[1] + 180) % 360 - 180
        metres = (
            (fast[0] - exact[0]) * 111_320, off_lon * 111_320 * math.cos(math.radians(lat)), fast[2] - exact[2]
        )  # fmt: skip
        assert max(map(abs, metres)) < 1e-3
        assert -180 <= fast[1] < 180
    north, east = geodesy.exact(10.0, 0.0, 0.0), geodesy.exact(0.0, 0.0, 0.0)
    bearing_told = math.degrees(
        math.atan2(((north[1] - east[1] + 180) % 360 - 180) * math.cos(math.radians(lat)), north[0] - east[0])
    )
    assert (bearing_told - bearing + 180) % 360 - 180 == pytest.approx(0, abs=0.5), "x goes at the bearing"


def test_nmea_is_understood_by_others_and_by_the_board() -> None:
    out = standing(4.0, lat_deg=-33.8688, lon_deg=-151.2093, bearing_deg=77.0)
    said = out.world.receiver.told
    read = [parsed for _, parsed in pynmeagps.NMEAReader(io.BytesIO(text_of(out)), quitonerror=2)]
    gga = [each for each in read if each.msgID == "GGA"]
    assert len(gga) >= 18 and {each.msgID for each in read} == {"GGA", "RMC", "GST"}
    for each, (what, _) in zip(gga, said, strict=False):
        assert each.quality == 4
        assert each.lat == pytest.approx(what.lat_deg, abs=1e-8) and each.lon == pytest.approx(what.lon_deg, abs=1e-8)
    board, whole = Nmea(), []
    for _, data in out.gnss:
        at = 0
        while at < len(data):
            at = board.take(data, at, len(data), 0)
            if not whole or whole[-1][0] != board.epoch.number:
                whole.append((board.epoch.number, board.epoch.fix.kind, board.epoch.fix.horizontal_mm))
    assert board.spoilt == board.malformed == 0
    assert whole[-1][0] >= 17 and whole[-1][1] == fixes.FIXED
    assert whole[-1][2] == pytest.approx(math.hypot(8.5, 3) * math.sqrt(2), abs=2)


@pytest.mark.parametrize("protocol", ["ubx", "ubx_hp"])
def test_ubx_is_understood_by_others_and_by_the_board(protocol: str) -> None:
    out = standing(4.0, protocol=protocol, lat_deg=-33.8688, lon_deg=-151.2093)
    read = [parsed for _, parsed in pyubx2.UBXReader(io.BytesIO(text_of(out)), quitonerror=2)]
    pvt = [each for each in read if each.identity == "NAV-PVT"]
    assert len(pvt) >= 18
    for each, (what, _) in zip(pvt, out.world.receiver.told, strict=False):
        assert (each.fixType, each.carrSoln, each.gnssFixOk) == (3, 2, 1)
        assert each.lat == pytest.approx(what.lat_deg, abs=1e-7) and each.lon == pytest.approx(what.lon_deg, abs=1e-7)
        assert each.hAcc == pytest.approx(math.hypot(8.5, 3) * math.sqrt(2), abs=1)
    high = [each for each in read if each.identity == "NAV-HPPOSLLH"]
    assert len(high) == (len(pvt) if protocol == "ubx_hp" else 0)
    for each, (what, _) in zip(high, out.world.receiver.told, strict=False):
        assert each.lat == pytest.approx(what.lat_deg, abs=2e-9) and each.lon == pytest.approx(what.lon_deg, abs=2e-9)
    board, number = Ubx(), 0
    for _, data in out.gnss:
        at = 0
        while at < len(data):
            at = board.take(data, at, len(data), 0)
        number = board.epoch.number
    assert number >= 17 and board.epoch.fix.kind == fixes.FIXED and board.spoilt == 0


def test_errors_are_as_large_and_as_slow_as_said() -> None:
    for mode, sigma in (("fixed", math.hypot(0.0085, 0.003)), ("float", 0.3), ("single", 1.5)):
        runs = [
            errors_m(standing(100.0, mode=mode, rate_hz=1.0, **{"fixed_s": 10.0, "float_s": 10.0, "single_s": 10.0}))
        ]
        for seed in range(2, 8):
            data = with_parts(
                EVEN,
                field={"seed": seed},
                gnss={"mode": mode, "rate_hz": 1.0, "fixed_s": 10.0, "float_s": 10.0, "single_s": 10.0},
            )
            runs.append(errors_m(played(data).go(100.0, 0.0, slice_ns=500_000_000)))
        off = np.concatenate(runs)
        assert np.sqrt((off**2).mean()) == pytest.approx(sigma, rel=0.25)
    step = np.abs(np.diff(errors_m(standing(60.0, fixed_mm=12.0, white_mm=0.0)), axis=0))
    assert step.mean() < 0.003, "it wanders, it does not jump"


def test_bytes_come_after_the_latency_at_the_lines_pace() -> None:
    out = standing(10.0, baud=9600, rate_hz=2.0)
    starts = []
    pieces: list[tuple[int, bytes]] = []
    for t_ns, data in out.gnss:
        if data.startswith(b"$GNGGA"):
            starts.append(t_ns % (S // 2) / 1e6)
        pieces.append((t_ns, data))
    first_byte = [ms - 16 * 10 / 9600 * 1000 for ms in starts]
    assert min(first_byte) >= 60 - 1e-3 and max(first_byte) <= 150 + 1e-3 and max(first_byte) - min(first_byte) > 30
    for (t0, _), (t1, data) in zip(pieces, pieces[1:], strict=False):
        assert t1 - t0 >= len(data) * 10 / 9600 * S * 0.999
    fast = standing(10.0, baud=115200, rate_hz=2.0)
    assert fast.gnss[0][0] < out.gnss[0][0]


def test_a_line_too_slow_for_what_is_to_be_said_leaves_some_out() -> None:
    slow = standing(20.0, baud=4800, rate_hz=10.0)
    assert text_of(slow).count(b"GNGGA") < 0.5 * 20 * 10
    newest_ns = slow.gnss[-1][0]
    assert newest_ns <= 20 * S


def test_the_antenna_is_off_the_middle_and_leans_with_the_machine() -> None:
    lever = {**EXACT, "ahead_m": -0.2, "left_m": 0.1, "up_m": 0.5}
    level = played(with_parts(EVEN, gnss=lever, start={"x_m": 2.0, "y_m": -2.0, "heading_deg": 90.0})).go(0.5, 0.0)
    assert level.world.receiver.told[-1][1] == pytest.approx((2.0 - 0.1, -2.2, 0.5))
    leaning = with_parts(EVEN, gnss=lever, relief={"slope_deg": 5.0, "uphill_deg": 90.0})
    _, true = played(leaning).go(0.5, 0.0).world.receiver.told[-1]
    sin, cos = math.sin(math.radians(5)), math.cos(math.radians(5))
    assert true[0] == pytest.approx(-0.6 - 0.2) and true[1] == pytest.approx(-0.4 + 0.1 * cos - 0.5 * sin, abs=1e-4)
    middle = played(with_parts(EVEN, gnss=EXACT)).go(0.5, 0.0).world.receiver.told[-1][1]
    assert middle == pytest.approx((-0.6, -0.4, 0.0)), "known bad: no lever arm"


def fault(kind: str, **more: Any) -> list[dict[str, Any]]:
    return [{"kind": kind, "t0_s": 2.0, "t1_s": 4.0, **more}]


def offsets_m(kind: str, **more: Any) -> np.ndarray:
    """How far off each moment of six seconds was told, 5 a second."""
    return np.hypot(*errors_m(standing(6.0, fault(kind, **more), **EXACT)).T)


def test_a_wrong_fix_is_half_a_metre_off_and_claims_to_be_good() -> None:
    out = standing(6.0, fault("wrong_fix", size_m=0.5), **EXACT)
    off = np.hypot(*errors_m(out).T)
    assert np.all(off[11:19] == pytest.approx(0.5, abs=2e-3)) and off[:10].max() < 1e-3 and off[21:].max() < 1e-3
    said = [each for each, _ in out.world.receiver.told[11:19]]
    assert {each.mode for each in said} == {"fixed"} and {each.sigma_m for each in said} == {0.014}


def test_multipath_is_a_step_and_spoofing_a_ramp() -> None:
    step = offsets_m("multipath", size_m=0.3)
    assert np.all(step[11:19] == pytest.approx(0.3, abs=2e-3)) and step[:10].max() < 1e-3
    ramp = offsets_m("ramp", rate_m_s=0.05)
    assert ramp[10:20] == pytest.approx(0.05 * 0.2 * np.arange(10), abs=2e-3)
    toward = errors_m(standing(6.0, fault("multipath", size_m=0.3, toward_deg=0.0), **EXACT))[15]
    assert toward == pytest.approx((0.0, 0.3), abs=2e-3), "x is north there"


def test_an_outage_says_so_and_a_stopped_line_says_nothing() -> None:
    outage = text_of(standing(6.0, fault("outage")))
    assert outage.count(b",V,,,,,,,") == pytest.approx(10, abs=1) and outage.count(b"GNGGA") >= 28
    stopped = standing(6.0, fault("stopped"))
    times = np.array([t for t, _ in stopped.gnss]) / S
    assert not np.any((times > 2.3) & (times < 4.05)) and np.any(times > 4.3)


def test_it_falls_back_to_float_and_single_and_lies_when_told_to() -> None:
    for kind in ("float", "single"):
        said = [each for each, _ in standing(6.0, fault(kind)).world.receiver.told]
        assert {each.mode for each in said[10:20]} == {kind} and {each.mode for each in said[:10]} == {"fixed"}
        assert said[15].sigma_m > 0.2
    lying = [each for each, _ in standing(6.0, fault("lying"), mode="single").world.receiver.told]
    assert lying[15].sigma_m == 0.014 and lying[5].sigma_m > 1 and lying[15].mode == "single"


def test_a_frozen_one_goes_on_telling_one_place_and_a_repeating_one_the_same_bytes() -> None:
    moving = with_parts(EVEN, gnss=EXACT, gnss_fault=fault("frozen"))
    told = played(moving).go(6.0, 0.35).world.receiver.told
    places = [(each.lat_deg, each.lon_deg) for each, _ in told]
    assert len(set(places[9:20])) <= 2 and len(set(places[21:])) > 5
    assert len({each.t_ns for each, _ in told[10:20]}) == 10
    text = text_of(standing(6.0, fault("repeated")))
    seconds = [line.split(b",")[1] for line in text.split(b"\r\n") if line.startswith(b"$GNGGA")]
    assert len(seconds) - len(set(seconds)) == pytest.approx(10, abs=1)


def test_garbage_passes_no_checksum() -> None:
    out = standing(6.0, fault("garbage"))
    board = Nmea()
    for _, data in out.gnss:
        at = 0
        while at < len(data):
            at = board.take(data, at, len(data), 0)
    assert 15 <= board.epoch.number <= 21 and board.spoilt > 3


def test_before_it_has_a_fix_it_goes_through_single_and_float() -> None:
    said = [each.mode for each, _ in standing(6.0, float_after_s=2.0, fixed_after_s=4.0).world.receiver.told]
    assert (said[5], said[15], said[25]) == ("single", "float", "fixed")


def test_a_board_without_one_hears_nothing() -> None:
    assert standing(2.0, fitted=0).gnss == []
