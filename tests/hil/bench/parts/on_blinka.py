"""A program: the parts on Blinka's own back end, with nothing replaced but what touches the hardware below it.

    python on_blinka.py native|ft232h       prints what the modelled rover was told
Blinka decides once in a process what it is on, so each of these takes one.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any

from hil.bench.config import BusSpec, Config
from hil.bench.parts.bus import open_bus
from hil.bench.parts.faults import ChipError
from hil.bench.parts.models.adapters import Ft232hAdapter, KernelAdapter
from hil.bench.parts.models.table import ModelledTable, Rover
from hil.bench.parts.models.wire import Wire
from hil.bench.parts.parts import open_parts

now_ns = 0
told: list[str] = []
table: ModelledTable


def wait(ns: int) -> None:
    global now_ns
    now_ns += ns


class Controller:
    """pyftdi's I2cController, from its ports on."""

    def configure(self, url: str, **_: Any) -> None:
        told.append(f"opened {url}")

    def get_gpio(self) -> Any:
        return self

    all_pins = pins = 0xFFFF
    direction = 0

    def get_port(self, address: int) -> Any:
        return FtdiPort(address)


class FtdiPort:
    """pyftdi's I2cPort."""

    def __init__(self, address: int) -> None:
        self.address = address

    def write(self, out: Any, relax: bool = True) -> None:
        table.adapter.transfer(self.address, bytes(out), 0)

    def read(self, count: int, relax: bool = True) -> bytes:
        return table.adapter.transfer(self.address, None, count)

    def exchange(self, out: Any, count: int, relax: bool = True) -> bytes:
        return table.adapter.transfer(self.address, bytes(out), count)


class Smbus:
    """PureIO's SMBus, which is ioctl and read and write of /dev/i2c-N."""

    def __init__(self, bus: int) -> None:
        told.append(f"opened {bus}")

    def write_bytes(self, address: int, out: Any) -> None:
        table.adapter.transfer(address, bytes(out), 0)

    def read_bytes(self, address: int, count: int) -> bytes:
        return table.adapter.transfer(address, None, count)

    def read_i2c_block_data(self, address: int, out: Any, count: int) -> bytes:
        return table.adapter.transfer(address, bytes(out), count)


def hardware(backend: str) -> None:
    """Replace what is below Blinka."""
    if backend == "ft232h":
        import pyftdi.i2c
        from pyftdi.usbtools import UsbTools

        UsbTools.find_all = staticmethod(lambda ids: [object()])
        pyftdi.i2c.I2cController = Controller
    else:
        from Adafruit_PureIO import smbus

        smbus.SMBus = Smbus
        sys.modules.setdefault("gpiod", ModuleType("gpiod"))  # of a host's own pins, of which there are none here
        # A Raspberry Pi 4, which Blinka finds by what the kernel says of it.
        os.environ |= {"BLINKA_FORCECHIP": "BCM2XXX", "BLINKA_FORCEBOARD": "RASPBERRY_PI_4B"}


def main(backend: str) -> None:
    """Open, use, have it fail, close."""
    global table
    hardware(backend)
    config = Config(bus=BusSpec(backend=backend, ft232h="ftdi://ftdi:232h:FT9/1" if backend == "ft232h" else ""))
    rover = Rover(lambda name, on: told.append(f"{name} {'on' if on else 'off'}"))
    table = ModelledTable(config, rover, lambda: now_ns, {"native": "kernel"}.get(backend, backend))
    assert isinstance(table.adapter, KernelAdapter if backend == "native" else Ft232hAdapter)
    assert isinstance(table.wire, Wire)
    bus = open_bus(config)
    parts = open_parts(bus, config, wait)
    reading = parts.power_on()
    told.append(f"{reading.mv:.0f} mV")
    table.wire.clocks_to_free = -1
    try:
        parts.supply.set_mv(4000)
    except ChipError as error:
        told.append(error.cause)
    table.wire.clocks_to_free = 0
    table.meter.silent_for = -1
    try:
        parts.supply.read()
    except ChipError as error:
        told.append(error.cause)
    table.adapter.plugged = False
    try:
        parts.supply.read()
    except ChipError as error:
        told.append(error.cause)
    table.adapter.plugged = True
    parts.close()
    leaked = [name for name in os.environ if name.startswith("BLINKA_") and "FORCE" not in name]
    print(*told, *leaked, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1])
