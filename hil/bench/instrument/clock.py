"""The one clock: the timer's microseconds, and two PWM slices that count its 8 ns cycles, started in one write.

One slice runs free, 16 bits: what edges are stamped by. The other wraps every GRID_US: its wraps pace the converter and
start what is played. Both begin on a microsecond that is a multiple of GRID_US, so that is where the grid lies until
the timer wraps, and end_us of a report tells ever after.
"""

import micropython
from chip import poke
from micropython import const

_TIMERAWL = 0x40054028
# PWM (RP2040 datasheet 4.5.3): no pin leads to either slice.
_CSR = 0x40050000
_SLICE_BYTES = const(0x14)
_DIV = const(0x04)
_CTR_AT = const(0x08)
_TOP = const(0x10)
_EN = 0x400500A0
_DIV_ONE = const(1 << 4)
_COUNT = const(0)
_GRID = const(1)
_GRID_CYCLES = const(62500)
DREQ_GRID = const(24 + _GRID)
CTR = _CSR + _CTR_AT
GRID_CTR = _CSR + _GRID * _SLICE_BYTES + _CTR_AT


def prepare():
    """Both slices at 0, standing."""
    poke(_EN, 0)
    for number, top in ((_COUNT, 0xFFFF), (_GRID, _GRID_CYCLES - 1)):
        base = _CSR + number * _SLICE_BYTES
        poke(base, 0)
        poke(base + _DIV, _DIV_ONE)
        poke(base + _CTR_AT, 0)
        poke(base + _TOP, top)


@micropython.viper
def _start(timer: int, enable: int, out):
    """Start both as the timer comes to a multiple of 500 us; out[0]: which."""
    t = ptr32(timer)
    e = ptr32(enable)
    o = ptr32(out)
    now = t[0]
    # Modulo 500 of 32 bits, in halves: 65536 is 36 modulo 500.
    left = 500 - (((now >> 16) & 0xFFFF) * 36 + (now & 0xFFFF)) % 500
    if left < 20:
        left += 500
    due = now + left
    while t[0] != due:
        pass
    e[0] = 3
    o[0] = due


def start(out):
    """Start; out[0], array('I'), is the time then. Returns the free slice's offset to the timer, in cycles."""
    _start(_TIMERAWL, _EN, out)
    return (-out[0] * 125) & 0xFFFF


def timer():
    """The register of the timer's lower 32 bits."""
    return _TIMERAWL
