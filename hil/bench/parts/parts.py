"""All parts on the host's bus together, and what is done with several of them: power cycle, reset, into BOOTSEL.

parts = open_parts(open_bus(config), config, wait)      # wait(ns), of the clock that the rover lives by
"""

from __future__ import annotations

from collections.abc import Callable

from hil.bench.config import Config
from hil.bench.parts.bus import Bus
from hil.bench.parts.supply import Reading, Supply
from hil.bench.parts.switches import Switches

# RUN is an input with a pull-up of some 50 kilohm and, on the bench, 330 ohm and a metre of wire.
RESET_NS = 10_000_000
# The boot ROM looks at the flash's select line once, early; it runs from the ring oscillator, at 1.8 to 12 MHz.
BOOTSEL_HOLD_NS = 50_000_000
OFF_NS = 100_000_000


class Parts:
    """The parts, open and at rest."""

    def __init__(self, bus: Bus, config: Config, wait: Callable[[int], None]) -> None:
        self.bus = bus
        self._wait = wait
        self.switches = Switches(bus, config.switches, config.bus.mcp23017, config.supply)
        self.supply = Supply(bus, config.bus, config.supply, wait, self.cut)

    def cut(self) -> None:
        """Everything that could feed the rover is off, as fast as can be."""
        self.switches.set_all({"key": False, "usb": False, "supply": False})

    def power_off(self) -> None:
        """Key, USB, supply, one after another: no line drives a rover without supply. Wait until that is gone."""
        for name in ("key", "usb", "supply"):
            self.switches.set(name, False)
        self.supply.wait_until_off()

    def power_on(self, usb: bool = True) -> Reading:
        """The supply, at the level last asked for, seen to be there; then the USB. Returns what the meter says."""
        self.switches.set_all({"run": False, "bootsel": False})
        self.switches.set("supply", True)
        reading = self.supply.check_level()
        if usb:
            self.switches.set("usb", True)
        return reading

    def power_cycle(self, off_ns: int = OFF_NS) -> Reading:
        """Off, for so long without voltage, and on again. USB and key as they were."""
        before = {name: self.switches.is_on(name) for name in ("usb", "key")}
        self.power_off()
        self._wait(off_ns)
        reading = self.power_on(usb=before["usb"])
        self.switches.set("key", before["key"])
        return reading

    def reset(self) -> None:
        """By RUN."""
        self.switches.set("run", True)
        self._wait(RESET_NS)
        self.switches.set("run", False)

    def enter_bootsel(self) -> None:
        """By RUN, with BOOTSEL held."""
        self.switches.set_all({"key": False, "bootsel": True, "run": True})
        self._wait(RESET_NS)
        self.switches.set("run", False)
        self._wait(BOOTSEL_HOLD_NS)
        self.switches.set("bootsel", False)

    def verify(self) -> Reading:
        """All chips hold what they were told, and what flows may flow."""
        self.switches.verify()
        self.supply.level.verify()
        return self.supply.read()

    def close(self) -> None:
        """At rest, and the bus let go of."""
        try:
            self.switches.close()
        finally:
            try:
                self.supply.rest()
            finally:
                self.bus.close()


def open_parts(bus: Bus, config: Config, wait: Callable[[int], None]) -> Parts:
    """Open them; the bus is closed again where that fails."""
    try:
        return Parts(bus, config, wait)
    except BaseException:
        bus.close()
        raise
