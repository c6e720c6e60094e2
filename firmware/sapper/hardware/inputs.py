"""The operator's two hardware inputs: the emergency-stop loop, with its openings latched, and the arming key."""

from machine import Pin

import micropython
from micropython import const
from sapper.hardware.registers import peek, poke
from sapper.shared.pins import GPIO

_INTR2 = const(0x400140F8)  # RP2040 datasheet 2.19.6: raw interrupts of GPIO 16..23, four bits each
_EDGE_LOW_BIT = (GPIO["ESTOP_OK"] - 16) * 4 + 2


class Inputs:
    """The pin's edge latch keeps an opening that came and went between two ticks."""

    def __init__(self):
        self._loop = Pin(GPIO["ESTOP_OK"], Pin.IN, Pin.PULL_DOWN)
        self._key = Pin(GPIO["ARM_KEY"], Pin.IN, Pin.PULL_DOWN)
        self.loop_opened()

    @micropython.native
    def loop_closed(self):
        """1 while the emergency-stop loop is closed."""
        return self._loop.value()

    @micropython.native
    def loop_opened(self):
        """1 when the loop has opened since the last call, however briefly."""
        opened = peek(_INTR2, _EDGE_LOW_BIT, 1)
        if opened:
            poke(_INTR2, 1 << _EDGE_LOW_BIT)
        return opened

    @micropython.native
    def key_on(self):
        """1 with the arming key on."""
        return self._key.value()
