"""The watchdog: resets a hung board. It runs only while the application runs, so that MicroPython's prompt is left
alone."""

from machine import WDT

from sapper.registers import poke

TIMEOUT_MS = 900
# RP2040 datasheet 4.7.6; the atomic set and clear aliases of WATCHDOG.CTRL
_CTRL_SET = 0x4005A000
_CTRL_CLEAR = 0x4005B000
_ENABLE = 1 << 30


class Watchdog:
    """Stopped until `start`."""

    def __init__(self):
        self._wdt = None

    def start(self):
        """Run; `feed` at least every TIMEOUT_MS from now on."""
        if self._wdt is None:
            self._wdt = WDT(timeout=TIMEOUT_MS)
        self._wdt.feed()
        poke(_CTRL_SET, _ENABLE)

    def feed(self):
        """The last act of a completed tick."""
        self._wdt.feed()

    def stop(self):
        """MicroPython's WDT cannot stop; the register can."""
        poke(_CTRL_CLEAR, _ENABLE)
