"""MicroPython's `time` on the virtual clock, with the ticks period of the RP2040: 2**30."""

import clock
import micropython
from micropython import const
from utime import gmtime, ticks_add, ticks_diff  # the machine's own; a matter of arithmetic

_MASK = const((1 << 30) - 1)
if ticks_add(_MASK, 1):
    raise RuntimeError("this MicroPython's ticks have another period than the RP2040's")

# The tick counters when the present batch began; the milliseconds' remainder is in microseconds.
_us = 0
_ms = 0
_rest_us = 0
# The time of day: seconds since reset when the present batch began, and what they are counted from.
_since_reset_s = 0
_second_us = 0
_AT_RESET_S = 1609459200  # 2021-01-01, where MicroPython's start puts it
_from_s = _AT_RESET_S


def start(ticks_us, before_us):
    """The counters stand at `ticks_us`, `before_us` microseconds after the batch began."""
    global _us, _ms, _rest_us
    at = ticks_us - before_us
    _us = at & _MASK
    _ms = at // 1000 & _MASK
    _rest_us = at % 1000


def _move(us):
    global _us, _ms, _rest_us, _since_reset_s, _second_us
    _us = (_us + us) & _MASK
    _rest_us += us
    _ms = (_ms + _rest_us // 1000) & _MASK
    _rest_us %= 1000
    _second_us += us
    _since_reset_s += _second_us // 1_000_000
    _second_us %= 1_000_000


def _seconds():
    return _since_reset_s + (clock.now + _second_us) // 1_000_000


def time():
    """The time of day, in seconds since 1970."""
    return _from_s + _seconds()


def set_time(year, month, day, hour, minute, second):
    """Have it be this time of day, UTC."""
    global _from_s
    # Years that begin in March end with the leap day; 719468 days lie between 0000-03-01 and 1970-01-01.
    if month < 3:
        year, month = year - 1, month + 12
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 1 - 719468
    _from_s = ((days * 24 + hour) * 60 + minute) * 60 + second - _seconds()


@micropython.viper
def ticks_us() -> int:
    """Microseconds since reset, wrapping."""
    now = int(clock.look())  # first: it may move `_us`
    return (now + int(_us)) & _MASK


def ticks_ms():
    """Milliseconds since reset, wrapping."""
    return (_ms + (clock.now + _rest_us) // 1000) & _MASK


def sleep_ms(ms):
    """Let time pass."""
    clock.advance(ms * 1000)


def sleep_us(us):
    """Let time pass."""
    clock.advance(us)


def sleep(seconds):
    """Let time pass."""
    clock.advance(int(seconds * 1_000_000))


clock.movers.append(_move)
