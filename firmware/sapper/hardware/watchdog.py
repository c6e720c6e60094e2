"""The watchdog: resets a hung board. It runs only while the application runs, so that MicroPython's prompt is left
alone."""

from machine import WDT

import micropython
from sapper.hardware.registers import poke
from sapper.shared.limits import WATCHDOG_MS

# RP2040 datasheet 4.7.6; the atomic set and clear aliases of WATCHDOG.CTRL
_CTRL_SET = 0x4005A000
_CTRL_CLEAR = 0x4005B000
_ENABLE = 1 << 30


class Watchdog:
    """Stopped until `start`."""

    def __init__(self):
        self._wdt = None
        self._timeout_ms = 0

    def start(self, timeout_ms=WATCHDOG_MS):
        """Run; `feed` at least every `timeout_ms` (at most 8388) from now on."""
        if self._timeout_ms != timeout_ms:
            self._timeout_ms = timeout_ms
            self._wdt = WDT(timeout=timeout_ms)
        self._wdt.feed()
        poke(_CTRL_SET, _ENABLE)

    @micropython.native
    def feed(self):
        """The last act of a completed tick."""
        self._wdt.feed()

    def stop(self):
        """MicroPython's WDT cannot stop; the register can."""
        poke(_CTRL_CLEAR, _ENABLE)
