"""INA228, meter of voltage and current (data sheet SLYS021): registers most significant byte first, no address counter.

What it measures is asked for by `reading()` -> (volts at the bus pin, amperes through the shunt) each time a conversion
ends. Between two of them it gives the last one's, as the chip does. ENERGY and CHARGE stay 0 and limits set off
nothing: the bench uses none of them.
"""

from __future__ import annotations

from collections.abc import Callable

from hil.bench.parts.models.chip import ChipModel

# Address -> name, bytes, reset value, bits that can be written.
_TABLE: dict[int, tuple[str, int, int, int]] = {
    0x00: ("CONFIG", 2, 0x0000, 0x3FF0),
    0x01: ("ADC_CONFIG", 2, 0xFB68, 0xFFFF),
    0x02: ("SHUNT_CAL", 2, 0x1000, 0x7FFF),
    0x03: ("SHUNT_TEMPCO", 2, 0x0000, 0x3FFF),
    0x04: ("VSHUNT", 3, 0, 0),
    0x05: ("VBUS", 3, 0, 0),
    0x06: ("DIETEMP", 2, 0, 0),
    0x07: ("CURRENT", 3, 0, 0),
    0x08: ("POWER", 3, 0, 0),
    0x09: ("ENERGY", 5, 0, 0),
    0x0A: ("CHARGE", 5, 0, 0),
    0x0B: ("DIAG_ALRT", 2, 0x0001, 0xF000),
    0x0C: ("SOVL", 2, 0x7FFF, 0xFFFF),
    0x0D: ("SUVL", 2, 0x8000, 0xFFFF),
    0x0E: ("BOVL", 2, 0x7FFF, 0x7FFF),
    0x0F: ("BUVL", 2, 0x0000, 0x7FFF),
    0x10: ("TEMP_LIMIT", 2, 0x7FFF, 0xFFFF),
    0x11: ("PWR_LIMIT", 2, 0xFFFF, 0xFFFF),
    0x3E: ("MANUFACTURER_ID", 2, 0x5449, 0),
    0x3F: ("DEVICE_ID", 2, 0x2281, 0),
}
_NAMED = {row[0]: address for address, row in _TABLE.items()}
_RESET, _CLEAR, _RANGE = 0x8000, 0x4000, 0x0010
_READY, _MEMSTAT = 0x0002, 0x0001
_TIMES_US = (50, 84, 150, 280, 540, 1052, 2074, 4120)
_AVERAGES = (1, 4, 16, 64, 128, 256, 512, 1024)
_VBUS_LSB_V = 195.3125e-6
_SHUNT_LSB_V = (312.5e-9, 78.125e-9)
_CURRENT_CAL = 13107.2e6
_TEMPERATURE_LSB_C = 7.8125e-3


class Ina228Model(ChipModel):
    """The chip, with a shunt of so many ohms."""

    name = "INA228"

    def __init__(
        self,
        address: int = 0x40,
        reading: Callable[[], tuple[float, float]] = lambda: (0.0, 0.0),
        now_ns: Callable[[], int] = lambda: 0,
        shunt_ohm: float = 0.015,
        celsius: float = 25.0,
        device_id: int = 0x2281,
        manufacturer_id: int = 0x5449,
    ) -> None:
        self._reading = reading
        self._now_ns = now_ns
        self._shunt_ohm = shunt_ohm
        self._celsius = celsius
        self._ids = {"DEVICE_ID": device_id, "MANUFACTURER_ID": manufacturer_id}
        super().__init__(address)

    def reset(self) -> None:
        """As after power came: continuous, one sample, 1052 us each."""
        self.registers = {name: value for name, _, value, _ in _TABLE.values()} | self._ids
        self._pointer = 0
        self._heard: list[int] = []
        self._out = 0
        self._restart()

    def begin(self, reading: bool) -> None:
        """A write's first byte is the register's number; it stays for all reads after it."""
        self._heard, self._out = [], 0

    def take(self, byte: int) -> bool:
        """A register's number, then its bytes; they are taken over at the last one."""
        self._heard.append(byte)
        if len(self._heard) == 1:
            self._pointer = byte & 0x3F
            return True
        row = _TABLE.get(self._pointer)
        if row is not None and len(self._heard) == 1 + row[1] == 3:
            self._write(row[0], self._heard[1] << 8 | self._heard[2], row[3])
        return True

    def give(self) -> int:
        """The register, most significant byte first; beyond its last byte ones."""
        if self._out == 0:
            self._convert()
        row = _TABLE.get(self._pointer)
        at, self._out = self._out, self._out + 1
        if row is None or at >= row[1]:
            return 0xFF if row is not None else 0x00
        value = self.registers[row[0]]
        if row[0] == "DIAG_ALRT" and at == row[1] - 1:
            self.registers["DIAG_ALRT"] &= ~_READY  # reading clears it
        return value >> 8 * (row[1] - 1 - at) & 0xFF

    def _write(self, name: str, value: int, writable: int) -> None:
        if name == "CONFIG" and value & _RESET:
            pointer = self._pointer
            self.reset()
            self._pointer = pointer
            return
        if name == "CONFIG" and value & _CLEAR:
            self.registers |= {"ENERGY": 0, "CHARGE": 0}
        self.registers[name] = self.registers[name] & ~writable | value & writable
        if name in ("CONFIG", "ADC_CONFIG"):
            self._restart()

    def _restart(self) -> None:
        self._due_ns = self._now_ns() + self._conversion_ns()
        self._once = True

    def _conversion_ns(self) -> int:
        config = self.registers["ADC_CONFIG"]
        mode = config >> 12
        used = [config >> shift & 7 for shift, bit in ((9, 1), (6, 2), (3, 4)) if mode & bit]
        return 1000 * sum(_TIMES_US[each] for each in used) * _AVERAGES[config & 7]

    def _convert(self) -> None:
        """Take over what a conversion that has ended in the meantime found."""
        mode = self.registers["ADC_CONFIG"] >> 12
        now = self._now_ns()
        if not mode & 7 or now < self._due_ns or not (mode & 8 or self._once):
            return
        self._once = False
        self._due_ns = now + self._conversion_ns()
        volts, amperes = self._reading()
        shunt_lsb = _SHUNT_LSB_V[bool(self.registers["CONFIG"] & _RANGE)]
        if mode & 1:
            self.registers["VBUS"] = min(max(round(volts / _VBUS_LSB_V), 0), 0x7FFFF) << 4
        if mode & 2:
            self._put_shunt(round(amperes * self._shunt_ohm / shunt_lsb), shunt_lsb)
        if mode & 4:
            self.registers["DIETEMP"] = round(self._celsius / _TEMPERATURE_LSB_C) & 0xFFFF
        self.registers["DIAG_ALRT"] |= _READY | _MEMSTAT

    def _put_shunt(self, count: int, shunt_lsb: float) -> None:
        count = min(max(count, -0x80000), 0x7FFFF)
        self.registers["VSHUNT"] = (count & 0xFFFFF) << 4
        # CURRENT is in units that SHUNT_CAL says: shunt volts, over what one of its units makes across the shunt.
        scale = 4 if shunt_lsb == _SHUNT_LSB_V[1] else 1
        unit_v = self.registers["SHUNT_CAL"] / (_CURRENT_CAL * scale)
        current = min(max(round(count * shunt_lsb / unit_v), -0x80000), 0x7FFFF) if unit_v else 0
        self.registers["CURRENT"] = (current & 0xFFFFF) << 4
        volts = (self.registers["VBUS"] >> 4) * _VBUS_LSB_V
        self.registers["POWER"] = min(round(abs(current) * volts / 3.2), 0xFFFFFF)
