"""The pins: levels driven from outside, pulls, outputs, the falling-edge latch, and the two quadrature counters.

The counters do what the PIO program of sapper/hardware/encoder.py does at each edge of A.
"""

from array import array

import clock
import exchange
import micropython
from micropython import const

ESTOP = 17
_LEVELS = const(0)
_FELL = const(1)
_LEFT = const(2)  # and right

state = array("i", [0, 0, 0, 0])  # levels, falling edges latched, counts left and right
loop_changed = None  # the interlock's: (time, level)

_outputs = 0  # pins that the board drives
_driven = 0  # pins that the rig drives
_address = 0
_next = 0
_count = 0
_watched = False  # the batch holds edges of ESTOP, which the interlock sees at their own time
_next_at = clock.NEVER


@micropython.viper
def run_edges(words: ptr32, first: int, count: int, until: int, outputs: int, s: ptr32) -> int:
    """Edges (time, gpio << 1 | level) from `first` to time `until`; returns the next index, at once after ESTOP's."""
    i = first
    while i < count and words[2 * i] <= until:
        code = words[2 * i + 1]
        i += 1
        gpio = code >> 1
        bit = 1 << gpio
        levels = s[0]
        if outputs & bit or ((levels >> gpio) & 1) == (code & 1):
            continue
        levels ^= bit
        s[0] = levels
        if (code & 1) == 0:
            s[1] = s[1] | bit
        if gpio == 2:
            s[2] = s[2] + (1 if ((levels >> 3) & 1) != (code & 1) else -1)
        if gpio == 4:
            s[3] = s[3] + (1 if ((levels >> 5) & 1) != (code & 1) else -1)
        if gpio == 17:
            return i
    return i


@micropython.viper
def word(words: ptr32, i: int) -> int:
    """One 32-bit word."""
    return words[i]


@micropython.viper
def find(words: ptr32, first: int, count: int, gpio: int) -> int:
    """Index of the next edge of a pin from `first` on, or `count`."""
    i = first
    while i < count and words[2 * i + 1] >> 1 != gpio:
        i += 1
    return i


def take_edges(address, count, flags):
    """A batch's edges, sorted by time."""
    global _address, _next, _count, _watched
    _watched = bool(flags & exchange.FLAG_ESTOP)
    _address = address
    _next = 0
    _count = count
    _plan()


@micropython.native
def _plan():
    global _next_at, _watched
    _next_at = word(_address, 2 * _next) if _next < _count else clock.NEVER
    if _watched:
        i = find(_address, _next, _count, ESTOP)
        if i == _count:
            _watched = False
        clock.alarm("loop", clock.NEVER if i == _count else max(clock.now, word(_address, 2 * i)), catch_up)


@micropython.native
def catch_up():
    """All edges up to now."""
    global _next, _driven
    while _next_at <= clock.now:
        _next = run_edges(_address, _next, _count, clock.now, _outputs, state)
        code = word(_address, 2 * _next - 1)
        if code >> 1 == ESTOP:
            loop_changed(word(_address, 2 * _next - 2), code & 1)
        _plan()


def set_driven(mask):
    """The pins that the rig drives (the others follow their pulls)."""
    global _driven
    _driven = mask


def pull(gpio, level):
    """An input's pull, which holds while nobody drives it."""
    global _outputs
    _outputs &= ~(1 << gpio)
    if not _driven >> gpio & 1:
        _put(gpio, level)


@micropython.native
def output(gpio, level):
    """The board drives the pin."""
    global _outputs
    bit = 1 << gpio
    was = _outputs & bit and state[_LEVELS] >> gpio & 1
    if not _outputs & bit or was != level:
        exchange.record(clock.now, exchange.PIN, gpio, level)
    _outputs |= bit
    _put(gpio, level)


def _put(gpio, level):
    if level:
        state[_LEVELS] |= 1 << gpio
    else:
        state[_LEVELS] &= ~(1 << gpio)


@micropython.viper
def level(gpio: int) -> int:
    """The pin's level now."""
    if int(_next_at) <= int(clock.now):
        catch_up()
    return (ptr32(state)[_LEVELS] >> gpio) & 1


@micropython.viper
def levels() -> int:
    """All levels, a bit a pin."""
    if int(_next_at) <= int(clock.now):
        catch_up()
    return ptr32(state)[_LEVELS]


@micropython.viper
def fell(first: int) -> int:
    """INTR word of eight pins from `first` on: the falling-edge latches, four bits a pin."""
    if int(_next_at) <= int(clock.now):
        catch_up()
    latched = (ptr32(state)[_FELL] >> first) & 0xFF
    bits = 0
    bit = 4
    while latched:
        if latched & 1:
            bits |= bit
        bit <<= 4
        latched >>= 1
    return bits


def clear_fell(first, bits):
    """Write-one-to-clear of those latches."""
    for i in range(8):
        if bits >> 4 * i & 4:
            state[_FELL] &= ~(1 << (first + i))


@micropython.viper
def ticks(side: int) -> int:
    """The count of an encoder, 32 bits."""
    if int(_next_at) <= int(clock.now):
        catch_up()
    return ptr32(state)[_LEFT + side]


exchange.takers["edges"] = take_edges
