"""What a bench is: which port is which, its I2C bus and chips, its switches, its supply, its calibration.

Each field says its bounds and its meaning; `config_file` reads and writes them as one TOML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

FORMAT = 1
# Ports, and what each is. The last may be missing.
PORTS = {
    "rover": "the rover's own USB",
    "instrument": "the instrument's USB",
    "radio": "USB-UART adapter at the rover's GP0 and GP1",
    "gnss": "USB-UART adapter at the rover's GP20 and GP21 (optional)",
}
OPTIONAL_PORTS = ("gnss",)
BACKENDS = ("native", "ft232h")
# How a switch's pin acts: (level that is on, level that is off); None: the pin is let go of, and a resistor decides.
ACTS: dict[str, tuple[bool, bool | None]] = {
    "high": (True, False),
    "low": (False, True),
    "pulls high": (True, None),
    "pulls low": (False, None),
}
# Pins of the MCP23017, 0..7 being GPA0..GPA7, 8..15 GPB0..GPB7.
EXPANDER_PINS = 16
GATES = ("gate_0", "gate_1", "gate_2")


@dataclass(frozen=True)
class Quantity:
    """The bounds of a number, its unit, and what it means."""

    low: float
    high: float
    unit: str
    meaning: str


@dataclass(frozen=True)
class Words:
    """A text: one of `names`, or any where there are none; and what it means."""

    meaning: str
    names: tuple[str, ...] = ()


def _set(default: Any, rule: Quantity | Words) -> Any:
    return field(default=default, metadata={"rule": rule})


@dataclass(frozen=True)
class BenchPort:
    """A serial port by what the system tells of it; all that is given must be so. None given: it is not there."""

    serial_number: str = _set("", Words("the USB device's serial number"))
    usb_ids: str = _set("", Words("its vendor and product, as 2e8a:0005"))
    location: str = _set("", Words("the socket it is plugged into, as 1-1.2: for what has no number of its own"))
    device: str = _set("", Words("its name, as /dev/serial0: for what is no USB"))

    @property
    def given(self) -> dict[str, str]:
        """What has to be so."""
        named = {
            "serial_number": self.serial_number,
            "usb_ids": self.usb_ids.lower(),
            "location": self.location,
            "device": self.device,
        }
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True)
class BusSpec:
    """The I2C bus on the host."""

    backend: str = _set("native", Words("'native': the host's own pins (Raspberry Pi); 'ft232h': by USB", BACKENDS))
    ft232h: str = _set("", Words("which FT232H, where there are several: ftdi://ftdi:232h:NUMBER/1"))
    mcp23017: int = _set(0x20, Quantity(0x20, 0x27, "", "address of the switches' pins"))
    mcp4728: int = _set(0x60, Quantity(0x60, 0x67, "", "address of the converter that sets the supply's level"))
    ina228: int = _set(0x40, Quantity(0x40, 0x4F, "", "address of the supply's meter"))


@dataclass(frozen=True)
class SwitchSpec:
    """A switch: pin of the MCP23017 (0..15), or the name of a pin of the host's board ('D17')."""

    pin: int | str
    acts: str = "high"


@dataclass(frozen=True)
class SupplySpec:
    """The rover's supply: what sets it and what measures it. VSYS = zero_mv - slope * the converter's voltage."""

    zero_mv: float = _set(5330.0, Quantity(1000, 5500, "mV", "VSYS with the converter at 0 V"))
    slope: float = _set(1.961, Quantity(0.1, 10, "V/V", "how much VSYS falls for each volt of the converter"))
    least_mv: int = _set(1800, Quantity(0, 5500, "mV", "the lowest level that may be asked for"))
    most_mv: int = _set(5300, Quantity(1000, 5500, "mV", "the highest: the Pico bears 5500"))
    rest_mv: int = _set(5000, Quantity(1000, 5500, "mV", "the level at the start, and at the end"))
    on_at_rest: bool = field(default=False, metadata={"rule": Words("whether the supply is left on at the end")})
    usb_at_rest: bool = field(default=False, metadata={"rule": Words("whether the rover's USB is left on at the end")})
    settle_ms: int = _set(30, Quantity(1, 2000, "ms", "how long a change of the level takes"))
    tolerance_mv: int = _set(100, Quantity(5, 1000, "mV", "how far the measured level may be from what was asked for"))
    off_mv: int = _set(300, Quantity(20, 1500, "mV", "below this the rover is off"))
    off_ms: int = _set(3000, Quantity(10, 60000, "ms", "within so long it has to be there after switching off"))
    most_ma: int = _set(500, Quantity(10, 5000, "mA", "above this the supply is switched off"))
    shunt_mohm: float = _set(15.0, Quantity(0.1, 1000, "mohm", "the meter's shunt"))


@dataclass(frozen=True)
class GateFit:
    """How the voltage that arrives at a gate's pin follows from what was asked for: offset_mv + gain * asked."""

    offset_mv: float = _set(0.0, Quantity(-100, 100, "mV", "what arrives when 0 is asked for"))
    gain: float = _set(1.0, Quantity(0.9, 1.1, "", "what arrives of each millivolt asked for"))


# Key -> (pin, how it acts), as the wiring shows them.
SWITCHES: dict[str, SwitchSpec] = {
    "key": SwitchSpec(0, "pulls high"),
    "run": SwitchSpec(1, "pulls low"),
    "bootsel": SwitchSpec(2, "pulls low"),
    "supply": SwitchSpec(3, "high"),
    "usb": SwitchSpec(4, "high"),
}


@dataclass(frozen=True)
class Config:
    """A bench. ports, switches and gates by the names above; path: the file it came from, for errors."""

    name: str = _set("bench", Words("what people call it"))
    line_delay_ns: int = _set(0, Quantity(0, 100_000, "ns", "how late a line's edge arrives; 0 for wires on a table"))
    lead_ms: int = _set(20, Quantity(5, 500, "ms", "how far ahead of the instrument the tests are"))
    ports: Mapping[str, BenchPort] = field(default_factory=lambda: {name: BenchPort() for name in PORTS})
    bus: BusSpec = BusSpec()
    switches: Mapping[str, SwitchSpec] = field(default_factory=lambda: dict(SWITCHES))
    supply: SupplySpec = SupplySpec()
    gates: Mapping[str, GateFit] = field(default_factory=lambda: {name: GateFit() for name in GATES})
    path: str = "(no file)"

    def calibrated(self, gates: Mapping[str, GateFit], supply: SupplySpec | None = None) -> Config:
        """The same bench with another calibration."""
        return replace(self, gates={**self.gates, **gates}, supply=supply or self.supply)
