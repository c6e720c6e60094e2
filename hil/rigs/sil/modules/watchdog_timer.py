"""The watchdog: an alarm of the virtual clock that resets the board."""

import clock
import exchange
import micropython

CAUSE_POWER, CAUSE_WATCHDOG = 0, 1
_ENABLE = 1 << 30

_timeout_us = 0
_enabled = False


def start(timeout_ms):
    """Run."""
    global _timeout_us, _enabled
    _timeout_us = timeout_ms * 1000
    _enabled = True
    feed()


@micropython.native
def feed():
    """A full time again."""
    if _enabled:
        clock.alarm("watchdog", clock.now + _timeout_us, reset)


def enable(bits, on):
    """CTRL's set and clear aliases: bit 30 runs it."""
    global _enabled
    if bits & _ENABLE:
        _enabled = on
        if on:
            feed()
        else:
            clock.alarm("watchdog", clock.NEVER, None)


def reset():
    """The chip starts anew: this process ends here, its flash lives on with the rig."""
    exchange.leave(exchange.RESET, CAUSE_WATCHDOG)
