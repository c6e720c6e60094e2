"""MCP4728, four 12-bit converters with EEPROM (data sheet DS22187E): every write command, reading, the general call.

`changed(channel, volts)` tells of an output; None where a channel is powered down, and only its resistor to ground is
left. What is in the EEPROM when it comes from a shop or from another bench is anybody's guess: see `eeprom`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hil.bench.parts.models.chip import ChipModel
from hil.bench.parts.models.wire import GENERAL_CALL

CHANNELS = 4
VREF_INTERNAL_V = 2.048
CODES = 4096
_EEPROM_WRITE_NS = 25_000_000  # typical; 50 ms at most
_FAST, _MULTI, _SEQUENTIAL, _SINGLE = "fast", "multi", "sequential", "single"
_RESET, _WAKE_UP, _UPDATE = 0x06, 0x09, 0x08


@dataclass(frozen=True)
class Setting:
    """Of a channel: reference (1: internal, 0: supply), power-down bits, gain bit (1: twice), code."""

    vref: int = 1
    down: int = 0
    gain: int = 0
    code: int = 0

    @property
    def two_bytes(self) -> tuple[int, int]:
        """As they are read and written."""
        return self.vref << 7 | self.down << 5 | self.gain << 4 | self.code >> 8, self.code & 0xFF


def setting_of(high: int, low: int) -> Setting:
    """The setting that two bytes stand for."""
    return Setting(high >> 7 & 1, high >> 5 & 3, high >> 4 & 1, (high & 15) << 8 | low)


AS_SHIPPED = (Setting(),) * CHANNELS


class Mcp4728Model(ChipModel):
    """The chip. LDAC is tied low, as it is on the boards: outputs follow each channel's last byte."""

    name = "MCP4728"

    def __init__(
        self,
        address: int = 0x60,
        changed: Callable[[int, float | None], None] = lambda channel, volts: None,
        now_ns: Callable[[], int] = lambda: 0,
        supply_v: float = 3.3,
        eeprom: tuple[Setting, ...] = AS_SHIPPED,
    ) -> None:
        self._changed = changed
        self._now_ns = now_ns
        self._supply_v = supply_v
        self.eeprom = list(eeprom)
        self._busy_until_ns = -1
        self._told: list[float | None] = [None] * CHANNELS
        super().__init__(address)

    def reset(self) -> None:
        """Registers from the EEPROM."""
        self.inputs = list(self.eeprom)
        self._command = ""
        self._bytes: list[int] = []
        self._general = False
        self._out = 0
        self._tell()

    def unpowered(self) -> None:
        """Nothing drives its outputs."""
        self._say([None] * CHANNELS)

    @property
    def busy(self) -> bool:
        """Whether the EEPROM is being written: commands are acknowledged, and not carried out."""
        return self._now_ns() < self._busy_until_ns

    def volts(self, channel: int) -> float | None:
        """What its output says."""
        setting = self.inputs[channel]
        if setting.down or not self.powered:
            return None
        full = VREF_INTERNAL_V * (1 + setting.gain) if setting.vref else self._supply_v
        return min(full * setting.code / CODES, self._supply_v)

    def addressed(self, address: int, reading: bool) -> bool:
        """Its own address, or the general call."""
        if address == GENERAL_CALL and not reading and self.powered:
            self._general, self._bytes = True, []
            return True
        return super().addressed(address, reading)

    def begin(self, reading: bool) -> None:
        """A command's first byte comes next, or the first byte read."""
        self._general, self._command, self._bytes, self._out = False, "", [], 0

    def take(self, byte: int) -> bool:
        """Commands, channel by channel: each is carried out as its last byte is acknowledged."""
        self._bytes.append(byte)
        if self._general:
            self._general_call(byte)
        elif not self.busy:
            self._carry_out()
        return True

    def give(self) -> int:
        """24 bytes, over and over: of each channel head and setting, of the register, then of the EEPROM."""
        at = self._out % 24
        self._out += 1
        channel, part, third = at // 6, at % 6 // 3, at % 3
        if third == 0:
            return (not self.busy) << 7 | 1 << 6 | channel << 4 | (self.address & 7)
        return (self.eeprom if part else self.inputs)[channel].two_bytes[third - 1]

    def _carry_out(self) -> None:
        first = self._bytes[0]
        kind = first >> 5
        if kind in (0, 1):
            self._fast()
        elif kind == 2:
            self._with_settings(first)
        elif len(self._bytes) == 1 and kind == 4:
            self._each("vref", [first >> 3 - channel & 1 for channel in range(CHANNELS)])
        elif len(self._bytes) == 1 and kind == 6:
            self._each("gain", [first >> 3 - channel & 1 for channel in range(CHANNELS)])
        elif len(self._bytes) == 2 and kind == 5:
            word = (first & 15) << 8 | self._bytes[1]
            self._each("down", [word >> 10 - 2 * channel & 3 for channel in range(CHANNELS)])

    def _fast(self) -> None:
        """Two bytes a channel, from A on: power-down bits and code alone."""
        if len(self._bytes) % 2 or len(self._bytes) > 2 * CHANNELS:
            return
        channel = len(self._bytes) // 2 - 1
        high, low = self._bytes[-2:]
        was = self.inputs[channel]
        self._put(channel, Setting(was.vref, high >> 4 & 3, was.gain, (high & 15) << 8 | low))

    def _with_settings(self, first: int) -> None:
        """Multi: (channel, setting) over and over. Sequential, from a channel to D, and single: the EEPROM as well."""
        kind = {0: _MULTI, 2: _SEQUENTIAL, 3: _SINGLE}.get(first >> 3 & 3, "")
        if kind == _MULTI and len(self._bytes) % 3 == 0:
            self._put(self._bytes[-3] >> 1 & 3, setting_of(*self._bytes[-2:]))
        elif kind == _SINGLE and len(self._bytes) == 3:
            self._put(first >> 1 & 3, setting_of(*self._bytes[-2:]))
            self._burn()
        elif kind == _SEQUENTIAL and len(self._bytes) % 2 == 1 and len(self._bytes) > 1:
            channel = (first >> 1 & 3) + len(self._bytes) // 2 - 1
            if channel < CHANNELS:
                self._put(channel, setting_of(*self._bytes[-2:]))
            if channel == CHANNELS - 1:
                self._burn()

    def _burn(self) -> None:
        self.eeprom = list(self.inputs)
        self._busy_until_ns = self._now_ns() + _EEPROM_WRITE_NS

    def _general_call(self, byte: int) -> None:
        if byte == _RESET and not self.busy:
            self.inputs = list(self.eeprom)
        elif byte == _WAKE_UP:
            self.inputs = [Setting(each.vref, 0, each.gain, each.code) for each in self.inputs]
        self._tell()

    def _each(self, name: str, values: list[int]) -> None:
        for channel, value in enumerate(values):
            each = self.inputs[channel]
            self.inputs[channel] = Setting(**{**vars(each), name: value})
        self._tell()

    def _put(self, channel: int, setting: Setting) -> None:
        self.inputs[channel] = setting
        self._tell()

    def _tell(self) -> None:
        self._say([self.volts(channel) for channel in range(CHANNELS)])

    def _say(self, volts: list[float | None]) -> None:
        for channel, now in enumerate(volts):
            if now != self._told[channel]:
                self._told[channel] = now
                self._changed(channel, now)
