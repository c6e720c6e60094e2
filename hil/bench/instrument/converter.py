"""Hands frames of voltages to the MCP4728: each wrap of the grid's slice starts a block of eight words from a ring.

A control channel, paced by the wrap, starts the data channel, which finds room for all of a frame in the bus's FIFO.
What a frame's outputs do then is the bus's: they change one after the other, at constant times after the wrap: A 73 us,
B 120 us, C 168 us (emulated; 27 bits of 2.5 us for the address and A, 18 for each more). A converter that does not
answer loses its frame; a bus that hangs is reset, clocked free, and goes on with the frame of its time.
"""

import rp2
import uctypes
from chip import peek, poke
from lines import DAC_ADDRESS, DAC_SCL, DAC_SDA
from machine import Pin
from micropython import const
from time import sleep_us

_FRAME_WORDS = const(8)
_FRAMES = const(512)
_DMA = 0x50000000
_ABORT = 0x50000444
_CHANNEL_BYTES = const(0x40)
_READ_ADDR = const(0x00)
_CTRL = const(0x10)  # AL1, which starts nothing
_COUNT_TRIG = const(0x1C)  # AL1
_BUSY = const(24)
_RING_BITS = const(14)
_DREQ_TX = const(32)
# RESETS (RP2040 datasheet 2.14.3), I2C0 (4.3.17)
_RESET_SET = 0x4000E000
_RESET_CLEAR = 0x4000F000
_RESET_DONE = 0x4000C008
_I2C0_BIT = const(3)
_I2C = 0x40044000
_ENABLE = _I2C + 0x6C
_DATA = _I2C + 0x10
RAW_INTR = _I2C + 0x34
_CLR_TX_ABRT = _I2C + 0x54
_TX_FLUSHED = _I2C + 0x80
_TXFLR = _I2C + 0x74
TX_ABRT = const(6)
_ARB_LOST = const(12)
# Register, value: a fast master at 400 kHz of 125 MHz (high 125, low 187 cycles), data held for 300 ns, spikes below
# 88 ns out, a request to the DMA as long as a whole frame fits.
_SETTINGS = (
    (_I2C, 1 | 2 << 1 | 1 << 5 | 1 << 6 | 1 << 8),
    (_I2C + 0x04, DAC_ADDRESS),
    (_I2C + 0x1C, 125),
    (_I2C + 0x20, 187),
    (_I2C + 0xA0, 11),
    (_I2C + 0x7C, 38),
    (_I2C + 0x88, 2),
    (_I2C + 0x8C, _FRAME_WORDS),
)
# IO_BANK0 (2.19.6.1)
_PINS = tuple(0x40014004 + 8 * pin for pin in (DAC_SDA, DAC_SCL))
_I2C_FUNCTION = const(3)
_SIO = const(5)
_GRID_CTR = 0x4005001C
# From a wrap on, cycles: by then a frame is taken or refused; no frame is about to begin.
_EARLIEST = const(5000)
_LATEST = const(60000)
_REFER_LATEST = const(40000)
# With the STOP: voltages as parts of the supply. What a converter leaves the factory with, and comes back to when it
# loses its supply, is a reference of its own.
_REFERENCE = const(0x80 | 0x200)
# A reset takes 0.2 ms.
_RESET_BEATS = const(20)
_ABORT_LOOKS = const(100)


class Converter:
    """From `arm` on, before the grid starts, frames leave. `look` once a turn."""

    def __init__(self, ring, grid):
        self._ring = uctypes.addressof(ring)
        self._grid = grid
        self._sda = Pin(DAC_SDA, Pin.OPEN_DRAIN, Pin.PULL_UP, value=1)
        self._scl = Pin(DAC_SCL, Pin.OPEN_DRAIN, Pin.PULL_UP, value=1)
        self._data = rp2.DMA()
        self._control = rp2.DMA()
        base = _DMA + self._data.channel * _CHANNEL_BYTES
        # Too large for small integers: worked out here, as each would be made anew on the heap.
        self._read_addr, self._ctrl, self._count_trig = base + _READ_ADDR, base + _CTRL, base + _COUNT_TRIG
        self._pace = _DMA + self._control.channel * _CHANNEL_BYTES + _CTRL
        self._count = bytearray(bytes([_FRAME_WORDS, 0, 0, 0]))
        self.refused = 0  # frames, modulo 2**16
        self._rest = 0
        self._begin()

    def _begin(self):
        """The bus's block from its reset on."""
        poke(_RESET_SET, 1 << _I2C0_BIT)
        poke(_RESET_CLEAR, 1 << _I2C0_BIT)
        while not peek(_RESET_DONE, _I2C0_BIT, 1):
            pass
        poke(_ENABLE, 0)
        for register, value in _SETTINGS:
            poke(register, value)
        poke(_ENABLE, 1)
        for register in _PINS:
            poke(register, _I2C_FUNCTION)

    def arm(self):
        """Frames go out from the ring's beginning, one at each wrap."""
        control = self._data.pack_ctrl(
            size=2, inc_read=True, inc_write=False, ring_sel=False, ring_size=_RING_BITS, treq_sel=_DREQ_TX
        )
        self._data.config(read=self._ring, write=_DATA, count=_FRAME_WORDS, ctrl=control)
        control = self._control.pack_ctrl(size=2, inc_read=False, inc_write=False, treq_sel=self._grid)
        self._paced = control
        self._control.config(
            read=uctypes.addressof(self._count),
            write=self._count_trig,
            count=0xFFFFFFFF,  # 24 days
            ctrl=control,
            trigger=True,
        )

    def at(self):
        """The frame that leaves next."""
        return peek(self._read_addr, 5, _FRAMES - 1)

    def registers(self):
        """The read of frames, whether one is being read, how many of its bytes wait for the bus (timeline.turn)."""
        return self._read_addr, self._ctrl, _TXFLR

    def refer(self):
        """Behind the frame that is leaving: voltages are parts of the supply."""
        if peek(_GRID_CTR, 0, 0xFFFF) < _REFER_LATEST and peek(_TXFLR, 0, 31) <= _FRAME_WORDS:
            poke(_DATA, _REFERENCE)

    def look(self):
        """At the end of a turn: 1 if the converter did not answer since the last, 2 if it lost the bus to something."""
        if not peek(RAW_INTR, TX_ABRT, 1):
            return 0
        if not _EARLIEST < peek(_GRID_CTR, 0, 0xFFFF) < _LATEST or peek(self._ctrl, _BUSY, 1):
            return 0  # of a frame that is about to begin a part would get through
        lost = peek(_TX_FLUSHED, _ARB_LOST, 1)
        peek(_CLR_TX_ABRT, 0, 1)
        self.refused = (self.refused + 1) & 0xFFFF
        return 2 if lost else 1

    def free(self, frame):
        """The bus hangs: from anew, after nine clocks and a STOP for a converter that holds it. `frame`: the one that
        leaves next by the time that it is. Not more often than each 20th call."""
        self.refused = (self.refused + 1) & 0xFFFF
        if self._rest:
            self._rest -= 1
            return
        self._rest = _RESET_BEATS
        poke(self._pace, 0)
        poke(_ABORT, 1 << self._data.channel)
        for _ in range(_ABORT_LOOKS):
            if not peek(self._ctrl, _BUSY, 1):
                break
        sda, scl = self._sda, self._scl
        sda(1)
        scl(1)
        for register in _PINS:
            poke(register, _SIO)
        for _ in range(9):
            scl(0)
            sleep_us(2)
            scl(1)
            sleep_us(2)
        scl(0)
        sda(0)
        sleep_us(2)
        scl(1)
        sleep_us(2)
        sda(1)
        self._begin()
        poke(self._read_addr, self._ring + (frame << 5))
        poke(self._pace, self._paced)

    def align(self, frame):
        """`frame` leaves next: if it is another that would, and none is leaving, from now on."""
        if self.at() != frame and peek(_GRID_CTR, 0, 0xFFFF) < _LATEST and not peek(self._ctrl, _BUSY, 1):
            self.refused = (self.refused + 1) & 0xFFFF
            poke(self._read_addr, self._ring + (frame << 5))
