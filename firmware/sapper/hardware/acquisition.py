"""ADC round robin over five inputs, 10 kS/s, FIFO -> DMA -> ring: no Python a sample; a frame every 10 ms."""

from array import array

import rp2
import uctypes
from machine import ADC, Pin

import micropython
from micropython import const
from sapper.hardware.frame import RING_SAMPLES, RingReader, average
from sapper.hardware.registers import peek, poke
from sapper.shared.pins import GPIO

# RP2040 datasheet 4.9.6
_CS = 0x4004C000
_FCS = const(0x4004C008)
_FIFO = 0x4004C00C
_DIV = 0x4004C010
_CS_IDLE = const(0b11)  # converter and temperature sensor on
_CS_RUN = const(_CS_IDLE | 1 << 3 | 0b11111 << 16)  # free-running round robin over inputs 0..4
_FCS_RUN = const(1 | 1 << 3 | 1 << 24)  # FIFO and its DMA request on, at one sample
_FCS_CLEAR = const(1 << 10 | 1 << 11)
_DIV_10_KSPS = const((4800 - 1) << 8)  # 48 MHz / 4800
_DREQ_ADC = const(36)
_RING_BITS = const(12)  # 4096 bytes
_COUNT = 0x7FFFFFFF  # 59 hours; `renew` starts it again long before, standing
_RENEW_BELOW = const(0x40000000 >> 8)
_SMALL = const(0x3FFFFFFF)  # the bits of a small integer; all of them are set in _COUNT


def _ring():
    """2 * RING_SAMPLES bytes, aligned to that, as the DMA's ring has to be."""
    size = 2 * RING_SAMPLES
    try:
        from sapper_ring import samples
    except ImportError:  # an older firmware image, or a simulated board: twice the heap
        store = memoryview(bytearray(2 * size))
        skipped = -uctypes.addressof(store) % size
        return store[skipped : skipped + size]
    return samples()


class Acquisition:
    """`start`, then once a tick `take`; `frame` is array('i') of five means in 1/16 LSB (0..65520)."""

    def __init__(self):
        for name in ("GATE_0", "GATE_1", "GATE_2", "VSYS_3"):
            ADC(Pin(GPIO[name]))
        ADC(ADC.CORE_TEMP)
        self.frame = array("i", [0] * 5)
        self.missed = 0
        self.overflows = 0
        self._ring = _ring()
        self._dma = rp2.DMA()
        self._count_register = 0x50000008 + 0x40 * self._dma.channel
        self._reader = RingReader()

    def start(self):
        """(Re)start from input 0 with an empty ring."""
        poke(_CS, _CS_IDLE)
        self._dma.active(0)
        poke(_FCS, 0)
        while peek(_CS, 8, 1) == 0:
            pass
        while peek(_FCS, 16, 15):
            peek(_FIFO, 0, 0xFFF)
        poke(_FCS, _FCS_CLEAR)
        poke(_FCS, _FCS_RUN)
        poke(_DIV, _DIV_10_KSPS)
        control = self._dma.pack_ctrl(
            size=1, inc_read=False, inc_write=True, ring_sel=True, ring_size=_RING_BITS, treq_sel=_DREQ_ADC
        )
        self._dma.config(read=_FIFO, write=uctypes.addressof(self._ring), count=_COUNT, ctrl=control, trigger=True)
        self._reader.restart()
        poke(_CS, _CS_RUN)

    @micropython.native
    def take(self):
        """Average the newest whole frame into `frame`: 1, or 0 when none is whole. Older ones are counted missed."""
        if peek(_FCS, 11, 1):
            self.overflows += 1  # samples were lost, so the round robin's order is too
            self.start()
            return 0
        reader = self._reader
        first = reader.take(_SMALL - peek(self._count_register, 0, _SMALL))
        if first < 0:
            return 0
        if reader.skipped:
            self.missed += reader.skipped
        average(self._ring, first, self.frame)
        return 1

    def renew(self):
        """While standing: start again when the DMA's count runs low."""
        if peek(self._count_register, 8, 0xFFFFFF) < _RENEW_BELOW:
            self.start()

    def stop(self):
        """Converter idle, DMA off."""
        poke(_CS, _CS_IDLE)
        self._dma.active(0)
