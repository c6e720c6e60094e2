"""What a receiver says of one moment, as bytes: NMEA 0183 (GGA, RMC, GST) or u-blox UBX (NAV-PVT, NAV-HPPOSLLH)."""

import math
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# The world's time 0.
BEGIN = datetime(2026, 3, 2, 8, 0, 0, tzinfo=UTC)
_GPS_BEGIN = datetime(1980, 1, 6, tzinfo=UTC)
_LEAP_S = 18
_KNOTS_PER_M_S = 3600 / 1852
_QUALITY = {"none": 0, "single": 1, "float": 5, "fixed": 4}
_MODE = {"none": "N", "single": "A", "float": "F", "fixed": "R"}


@dataclass(frozen=True)
class Said:
    """mode: as in field_spec. Heights in m: above the ellipsoid, and of the geoid. sigma_m: one sigma of each of the
    horizontal axes, as claimed. course_deg: clockwise from north."""

    t_ns: int
    mode: str
    lat_deg: float
    lon_deg: float
    height_m: float
    geoid_m: float
    sigma_m: float
    speed_m_s: float
    course_deg: float
    satellites: int

    @property
    def utc(self) -> datetime:
        """Its moment."""
        return BEGIN + timedelta(microseconds=round(self.t_ns / 1000))


def nmea(said: Said) -> bytes:
    """GGA, RMC and GST, as one receiver after another sends them: seven digits of a minute, high precision."""
    utc = said.utc
    time = f"{utc:%H%M%S}.{utc.microsecond // 10_000:02d}"
    lat, lon = _minutes(said.lat_deg, 2, "NS"), _minutes(said.lon_deg, 3, "EW")
    quality, mode, sats = _QUALITY[said.mode], _MODE[said.mode], said.satellites
    if said.mode == "none":
        return b"".join(
            _sentence(text)
            for text in (
                f"GNGGA,{time},,,,,0,{sats:02d},99.99,,,,,,",
                f"GNRMC,{time},V,,,,,,,{utc:%d%m%y},,,N,V",
                f"GNGST,{time},,,,,,,",
            )
        )
    age = "" if said.mode == "single" else "1.0"
    station = "" if said.mode == "single" else "0000"
    gga = (
        f"GNGGA,{time},{lat},{lon},{quality},{sats:02d},0.70,{said.height_m - said.geoid_m:.3f},M,{said.geoid_m:.3f},M,"
        f"{age},{station}"
    )
    speed, course = said.speed_m_s * _KNOTS_PER_M_S, said.course_deg
    rmc = f"GNRMC,{time},A,{lat},{lon},{speed:.3f},{course:.2f},{utc:%d%m%y},,,{mode},V"
    sigma = f"{said.sigma_m:.3f}"
    gst = f"GNGST,{time},{1.2 * said.sigma_m:.3f},,,,{sigma},{sigma},{2 * said.sigma_m:.3f}"
    return b"".join(_sentence(text) for text in (gga, rmc, gst))


def _minutes(degrees: float, digits: int, letters: str) -> str:
    """ddmm.mmmmmmm,N"""
    ticks = round(abs(degrees) * 60 * 10**7)
    whole, rest = divmod(ticks, 60 * 10**7)
    return f"{whole:0{digits}d}{rest // 10**7:02d}.{rest % 10**7:07d},{letters[degrees < 0]}"


def _sentence(text: str) -> bytes:
    check = 0
    for byte in text.encode():
        check ^= byte
    return f"${text}*{check:02X}\r\n".encode()


def ubx_pvt(said: Said) -> bytes:
    """UBX-NAV-PVT (u-blox F9 HPG 1.32, interface description, 3.15.13)."""
    utc = said.utc
    bad = said.mode == "none"
    carrier = {"float": 1, "fixed": 2}.get(said.mode, 0)
    flags = 0 if bad else 1 | (2 if carrier else 0) | carrier << 6
    course = math.radians(said.course_deg)
    payload = struct.pack(
        "<IHBBBBBBIiBBBBiiiiIIiiiiiIIHHIihH",
        _itow_ms(utc), utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, 7, 30, utc.microsecond * 1000,
        0 if bad else 3, flags, 0, said.satellites,
        0 if bad else round(said.lon_deg * 1e7), 0 if bad else round(said.lat_deg * 1e7),
        0 if bad else round(said.height_m * 1000), 0 if bad else round((said.height_m - said.geoid_m) * 1000),
        _accuracy(said, 1000), 2 * _accuracy(said, 1000),
        round(said.speed_m_s * math.cos(course) * 1000), round(said.speed_m_s * math.sin(course) * 1000), 0,
        round(said.speed_m_s * 1000), round(said.course_deg * 1e5), 50, 18_000_000, 120,
        1 if bad else 4 if carrier else 0, 0, 0, 0, 0,
    )  # fmt: skip
    return _frame(0x07, payload)


def ubx_high(said: Said) -> bytes:
    """UBX-NAV-HPPOSLLH: the same place to 1e-9 degrees and tenths of a millimetre."""
    utc = said.utc
    if said.mode == "none":
        return _frame(0x14, struct.pack("<BHBIiiiibbbbII", 0, 0, 1, _itow_ms(utc), *[0] * 8, 0xFFFFFFFF, 0xFFFFFFFF))
    lon, lon_more = _parts(said.lon_deg * 1e9, 100)
    lat, lat_more = _parts(said.lat_deg * 1e9, 100)
    height, height_more = _parts(said.height_m * 10_000, 10)
    sea, sea_more = _parts((said.height_m - said.geoid_m) * 10_000, 10)
    sigma = _accuracy(said, 10_000)
    payload = struct.pack(
        "<BHBIiiiibbbbII", 0, 0, 0, _itow_ms(utc), lon, lat, height, sea, lon_more, lat_more, height_more, sea_more,
        sigma, 2 * sigma,
    )  # fmt: skip
    return _frame(0x14, payload)


def _accuracy(said: Said, per_m: int) -> int:
    """hAcc: of the distance, so the root of both axes' squares."""
    return 2**31 if said.mode == "none" and per_m == 1000 else round(said.sigma_m * math.sqrt(2) * per_m)


def _parts(value: float, base: int) -> tuple[int, int]:
    """A whole and signed rest, both towards 0."""
    whole = round(value)
    high = int(whole / base)
    return high, whole - high * base


def _itow_ms(utc: datetime) -> int:
    return round(((utc - _GPS_BEGIN).total_seconds() + _LEAP_S) * 1000) % (7 * 86_400_000)


def _frame(identity: int, payload: bytes) -> bytes:
    body = struct.pack("<BBH", 0x01, identity, len(payload)) + payload
    a = b = 0
    for byte in body:
        a = (a + byte) & 0xFF
        b = (b + a) & 0xFF
    return b"\xb5\x62" + body + bytes((a, b))
