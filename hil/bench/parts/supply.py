"""The rover's supply: its level through an MCP4728 in the regulator's feedback, what flows by an INA228."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hil.bench.config import BusSpec, SupplySpec
from hil.bench.parts.bus import Bus
from hil.bench.parts.faults import Chip, check_kept, held, told, wrong_chip
from hil.errors import HilError

_CODES = 4096
_INTERNAL = 0x8000  # of a channel's word: the internal reference, gain 1, not powered down
_REFERENCE_MV = 2048.0  # the converter's own, whatever the 3.3 V are
_METER_MOST_A = 10.0
# A conversion of all three, averaged over 16, is 25 ms: see the driver's ConversionTime.
_METER_NS = 30_000_000


class SupplyError(HilError):
    """The supply does not do what it is told."""


class OverCurrentError(SupplyError):
    """More flowed than may; the supply has been switched off."""


@dataclass(frozen=True)
class Reading:
    """What the meter says."""

    mv: float
    ma: float


class Level:
    """The converter, channel A, at the regulator's feedback."""

    def __init__(self, bus: Bus, address: int, spec: SupplySpec) -> None:
        self._bus = bus
        self._spec = spec
        self.chip = Chip("MCP4728", address, "level of the supply", "0x60 as it is sold; the chip keeps it")
        with told(self.chip, bus):
            self._driver: Any = bus.drivers.mcp4728(bus.i2c, address)
            self._recognise(self._rows())
            # What was in its EEPROM may be anything: reference and gain before the first code.
            self._driver.channel_a.vref = bus.drivers.vref.INTERNAL
            self._driver.channel_a.gain = 1
            self._word = self._read()

    @property
    def step_mv(self) -> float:
        """How finely the level can be set."""
        return self._spec.slope * _REFERENCE_MV / _CODES

    def set_mv(self, mv: float) -> None:
        """Set the converter for that VSYS, and read back that it took it."""
        spec = self._spec
        if not spec.least_mv <= mv <= spec.most_mv:
            raise SupplyError(
                f"a supply of {mv:g} mV is out of bounds; it takes {spec.least_mv}..{spec.most_mv} mV: see [supply]"
            )
        code = round((spec.zero_mv - mv) / self.step_mv)
        if not 0 <= code < _CODES:
            low = spec.zero_mv - self.step_mv * (_CODES - 1)
            raise SupplyError(
                f"the converter makes {low:.0f}..{spec.zero_mv:.0f} mV of VSYS, not {mv:g}; correct zero_mv and slope, "
                "or least_mv and most_mv, under [supply]"
            )
        with told(self.chip, self._bus):
            self._driver.channel_a.raw_value = code
        before, self._word = self._word, _INTERNAL | code
        self._look(before)

    def verify(self) -> None:
        """ChipError where the chip does not hold what it was told."""
        self._look(-1)

    def _look(self, before: int) -> None:
        with told(self.chip, self._bus):
            check_kept(self.chip, self._bus, "channel A's word", self._read, self._word, before)

    def _read(self) -> int:
        _, high, low = self._rows()[0]
        return high << 8 | low

    def _rows(self) -> list[tuple[int, int, int]]:
        """Head and setting of each channel's register. The driver reads the same 24 bytes, and drops the heads."""
        answer = bytearray(24)
        with self._driver.i2c_device as device:
            device.readinto(answer)
        return [(answer[at], answer[at + 1], answer[at + 2]) for at in range(0, 24, 6)]

    def _recognise(self, rows: list[tuple[int, int, int]]) -> None:
        """It has no number. But each head says its channel, and the chip's own address bits."""
        for channel, (head, _, _) in enumerate(rows):
            if head & 0x3F != channel << 4 | self.chip.address & 7:
                if self._bus.held():
                    raise held(self.chip, self._bus)
                raise wrong_chip(self.chip, f"channel {'ABCD'[channel]}'s head reads {head:#04x}")


class Meter:
    """The INA228."""

    def __init__(self, bus: Bus, address: int, spec: SupplySpec) -> None:
        self._bus = bus
        self.chip = Chip("INA228", address, "meter of the supply", "0x40 plus A0 and A1")
        with told(self.chip, bus):
            try:
                self._driver: Any = bus.drivers.ina228(bus.i2c, address)
            except (ValueError, RuntimeError) as error:  # the driver's words for a wrong number
                if "No I2C device" in str(error):
                    raise
                if bus.held():
                    raise held(self.chip, bus) from None
                raise wrong_chip(self.chip, str(error)) from None
            self._driver.set_calibration(spec.shunt_mohm / 1000, _METER_MOST_A)
            self._averages = self._driver.averaging_count

    def read(self) -> Reading:
        """What the last conversion found. ChipError where the chip has lost what it was set to."""
        driver = self._driver
        with told(self.chip, self._bus):
            # First: were the data line held, this would read 0, and be done with by the clocks that it sent.
            check_kept(self.chip, self._bus, "its averaging", lambda: driver.averaging_count, self._averages, -1)
            return Reading(driver.bus_voltage * 1000, driver.current * 1000)


class Supply:
    """Level and meter. cut(): switches the supply off, for when too much flows."""

    def __init__(
        self, bus: Bus, chips: BusSpec, spec: SupplySpec, wait: Callable[[int], None], cut: Callable[[], None]
    ) -> None:
        self.spec = spec
        self._wait = wait
        self._cut = cut
        self.level = Level(bus, chips.mcp4728, spec)
        self.meter = Meter(bus, chips.ina228, spec)
        self.asked_mv = float(spec.rest_mv)
        self.level.set_mv(self.asked_mv)

    def set_mv(self, mv: float) -> None:
        """Ask for a level; it is there `settle_ms` later."""
        self.level.set_mv(mv)
        self.asked_mv = mv

    def read(self) -> Reading:
        """Voltage and current; OverCurrentError, with the supply off, where too much flows."""
        reading = self.meter.read()
        if reading.ma > self.spec.most_ma:
            self._cut()
            raise OverCurrentError(
                f"the rover took {reading.ma:.0f} mA at {reading.mv:.0f} mV, of {self.spec.most_ma} at most, and its "
                "supply is off; look for a short on its board, or raise most_ma under [supply]"
            )
        return reading

    def check_level(self) -> Reading:
        """Wait for the level, measure, and SupplyError where it is another than asked for."""
        self.settle()
        reading = self.read()
        if abs(reading.mv - self.asked_mv) > self.spec.tolerance_mv:
            raise SupplyError(
                f"the supply is at {reading.mv:.0f} mV, not at the {self.asked_mv:.0f} asked for; look at the wire "
                "from MCP4728 A to the regulator's feedback and at the load switch, or calibrate: `sapper bench check`"
            )
        return reading

    def wait_until_off(self) -> None:
        """Wait for the voltage to go; SupplyError where it stays."""
        waited_ns = 0
        while True:
            self._wait(_METER_NS)
            waited_ns += _METER_NS
            reading = self.meter.read()
            if reading.mv < self.spec.off_mv:
                return
            if waited_ns > self.spec.off_ms * 1_000_000:
                raise SupplyError(
                    f"the supply is off and VSYS stays at {reading.mv:.0f} mV; something else feeds the rover: its USB "
                    "cable's 5 V (they are not to be connected), or the load switch is stuck"
                )

    def settle(self) -> None:
        """Wait for a change of the level, and for the meter to have seen it."""
        self._wait(self.spec.settle_ms * 1_000_000)
        self._wait(2 * _METER_NS)

    def rest(self) -> None:
        """As the file says it is left."""
        self.set_mv(self.spec.rest_mv)
