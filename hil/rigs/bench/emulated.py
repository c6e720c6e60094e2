"""A bench without hardware: two emulated Picos wired to each other, and models of the chips on the host's bus.

Whoever runs it sees no difference: bytes, an I2C bus, and time that passes while one waits. The models act on the
emulated rover as the chips do on a real one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import psutil

from hil.bench.config import Config
from hil.bench.parts.models.table import ModelledTable, Rover
from hil.rigs.virtual import VirtualPico
from hil.rigs.virtual.pair import WIRE_DELAY_NS, PicoPair
from hil.rigs.virtual.ports import UartPort, UsbPort
from sapper.shared.pins import GPIO, VSYS_DIVIDER

_BEGINS_MV = 1800.0  # the Pico's regulator works from here on
_RUNS_MA = 30.0
_VSYS_INPUT = 3


class _Line(Protocol):
    def write(self, data: bytes) -> None: ...

    def read(self) -> list[tuple[int, bytes]]: ...


class UsbEnd:
    """The host's end of a USB cable."""

    def __init__(self, port: UsbPort) -> None:
        self._port = port

    @property
    def present(self) -> bool:
        """Whether a serial port has been enumerated."""
        return self._port.state == "configured"

    @property
    def reading(self) -> bool:
        """Whether it is read."""
        return self._port.reading

    @reading.setter
    def reading(self, on: bool) -> None:
        if on != self._port.reading:
            self._port.reading = on

    def write(self, data: bytes) -> None:
        """Bytes for the board; lost where there is none."""
        if self.present:
            self._port.write(data)

    def read(self) -> list[tuple[int, bytes]]:
        """What has come."""
        return self._port.read()


class UartEnd:
    """The host's end of a USB-UART adapter."""

    present = reading = True

    def __init__(self, port: UartPort) -> None:
        self._port: _Line = port

    def write(self, data: bytes) -> None:
        """Bytes for the board."""
        self._port.write(data)

    def read(self) -> list[tuple[int, bytes]]:
        """What has come."""
        return self._port.read()


class RoverOnTable:
    """What the host's chips do to a rover: its switches, its supply, what it takes."""

    def __init__(self, rover: VirtualPico) -> None:
        self._rover = rover

    def switch(self, name: str, on: bool) -> None:
        """A switch has moved. What the supply's does comes as a voltage."""
        rover = self._rover
        if name == "key":
            rover.pin(GPIO["ARM_KEY"]).drive(on)
        elif name == "run":
            rover.run_pin(not on)
        elif name == "bootsel":
            rover.bootsel(on)
        elif name == "usb" and on != (rover.usb.state != "unplugged"):
            (rover.usb.plug if on else rover.usb.unplug)()

    def vsys_mv(self, millivolts: float) -> None:
        """The supply is at that."""
        rover = self._rover
        rover.adc.set(_VSYS_INPUT, millivolts / VSYS_DIVIDER)
        if millivolts >= _BEGINS_MV and not rover.powered:
            rover.power_on()
        elif millivolts < _BEGINS_MV and rover.powered:
            rover.power_cut()

    def ma(self) -> float:
        """What flows."""
        return _RUNS_MA if self._rover.powered else 0.0

    def parts(self) -> Rover:
        """For the modelled table."""
        return Rover(self.switch, self.vsys_mv, self.ma)


class EmulatedOutside:
    """An `Outside`. `pair`, `table`: what is wrong with wires and chips is put in there."""

    def __init__(self, pair: PicoPair, config: Config, seed: int = 0) -> None:
        self.pair = pair
        on_table = RoverOnTable(pair.rover)
        on_table.switch("usb", False)
        self.table = ModelledTable(config, on_table.parts(), lambda: pair.now_ns, seed=seed)
        self.bus = self.table.bus()
        self.rover_usb = UsbEnd(pair.rover.usb)
        self.instrument = UsbEnd(pair.instrument.usb)
        self.radio, self.gnss = (UartEnd(port) for port in pair.rover.uart)

    @property
    def now_ns(self) -> int:
        """The host's clock is the world's."""
        return self.pair.now_ns

    def wait(self, duration_ns: int) -> None:
        """It passes for both boards."""
        self.pair.run(duration_ns)

    @property
    def gone(self) -> bool:
        """Whether its process has ended, as when it was interrupted in the middle of an exchange."""
        return not psutil.pid_exists(self.pair.rover.process_id)

    def close(self) -> None:
        """The emulation ends."""
        self.pair.close()


def emulated_config() -> Config:
    """The bench that is emulated: its wires are as long as the emulation needs them."""
    return replace(Config(name="emulated"), line_delay_ns=WIRE_DELAY_NS)


def open_emulated(
    rover: Path, instrument: Path, config: Config, seed: int = 0, instrument_ppm: float | None = None, **parts: Any
) -> EmulatedOutside:
    """Two emulated boards, the rover without power. parts: of the rover, as hil/rigs/spread.py has them."""
    pair = PicoPair(
        rover,
        instrument,
        seed,
        rover={"power": False, **parts},
        instrument={"crystal_ppm": instrument_ppm},
    )
    try:
        return EmulatedOutside(pair, config, seed)
    except BaseException:
        pair.close()
        raise
