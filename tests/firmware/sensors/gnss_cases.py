"""What receivers say, and what has to be made of it: {promise: (bytes, what the last fix has, what the receiver has)}.

`fix` None: there must be none. Counts are of Receiver.nmea or .ubx where they are called so.
"""

from gnss_messages import frame, gga, gst, high, pvt, rmc, rtcm, sentence

from sapper.sensors import fix as f

# From the first moment a receiver learns what to wait for; where something is to be refused it comes behind.
BEFORE = gga("101459.00")
BEFORE_RMC = rmc("101459.00")
BEFORE_UBX = pvt(itow=382_499_000)
NEXT = gga("101501.00")
SOUTH = {"latitude_deg": -49, "latitude_billionths": 882_697_942}
NORTH = {"latitude_deg": 48, "latitude_billionths": 117_302_058}
WEST = {"longitude_deg": -12, "longitude_billionths": 477_930_720}
EAST = {"longitude_deg": 11, "longitude_billionths": 522_069_280}
ALL = f.PLACE | f.HEIGHT | f.SPEED | f.COURSE | f.TIME | f.DATE | f.AGE | f.SIGMA
FIXED = {"valid": True, "kind": f.FIXED}
GOOD = gga()


def merged(*parts):
    """One dict of several; MicroPython has no `{**parts}`."""
    made = {}
    for part in parts:
        made.update(part)
    return made


def _xor_below_16():
    """A GGA whose checksum has one digit."""
    for unit in ("M", "m", "", "MM", "Mm"):
        for station in range(200):
            made = gga(rest="4,12,0.9,545.4,%s,46.9,M,1.2,%d" % (unit, station))
            if made[-4:-3] == b"0":
                return made[:-4] + made[-3:]
    raise ValueError


def _placed(north, east):
    return BEFORE + gga(place="%s,%s" % (north, east))


def _refused(north, east):
    return gga(place="%s,%s" % (north, east)) + NEXT


_HALF = frame(0x07, bytes(92))[:40]
_FALSE_HEADER = b"\xb5\x62\x01\x07\x5c\x00"
_INSIDE = frame(0x07, _FALSE_HEADER + bytes(86))

CASES = {
    # -- a whole moment
    "three sentences of one time are one fix": (
        gga() + rmc() + gst(),
        merged(FIXED, NORTH, EAST, {
         "told": ALL, "time_ms": 36_900_000, "date": 20261127, "height_mm": 592_300, "geoid_mm": 46_900,
         "satellites": 12, "speed_mm_s": 257, "course_mrad": 1473, "age_ms": 1200, "horizontal_mm": 15,
         "vertical_mm": 21}),
        {"number": 1, "nmea.sentences": 3},
    ),
    "in any order": (gst() + rmc() + gga(), merged(FIXED, {"told": ALL}), {"number": 1}),
    "two times are two fixes": (
        BEFORE + BEFORE_RMC + gga() + rmc() + NEXT + gga("101502.00"), {"time_ms": 36_901_000}, {"number": 2}
    ),
    "what never comes is not waited for": (
        b"".join(gga("10150%d.00" % n) + rmc("10150%d.00" % n) for n in range(5)),
        {"time_ms": 36_904_000}, {"number": 4},
    ),
    "RMC alone is a place without a height": (
        BEFORE_RMC + rmc(), merged(FIXED, NORTH, {"told": ALL & ~(f.HEIGHT | f.AGE | f.SIGMA)}), {}
    ),
    "GST alone is no fix": (gst() + gst("101501.00"), None, {"nmea.sentences": 2}),
    "a GST of another time is not joined": (
        BEFORE + gga() + gst("101459.00"), {"told": ALL & ~(f.SPEED | f.COURSE | f.DATE | f.SIGMA)}, {}
    ),
    "without GST the uncertainty is a guess from HDOP, and said to be": (
        BEFORE + gga(rest="1,9,1.5,10.0,M,5.0,M,,"),
        {"kind": f.SINGLE, "horizontal_mm": 7500, "vertical_mm": 15_000, "told": f.PLACE | f.HEIGHT | f.TIME}, {},
    ),
    "without HDOP it is unknown": (BEFORE + gga(rest="1,9,,10.0,M,5.0,M,,"), {"horizontal_mm": f.UNKNOWN_MM}, {}),
    "an uncertainty told as 0 is not 0": (
        gga() + rmc() + gst(rest="0,0,0,0,0.000,0.000,0.000"), {"horizontal_mm": 1, "vertical_mm": 1}, {}
    ),
    "without the geoid's height, height is above the sea": (
        BEFORE + gga(rest="4,12,0.9,-12.3456,M,,M,,"), {"height_mm": -12_346, "geoid_mm": 0}, {}
    ),
    "what is put in by hand is no fix": (BEFORE + gga(rest="7,0,,,M,,M,,"), {"valid": False, "kind": f.NONE}, {}),
    "what is made up is none": (BEFORE + gga(rest="8,12,0.9,1.0,M,1.0,M,,"), {"valid": False, "kind": f.NONE}, {}),
    "dead reckoning is told as such": (
        BEFORE + gga(rest="6,0,,1.0,M,1.0,M,,"), {"valid": True, "kind": f.DEAD_RECKONING}, {}
    ),
    "float is told as such": (BEFORE + gga(rest="5,12,0.9,1.0,M,1.0,M,,"), {"valid": True, "kind": f.FLOAT}, {}),
    "differential is told as such": (
        BEFORE + gga(rest="2,12,0.9,1.0,M,1.0,M,,"), {"valid": True, "kind": f.DIFFERENTIAL}, {}
    ),
    "RMC's mode N is no fix": (
        BEFORE_RMC + rmc(rest="0.50,84.4,271126,,,N,V"), {"valid": False, "kind": f.NONE}, {}
    ),
    "RMC without a mode is a single fix": (
        BEFORE_RMC + rmc(rest="0.50,84.4,271126,,"), {"valid": True, "kind": f.SINGLE}, {}
    ),
    # -- halves of the globe
    "south is below the equator": (_placed("4807.03812345,S", "01131.32415678,E"), merged(SOUTH, EAST), {}),
    "west is left of Greenwich": (_placed("4807.03812345,N", "01131.32415678,W"), merged(NORTH, WEST), {}),
    "half a degree west of Greenwich is not east": (
        _placed("0000.6,S", "00030.0,W"),
        {"latitude_deg": -1, "latitude_billionths": 990_000_000, "longitude_deg": -1,
         "longitude_billionths": 500_000_000}, {},
    ),
    "whole degrees south stay whole": (
        _placed("3300.000,S", "07000.000,W"),
        {"latitude_deg": -33, "latitude_billionths": 0, "longitude_deg": -70, "longitude_billionths": 0}, {},
    ),
    "the antimeridian has one name": (
        _placed("0000.0,N", "18000.0,E"), {"longitude_deg": -180, "longitude_billionths": 0, "valid": True}, {}
    ),
    "the last billionth of a degree carries": (
        _placed("4859.99999999,N", "01159.9999999,E"),
        {"latitude_deg": 49, "latitude_billionths": 0, "longitude_deg": 11, "longitude_billionths": 999_999_998}, {},
    ),
    "minutes without decimals": (
        _placed("4830,N", "01145,E"),
        {"latitude_deg": 48, "latitude_billionths": 500_000_000, "longitude_billionths": 750_000_000}, {},
    ),
    "a ninth decimal of minutes does no harm": (_placed("4807.038123459,N", "01131.32415678,E"), NORTH, {}),
    "a hemisphere that is not there is refused": (
        _refused("4807.03812345,E", "01131.32415678,N"), None, {"nmea.malformed": 1}
    ),
    "a missing hemisphere is refused": (_refused("4807.03812345,", "01131.32415678,E"), None, {"nmea.malformed": 1}),
    "a hemisphere in small letters is refused": (
        _refused("4807.03812345,n", "01131.32415678,E"), None, {"nmea.malformed": 1}
    ),
    "beyond the pole is refused": (_refused("9000.00000004,N", "01131.32415678,E"), None, {"nmea.malformed": 1}),
    "beyond the antimeridian is refused": (_refused("4807.0,N", "18000.00000004,W"), None, {"nmea.malformed": 1}),
    "degrees beyond the pole are refused": (_refused("9100.0,S", "01131.0,E"), None, {"nmea.malformed": 1}),
    "degrees beyond the antimeridian are refused": (_refused("4807.0,N", "18100.0,E"), None, {"nmea.malformed": 1}),
    "sixty minutes are refused": (_refused("4860.0,N", "01131.32415678,E"), None, {"nmea.malformed": 1}),
    "a latitude without a longitude is refused": (_refused("4807.0,N", ",E"), None, {"nmea.malformed": 1}),
    # -- time
    "no fraction of a second": (gga("101500") + rmc("101500.000") + gst("101500.0"), {"told": ALL}, {"number": 1}),
    "a fraction beyond ms is cut off": (BEFORE + gga("101500.9999999"), {"time_ms": 36_900_999}, {}),
    "midnight is another moment and the next date": (
        BEFORE + BEFORE_RMC + rmc("235959.90") + gga("235959.90") + rmc("000000.00", rest="0.5,,281126,,,R")
        + gga("000000.00") + gga("000000.10"),
        {"time_ms": 0, "date": 20261128}, {"number": 2},
    ),
    "a leap second is a time": (BEFORE + gga("235960.50"), {"time_ms": 86_400_500}, {}),
    "an hour that is none is refused": (gga("241500.00") + NEXT, None, {"nmea.malformed": 1}),
    "a time of five digits is refused": (gga("10150.00") + NEXT, None, {"nmea.malformed": 1}),
    "a date that is none is refused": (rmc(rest="0.5,1.0,321326,,,R") + NEXT, None, {"nmea.malformed": 1}),
    "a receiver without time is no fix": (
        gga("", ",,,", "0,00,99.99,,,,,,") * 2, {"valid": False, "kind": f.NONE, "told": 0}, {"nmea.sentences": 2}
    ),
    # -- empty fields
    "RMC `V` with empty fields denies the fix": (
        gga() + rmc(status="V", place=",,,", rest=",,,,,N") + gst(), {"valid": False, "kind": f.NONE}, {"number": 1}
    ),
    "RMC `V` with a place denies the fix": (gga() + rmc(status="V") + gst(), {"valid": False}, {}),
    "RMC's mode N denies the fix": (gga() + rmc(rest="0.5,84.4,271126,,,N,V") + gst(), {"valid": False}, {}),
    "RMC's last V is of other things": (gga() + rmc(rest="0.5,84.4,271126,,,R,V") + gst(), FIXED, {}),
    "GGA of quality 0 with RMC `A` is no fix": (
        rmc() + gga(place=",,,", rest="0,00,99.99,,,,,,") + gst(), {"valid": False}, {}
    ),
    "and before RMC": (
        gga(place=",,,", rest="0,00,99.99,,,,,,") + rmc() + gst(), {"valid": False, "kind": f.NONE}, {}
    ),
    "GGA's place goes before RMC's": (gga() + rmc(place="4807.04,N,01131.3,E") + gst(), merged(NORTH, EAST), {}),
    "and when it comes later": (rmc(place="4807.04,N,01131.3,E") + gga() + gst(), merged(NORTH, EAST), {}),
    "uncertainty is not rounded down": (
        gga() + rmc() + gst(rest="0.9,0.1,0.1,12.0,0.012,0.010,0.021"), {"horizontal_mm": 16}, {}
    ),
    "a standing rover has no course": (
        gga() + rmc(rest="0.00,,271126,,,R,V") + gst(), {"told": ALL & ~f.COURSE, "course_mrad": 0, "speed_mm_s": 0}, {}
    ),
    "an empty GST tells no uncertainty": (gga() + rmc() + gst(rest=",,,,,,"), {"told": ALL & ~f.SIGMA}, {}),
    "a good quality without a place is refused": (gga(place=",,,") + NEXT, None, {"nmea.malformed": 1}),
    "north, 360 degrees, is 0": (gga() + rmc(rest="1,360.0,271126,,,R") + gst(), {"course_mrad": 0, "told": ALL}, {}),
    # -- numbers that are none
    "letters in a number are refused": (
        gga(rest="4,12,0.9,5x5.4,M,46.9,M,1.2,0001") + NEXT, None, {"nmea.malformed": 1}
    ),
    "two points are refused": (gga(rest="4,12,0.9,5.4.5,M,46.9,M,1.2,0001") + NEXT, None, {"nmea.malformed": 1}),
    "an exponent is refused": (gga(rest="4,12,0.9,5e4,M,46.9,M,1.2,0001") + NEXT, None, {"nmea.malformed": 1}),
    "a height beyond all bounds is refused": (
        gga(rest="4,12,0.9,99999999999999999999.4,M,46.9,M,1.2,0001") + NEXT, None, {"nmea.malformed": 1}
    ),
    "a speed below nothing is refused": (rmc(rest="-0.5,1.0,271126,,,R") + NEXT, None, {"nmea.malformed": 1}),
    "too few fields are refused": (sentence("GNGGA,101500.00,4807.0,N") + NEXT, None, {"nmea.malformed": 1}),
    "fields that a later standard adds do no harm": (
        BEFORE + gga(rest="4,12,0.9,1.0,M,1.0,M,,,x,9"), FIXED, {"nmea.malformed": 0}
    ),
    # -- framing
    "lower-case digits of a checksum": (
        gga()[:-4] + gga()[-4:-2].lower() + b"\r\n" + rmc()[:-4] + rmc()[-4:-2].lower() + b"\n" + gst(),
        {"told": ALL}, {},
    ),
    "a checksum of one digit": (BEFORE + _xor_below_16(), merged(FIXED, NORTH), {"nmea.spoilt": 0}),
    "a missing checksum is refused": (GOOD[:-5] + b"\r\n" + NEXT, None, {"nmea.spoilt": 1}),
    "a checksum without digits is refused": (GOOD[:-4] + b"\r\n" + NEXT, None, {"nmea.spoilt": 1}),
    "a wrong checksum is refused": (GOOD[:20] + b"9" + GOOD[21:] + NEXT, None, {"nmea.spoilt": 1}),
    "a checksum of three digits is refused": (GOOD[:-4] + b"0" + GOOD[-4:] + NEXT, None, {"nmea.spoilt": 1}),
    "a line that does not end is not used": (GOOD[:-2] + b" " + NEXT, None, {"nmea.spoilt": 1}),
    "a first sentence that lacks its beginning": (
        GOOD[25:] + NEXT + gga("101502.00"), {"time_ms": 36_902_000}, {"number": 1, "nmea.spoilt": 0}
    ),
    "a sentence broken off by the next": (
        GOOD[:30] + NEXT + gga("101502.00"), {"time_ms": 36_902_000}, {"nmea.spoilt": 1}
    ),
    "a line of 120 bytes is taken": (
        BEFORE + gga(rest="4,12,0.9,545.4" + "0" * 20 + ",M,46.9,M,1.2,0001"), merged(FIXED, {"height_mm": 592_300}), {}
    ),
    "a line beyond the bound is refused": (
        gga(rest="4,12,0.9,545.4" + "0" * 60 + ",M,46.9,M,1.2,0001") + NEXT, None, {"nmea.too_long": 1}
    ),
    "binary inside a sentence spoils it": (GOOD[:30] + b"\x00" + GOOD[30:] + NEXT, None, {"nmea.spoilt": 1}),
    "binary between sentences does not": (
        gga() + bytes(range(128, 256)) + b"\x00" * 50 + rmc() + b"\xb5\x62\x01\x35" + gst(), {"told": ALL}, {}
    ),
    "RTCM and UBX between sentences": (
        gga() + rtcm(bytes(range(60, 200))) + rmc() + frame(0x35, bytes(80)) + gst(), {"told": ALL}, {"ubx.frames": 0}
    ),
    "other sentences are passed over": (
        gga() + sentence("GPGSV,3,1,11,03,03,111,00") + sentence("PUBX,00,1") + rmc() + gst(),
        {"told": ALL}, {"nmea.others": 2},
    ),
    "what is no talker is passed over": (sentence("1NGGA,101500.00") + sentence("PQGGA,1"), None, {"nmea.others": 2}),
    # -- UBX
    "a NAV-PVT is a fix": (
        pvt() + pvt(itow=382_501_000),
        merged(FIXED, {"told": ALL, "time_ms": 36_900_000, "date": 20261127, "height_mm": 592_300, "geoid_mm": 46_900,
         "satellites": 17, "horizontal_mm": 14, "vertical_mm": 21, "speed_mm_s": 257, "course_mrad": 1473,
         "age_ms": 2000, "latitude_deg": 48, "latitude_billionths": 117_302_000, "longitude_deg": 11,
         "longitude_billionths": 522_069_300}), {"number": 1},
    ),
    "NAV-HPPOSLLH has the last digits": (
        pvt() + high(),
        merged(FIXED, {"latitude_billionths": 117_301_962, "longitude_billionths": 522_069_359, "horizontal_mm": 15,
         "vertical_mm": 21, "told": ALL}), {"number": 1, "ubx.frames": 2},
    ),
    "whichever comes first": (
        high() + pvt(), {"latitude_billionths": 117_301_962, "horizontal_mm": 15, "told": ALL}, {"number": 1}
    ),
    "NAV-HPPOSLLH alone is no fix": (high() + high(itow=382_501_000), None, {"ubx.frames": 2}),
    "an invalid NAV-HPPOSLLH is not used": (pvt() + high(flags=1), {"latitude_billionths": 117_302_000}, {}),
    "last digits carry into the degrees": (
        pvt(latitude=-10, longitude=0) + high(latitude=0, longitude=0, north=-99, east=-1),
        {"latitude_deg": -1, "latitude_billionths": 999_999_901, "longitude_deg": -1,
         "longitude_billionths": 999_999_999}, {},
    ),
    "and upwards": (
        pvt() + high(latitude=489_999_999, longitude=-1, north=99, east=99),
        {"latitude_deg": 48, "latitude_billionths": 999_999_999, "longitude_deg": -1,
         "longitude_billionths": 999_999_999}, {},
    ),
    "south and west in UBX": (
        BEFORE_UBX + pvt(latitude=-1, longitude=-1_799_999_999),
        {"latitude_deg": -1, "latitude_billionths": 999_999_900, "longitude_deg": -180,
         "longitude_billionths": 100}, {},
    ),
    "without gnssFixOK there is no fix": (BEFORE_UBX + pvt(flags=0x82), {"valid": False, "kind": f.NONE}, {}),
    "an invalid place is no fix": (BEFORE_UBX + pvt(more=1), {"valid": False}, {}),
    "time alone is no fix": (BEFORE_UBX + pvt(fix=5), {"valid": False}, {}),
    "float in UBX": (BEFORE_UBX + pvt(flags=0x43), {"kind": f.FLOAT}, {}),
    "differential in UBX": (BEFORE_UBX + pvt(flags=3), {"kind": f.DIFFERENTIAL}, {}),
    "a single fix in UBX": (BEFORE_UBX + pvt(flags=1), {"kind": f.SINGLE}, {}),
    "dead reckoning in UBX": (BEFORE_UBX + pvt(fix=1, flags=1), {"kind": f.DEAD_RECKONING, "valid": True}, {}),
    "a two-dimensional fix has no height": (pvt(fix=2) + high(), {"told": ALL & ~f.HEIGHT, "valid": True}, {}),
    "an unknown time is not told": (
        BEFORE_UBX + pvt(known=0, hour=99), {"told": ALL & ~(f.TIME | f.DATE), "time_ms": 0}, {}
    ),
    "the largest uncertainty is unknown": (
        BEFORE_UBX + pvt(horizontal=0xFFFFFFFF, vertical=0x40000000),
        {"horizontal_mm": f.UNKNOWN_MM, "vertical_mm": f.UNKNOWN_MM}, {},
    ),
    "a fraction below the second": (BEFORE_UBX + pvt(nano=-400_000_000), {"time_ms": 36_899_600}, {}),
    "midnight in UBX does not go back a day": (
        BEFORE_UBX + pvt(hour=0, minute=0, nano=-3_000_000), {"time_ms": 0, "date": 20261127}, {}
    ),
    "backwards is a speed": (BEFORE_UBX + pvt(speed=-300), {"speed_mm_s": 300}, {}),
    "a course may be told with a sign": (BEFORE_UBX + pvt(course=-9_000_000), {"course_mrad": 4712}, {}),
    "off the globe is refused": (pvt(latitude=900_000_001) + pvt(itow=0), None, {"ubx.malformed": 1}),
    "a month that is none is refused": (pvt(month=13) + pvt(itow=0), None, {"ubx.malformed": 1}),
    "a wrong checksum in UBX": (pvt()[:-1] + b"\x00" + pvt(itow=0), None, {"ubx.spoilt": 1, "ubx.frames": 1}),
    "a wrong first checksum in UBX": (pvt()[:-2] + b"\x00" + pvt()[-1:] + pvt(itow=0), None, {"ubx.spoilt": 1}),
    "a frame that is cut off hides none": (_HALF + pvt() + pvt(itow=0), FIXED, {"ubx.frames": 2}),
    "headers inside a frame that is none hide none": (
        _INSIDE[:-1] + b"\x00" + pvt() + pvt(itow=0), {"date": 20261127}, {"ubx.frames": 2}
    ),
    "a header repeated hides none": (_FALSE_HEADER * 30 + pvt() + pvt(itow=0), FIXED, {"ubx.frames": 2}),
    "a first byte repeated hides none": (b"\xb5" + pvt() + b"\xb5\xb5\x62" + pvt(itow=0), FIXED, {"ubx.frames": 2}),
    "a length that lies hides none": (
        b"\xb5\x62\x01\x07\xff\xff" + pvt() + pvt(itow=0), FIXED, {"ubx.frames": 2, "ubx.spoilt": 0}
    ),
    "frames of other lengths are passed over": (
        frame(0x07, bytes(84)) + frame(0x14, bytes(92)) + pvt() + pvt(itow=0), FIXED, {"ubx.frames": 2, "ubx.spoilt": 0}
    ),
    "NMEA between UBX": (gga()[:-9] + pvt() + b"$GN" + pvt(itow=0), FIXED, {"ubx.frames": 2, "nmea.sentences": 0}),
    # -- either
    "of a receiver that speaks both one is heard": (
        gga() + gga("101501.00") + pvt() + pvt(itow=0), NORTH, {"number": 1}
    ),
}  # fmt: skip


def value_of(thing, name):
    """`a.b` of an object."""
    for part in name.split("."):
        thing = getattr(thing, part)
    return thing


def faults_of(receiver, name):
    """[what is not as promised] after a new receiver took a case's bytes."""
    data, fix, counts = CASES[name]
    receiver.take(data, len(data), 1000)
    wrong = []
    if fix is None:
        if receiver.number:
            wrong.append("there is a fix")
    elif not receiver.number:
        wrong.append("there is no fix")
    else:
        wrong = [
            "%s is %r" % (key, getattr(receiver.fix, key)) for key in fix if getattr(receiver.fix, key) != fix[key]
        ]
    return wrong + [
        "%s is %r" % (key, value_of(receiver, key)) for key in counts if value_of(receiver, key) != counts[key]
    ]
