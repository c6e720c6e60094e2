"""MicroPython's `time` on the virtual clock, with the ticks period of the RP2040: 2**30."""

import clock

_PERIOD = 1 << 30
_HALF = _PERIOD >> 1
_MASK = _PERIOD - 1

ticks_at_reset_us = 0


def ticks_us():
    """Microseconds since reset, wrapping."""
    now = clock.now + clock.LOOK_US
    if now >= clock.stop_at:
        clock.advance_to(now)
    else:
        clock.now = now
    return (now - clock.reset_at + ticks_at_reset_us) & _MASK


def ticks_ms():
    """Milliseconds since reset, wrapping."""
    return (clock.now - clock.reset_at + ticks_at_reset_us) // 1000 & _MASK


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
