"""The IMU, an LSM6DSOX by its registers (data sheet DS12814), and what it feels: rows from the rig.

hil/rigs/virtual/node/outside/lsm6dsox.mjs is the same part on an emulated bus; one set of tests holds both to the same.
Rows are (temp, gyro x, y, z, accel x, y, z) in LSB of 250 dps and 2 g.
"""

import clock
import exchange
import micropython
import struct

_ADDRESS = 0x6A
_WHO_AM_I, _ID, _OTHER_ID = 0x0F, 0x6C, 0x6A
_CTRL1_XL, _CTRL2_G, _CTRL3_C, _CTRL5_C = 0x10, 0x11, 0x12, 0x14
_STATUS = 0x1E
_OUT, _OUT_END = 0x20, 0x2E
_BDU, _IF_INC, _SW_RESET = 0x40, 0x04, 0x01
# As they are after power-on; what is not here is 0.
_DEFAULTS = {_CTRL3_C: _IF_INC, 0x18: 0xE0}
_WRITABLE = range(0x10, 0x1A)
# By the upper four bits of CTRL1_XL and CTRL2_G.
_RATES_HZ = (0, 12.5, 26, 52, 104, 208, 417, 833, 1667, 3333, 6667)
_BOOT_US = 10_000
_SETTLES_US = (70_000, 10_000)  # gyroscope, accelerometer: from power-down to their first values
# Of an output, in the part's finest: full scale by bits 3:2 of CTRL1_XL (2, 16, 4, 8 g) and CTRL2_G.
_ACCEL_PARTS = (1, 8, 2, 4)
_GYRO_PARTS = (1, 2, 4, 8)
# The self-test's shifts, within the data sheet's bounds: 50 dps at 250 and 400 at 2000 are the same number; 400 mg at
# 2 g.
_GYRO_SHIFT = 5714
_ACCEL_SHIFT = 6557
_GYRO_SIGN = (0, 1, 0, -1)
_ACCEL_SIGN = (0, 1, -1, 0)

FAULTS = ("none", "sda_low", "stuck", "wrong_id")  # in the order of hil/rigs/ports.py
sda_low = False

_plugged = False
_fault = 0
_address = 0  # of the batch's rows, each 20 bytes: u32 time, 7 int16, 2 bytes of nothing
_count = 0
_cursor = 0


def row_at(t):
    """The row in force at a time."""
    global _cursor
    if not _count:
        return (0, 0, 0, 0, 0, 0, 16384)
    while _cursor + 1 < _count and _time(_cursor + 1) <= t:
        _cursor += 1
    return struct.unpack_from("<7h", exchange._in, _address + 20 * _cursor + 4)


def _time(i):
    return struct.unpack_from("<I", exchange._in, _address + 20 * i)[0]


class Sense:
    """One of the two: its rate, when its next values are due, whether the last ones were read."""

    def __init__(self, settles_us):
        self._settles_us = settles_us
        self.power_down()

    def power_down(self):
        """No values."""
        self.ready = False
        self._period_us = 0
        self._rate = 0
        self._next_at = clock.NEVER

    def set(self, rate):
        """CTRL's upper four bits."""
        if rate == self._rate:
            return
        if rate == 0 or rate >= len(_RATES_HZ):
            self.power_down()
            return
        first = self._next_at if self._rate else clock.now + self._settles_us
        self._rate = rate
        self._period_us = round(1_000_000 / _RATES_HZ[rate])
        self._next_at = first

    @micropython.native
    def due(self):
        """When its newest values were taken, if there are newer ones than the last time; else -1."""
        if not self._rate or clock.now < self._next_at:
            return None
        at = self._next_at + (clock.now - self._next_at) // self._period_us * self._period_us
        self._next_at = at + self._period_us
        self.ready = True
        return at

    def move(self, us):
        """The clock begins so much later."""
        if self._rate:
            self._next_at -= us


class Part:
    """The registers."""

    def __init__(self):
        self.gyro = Sense(_SETTLES_US[0])
        self.accel = Sense(_SETTLES_US[1])
        self.power_up()

    def power_up(self):
        """It answers 10 ms later."""
        self.hears_at = clock.now + _BOOT_US
        self._defaults()

    def _defaults(self):
        self._registers = bytearray(128)
        for register in _DEFAULTS:
            self._registers[register] = _DEFAULTS[register]
        self.gyro.power_down()
        self.accel.power_down()
        self._out = bytearray(14)
        self._shown = bytearray(14)  # of a read that goes on, with BDU
        self._at = 0
        self._first = True

    @micropython.native
    def catch_up(self):
        """The newest values up to now."""
        gyro = self.gyro.due()
        accel = self.accel.due()
        if (gyro is None and accel is None) or _fault == 2:
            return
        out = self._out
        test = self._registers[_CTRL5_C]
        if gyro is not None:
            row = row_at(gyro)
            control = self._registers[_CTRL2_G]
            shift = _GYRO_SHIFT * _GYRO_SIGN[test >> 2 & 3]
            struct.pack_into("<h", out, 0, row[0])
            for i in range(3):
                value = 2 * row[1 + i] if control & 2 else int(row[1 + i] / _GYRO_PARTS[control >> 2 & 3])
                struct.pack_into("<h", out, 2 + 2 * i, _held(value + shift))
        if accel is not None:
            row = row_at(accel)
            parts = _ACCEL_PARTS[self._registers[_CTRL1_XL] >> 2 & 3]
            shift = _ACCEL_SHIFT * _ACCEL_SIGN[test & 3]
            if gyro is None:
                struct.pack_into("<h", out, 0, row[0])
            for i in range(3):
                struct.pack_into("<h", out, 8 + 2 * i, _held(int((row[4 + i] + shift) / parts)))

    def begin(self):
        """Of a transfer, or after its restart."""
        self._first = True
        self.catch_up()
        self._shown[:] = self._out

    @micropython.native
    def read(self):
        """The next register."""
        at = self._at
        if self._registers[_CTRL3_C] & _IF_INC:
            self._at = at + 1 & 127
        if _OUT <= at < _OUT_END:
            if at & 1:  # its upper half
                if at >= 0x28:
                    self.accel.ready = False
                elif at >= 0x22:
                    self.gyro.ready = False
            return (self._shown if self._registers[_CTRL3_C] & _BDU else self._out)[at - _OUT]
        if at == _STATUS:
            gyro, accel = self.gyro.ready, self.accel.ready
            return (1 if accel else 0) | (2 if gyro else 0) | (4 if gyro or accel else 0)
        if at == _WHO_AM_I:
            return _OTHER_ID if _fault == 3 else _ID
        return self._registers[at]

    def write(self, byte):
        """The register's number, then what goes there."""
        if self._first:
            self._first = False
            self._at = byte & 127
            return
        at = self._at
        if self._registers[_CTRL3_C] & _IF_INC:
            self._at = at + 1 & 127
        if at not in _WRITABLE:
            return
        if at == _CTRL3_C and byte & _SW_RESET:
            self._defaults()
            return
        self._registers[at] = byte
        if at == _CTRL1_XL:
            self.accel.set(byte >> 4)
        elif at == _CTRL2_G:
            self.gyro.set(byte >> 4)


def _held(value):
    return -32768 if value < -32768 else 32767 if value > 32767 else value


_part = Part()


def at(address):
    """The part that acknowledges this address, or None."""
    return _part if _plugged and address == _ADDRESS and clock.now >= _part.hears_at else None


def settle():
    """All that was felt before the next batch's rows."""
    if _plugged:
        _part.catch_up()


def take_rows(address, count, flags):
    """A batch's rows, from _in[address] on: at least the one in force at its beginning; whether it is plugged in, and
    what is wrong with it."""
    global _address, _count, _cursor, _plugged, _fault, sda_low
    _address, _count, _cursor = address, count, 0
    plugged = bool(flags & exchange.FLAG_IMU)
    if plugged and not _plugged:
        _part.power_up()
    _plugged = plugged
    _fault = flags >> exchange.IMU_FAULT_SHIFT & 3
    sda_low = _fault == 1


def _move(us):
    _part.hears_at -= us
    _part.gyro.move(us)
    _part.accel.move(us)


exchange.takers["imu"] = take_rows
clock.movers.append(_move)
