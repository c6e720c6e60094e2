"""u-blox UBX bytes -> fixes: NAV-PVT, and NAV-HPPOSLLH's last digits where it comes (u-blox F9 HPG, interface
description: UBX-NAV-PVT, UBX-NAV-HPPOSLLH).

Only these two, each with its one length, are looked for: all else is passed over byte by byte, so a length that lies
cannot hide a frame. What began like one and is none is looked through again from its second byte on.
"""

from array import array

import micropython
from micropython import const
from sapper.sensors.epoch import Epoch
from sapper.sensors.fix import (
    AGE,
    COURSE,
    DATE,
    DEAD_RECKONING,
    DIFFERENTIAL,
    FIXED,
    FLOAT,
    HEIGHT,
    NONE,
    PLACE,
    SIGMA,
    SINGLE,
    SPEED,
    TIME,
    dop_x100,
    mrad_of,
)

PVT = 1
HIGH = 2
FRAME_MAX_BYTES = 100
_HELD_BYTES = 256

# Where a value lies in the payload, and what it is: 1, 2 unsigned of so many bytes; 4 signed, 8 unsigned of four bytes,
# both held to 30 bits; 5 signed of one; 7 an angle in 1e-7 degrees, which gives two: degrees rounded down and
# billionths. A table ends with 255.
_PVT_ROWS = (
    ("itow_ms", 0, 8), ("year", 4, 2), ("month", 6, 1), ("day", 7, 1), ("hour", 8, 1), ("minute", 9, 1),
    ("second", 10, 1), ("known", 11, 1), ("nano", 16, 4), ("fix", 20, 1), ("flags", 21, 1), ("satellites", 23, 1),
    ("longitude", 24, 7), ("latitude", 28, 7), ("height", 32, 4), ("above_sea", 36, 4), ("horizontal", 40, 8),
    ("vertical", 44, 8), ("speed", 60, 4), ("course", 64, 4), ("pdop", 76, 2), ("more", 78, 1),
)  # fmt: skip
_HIGH_ROWS = (
    ("version", 0, 1), ("flags", 3, 1), ("itow_ms", 4, 8), ("longitude", 8, 7), ("latitude", 12, 7), ("height", 16, 4),
    ("above_sea", 20, 4), ("longitude_more", 24, 5), ("latitude_more", 25, 5), ("height_more", 26, 5),
    ("above_sea_more", 27, 5), ("horizontal", 28, 8), ("vertical", 32, 8),
)  # fmt: skip

# Where each is among the values; an angle takes two.
_ITOW = const(0)
_YEAR = const(1)
_MONTH = const(2)
_DAY = const(3)
_HOUR = const(4)
_MINUTE = const(5)
_SECOND = const(6)
_KNOWN = const(7)
_NANO = const(8)
_FIX = const(9)
_FLAGS = const(10)
_SATELLITES = const(11)
_LONGITUDE = const(12)
_LATITUDE = const(14)
_HEIGHT = const(16)
_ABOVE_SEA = const(17)
_HORIZONTAL = const(18)
_VERTICAL = const(19)
_SPEED = const(20)
_COURSE = const(21)
_PDOP = const(22)
_MORE = const(23)

_H_VERSION = const(0)
_H_FLAGS = const(1)
_H_ITOW = const(2)
_H_LONGITUDE = const(3)
_H_LATITUDE = const(5)
_H_HEIGHT = const(7)
_H_ABOVE_SEA = const(8)
_H_LONGITUDE_MORE = const(9)
_H_LATITUDE_MORE = const(10)
_H_HEIGHT_MORE = const(11)
_H_ABOVE_SEA_MORE = const(12)
_H_HORIZONTAL = const(13)
_H_VERTICAL = const(14)

_DATE_KNOWN = const(1)
_TIME_KNOWN = const(2)
_TO_USE = const(1)  # gnssFixOK
_DIFFERENTIAL_BIT = const(2)
_FIX_KINDS = (NONE, DEAD_RECKONING, SINGLE, SINGLE, SINGLE, NONE)  # 0 none, 1 dead reckoning, 2D, 3D, both, time alone
_TWO_D = const(2)
# lastCorrectionAge, the end of each class: 0 unknown, then up to 1, 2, 5, ... 120 s and longer.
_AGES_S = (0, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 3600, 3600, 3600, 3600)

_AT = const(0)
_END = const(1)
_SPOILT = const(8)
_FOUND = const(9)


def _table(rows):
    return bytes([number for row in rows for number in row[1:]]) + b"\xff"


@micropython.viper
def scan(source: ptr8, held: ptr8, state: ptr32) -> int:
    """Go on through source[state[0]:state[1]] to the next frame whose checksum is right: PVT or HIGH, or 0 when there
    is none. Its payload then begins at held[state[9]].

    A byte is looked at once; where a frame was none, its 100 bytes up to 17 times over (a header is 6 bytes).
    """
    at = state[0]
    end = state[1]
    first = state[2]  # held[first:length]: what a frame may be in
    length = state[3]
    done = state[4]  # so many bytes from `first` on have been looked at
    a = state[5]
    b = state[6]
    total = state[7]
    found = 0
    while found == 0:
        if first + done == length:
            if at == end:
                break
            if done == 0:
                first = 0
                length = 0
                while at < end and source[at] != 0xB5:
                    at += 1
                if at == end:
                    break
            elif length == 256:
                i = 0
                while i < done:
                    held[i] = held[first + i]
                    i += 1
                first = 0
                length = done
            held[length] = source[at]
            length += 1
            at += 1
        byte = held[first + done]
        good = 1
        if done > 5:
            if done < total - 2:
                a = (a + byte) & 255
                b = (b + a) & 255
            elif done == total - 2:
                if byte != a:
                    good = 0
            elif byte == b:
                found = 1
                if total == 44:
                    found = 2
            else:
                good = 0
            if good == 0:
                state[8] = state[8] + 1
        elif done == 0:
            if byte != 0xB5:
                good = 0
            a = 0
            b = 0
        elif done == 1:
            if byte != 0x62:
                good = 0
        else:
            if done == 2:
                if byte != 0x01:
                    good = 0
            elif done == 3:
                if byte == 0x07:
                    total = 100
                elif byte == 0x14:
                    total = 44
                else:
                    good = 0
            elif done == 4:
                if byte != total - 8:
                    good = 0
            elif byte != 0:
                good = 0
            a = (a + byte) & 255
            b = (b + a) & 255
        done += 1
        if good == 0:
            first += 1
            done = 0
    if found:
        state[9] = first + 6
        first += total
        done = 0
    state[0] = at
    state[2] = first
    state[3] = length
    state[4] = done
    state[5] = a
    state[6] = b
    state[7] = total
    return found


@micropython.viper
def unpack(frame: ptr8, first: int, table: ptr8, out: ptr32):
    """Read the values of a table (as _PVT_ROWS) from the payload at frame[first]. Little-endian."""
    row = 0
    to = 0
    while table[row] != 255:
        at = first + table[row]
        form = table[row + 1]
        row += 2
        value = frame[at]
        if form == 2:
            value += frame[at + 1] << 8
        elif form == 5:
            if value > 127:
                value -= 256
        elif form != 1:
            value += (frame[at + 1] << 8) + (frame[at + 2] << 16)
            high = frame[at + 3]
            if form == 8:
                if high > 63:
                    value = 0x3FFFFFFF
                    high = 0
            else:
                if high > 127:
                    high -= 256
                if form == 4:
                    if high > 63:
                        value = 0x3FFFFFFF
                        high = 0
                    elif high < -63:
                        value = -0x3FFFFFFF
                        high = 0
            value += high << 24
            if form == 7:
                out[to] = value // 10000000
                to += 1
                value = value % 10000000 * 100
        out[to] = value
        to += 1


class Ubx:
    """`take` bytes as they come; `epoch` has the fixes.

    spoilt: frames with a wrong checksum. malformed: those with a right one whose values cannot be.
    """

    def __init__(self):
        self.epoch = Epoch(PVT | HIGH, PVT)
        self.frames = 0
        self.malformed = 0
        self._held = bytearray(_HELD_BYTES)
        self._state = array("i", [0] * 10)
        self._values = array("i", [0] * 24)
        self._pvt_table = _table(_PVT_ROWS)
        self._high_table = _table(_HIGH_ROWS)

    @property
    def spoilt(self):
        """Frames with a wrong checksum."""
        return self._state[_SPOILT]

    @micropython.native
    def take(self, source, at, end, now_ms):
        """Consume source[at:end] up to the frame with which a fix is whole; returns the next index. now_ms: board time
        at which these bytes were read."""
        state = self._state
        state[_AT] = at
        state[_END] = end
        number_before = self.epoch.number
        while True:
            kind = scan(source, self._held, state)
            if state[_SPOILT] > 0x1FFFFFFF:
                state[_SPOILT] = 0  # or it would not be a small integer in the end
            if not kind:
                break
            good = self._pvt(now_ms) if kind == PVT else self._high(now_ms)
            if good:
                self.frames = (self.frames + 1) & 0x1FFFFFFF
                self.epoch.close()
            else:
                self.malformed = (self.malformed + 1) & 0x1FFFFFFF
            if self.epoch.number != number_before:
                break
        return state[_AT]

    @micropython.native
    def _pvt(self, now_ms):
        values = self._values
        unpack(self._held, self._state[_FOUND], self._pvt_table, values)
        known = values[_KNOWN]
        if known & _TIME_KNOWN and (values[_HOUR] > 23 or values[_MINUTE] > 59 or values[_SECOND] > 60):
            return False
        if known & _DATE_KNOWN and not (1 <= values[_MONTH] <= 12 and 1 <= values[_DAY] <= 31 and values[_YEAR] < 9999):
            return False
        if not _is_place(values[_LATITUDE], values[_LATITUDE + 1], values[_LONGITUDE], values[_LONGITUDE + 1]):
            return False
        fix = self.epoch.open(PVT, values[_ITOW], now_ms)
        if fix is None:
            return True
        if known & _TIME_KNOWN:
            # The fraction may be below the second, by what the second was rounded up: at midnight it is 0.
            seconds = (values[_HOUR] * 60 + values[_MINUTE]) * 60 + values[_SECOND]
            ms = seconds * 1000 + (values[_NANO] // 1000 + 500) // 1000
            fix.time_ms = ms if ms > 0 else 0
            fix.told |= TIME
        if known & _DATE_KNOWN:
            fix.date = values[_YEAR] * 10_000 + values[_MONTH] * 100 + values[_DAY]
            fix.told |= DATE
        how = values[_FIX]
        kind = _FIX_KINDS[how] if how < 6 else NONE
        flags = values[_FLAGS]
        more = values[_MORE]
        if kind == SINGLE:
            carrier = flags >> 6
            if carrier == 2:
                kind = FIXED
            elif carrier == 1:
                kind = FLOAT
            elif flags & _DIFFERENTIAL_BIT:
                kind = DIFFERENTIAL
        if not flags & _TO_USE or more & 1:
            kind = NONE
        fix.kind = kind
        fix.satellites = values[_SATELLITES]
        fix.dop_x100 = dop_x100(values[_PDOP])
        if kind == NONE:
            fix.denied = True
            return True
        if not fix.told & PLACE:  # NAV-HPPOSLLH's place is the same, finer
            fix.put_place(values[_LATITUDE], values[_LATITUDE + 1], values[_LONGITUDE], values[_LONGITUDE + 1])
            self._put_heights(fix, values[_HEIGHT], values[_ABOVE_SEA])
            self._put_sigmas(fix, values[_HORIZONTAL], values[_VERTICAL])
        fix.flat = how == _TWO_D
        speed = values[_SPEED]
        fix.speed_mm_s = speed if speed > 0 else -speed
        fix.course_mrad = mrad_of(values[_COURSE] // 1000)
        fix.told |= SPEED | COURSE
        age = (more >> 1) & 15
        if age:
            fix.age_ms = _AGES_S[age] * 1000
            fix.told |= AGE
        return True

    @micropython.native
    def _high(self, now_ms):
        values = self._values
        unpack(self._held, self._state[_FOUND], self._high_table, values)
        longitude = values[_H_LONGITUDE]
        east = values[_H_LONGITUDE + 1] + values[_H_LONGITUDE_MORE]
        latitude = values[_H_LATITUDE]
        north = values[_H_LATITUDE + 1] + values[_H_LATITUDE_MORE]
        if east < 0:
            longitude -= 1
            east += 1_000_000_000
        elif east >= 1_000_000_000:
            longitude += 1
            east -= 1_000_000_000
        if north < 0:
            latitude -= 1
            north += 1_000_000_000
        elif north >= 1_000_000_000:
            latitude += 1
            north -= 1_000_000_000
        if values[_H_VERSION] or not _is_place(latitude, north, longitude, east):
            return False
        fix = self.epoch.open(HIGH, values[_H_ITOW], now_ms)
        if fix is None or values[_H_FLAGS] & 1:
            return True
        fix.put_place(latitude, north, longitude, east)
        # Tenths of a mm, rounded; above the value, as they are signed.
        height = values[_H_HEIGHT] + (values[_H_HEIGHT_MORE] + 5) // 10
        self._put_heights(fix, height, values[_H_ABOVE_SEA] + (values[_H_ABOVE_SEA_MORE] + 5) // 10)
        self._put_sigmas(fix, (values[_H_HORIZONTAL] - 1) // 10 + 1, (values[_H_VERTICAL] - 1) // 10 + 1)
        return True

    @micropython.native
    def _put_heights(self, fix, height_mm, above_sea_mm):
        if -100_000_000 < height_mm < 100_000_000 and -100_000_000 < above_sea_mm < 100_000_000:
            fix.height_mm = height_mm
            fix.geoid_mm = height_mm - above_sea_mm
            fix.told |= HEIGHT

    @micropython.native
    def _put_sigmas(self, fix, horizontal_mm, vertical_mm):
        fix.horizontal_mm = horizontal_mm if horizontal_mm else 1
        fix.vertical_mm = vertical_mm if vertical_mm else 1
        fix.told |= SIGMA


@micropython.native
def _is_place(latitude, north, longitude, east):
    """Degrees and billionths: on the globe."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return False
    return not ((latitude == 90 and north) or (longitude == 180 and east))
