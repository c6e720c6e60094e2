"""NMEA 0183 bytes -> fixes: GGA, RMC and GST of any talker, joined by their time.

On the unix port a GGA costs 9, an RMC 9, a GST 5.5 times a CRC-32 of 46 bytes (crypto/crc.py); figures of the board
are to come.

Faults met in the field, each with a test of its name: times without a fraction, a first sentence whose beginning is
missing, checksums of one digit, RMC `V` with empty fields, hemispheres that are not there, binary between sentences.
Nothing of a sentence is used, nor does it begin a moment, before its checksum is right and all its fields are.
"""

from array import array

import micropython
from micropython import const
from sapper.sensors.epoch import NO_KEY, Epoch
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
    root_of_squares,
)
from sapper.sensors.sentence import EMPTY, END, ms_of, place, read

# Between `$` and `*`. The standard's longest is 79 bytes; a GGA with seven decimals of minutes has up to 90.
MAX_BYTES = 128

GGA = 1
RMC = 2
GST = 4

# GGA's quality 0..8. 3 is PPS; what is put in by hand (7) or made up (8) is no measurement.
_KINDS = (NONE, SINGLE, DIFFERENTIAL, SINGLE, FIXED, FLOAT, DEAD_RECKONING, NONE, NONE)
# RMC's mode: autonomous, differential, estimated, float, precise, real-time kinematic. All others are no measurement.
_MODES = {65: SINGLE, 68: DIFFERENTIAL, 69: DEAD_RECKONING, 70: FLOAT, 80: DIFFERENTIAL, 82: FIXED}

# What is read of each (sentence.read), and how many fields have to be there, the address among them: older ones end
# with altitude, date and the altitude's sigma.
_GGA_FORM = b"calalii2mxmx3i" + END
_RMC_FORM = b"clalal32dnxlx" + END
_GST_FORM = b"cuuun333" + END
_GGA_FIELDS = const(11)
_RMC_FIELDS = const(10)
_GST_FIELDS = const(9)

_GGA_WORD = const(0x474741)
_RMC_WORD = const(0x524D43)
_GST_WORD = const(0x475354)

# Where each is among the values read. A place takes six, of which four are left.
_TIME = const(0)
_GGA_PLACE = const(1)
_QUALITY = const(7)
_SATELLITES = const(8)
_HDOP = const(9)
_ALTITUDE = const(10)
_GEOID = const(11)
_AGE = const(12)
_STATUS = const(1)
_RMC_PLACE = const(2)
_KNOTS = const(8)
_COURSE = const(9)
_DATE = const(10)
_MODE = const(11)
_NORTH = const(1)
_EAST = const(2)
_UP = const(3)
_VALUES = const(14)

# Indices into the state.
_AT = const(0)
_END = const(1)
_LENGTH = const(2)
_SPOILT = const(7)
_TOO_LONG = const(8)

_KNOTS_MAX_X1000 = const(1_000_000)
_A = const(65)
_V = const(86)


@micropython.viper
def scan(source: ptr8, line: ptr8, state: ptr32) -> int:
    """Go on through source[state[0]:state[1]] to the end of the next sentence whose checksum is right; 1, or 0 when
    there is none. It is then line[:state[2]], what stood between `$` and `*`.

    A `$` begins a sentence wherever it comes, and no byte but text goes on with one, so nothing that stood before a
    sentence can hide it.
    """
    at = state[0]
    end = state[1]
    length = state[2]
    phase = state[3]  # 0 outside, 1 in a sentence, 2 after its `*`
    found = 0
    while at < end and found == 0:
        byte = source[at]
        at += 1
        wrong = 0
        if byte == 36:
            if phase != 0 and length > 0:
                state[7] = state[7] + 1
            phase = 1
            length = 0
            state[4] = 0
        elif phase == 0:
            pass
        elif byte == 10 or byte == 13:
            if phase == 2 and state[6] > 0 and state[4] == state[5]:
                phase = 0
                found = 1
            else:
                wrong = 1
        elif byte < 32 or byte > 126:
            wrong = 1
        elif phase == 1:
            if byte == 42:
                phase = 2
                state[5] = 0
                state[6] = 0
            elif length == 128:
                state[8] = state[8] + 1
                phase = 0
            else:
                line[length] = byte
                length += 1
                state[4] = state[4] ^ byte
        else:
            digit = 16
            if byte > 47 and byte < 58:
                digit = byte - 48
            elif byte > 64 and byte < 71:
                digit = byte - 55
            elif byte > 96 and byte < 103:
                digit = byte - 87
            if digit == 16 or state[6] == 2:
                wrong = 1
            else:
                state[5] = state[5] * 16 + digit
                state[6] = state[6] + 1
        if wrong:
            state[7] = state[7] + 1
            phase = 0
    state[0] = at
    state[2] = length
    state[3] = phase
    return found


@micropython.viper
def word_of(line: ptr8, length: int) -> int:
    """The three letters of a sentence of some talker as a number; 0 for proprietary ones and whatever has no talker."""
    if length < 6 or line[5] != 44 or line[0] == 80:
        return 0
    i = 0
    while i < 2:
        byte = line[i]
        if byte < 65 or byte > 90:
            return 0
        i += 1
    return (line[2] << 16) | (line[3] << 8) | line[4]


class Nmea:
    """`take` bytes as they come; `epoch` has the fixes.

    spoilt: sentences whose checksum was wrong or missing. malformed: those with a right one whose fields are not what
    they have to be. others: right ones of other kinds.
    """

    def __init__(self):
        self.epoch = Epoch(GGA | RMC | GST, GGA | RMC)
        self.sentences = 0
        self.malformed = 0
        self.others = 0
        self._line = bytearray(MAX_BYTES)
        self._state = array("i", [0] * 9)
        self._values = array("i", [0] * _VALUES)

    @property
    def spoilt(self):
        """Sentences with a wrong checksum or none."""
        return self._state[_SPOILT]

    @property
    def too_long(self):
        """Sentences of more than MAX_BYTES."""
        return self._state[_TOO_LONG]

    @micropython.native
    def take(self, source, at, end, now_ms):
        """Consume source[at:end] up to the sentence with which a fix is whole; returns the next index. now_ms: board
        time at which these bytes were read."""
        state = self._state
        state[_AT] = at
        state[_END] = end
        number_before = self.epoch.number
        while scan(source, self._line, state):
            if state[_SPOILT] > 0x1FFFFFFF or state[_TOO_LONG] > 0x1FFFFFFF:
                state[_SPOILT] = state[_TOO_LONG] = 0  # or they would not be small integers in the end
            self._take_sentence(now_ms)
            if self.epoch.number != number_before:
                break
        return state[_AT]

    @micropython.native
    def _take_sentence(self, now_ms):
        line = self._line
        length = self._state[_LENGTH]
        word = word_of(line, length)
        values = self._values
        if word == _GGA_WORD:
            good = read(line, length, _GGA_FORM, values) >= _GGA_FIELDS and self._gga(values, now_ms)
        elif word == _RMC_WORD:
            good = read(line, length, _RMC_FORM, values) >= _RMC_FIELDS and self._rmc(values, now_ms)
        elif word == _GST_WORD:
            good = read(line, length, _GST_FORM, values) >= _GST_FIELDS and self._gst(values, now_ms)
        else:
            self.others = (self.others + 1) & 0x1FFFFFFF
            return
        if good:
            self.sentences = (self.sentences + 1) & 0x1FFFFFFF
            self.epoch.close()
        else:
            self.malformed = (self.malformed + 1) & 0x1FFFFFFF

    @micropython.native
    def _open(self, part, time_ms, now_ms):
        if time_ms == EMPTY:
            return self.epoch.open(part, NO_KEY, now_ms)
        fix = self.epoch.open(part, time_ms, now_ms)
        if fix is not None:
            fix.time_ms = time_ms
            fix.told |= TIME
        return fix

    @micropython.native
    def _put_place(self, fix, values, at):
        fix.put_place(values[at], values[at + 1], values[at + 2], values[at + 3])

    @micropython.native
    def _gga(self, values, now_ms):
        """Take a GGA; False when its values cannot be."""
        time_ms = values[_TIME]
        if time_ms != EMPTY:
            time_ms = ms_of(time_ms)
        where = place(values, _GGA_PLACE)
        quality = values[_QUALITY]
        if quality == EMPTY:
            quality = 0
        if time_ms == -1 or where < 0 or quality > 8 or values[_SATELLITES] > 255:
            return False
        kind = _KINDS[quality]
        if not where and kind != NONE:
            return False
        fix = self._open(GGA, time_ms, now_ms)
        if fix is None:
            return True
        fix.kind = kind
        if kind == NONE:
            fix.denied = True
        if where:
            self._put_place(fix, values, _GGA_PLACE)
        if values[_SATELLITES] != EMPTY:
            fix.satellites = values[_SATELLITES]
        fix.dop_x100 = dop_x100(values[_HDOP])
        height_mm = values[_ALTITUDE]
        if height_mm != EMPTY:
            if values[_GEOID] != EMPTY:
                fix.geoid_mm = values[_GEOID]
                height_mm += values[_GEOID]
            fix.height_mm = height_mm
            fix.told |= HEIGHT
        if values[_AGE] != EMPTY:
            fix.age_ms = values[_AGE]
            fix.told |= AGE
        return True

    @micropython.native
    def _rmc(self, values, now_ms):
        """Take an RMC; False when its values cannot be. A place of GGA's goes before; either may deny it."""
        time_ms = values[_TIME]
        if time_ms != EMPTY:
            time_ms = ms_of(time_ms)
        where = place(values, _RMC_PLACE)
        status = values[_STATUS]
        knots_x1000 = values[_KNOTS]
        course_x100 = values[_COURSE]
        if time_ms == -1 or where < 0 or (status != _A and status != _V) or (not where and status == _A):
            return False
        if knots_x1000 > _KNOTS_MAX_X1000 or course_x100 > 36_000:
            return False
        date = values[_DATE]
        if date != EMPTY:
            month = date // 100 % 100
            day = date // 10_000
            if not (1 <= month <= 12 and 1 <= day <= 31):
                return False
            date = 20_000_000 + date % 100 * 10_000 + month * 100 + day
        kind = SINGLE if values[_MODE] == EMPTY else _MODES.get(values[_MODE], NONE)
        fix = self._open(RMC, time_ms, now_ms)
        if fix is None:
            return True
        if status != _A or kind == NONE:
            fix.denied = True
        elif fix.kind == NONE:
            fix.kind = kind
        if where and not fix.told & PLACE:
            self._put_place(fix, values, _RMC_PLACE)
        if knots_x1000 != EMPTY:
            fix.speed_mm_s = (knots_x1000 * 463 + 450) // 900  # 1852 m / 3600 s
            fix.told |= SPEED
        if course_x100 != EMPTY:
            fix.course_mrad = mrad_of(course_x100)
            fix.told |= COURSE
        if date != EMPTY:
            fix.date = date
            fix.told |= DATE
        return True

    @micropython.native
    def _gst(self, values, now_ms):
        """Take a GST; False when its time cannot be."""
        time_ms = values[_TIME]
        if time_ms != EMPTY:
            time_ms = ms_of(time_ms)
        if time_ms == -1:
            return False
        fix = self._open(GST, time_ms, now_ms)
        if fix is not None and values[_NORTH] != EMPTY and values[_EAST] != EMPTY:
            horizontal_mm = root_of_squares(values[_NORTH], values[_EAST])
            fix.horizontal_mm = horizontal_mm if horizontal_mm else 1
            up_mm = values[_UP]
            if up_mm != EMPTY:
                fix.vertical_mm = up_mm if up_mm else 1
            fix.told |= SIGMA
        return True
