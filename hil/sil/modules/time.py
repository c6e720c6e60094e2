"""MicroPython's `time` on the virtual clock, with the ticks period of the RP2040: 2**30."""

import clock

_PERIOD = 1 << 30
_HALF = _PERIOD >> 1
_MASK = _PERIOD - 1

# The tick counters when the present batch began; the milliseconds' remainder is in microseconds.
_us = 0
_ms = 0
_rest_us = 0


def start(ticks_us, before_us):
    """The counters stand at `ticks_us`, `before_us` microseconds after the batch began."""
    global _us, _ms, _rest_us
    at = ticks_us - before_us
    _us = at & _MASK
    _ms = at // 1000 & _MASK
    _rest_us = at % 1000


def _move(us):
    global _us, _ms, _rest_us
    _us = (_us + us) & _MASK
    _rest_us += us
    _ms = (_ms + _rest_us // 1000) & _MASK
    _rest_us %= 1000


def ticks_us():
    """Microseconds since reset, wrapping."""
    if clock.now + clock.LOOK_US >= clock.stop_at:
        clock.advance(clock.LOOK_US)
    else:
        clock.now += clock.LOOK_US
    return (clock.now + _us) & _MASK


def ticks_ms():
    """Milliseconds since reset, wrapping."""
    return (_ms + (clock.now + _rest_us) // 1000) & _MASK


def ticks_add(ticks, delta):
    """`ticks` moved on by `delta`."""
    return (ticks + delta) & _MASK


def ticks_diff(end, start):
    """Signed distance of two ticks."""
    return ((end - start + _HALF) & _MASK) - _HALF


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
