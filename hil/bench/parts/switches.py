"""The bench's switches: arming key, RUN, BOOTSEL, the rover's supply and its USB, on pins of an MCP23017 or the host's.

The expander's pins are kept here as two words, latches and directions, and written whole. The driver's own pins read
the port back to change a bit, which turns what lies on a pin that is let go of into what it drives next.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Protocol

from hil.bench.config import ACTS, SupplySpec, SwitchSpec
from hil.bench.parts.bus import Bus
from hil.bench.parts.faults import Chip, check_kept, held, told, wrong_chip
from hil.errors import HilError

# Nothing comes of this register as long as no interrupt is on: two words that show whether it is one.
_MARKS = (0xA55A, 0x0000)
_IOCON, _OLATA = 0x0A, 0x14
_ORDERLY = 0x04  # IOCON: registers in pairs, the address counts on


class SwitchError(HilError):
    """A switch does not do what it is told."""


class Pins(Protocol):
    """Pins of one kind. None: let go of."""

    def drive(self, levels: Mapping[int | str, bool | None]) -> None:
        """All of them at once."""

    def levels(self) -> Mapping[int | str, bool]:
        """What is on them."""

    def close(self) -> None:
        """They are not used any more."""


class ExpanderPins:
    """Pins of an MCP23017."""

    def __init__(self, bus: Bus, address: int, pins: list[int]) -> None:
        self._bus = bus
        self._pins = pins
        self.chip = Chip("MCP23017", address, "switches", "0x20 plus A0, A1, A2, each to ground or 3.3 V")
        self._latch, self._inputs = 0, 0xFFFF
        with told(self.chip, bus):
            # reset=False: what the pins do now goes on until `drive`, without a moment between.
            self._driver: Any = bus.drivers.mcp23017(bus.i2c, address, reset=False)
            self._recognise()
            self._driver.io_control = _ORDERLY
            self._driver.ipol = 0
            self._driver.gppu = 0

    def _recognise(self) -> None:
        """It has no number to know it by. So: a register that is there twice, and one that keeps what it is told."""
        driver = self._driver
        if self._bus.held():
            raise held(self.chip, self._bus)
        once, twice = driver._read_u8(_IOCON), driver._read_u8(_IOCON + 1)
        if once != twice or once & 1:
            raise wrong_chip(self.chip, f"it reads {once:#04x} and {twice:#04x} where IOCON is twice")
        for mark in _MARKS:
            driver.default_value = mark
            kept = driver.default_value
            if kept != mark:
                raise wrong_chip(self.chip, f"it keeps {kept:#06x} where it was told {mark:#06x}")

    def drive(self, levels: Mapping[int | str, bool | None]) -> None:
        """Latches first: a pin that becomes an output never shows what it held before."""
        before = self._latch, self._inputs
        for pin, level in levels.items():
            bit = 1 << int(pin)
            if level is not None:
                self._latch = self._latch | bit if level else self._latch & ~bit
            self._inputs = self._inputs | bit if level is None else self._inputs & ~bit
        with told(self.chip, self._bus):
            self._driver.gpio = self._latch
            self._driver.iodir = self._inputs
            self._look(*before)

    def levels(self) -> Mapping[int | str, bool]:
        """As they are on the pins, whoever drives them."""
        with told(self.chip, self._bus):
            self._look(-1, -1)
            word = self._driver.gpio
        return {pin: bool(word >> pin & 1) for pin in self._pins}

    def _look(self, latch_before: int, inputs_before: int) -> None:
        """The words that it should hold, read back. GPIO would tell what is on the pins instead."""
        words = (
            ("its word of directions", lambda: self._driver.iodir, self._inputs, inputs_before),
            ("its word of latches", lambda: self._driver._read_u16le(_OLATA), self._latch, latch_before),
        )
        for what, read, told_it, before in words:
            check_kept(self.chip, self._bus, what, read, told_it, before)

    def close(self) -> None:
        """They go on as they are: the chip keeps them."""


class HostPins:
    """Pins of the host's own board, by their names."""

    def __init__(self, bus: Bus, board: Any, pins: list[str]) -> None:
        self._digitalio = bus.drivers.digitalio
        self._pins: dict[int | str, Any] = {}
        for pin in pins:
            if not hasattr(board, pin):
                raise SwitchError(f"this host has no pin {pin}; name another under [switches]")
            self._pins[pin] = self._digitalio.DigitalInOut(getattr(board, pin))

    def drive(self, levels: Mapping[int | str, bool | None]) -> None:
        """One after another: the host has no word for them."""
        for pin, level in levels.items():
            if level is None:
                self._pins[pin].switch_to_input()
            else:
                self._pins[pin].switch_to_output(value=level)

    def levels(self) -> Mapping[int | str, bool]:
        """As they are on the pins."""
        return {pin: bool(line.value) for pin, line in self._pins.items()}

    def close(self) -> None:
        """Given back to the system."""
        for line in self._pins.values():
            line.deinit()


class Switches:
    """The switches by their names: key, run, bootsel, supply, usb. on: what each does; see config.SWITCHES."""

    def __init__(self, bus: Bus, specs: Mapping[str, SwitchSpec], address: int, rest: SupplySpec) -> None:
        self._specs = specs
        self._rest = {"key": False, "run": False, "bootsel": False, "supply": rest.on_at_rest, "usb": rest.usb_at_rest}
        self._on = dict(self._rest)
        expander = [spec.pin for spec in specs.values() if isinstance(spec.pin, int)]
        of_host = [spec.pin for spec in specs.values() if isinstance(spec.pin, str)]
        self._kinds: dict[type, Pins] = {}
        if expander:
            self._kinds[int] = ExpanderPins(bus, address, expander)
        if of_host:
            self._kinds[str] = HostPins(bus, importlib.import_module("board"), of_host)
        self.rest()

    def rest(self) -> None:
        """As at the start and at the end: key off, RUN and BOOTSEL let go of, supply and USB as the file says."""
        self.set_all(self._rest)

    def set(self, name: str, on: bool) -> None:
        """Set one, and see that it did."""
        self.set_all({name: on})

    def set_all(self, states: Mapping[str, bool]) -> None:
        """Set several at once, and see that they did."""
        for name in states:
            if name not in self._specs:
                raise SwitchError(f"there is no switch '{name}'; there are {', '.join(self._specs)}")
        self._on |= states
        for kind, pins in self._kinds.items():
            wanted = {spec.pin: level for spec, level in self._wanted(states) if isinstance(spec.pin, kind)}
            if wanted:
                pins.drive(wanted)
        self.verify()

    def is_on(self, name: str) -> bool:
        """What it was last told."""
        return self._on[name]

    def verify(self) -> None:
        """SwitchError where a pin is not at the level that it is driven or pulled to."""
        found = {pin: level for pins in self._kinds.values() for pin, level in pins.levels().items()}
        for name, spec in self._specs.items():
            level = _expected(spec, self._on[name])
            if level is not None and found[spec.pin] is not level:
                raise SwitchError(
                    f"switch '{name}' ({_pin(spec)}) should be {_LEVEL[level]} and reads {_LEVEL[not level]}; "
                    "something else drives its wire: look for a bridge, and for the 330 ohm in it"
                )

    def close(self) -> None:
        """At rest, and given back. What can be set is, whatever else is wrong."""
        try:
            self.rest()
        finally:
            for pins in self._kinds.values():
                pins.close()

    def _wanted(self, states: Mapping[str, bool]) -> list[tuple[SwitchSpec, bool | None]]:
        return [(self._specs[name], _level(self._specs[name], on)) for name, on in states.items()]


_LEVEL = {True: "high", False: "low"}


def _level(spec: SwitchSpec, on: bool) -> bool | None:
    return ACTS[spec.acts][0 if on else 1]


def _expected(spec: SwitchSpec, on: bool) -> bool | None:
    """What its pin should read: what pulls up is the rover's, which may be off, what pulls down is the bench's own."""
    level = _level(spec, on)
    return False if level is None and spec.acts == "pulls high" else level


def _pin(spec: SwitchSpec) -> str:
    return pin_name(spec.pin)


def pin_name(pin: int | str) -> str:
    """A pin as it is printed on the boards."""
    return pin if isinstance(pin, str) else f"MCP23017 GP{'AB'[pin // 8]}{pin % 8}"
