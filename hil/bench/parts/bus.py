"""The host's I2C bus, open: the kernel's or an FT232H's through Blinka, or modelled wires behind the same busio.I2C."""

from __future__ import annotations

import importlib
import time
from typing import Any

from hil.bench.config import Config
from hil.bench.parts.blinka import BlinkaError, Drivers, asked, drivers
from hil.bench.parts.causes import Cause, cause_of
from hil.errors import HilError

# No chip may have this address (it announces 10-bit ones): who answers at it is a line that is held low.
NOBODY = 0x78
_LOCK_S = 1.0
_TRIES_TO_FREE = 3
_PROBES = 10
# Which pins it is, for whoever has to look at the wires.
WIRES = {
    "native": "SDA and SCL of the host (Raspberry Pi: header pins 3 and 5)",
    "ft232h": "D1+D2 (SDA) and D0 (SCL) of the FT232H",
}


class BusHeldError(HilError):
    """Somebody holds the bus, on the wires or in this program."""


class Bus:
    """A busio.I2C (`i2c`) with the drivers that go onto it. wires: which pins it is."""

    def __init__(self, i2c: Any, found: Drivers, wires: str) -> None:
        self.i2c = i2c
        self.drivers = found
        self.wires = wires

    def answers(self, address: int) -> bool:
        """Whether a byte can be read there. An adapter that is gone raises its OSError: see `faults`."""
        self.wait_for_lock()
        while not self.i2c.try_lock():
            pass
        try:
            self.i2c.readfrom_into(address, bytearray(1))
        except OSError as error:
            if cause_of(error) is Cause.SILENT:
                return False
            raise
        finally:
            self.i2c.unlock()
        return True

    def share_answered(self, address: int) -> float:
        """How many of some tries are answered, of all."""
        return sum(self.answers(address) for _ in range(_PROBES)) / _PROBES

    def held(self) -> bool:
        """Whether the data line is held low: the kernel says so, an FT232H hears an answer where nobody is."""
        try:
            return self.answers(NOBODY)
        except OSError as error:
            if cause_of(error) is Cause.HELD:
                return True
            raise

    def freed(self) -> bool:
        """Whether it is free after clocks: each try to read sends nine, where adapter or kernel do (see adapters)."""
        return any(not self.held() for _ in range(_TRIES_TO_FREE))

    def wait_for_lock(self) -> None:
        """BusHeldError where some other part of this program does not let go of it: drivers would wait for ever."""
        until = time.monotonic() + _LOCK_S
        while not self.i2c.try_lock():
            if time.monotonic() > until:
                raise BusHeldError("another part of this program has the I2C bus locked; end it, and start anew")
            time.sleep(0.001)
        self.i2c.unlock()

    def close(self) -> None:
        """Let go of it."""
        self.i2c.deinit()


def open_bus(config: Config) -> Bus:
    """The bus that the bench's file tells of. BlinkaError where this machine has none."""
    backend, url = config.bus.backend, config.bus.ft232h
    found = drivers(backend, url)
    with asked(backend, url):
        try:
            i2c = importlib.import_module("board").I2C()
        except (NotImplementedError, RuntimeError, ValueError, AttributeError, ImportError, OSError) as error:
            raise BlinkaError(_no_bus(backend, error)) from None
    return Bus(i2c, found, WIRES[backend])


def _no_bus(backend: str, error: Exception) -> str:
    reason = " ".join(str(error).split())[:120]
    if backend == "ft232h":
        return f"the FT232H cannot be opened ({reason}); plug its USB cable in, and let your user open USB devices"
    return (
        f"this machine has no I2C bus that Blinka knows ({reason}); on a Raspberry Pi `raspi-config` "
        'switches it on, on a PC take an FT232H: backend = "ft232h" under [bus]'
    )


def modelled_bus(adapter: Any) -> Bus:
    """Modelled wires (see models.adapters) behind Blinka's own busio.I2C, for Adafruit's drivers as they are."""
    found = drivers("models")

    class ModelledI2C(found.busio.I2C):  # type: ignore[name-defined]
        """busio.I2C from its second layer on: only the pins are not looked for."""

        def __init__(self) -> None:
            self._i2c = adapter

    return Bus(ModelledI2C(), found, "SDA and SCL of the modelled bus")
