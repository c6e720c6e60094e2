"""Runs the parsers over made-up bytes and prints what comes out: the same under CPython and MicroPython, or a bug.

With the argument `heap` it locks the heap in each step instead, and with `cost` it prints what a message costs, in
CRC-32s of a telemetry frame, which on the board take 40 us each (both MicroPython only).
"""

import sys
import time

from gnss_cases import CASES, faults_of
from gnss_messages import gga, gst, high, pvt, rmc, rtcm

import micropython
from sapper.crypto.crc import put_crc32
from sapper.sensors.fix import Fix
from sapper.sensors.origin import Origin
from sapper.sensors.receiver import Receiver
from sapper.sensors.rtcm import Corrections

_state = 4711
# dir() of an instance has no order of its own.
NAMES = (
    "told", "time_ms", "date", "latitude_deg", "latitude_billionths", "longitude_deg", "longitude_billionths",
    "height_mm", "geoid_mm", "kind", "satellites", "dop_x100", "horizontal_mm", "vertical_mm", "speed_mm_s",
    "course_mrad", "age_ms", "received_ms", "valid",
)  # fmt: skip


def pick(low, high):
    """A number from low to high: the same row of them everywhere."""
    global _state
    _state = (_state * 1103515245 + 12345) & 0x3FFFFFFF
    return low + (_state >> 8) % (high - low + 1)


def digits(count):
    return "".join([str(pick(0, 9)) for _ in range(count)])


def stream(count):
    """Messages of so many moments, some spoilt, with rubbish between."""
    out = b""
    for n in range(count):
        time = "%02d%02d%02d.%s" % (n // 3600, n // 60 % 60, n % 60, digits(pick(0, 4)))
        place = "%02d%02d.%s,%s,%03d%02d.%s,%s" % (
            pick(0, 90), pick(0, 59), digits(pick(0, 9)), "NS"[pick(0, 1)],
            pick(0, 180), pick(0, 59), digits(pick(0, 9)), "EW"[pick(0, 1)],
        )  # fmt: skip
        sigma = ",".join(["%d.%s" % (pick(0, 30), digits(pick(0, 4))) for _ in range(7)])
        rest = "%d.%s,%d.%s,%02d%02d%02d,,,%s,V" % (
            pick(0, 99), digits(3), pick(0, 359), digits(2), pick(1, 28), pick(1, 12), pick(0, 68), "ADFRN"[pick(0, 4)]
        )  # fmt: skip
        parts = [
            gga(time, place, "%d,%02d,%d.%s,%d.%s,M,-%d.%s,M,%s,"
                % (pick(0, 8), pick(0, 40), pick(0, 50), digits(2), pick(0, 8999), digits(pick(0, 5)), pick(0, 99),
                   digits(3), digits(pick(0, 2)))),
            rmc(time, "AAAAV"[pick(0, 4)], place, rest),
            gst(time, sigma),
            pvt(itow=n * 1000, latitude=pick(-900_000_000, 900_000_000), longitude=pick(-1_800_000_000, 1_800_000_000),
                horizontal=pick(0, 0x7FFFFFFF) * 2, height=pick(-0x7FFFFFFF, 0x7FFFFFFF), second=pick(0, 63),
                nano=pick(-999_999_999, 999_999_999), flags=pick(0, 255), fix=pick(0, 6), more=pick(0, 31)),
            high(itow=n * 1000 - pick(0, 1), latitude=pick(-900_000_000, 900_000_000), east=pick(-99, 99),
                 north=pick(-99, 99), longitude=pick(-1_800_000_000, 1_800_000_000), horizontal=pick(0, 0x7FFFFFFF)),
            bytes([pick(0, 255) for _ in range(pick(0, 12))]),
        ]  # fmt: skip
        for part in parts:
            part = bytearray(part)
            if part and pick(0, 15) == 0:
                part[pick(0, len(part) - 1)] = pick(0, 255)
            out += part
    return out


def told(fix):
    return [getattr(fix, name) for name in NAMES]


def receivers():
    for name in sorted(CASES):
        print(name, faults_of(Receiver(), name))
    data = stream(150)
    # One hears NMEA, one UBX, one both in pieces of any length.
    nmea, ubx, both = Receiver(), Receiver(), Receiver()
    at = now_ms = 0
    while at < len(data):
        piece = data[at : at + pick(1, 60)]
        at += len(piece)
        now_ms += 10
        for receiver in (nmea, ubx, both):
            receiver.elapse(now_ms)
        for epoch, parser in ((nmea.nmea.epoch, nmea.nmea), (ubx.ubx.epoch, ubx.ubx)):
            i = 0
            while i < len(piece):
                number = epoch.number
                i = parser.take(piece, i, len(piece), now_ms)
                if epoch.number != number:
                    print(told(epoch.fix), parser.spoilt, parser.malformed)
        if both.take(piece, len(piece), now_ms):
            print(told(both.fix), both.stale, both.spoilt())


def near(degrees, billionths, step):
    """Degrees and billionths, a step further."""
    billionths += step
    return degrees + billionths // 1_000_000_000, billionths % 1_000_000_000


def set_place(fix, latitude, longitude):
    fix.latitude_deg, fix.latitude_billionths = latitude
    fix.longitude_deg, fix.longitude_billionths = longitude
    fix.valid = True


def origins():
    fix, origin = Fix(), Origin()
    for _ in range(200):
        latitude = (pick(-80, 79), pick(0, 999) * 1_001_001)
        longitude = (pick(-180, 179), pick(0, 999) * 1_001_001)
        fix.height_mm = pick(-400_000, 8_000_000)
        set_place(fix, latitude, longitude)
        origin.set(fix)
        for reach in (1000, 1_000_000, 16_000_000, 250_000_000):
            set_place(
                fix,
                near(latitude[0], latitude[1], pick(-reach, reach)),
                near(longitude[0], longitude[1], pick(-reach, reach)),
            )
            print(origin.offset(fix), origin.east_mm, origin.north_mm)


def frames(count):
    out = b""
    for _ in range(count):
        part = bytearray(rtcm(bytes([pick(0, 255) for _ in range(pick(0, 150))])))
        if pick(0, 5) == 0:
            part[pick(0, len(part) - 1)] = pick(0, 255)
        out += part + bytes([pick(200, 215) for _ in range(pick(0, 3))])
    return out


def corrections():
    data = frames(150)
    queue = Corrections()
    target = bytearray(200)
    at = 0
    while at < len(data):
        at = queue.take(data, at, min(len(data), at + pick(1, 90)))
        count = queue.give(target, pick(0, 60))
        print(count, sum(target[:count]), queue.frames, queue.dropped, queue.spoilt, queue.waiting)


def heap():
    """After one round to warm up, all of it with the heap locked in each step."""
    fix, origin = Fix(), Origin()
    set_place(fix, (48, 5), (11, 5))
    origin.set(fix)
    data = bytearray(stream(60))
    frames_of_it = bytearray(frames(40))
    target = bytearray(64)
    receiver, queue = Receiver(), Corrections()
    piece = bytearray(61)
    for locked in (False, True):
        steps = at = 0
        while at < len(data):
            count = min(len(piece), len(data) - at)
            for i in range(count):
                piece[i] = data[at + i]
            at += count
            if locked:
                micropython.heap_lock()
            try:
                receiver.elapse(at)
                receiver.take(piece, count, at)
                origin.offset(receiver.fix)
                receiver.spoilt()
            finally:
                if locked:
                    micropython.heap_unlock()
            steps += 1
        at = 0
        while at < len(frames_of_it):
            if locked:
                micropython.heap_lock()
            try:
                at = queue.take(frames_of_it, at, min(len(frames_of_it), at + 50))
                queue.give(target, 40)
            finally:
                if locked:
                    micropython.heap_unlock()
            steps += 1
        if "canary" in sys.argv and locked:
            micropython.heap_lock()
            try:
                told(receiver.fix)
            finally:
                micropython.heap_unlock()
    print(steps, receiver.number, receiver.nmea.sentences, receiver.ubx.frames, queue.frames, "locked")


def us_of(function, count):
    """The least time in us of one of so many calls."""
    best = 1 << 29
    for _ in range(count):
        begun = time.ticks_us()
        function()
        spent = time.ticks_diff(time.ticks_us(), begun)
        best = min(best, spent)
    return best


def cost():
    telemetry = bytearray(50)
    known = us_of(lambda: [put_crc32(telemetry, 46) for _ in range(100)], 60) / 100
    turns = us_of(lambda: [0 for _ in range(1000)], 60) / 1000
    works = {
        "gga": b"".join([gga("1015%02d.00" % n) for n in range(50)]),
        "rmc": b"".join([rmc("1015%02d.00" % n) for n in range(50)]),
        "gst": b"".join([gst("1015%02d.00" % n) for n in range(50)]),
        "pvt": b"".join([pvt(itow=n) for n in range(50)]),
        "other": (b"$GNGSV" + b",0123456789" * 7 + b"*00\r\n") * 50,
    }
    print("CRC-32 of 46 bytes", known, "us; a turn of a loop in bytecode", turns / known)
    for name in works:
        receiver = Receiver()
        data = works[name]
        print(name, us_of(lambda: receiver.take(data, len(data), 0), 60) / 50 / known)  # noqa: B023
    queue = Corrections()
    data = rtcm(bytes(244)) * 5
    print("rtcm 250 bytes", us_of(lambda: queue.take(data, 0, len(data)), 60) / 5 / known)
    fix, origin = Fix(), Origin()
    set_place(fix, (48, 5), (11, 5))
    origin.set(fix)
    print("offset", us_of(lambda: [origin.offset(fix) for _ in range(100)], 60) / 100 / known)


PARTS = {"receivers": receivers, "origins": origins, "corrections": corrections}

if __name__ == "__main__":
    PARTS.get(sys.argv[1], cost if sys.argv[1] == "cost" else heap)()
